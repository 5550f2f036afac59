/**
 * A feed for somebody who wants to look and nothing else (`--read-only`): every daemon is read as by a viewer, so that no action is
 * offered, and no order is carried out whoever gives it.
 */
import type { Feed } from './feed.ts';
import type { Identity, Reading } from './reading.ts';

export function readOnlyFeed(feed: Feed): Feed {
  // The same object each time: rows are kept for as long as what they are made of is the same.
  const viewers = new Map<Identity | null, Identity>();
  const viewerOf = (identity: Identity | null): Identity => {
    const known = viewers.get(identity);
    if (known !== undefined) return known;
    const actor = identity === null ? 'here with --read-only' : `${identity.actor} with --read-only`;
    const viewer: Identity = { actor, role: 'viewer' };
    viewers.clear();
    viewers.set(identity, viewer);
    return viewer;
  };
  const looking = (reading: Reading): Reading => ({ ...reading, identity: viewerOf(reading.identity) });
  return {
    want: (wants) => feed.want(wants),
    refresh: () => feed.refresh(),
    stop: () => feed.stop(),
    start(onNews) {
      feed.start((news) =>
        onNews(news.kind === 'reading' ? { kind: 'reading', reading: looking(news.reading) } : news),
      );
    },
    async perform() {
      return { kind: 'failed', words: 'nothing is done: this screen was opened with --read-only' };
    },
  };
}
