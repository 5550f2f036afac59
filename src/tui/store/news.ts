/** What the feed says, taken into the state: readings and their past, what is lost and back, events, log lines, verdicts. Pure. */
import type { EventState } from '../../admin/contract/event-shapes.ts';
import type { FeedNews, Reading } from '../feed/reading.ts';
import { alarmsAfter } from './hysteresis.ts';
import { withNode } from './node.ts';
import { pastAfter } from './past.ts';
import type { NodeState, State } from './state.ts';

/** What is kept of a daemon; older ones are forgotten. */
export const mostEvents = 1000;
export const mostLogs = 2000;

export function afterNews(state: State, news: FeedNews): State {
  switch (news.kind) {
    case 'reading':
      return withNode(state, news.reading.node, (node) => withReading(node, news.reading, state));
    case 'lost':
      return withNode(state, news.node, (node) => ({
        ...node,
        lost: { sinceMs: node.lost?.sinceMs ?? state.nowMs, why: news.why, retryMs: news.retryMs },
      }));
    case 'events':
      return withNode(state, news.node, (node) => withEvents(node, news.events, news.gap));
    case 'logs':
      return withNode(state, news.node, (node) => {
        const logs = [...node.logs, ...news.lines];
        const over = Math.max(0, logs.length - mostLogs);
        return {
          ...node,
          logs: over === 0 ? logs : logs.slice(over),
          logsBefore: node.logsBefore + over,
          logsGap: node.logsGap || news.gap,
        };
      });
    case 'verdict':
      return withNode(state, news.node, (node) => ({
        ...node,
        verdict: news.verdict,
        unjudged: news.verdict === null ? (news.why ?? 'nobody has judged it') : null,
        clearSinceMs: news.verdict?.status === 'ok' ? (node.clearSinceMs ?? node.reading?.atMs ?? null) : null,
      }));
  }
}

function withReading(node: NodeState, reading: Reading, { thresholds }: State): NodeState {
  // Of one that was restarted: what came before is of another process, but its past stays the past.
  return {
    ...node,
    reading,
    past: pastAfter(node.past, reading),
    alarms: alarmsAfter(node.alarms, reading, thresholds, node.reading === null),
    lost: null,
  };
}

/** What happens again within a minute comes again, with a higher number: it takes the place of what was said before. */
function withEvents(node: NodeState, news: readonly EventState[], gap: boolean): NodeState {
  const again = new Set(news.map(sameEvent));
  const events = [...node.events.filter((one) => !again.has(sameEvent(one))), ...news].sort((a, b) => a.seq - b.seq);
  return { ...node, events: events.slice(-mostEvents), eventsGap: node.eventsGap || gap };
}

function sameEvent({ kind, subject, at }: EventState): string {
  return `${kind} ${at} ${subject ?? ''}`;
}
