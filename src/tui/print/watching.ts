/**
 * Feed → reduce, without a screen: holds the state for whatever prints it. Used by `--once`, `--json`, `--stream`, `--plain` and the
 * chart wall; carries out no order, because nobody can give one there.
 */
import type { ErrorCode } from '../../base/codes.ts';
import type { Invocation } from '../../cli/command.ts';
import type { Size } from '../draw/line.ts';
import { feedOf } from '../feed/feed-of.ts';
import type { FeedNews, PartName, Wants } from '../feed/reading.ts';
import { reduce } from '../store/reduce.ts';
import type { NodeState, State } from '../store/state.ts';
import { wantsOf } from '../store/wants.ts';
import { beginningOf } from './beginning.ts';
import type { TopChoice } from './choice.ts';

export interface Watching {
  /** As of now: what depends on time alone is brought up to date. */
  state(): State;
  /** Resolves when each daemon has told all that is wanted and was judged, or does not answer; at the latest after `mostMs`. */
  whenSettled(mostMs: number): Promise<void>;
  /** By node: why it does not answer, where that has a code. */
  refusals(): ReadonlyMap<string, ErrorCode>;
  stop(): Promise<void>;
}

export interface WatchPlan {
  /** Called after each piece of news, with the state that it made. */
  readonly onNews?: (state: State, news: FeedNews) => void;
  /** Wanted whatever the view shows. */
  readonly parts?: readonly PartName[];
}

/** Nothing is scrolled and nothing left out: what is printed has every row. */
const noScreen: Size = { columns: 120, rows: 40 };

/** Asks from now on, until it is stopped. @throws as the feed: a token that cannot be read */
export function beginWatching(invocation: Invocation, choice: TopChoice, plan: WatchPlan = {}): Watching {
  const { clock } = invocation;
  const feed = feedOf(invocation, choice);
  const refusals = new Map<string, ErrorCode>();
  const waiting = new Set<() => void>();
  let state = beginningOf(choice, noScreen, clock.now());
  const wanted = wantsOf(state);
  const wants: Wants = { ...wanted, parts: [...new Set([...wanted.parts, ...(plan.parts ?? [])])] };
  feed.want(wants);
  feed.start((news) => {
    if (news.kind === 'lost' && news.code !== undefined) refusals.set(news.node, news.code);
    if (news.kind === 'reading') refusals.delete(news.reading.node);
    state = reduce(state, { kind: 'news', news, nowMs: clock.now() }).state;
    plan.onNews?.(state, news);
    if (state.nodes.every((node) => isSettled(node, wants))) for (const wake of waiting) wake();
  });
  return {
    state() {
      state = reduce(state, { kind: 'tick', nowMs: clock.now() }).state;
      return state;
    },
    async whenSettled(mostMs) {
      if (state.nodes.every((node) => isSettled(node, wants))) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      const timer = clock.after(mostMs, resolve);
      await promise;
      timer.stop();
      waiting.delete(resolve);
    },
    refusals: () => refusals,
    stop: () => feed.stop(),
  };
}

function isSettled({ reading, lost, verdict, unjudged }: NodeState, { parts }: Wants): boolean {
  if (lost !== null) return true;
  if (reading === null || (verdict === null && unjudged === null)) return false;
  return parts.every((part) => reading.parts[part] !== undefined || reading.unread[part] !== undefined);
}
