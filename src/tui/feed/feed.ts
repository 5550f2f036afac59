/**
 * What the screen knows comes from here: every daemon is asked for itself, and what each says becomes news, in order. The only part of
 * the screen that talks to daemons; decides nothing about what is shown.
 */
import type { DaemonTarget } from '../../admin/client/address.ts';
import type { Clock } from '../../base/clock.ts';
import type { Order, OrderResult } from '../actions/action.ts';
import { DaemonFeed } from './daemon-feed.ts';
import type { Judge } from './judging.ts';
import type { FeedNews, Wants } from './reading.ts';

export interface FeedOptions {
  /** One node each; their names differ. */
  readonly targets: readonly DaemonTarget[];
  readonly version: string;
  /** For those that are reached by TCP (`admin/client/token.ts`). */
  readonly token?: string;
  readonly clock: Clock;
  /** Without one there are no verdicts. */
  readonly judge?: Judge;
}

export interface Feed {
  /** Begins to ask. `onNews` is never called before this returns, and not after `stop`. */
  start(onNews: (news: FeedNews) => void): void;
  /** What is asked for from now on; what was not wanted before is asked for at once. */
  want(wants: Wants): void;
  /** Asks all daemons now, those too that did not answer. */
  refresh(): void;
  /** Carries an order out, and reads at once what became of it. Never rejects. */
  perform(order: Order): Promise<OrderResult>;
  /** Ends what is under way; resolves when nothing is left of it. */
  stop(): Promise<void>;
}

/** What is asked for until somebody wants something. */
const nothingYet: Wants = { parts: [], logs: false, clientsBy: 'ip', intervalMs: 1_000, paused: false };

export function createFeed(options: FeedOptions): Feed {
  let tell: (news: FeedNews) => void = () => {};
  const { targets, ...others } = options;
  const nodes = new Map(
    targets.map((target) => [
      target.name,
      new DaemonFeed({ ...others, target, wants: nothingYet, onNews: (news) => tell(news) }),
    ]),
  );
  return {
    start(onNews) {
      tell = (news) => {
        try {
          onNews(news);
        } catch (error) {
          // A defect of whoever listens says nothing of the daemon: it ends the program, as it would anywhere else.
          queueMicrotask(() => {
            throw error;
          });
        }
      };
      for (const node of nodes.values()) node.start();
    },
    want(wants) {
      for (const node of nodes.values()) node.want(wants);
    },
    refresh() {
      for (const node of nodes.values()) node.refresh();
    },
    async perform(order) {
      const node = nodes.get(order.node);
      if (node === undefined) return { kind: 'failed', words: `there is no daemon ${order.node} here` };
      return node.perform(order);
    },
    async stop() {
      tell = () => {};
      options.judge?.close();
      await Promise.all([...nodes.values()].map((node) => node.stop()));
    },
  };
}
