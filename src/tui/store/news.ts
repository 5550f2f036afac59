/** What the feed says, taken into the state: readings and their past, what is lost and back, events, log lines, verdicts. Pure. */
import type { EventState } from '../../admin/contract/event-shapes.ts';
import type { FeedNews, Parts, Reading } from '../feed/reading.ts';
import { alarmsAfter } from './hysteresis.ts';
import { withNode } from './node.ts';
import { pastAfter } from './past.ts';
import type { LastParts, NodeState, State } from './state.ts';

/** What is kept of a daemon; older ones are forgotten. */
export const mostEvents = 1000;
export const mostLogs = 2000;
/** What is older than this when a daemon is lost would be taken for newer than it is. */
const RECENT_MS = 60_000;

export function afterNews(state: State, news: FeedNews): State {
  switch (news.kind) {
    case 'reading':
      return withNode(state, news.reading.node, (node) => withReading(node, news.reading, state));
    case 'lost':
      return withNode(state, news.node, (node) => ({
        ...node,
        reading: node.lost === null ? withLastParts(node) : node.reading,
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
        thresholds: news.thresholds ?? node.thresholds,
        unjudged: news.verdict === null ? (news.why ?? 'nobody has judged it') : null,
        clearSinceMs: news.verdict?.status === 'ok' ? (node.clearSinceMs ?? node.reading?.atMs ?? null) : null,
      }));
  }
}

function withReading(node: NodeState, reading: Reading, state: State): NodeState {
  const thresholds = node.thresholds ?? state.thresholds;
  // Of one that was restarted: what came before is of another process, but its past stays the past.
  return {
    ...node,
    reading,
    lastParts: lastPartsAfter(node.lastParts, reading),
    past: pastAfter(node.past, reading),
    alarms: alarmsAfter(node.alarms, reading, thresholds, node.reading === null),
    lost: null,
  };
}

function lastPartsAfter(before: LastParts, { parts, receivedMs }: Reading): LastParts {
  const read = Object.entries(parts).map(([name, part]) => [name, { part, receivedMs }]);
  return { ...before, ...(Object.fromEntries(read) as LastParts) };
}

/** The last that it said, whichever view was open then: somebody who loses a daemon wants to look around in what was known of it. */
function withLastParts({ reading, lastParts }: NodeState): Reading | null {
  if (reading === null) return null;
  const recent = Object.entries(lastParts).filter(
    ([name, { receivedMs }]) => !(name in reading.parts) && reading.receivedMs - receivedMs <= RECENT_MS,
  );
  if (recent.length === 0) return reading;
  const parts = Object.fromEntries(recent.map(([name, { part }]) => [name, part])) as Partial<Parts>;
  return { ...reading, parts: { ...parts, ...reading.parts } };
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
