/** Gauges: numbers of now, their colour with hysteresis, where they are going, and what they were. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WindowState } from '../../../src/admin/contract/traffic-shapes.ts';
import type { FeedNews, Reading } from '../../../src/tui/feed/reading.ts';
import type { State } from '../../../src/tui/store/state.ts';
import { gaugesOf } from '../../../src/tui/view/gauges.ts';
import type { Gauge } from '../../../src/tui/view/view.ts';
import {
  readingNews,
  sampleEvent,
  sampleParts,
  sampleSeries,
  sampleState,
  sampleStatus,
  sampleTime,
  sampleWindow,
  sampleWindows,
} from '../sample-state.ts';

function gauge(state: State, id: Gauge['id']): Gauge {
  const found = gaugesOf(state).find((one) => one.id === id);
  assert.ok(found);
  return found;
}

function texts(state: State): Readonly<Record<string, string>> {
  return Object.fromEntries(gaugesOf(state).map(({ id, text }) => [id, text]));
}

function withWindows(
  given: Partial<Record<'10s' | '1m' | '5m', Partial<WindowState>>>,
  receivedMs = 0,
): Partial<Reading> {
  const windows = {
    '10s': sampleWindow(given['10s']),
    '1m': sampleWindow(given['1m']),
    '5m': sampleWindow(given['5m']),
  };
  return { receivedMs, status: sampleStatus({ windows }) };
}

test('numbers of now, in the words of the tables', () => {
  const counts = { ...sampleStatus().counts, connections_limit: 50_000 };
  const windows = sampleWindows({
    requests: 12_840,
    requests_per_s: 1284,
    errors: 540,
    error_ratio: 0.042,
    p99_ms: 810,
  });
  assert.deepEqual(texts(sampleState([readingNews({ status: sampleStatus({ windows, counts }) })])), {
    rps: '1 284',
    err: '4.2%',
    p99: '810ms',
    conn: '3 102/50 000',
    rss: '212M/512M',
    loop: '3.0ms',
  });
});

test('nothing read is a question mark everywhere, and nothing done a dot or a dash', () => {
  assert.deepEqual(new Set(Object.values(texts(sampleState([])))), new Set(['?']));
  assert.ok(gaugesOf(sampleState([])).every(({ tone }) => tone === 'unknown'));
  const { runtime: _, ...parts } = sampleParts();
  const windows = sampleWindows({
    requests: 0,
    requests_per_s: 0,
    error_ratio: null,
    p50_ms: null,
    p95_ms: null,
    p99_ms: null,
  });
  const idle = sampleState([
    readingNews({
      parts,
      status: sampleStatus({ windows, counts: { ...sampleStatus().counts, open_connections: 0 } }),
    }),
  ]);
  assert.deepEqual(texts(idle), { rps: '·', err: '–', p99: '–', conn: '·', rss: '212M', loop: '?' });
});

test('errors turn yellow after three readings beyond the threshold, and stay so until three below four fifths of it', () => {
  const seen = [0, 0.02, 0.02, 0.02, 0.009, 0.009, 0.009, 0.007, 0.007, 0.007];
  const tones: string[] = [];
  const news: FeedNews[] = [];
  for (const [index, ratio] of seen.entries()) {
    news.push(readingNews(withWindows({ '10s': { errors: ratio * 2070, error_ratio: ratio } }, index * 1000)));
    tones.push(gauge(sampleState(news), 'err').tone);
  }
  assert.deepEqual(tones, ['plain', 'plain', 'plain', 'warn', 'warn', 'warn', 'warn', 'warn', 'warn', 'plain']);
});

test('more than a tenth failing is red', () => {
  assert.equal(
    gauge(sampleState([readingNews(withWindows({ '10s': { errors: 400, error_ratio: 0.2 } }))]), 'err').tone,
    'bad',
  );
});

test('connections and memory near their limits are yellow', () => {
  const counts = { ...sampleStatus().counts, open_connections: 900, connections_limit: 1000 };
  const parts = sampleParts();
  const runtime = { ...parts.runtime, process: { ...parts.runtime.process, rss_bytes: 500 * 1024 * 1024 } };
  const state = sampleState([readingNews({ status: sampleStatus({ counts }), parts: { ...parts, runtime } })]);
  assert.deepEqual([gauge(state, 'conn').tone, gauge(state, 'rss').tone], ['warn', 'warn']);
});

test('an arrow says where it is going: the last minute against the last five', () => {
  const trend = (minute: number, before: number, now = minute) =>
    gauge(
      sampleState([
        readingNews(
          withWindows({
            '10s': { requests_per_s: now },
            '1m': { requests_per_s: minute },
            '5m': { requests_per_s: before },
          }),
        ),
      ]),
      'rps',
    ).trend;
  assert.deepEqual([trend(130, 100), trend(110, 100), trend(70, 100)], ['up', null, 'down']);
  // What is over a moment ago is not said to rise.
  assert.deepEqual([trend(130, 100, 0), trend(70, 100, 200)], [null, null]);
  const slow = { '1m': { p99_ms: 900 }, '5m': { p99_ms: 100 } };
  assert.equal(gauge(sampleState([readingNews(withWindows({ ...slow, '10s': { p99_ms: null } }))]), 'p99').trend, null);
});

test('the past is a quarter of an hour in tens of seconds, with marks where something happened', () => {
  const parts = sampleParts();
  const series = {
    ...sampleSeries(90, 100, 0),
    requests: Array.from({ length: 90 }, (_, index) => (index === 89 ? 500 : 100)),
  };
  const traffic = { ...parts.traffic, total: { ...parts.traffic.total, series } };
  const events: FeedNews = {
    kind: 'events',
    node: 'local',
    events: [
      sampleEvent(1, { kind: 'reload', at: sampleTime(37_000), last_at: sampleTime(37_000) }),
      sampleEvent(2, { kind: 'log_level', at: sampleTime(57_000), last_at: sampleTime(57_000) }),
    ],
    gap: false,
  };
  const state = sampleState([readingNews({ parts: { ...parts, traffic } }), events]);
  const { series: rps, events: marks } = gauge(state, 'rps');
  assert.equal(rps.length, 90);
  assert.deepEqual(rps.slice(-3), [10, 10, 50]);
  assert.deepEqual(marks, [86], 'what changes nothing of the traffic has no mark');
});

test('series stay where they are from second to second', () => {
  const parts = sampleParts();
  const one = gauge(sampleState([readingNews({ parts })]), 'rps').series;
  const next = gauge(sampleState([readingNews({ parts }), readingNews({ parts, receivedMs: 1000 })]), 'rps').series;
  assert.deepEqual(next, one);
});

test('connections are what was read', () => {
  const counts = (open: number) => sampleStatus({ counts: { ...sampleStatus().counts, open_connections: open } });
  const state = sampleState([
    readingNews({ status: counts(5) }),
    readingNews({ receivedMs: 10_000, status: counts(9) }),
  ]);
  assert.deepEqual(gauge(state, 'conn').series.slice(-3), [null, 5, 9]);
});

test('over several daemons rates are summed and the slowest is shown; one that is lost does not count', () => {
  const of = (node: string, rate: number, p99: number) =>
    readingNews({ node, ...withWindows({ '10s': { requests: rate * 10, requests_per_s: rate, p99_ms: p99 } }) });
  const news = [of('a', 100, 20), of('b', 50, 700), of('c', 1000, 9000)];
  const lost: FeedNews = { kind: 'lost', node: 'c', atMs: 0, why: 'x', retryMs: 1000 };
  const state = sampleState([...news, lost], { nodes: ['a', 'b', 'c'] });
  assert.deepEqual([texts(state)['rps'], texts(state)['p99'], texts(state)['conn']], ['150', '700ms*', '6 204']);
});

test('where no daemon answers the last numbers stand, and look old', () => {
  const lost: FeedNews = { kind: 'lost', node: 'local', atMs: 0, why: 'x', retryMs: 1000 };
  const rps = gauge(sampleState([readingNews(), lost]), 'rps');
  assert.deepEqual([rps.text, rps.tone], ['1 284', 'stale']);
});
