/** Rows of several daemons: sums first, then what each says; one that does not answer hides nothing of the others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedNews, Reading } from '../../../src/tui/feed/reading.ts';
import { everyNode } from '../../../src/tui/rows/row.ts';
import { rowsOf } from '../../../src/tui/rows/rows.ts';
import type { State } from '../../../src/tui/store/state.ts';
import {
  degradedUpstreams,
  readingNews,
  sampleParts,
  sampleRequest,
  sampleRoute,
  sampleState,
  sampleTarget,
  sampleTime,
  sampleUpstream,
  sampleWindows,
} from '../sample-state.ts';
import { at, filtered, looking, names, row, rows, texts } from './rows-values.ts';

function lost(node: string): FeedNews {
  return { kind: 'lost', node, atMs: 0, why: 'connection refused', retryMs: 2000 };
}

function three(
  view: 'upstreams' | 'routes' | 'errors',
  given: Readonly<Record<string, Partial<Reading>>>,
  news: readonly FeedNews[] = [],
): State {
  return sampleState([...Object.entries(given).map(([node, reading]) => readingNews({ node, ...reading })), ...news], {
    nodes: ['a', 'b', 'c'],
    view,
  });
}

const [slow, fast] = [
  sampleWindows({ requests: 100, requests_per_s: 10, errors: 4, error_ratio: 0.04, p99_ms: 900 }),
  sampleWindows({ requests: 300, requests_per_s: 30, errors: 0, error_ratio: 0, p99_ms: 90 }),
];

test('an upstream of several daemons is summed: rates added, errors weighed, percentiles of the worst', () => {
  const upstream = (windows: typeof slow, since: number, infl: number) => [
    sampleUpstream('api', [sampleTarget('t:1', { in_flight: infl, since: sampleTime(since) })], { windows }),
  ];
  const state = three('upstreams', {
    a: { upstreams: upstream(slow, 60_000, 1) },
    b: { upstreams: upstream(fast, 7_200_000, 2) },
    c: { upstreams: upstream(fast, 1000, 4) },
  });
  const sum = row(state, `${everyNode} api`);
  assert.equal(sum.node, everyNode);
  assert.deepEqual(texts(sum, 'node', 'infl', 'rps', 'err', 'p99', 'check'), [
    '3/3',
    '7',
    '70',
    '0.6',
    '900ms*',
    '3/3 up',
  ]);
  assert.equal(sum.why, 'over 3 of 3 daemons; * percentiles are those of the worst');
  assert.deepEqual(
    rows(state).map(({ id, depth }) => [id, depth]),
    [
      ['* api', 0],
      ['a api', 1],
      ['a api/t:1', 2],
      ['b api', 1],
      ['b api/t:1', 2],
      ['c api', 1],
      ['c api/t:1', 2],
    ],
  );
});

test('how long a sum has stood so is the longest of those that stand so', () => {
  const upstream = (since: number) => [sampleUpstream('api', [sampleTarget('t:1', { since: sampleTime(since) })])];
  const state = three('upstreams', {
    a: { upstreams: upstream(60_000) },
    b: { upstreams: upstream(7_200_000) },
    c: { upstreams: upstream(1000) },
  });
  assert.deepEqual(texts(row(state, '* api'), 'since'), ['2h00m']);
});

test('of a daemon that does not answer rows stay, old and unknown, and those of the others are as they were', () => {
  const before = three('upstreams', { a: { upstreams: degradedUpstreams() }, b: {}, c: {} });
  const after = three('upstreams', { a: { upstreams: degradedUpstreams() }, b: {}, c: {} }, [lost('b')]);
  assert.equal(rows(after).length, rows(before).length);
  const stale = rows(after).filter(({ node }) => node === 'b');
  assert.ok(stale.length > 0);
  for (const one of stale) {
    assert.equal(one.standing, 'unknown', `${one.id} is not known any more`);
    assert.deepEqual(new Set(Object.values(one.cells).map(({ tone }) => tone)), new Set(['stale']));
    assert.match(one.why ?? '', /^as it was at 14:03:07Z, when it last answered: /);
    assert.equal(one.code, null);
  }
  for (const node of ['a', 'c']) {
    const of = (state: State) =>
      rows(state)
        .filter((one) => one.node === node)
        .map(({ id, cells, standing }) => ({ id, cells, standing }));
    assert.deepEqual(of(after), of(before));
  }
});

test('a sum does not count what is not known, says so, and is never well because of it', () => {
  const state = three('upstreams', { a: {}, b: {}, c: {} }, [lost('b')]);
  const sum = row(state, '* web-backend');
  assert.equal(sum.standing, 'unknown');
  assert.deepEqual(texts(sum, 'node', 'infl', 'rps'), ['2/3', '82', '414']);
  assert.match(sum.why ?? '', /^over 2 of 3 daemons, 1 of them not answering/);
});

test('a daemon that has never answered makes a sum unknown too', () => {
  const state = three('upstreams', { a: {}, b: {} }, [lost('c')]);
  assert.equal(row(state, '* web-backend').standing, 'unknown');
  assert.deepEqual(texts(row(state, '* web-backend'), 'node'), ['2/3']);
});

test('where no daemon answers a sum is a question mark', () => {
  const state = three('upstreams', { a: {}, b: {}, c: {} }, [lost('a'), lost('b'), lost('c')]);
  assert.deepEqual(texts(row(state, '* web-backend'), 'node', 'infl', 'rps', 'err'), ['0/3', '?', '?', '?']);
});

test('the worst daemon comes first below a sum', () => {
  const state = three('upstreams', { a: {}, b: { upstreams: degradedUpstreams() }, c: {} });
  const below = rows(state).filter(({ parent }) => parent === '* api-backend');
  assert.deepEqual(
    below.map(({ node }) => node),
    ['b', 'a', 'c'],
  );
});

test('routes are summed the same way', () => {
  const routes = (windows: typeof slow) => ({
    parts: sampleParts({ routes: { routes: [sampleRoute('api', { windows })] } }),
  });
  const state = three('routes', { a: routes(slow), b: routes(fast), c: routes(fast) });
  assert.deepEqual(texts(row(state, '* api'), 'node', 'rps', 'err', 'p99', 'mostly'), [
    '3/3',
    '70',
    '0.6',
    '900ms*',
    '–',
  ]);
  assert.deepEqual(
    rows(state).map(({ id }) => id),
    ['* api', 'a api', 'b api', 'c api'],
  );
});

test('requests of several daemons are one list by time, each with its daemon', () => {
  const parts = (id: string, ago: number) => {
    const all = sampleParts();
    return { parts: { ...all, errors: { ...all.errors, requests: [sampleRequest(id, { time: sampleTime(ago) })] } } };
  };
  const state = three('errors', { a: parts('1-1', 5000), b: parts('1-1', 1000), c: parts('1-1', 9000) });
  const found = rows(state).filter(({ thing }) => thing.kind === 'request');
  assert.deepEqual(
    found.map((one) => texts(one, 'node')[0]),
    ['b', 'a', 'c'],
  );
  assert.equal(new Set(found.map(({ id }) => id)).size, 3);
});

test('an upstream that was entered as a sum is seen on every daemon, and one of a daemon there alone', () => {
  const state = three('upstreams', { a: {}, b: {}, c: {} });
  const thing = { kind: 'upstream', upstream: 'web-backend' } as const;
  assert.equal(rows(at(state, { of: { node: everyNode, thing } })).length, 7);
  assert.deepEqual(names(at(state, { of: { node: 'b', thing } })), ['web-backend', '10.1.2.10:8080']);
});

test('a filter leaves the daemon and the sum above what matches', () => {
  const state = filtered(three('upstreams', { a: {}, b: { upstreams: degradedUpstreams() }, c: {} }), 'check=L4CON');
  assert.deepEqual(
    rows(state).map(({ id }) => id),
    ['* api-backend', 'b api-backend', 'b api-backend/10.1.1.12:8080'],
  );
});

test('with one daemon there is neither a sum nor a column for it', () => {
  const state = looking('upstreams');
  assert.ok(!rowsOf(state).columns.some(({ id }) => id === 'node'));
  assert.ok(rows(state).every(({ node }) => node === 'local'));
});

test('before any answer it says what it waits for, and of which daemon', () => {
  const state = sampleState([lost('b')], { nodes: ['a', 'b'] });
  assert.equal(
    rowsOf(state).empty,
    'a: ? waiting for the first answer; b: ✗ no answer: connection refused; asked again by itself',
  );
});
