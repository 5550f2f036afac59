/** A feed whose news a test keeps and waits for. */
import type { TestContext } from 'node:test';
import type { DaemonTarget } from '../../../src/admin/client/address.ts';
import { createFeed, type Feed } from '../../../src/tui/feed/feed.ts';
import type { Judge } from '../../../src/tui/feed/judging.ts';
import type { FeedNews, Reading, Wants } from '../../../src/tui/feed/reading.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';

export const wants: Wants = { parts: [], logs: false, clientsBy: 'ip', intervalMs: 1_000, paused: false };

export interface Watched {
  readonly feed: Feed;
  readonly clock: ManualClock;
  readonly news: readonly FeedNews[];
  /** The readings of a node so far. */
  readings(node?: string): readonly Reading[];
  lost(node?: string): readonly Extract<FeedNews, { kind: 'lost' }>[];
  of<K extends FeedNews['kind']>(kind: K): readonly Extract<FeedNews, { kind: K }>[];
  /** Waits until there are so many readings, and gives the last back. */
  reading(count: number, node?: string): Promise<Reading>;
  /** The same of `lost`. */
  loss(count: number, node?: string): Promise<Extract<FeedNews, { kind: 'lost' }>>;
}

export function socketTarget(name: string, path: string): DaemonTarget {
  return { name, addresses: [{ kind: 'socket', path }] };
}

/** Starts a feed that ends with the test. */
export function watch(
  t: TestContext,
  targets: readonly DaemonTarget[],
  more: { readonly wants?: Partial<Wants>; readonly judge?: Judge } = {},
): Watched {
  const clock = new ManualClock();
  const { judge } = more;
  const feed = createFeed({ targets, version: 'test', clock, ...(judge === undefined ? {} : { judge }) });
  t.after(() => feed.stop());
  const news: FeedNews[] = [];
  feed.want({ ...wants, ...more.wants });
  feed.start((one) => void news.push(one));
  const of: Watched['of'] = (kind) => news.filter((one) => one.kind === kind) as never;
  const readings = (node = 'a') => of('reading').flatMap(({ reading }) => (reading.node === node ? [reading] : []));
  const lost = (node = 'a') => of('lost').filter((one) => one.node === node);
  const waited = <T>(read: () => readonly T[], count: number): Promise<T> =>
    eventually(() => {
      const found = read()[count - 1];
      if (found === undefined) throw new Error(`${read().length} of ${count}: ${JSON.stringify(news).slice(0, 2_000)}`);
      return found;
    });
  return {
    feed,
    clock,
    news,
    readings,
    lost,
    of,
    reading: (count, node) => waited(() => readings(node), count),
    loss: (count, node) => waited(() => lost(node), count),
  };
}
