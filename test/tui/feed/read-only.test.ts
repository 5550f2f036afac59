/** `--read-only`: whatever role one has, the screen is that of a viewer, and nothing is ordered. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Order } from '../../../src/tui/actions/action.ts';
import type { Feed } from '../../../src/tui/feed/feed.ts';
import { readOnlyFeed } from '../../../src/tui/feed/read-only-feed.ts';
import type { FeedNews } from '../../../src/tui/feed/reading.ts';
import { readingNews, sampleReading } from '../sample-state.ts';

test('an admin is shown as a viewer, by the same object each time, and an order is not carried out', async () => {
  let tell: (news: FeedNews) => void = () => undefined;
  const performed: Order[] = [];
  const feed: Feed = {
    start: (onNews) => void (tell = onNews),
    want: () => undefined,
    refresh: () => undefined,
    perform: async (order) => {
      performed.push(order);
      return { kind: 'done', words: 'done', undo: null, well: true };
    },
    stop: async () => undefined,
  };
  const heard: FeedNews[] = [];
  const looking = readOnlyFeed(feed);
  looking.start((news) => void heard.push(news));
  const { identity } = sampleReading();
  tell(readingNews({ identity }));
  tell(readingNews({ identity }));
  tell(readingNews({ identity: null }));
  const seen = heard.map((news) => (news.kind === 'reading' ? news.reading.identity : null));
  assert.deepEqual(seen[0], { actor: 'oncall with --read-only', role: 'viewer' });
  assert.equal(seen[1], seen[0]);
  assert.equal(seen[2]?.role, 'viewer');
  const { kind } = await looking.perform({} as Order);
  assert.equal(kind, 'failed');
  assert.deepEqual(performed, []);
});
