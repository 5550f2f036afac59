/** The header: whose state it is, of which moment, and how fresh. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedNews } from '../../../src/tui/feed/reading.ts';
import { headerOf } from '../../../src/tui/view/header.ts';
import { readingNews, sampleState, sampleStatus } from '../sample-state.ts';

const lost: FeedNews = { kind: 'lost', node: 'local', atMs: 0, why: 'connection refused', retryMs: 4000 };

test('a daemon that answers is live, with who we are there and what it runs', () => {
  const header = headerOf({ ...sampleState(), nowMs: 400 });
  assert.deepEqual(header, {
    name: 'local',
    role: 'admin',
    uptimeMs: 12 * 86_400_000,
    generation: 41,
    diskMatches: true,
    intervalMs: 1000,
    ageMs: 400,
    mode: 'live',
    modeWords: null,
    at: '2026-11-20T14:03:07.000Z',
    lost: [],
  });
});

test('before the first answer it waits, and knows nothing', () => {
  const { mode, at, ageMs, generation, diskMatches, uptimeMs, role } = headerOf(sampleState([]));
  assert.deepEqual(
    { mode, at, ageMs, generation, diskMatches, uptimeMs, role },
    { mode: 'waiting', at: null, ageMs: null, generation: null, diskMatches: null, uptimeMs: null, role: null },
  );
});

test('one that does not answer is lost, says why, since when and that it is asked again', () => {
  const header = headerOf({ ...sampleState([readingNews(), lost]), nowMs: 12_000 });
  assert.deepEqual([header.mode, header.ageMs, header.at], ['lost', 12_000, '2026-11-20T14:03:07.000Z']);
  assert.equal(header.modeWords, 'connection refused; since 12s, asked again every 4s');
});

test('one that is late is stale before anybody has said that it is lost', () => {
  assert.equal(headerOf({ ...sampleState(), nowMs: 2999 }).mode, 'live');
  assert.equal(headerOf({ ...sampleState(), nowMs: 3001 }).mode, 'stale');
  assert.equal(
    headerOf({ ...sampleState([readingNews()], { intervalMs: 10_000 }), nowMs: 20_000 }).mode,
    'live',
    'asked each ten seconds it is not late yet',
  );
});

test('held, frozen and past say so, and how to come back', () => {
  const state = sampleState([readingNews(), readingNews({ receivedMs: 60_000 })]);
  assert.deepEqual(
    [headerOf({ ...state, held: [] }).mode, headerOf({ ...state, held: [] }).modeWords],
    ['held', 'order held; p lets it go'],
  );
  const frozen = headerOf({ ...state, frozen: state.nodes, frozenMs: 60_000, nowMs: 75_000 });
  assert.deepEqual([frozen.mode, frozen.modeWords], ['frozen', 'for 15s; P goes on']);
  const past = headerOf({ ...state, pastMs: 500, backMs: 59_500 });
  assert.deepEqual(
    [past.mode, past.modeWords, past.at],
    ['past', '59s ago; \\ comes back', '2026-11-20T14:03:07.000Z'],
  );
  const unseen = headerOf({ ...state, pastMs: -300_000, backMs: 360_000 });
  assert.equal(unseen.modeWords, '6m00s ago, nobody looked then: only rates are known; \\ comes back');
  assert.equal(unseen.at, '2026-11-20T13:58:07.000Z');
});

test('of several daemons it says how many, which are lost, and what they have in common', () => {
  const news = [
    readingNews({ node: 'a' }),
    readingNews({
      node: 'b',
      generation: 42,
      status: sampleStatus({ config: { ...sampleStatus().config, disk_matches_running: false } }),
    }),
    { ...lost, node: 'c' },
  ] as const;
  const header = headerOf(sampleState(news, { nodes: ['a', 'b', 'c'] }));
  assert.deepEqual(
    [header.name, header.mode, header.generation, header.uptimeMs, header.diskMatches],
    ['3 daemons, 1 lost', 'live', null, null, false],
  );
  assert.deepEqual(header.lost, [{ node: 'c', why: 'connection refused' }]);
});

test('where no file can be read it is not said that it is what runs', () => {
  const config = { ...sampleStatus().config, disk_matches_running: null };
  assert.equal(headerOf(sampleState([readingNews({ status: sampleStatus({ config }) })])).diskMatches, null);
});
