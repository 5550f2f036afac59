/** Rows of another moment than now: never the state of today under the clock of yesterday. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowsOf } from '../../../src/tui/rows/rows.ts';
import { shownOf } from '../../../src/tui/rows/shown.ts';
import type { State } from '../../../src/tui/store/state.ts';
import {
  degradedUpstreams,
  readingNews,
  sampleAtMs,
  sampleEvent,
  sampleParts,
  sampleSeries,
  sampleState,
  sampleTime,
} from '../sample-state.ts';
import { row, rows, texts } from './rows-values.ts';

/** Well until two minutes ago, when somebody looked; degraded since. */
function watched(view: 'upstreams' | 'routes' | 'inflight' | 'events' = 'upstreams'): State {
  return sampleState(
    [
      readingNews({ receivedMs: 0 }),
      readingNews({ receivedMs: 1000 }),
      readingNews({ receivedMs: 120_000, upstreams: degradedUpstreams() }),
      {
        kind: 'events',
        node: 'local',
        events: [
          sampleEvent(1, { at: sampleTime(5000), last_at: sampleTime(5000) }),
          sampleEvent(2, { at: sampleTime(-100_000), last_at: sampleTime(-100_000) }),
        ],
        gap: false,
      },
    ],
    { view },
  );
}

function back(state: State, ms: number): State {
  return { ...state, pastMs: state.nowMs - ms, backMs: ms };
}

test('a moment at which somebody looked is as it was then', () => {
  const state = back(watched(), 119_000);
  assert.equal(row(state, 'api-backend').standing, 'up');
  assert.equal(row(state, '10.1.1.12:8080').standing, 'up');
  assert.deepEqual(texts(row(state, '10.1.1.12:8080'), 'check', 'rps', 'infl'), ['L7OK 200 4.0ms', '207', '41']);
  assert.equal(row(watched(), 'api-backend').standing, 'degraded');
});

test('of a moment at which nobody looked only what the series tell is known', () => {
  const parts = sampleParts();
  const upstreams = parts.traffic.upstreams.map((one) => ({
    ...one,
    series: { ...sampleSeries(90, 50, 5), p99_ms: Array.from({ length: 90 }, () => 33) },
  }));
  const state = back(
    sampleState([
      readingNews({ upstreams: degradedUpstreams(), parts: { ...parts, traffic: { ...parts.traffic, upstreams } } }),
    ]),
    300_000,
  );
  const upstream = row(state, 'api-backend');
  assert.equal(upstream.standing, 'unknown');
  assert.deepEqual(texts(upstream, 'rps', 'err', 'p50', 'p95', 'p99'), ['5.0', '10.0', '11ms', '?', '33ms']);
  assert.deepEqual(texts(upstream, 'check', 'infl', 'since'), ['?', '?', '?']);
  const target = row(state, '10.1.1.12:8080');
  assert.equal(target.standing, 'unknown');
  assert.deepEqual(texts(target, 'name', 'adm', 'check', 'breaker', 'weight', 'infl', 'rps', 'err', 'since'), [
    '10.1.1.12:8080',
    '?',
    '?',
    '?',
    '?',
    '?',
    '?',
    '?',
    '?',
  ]);
  assert.match(upstream.why ?? '', /^nobody looked at that moment/);
});

test('routes of a moment at which nobody looked have their rates of then', () => {
  const state = back(sampleState([readingNews()], { view: 'routes' }), 300_000);
  assert.deepEqual(texts(row(state, 'api'), 'rps', 'err', 'p95', 'mostly'), ['207', '·', '?', '?']);
  assert.equal(row(state, 'api').standing, 'unknown');
});

test('before the series begin nothing is known but names', () => {
  const state = back(sampleState([readingNews()]), 3_600_000);
  assert.deepEqual(texts(row(state, 'api-backend'), 'rps', 'err', 'p99'), ['?', '?', '?']);
});

test('what is under way then is not kept, and is said to be unknown', () => {
  assert.match(rowsOf(back(watched('inflight'), 119_000)).empty ?? '', /^\? not known: is not kept of the past/);
  assert.match(
    rowsOf(back(sampleState([readingNews()], { view: 'inflight' }), 300_000)).empty ?? '',
    /nobody looked then; \\ goes back to now/,
  );
});

test('events of the past are those that had happened by then', () => {
  assert.equal(rows(watched('events')).length, 2);
  assert.equal(rows(back(watched('events'), 119_000)).length, 1);
});

test('ages are by the clock of the moment that is shown', () => {
  const state = sampleState([
    readingNews({ upstreams: degradedUpstreams() }),
    readingNews({ receivedMs: 60_000, upstreams: degradedUpstreams() }),
  ]);
  assert.deepEqual(texts(row(state, '10.1.1.12:8080'), 'since'), ['3m11s']);
  assert.deepEqual(texts(row(back(state, 60_000), '10.1.1.12:8080'), 'since'), ['2m11s']);
});

test('the moment of a reading is its own, and of the series the one that was asked for', () => {
  const state = watched();
  const [node] = state.nodes;
  assert.ok(node);
  assert.equal(shownOf(node, back(state, 118_500)).atMs, sampleAtMs + 1000);
  const before = shownOf(node, back(state, 300_000));
  assert.equal(before.reading, null);
  assert.equal(before.atMs, sampleAtMs + 120_000 - 300_000);
});

test('what is frozen stays as it was, and is not called old', () => {
  const state = watched();
  const frozen: State = { ...state, frozen: state.nodes, frozenMs: state.nowMs };
  const later = { ...frozen, nodes: sampleState([readingNews()]).nodes, nowMs: state.nowMs + 600_000 };
  assert.deepEqual(
    rows(later).map(({ id, standing }) => [id, standing]),
    rows(state).map(({ id, standing }) => [id, standing]),
  );
  assert.ok(rows(later).every(({ cells }) => Object.values(cells).every(({ tone }) => tone !== 'stale')));
});

test('a daemon that has not answered in time is stale, whether or not anybody has noticed', () => {
  const state = watched();
  const late = { ...state, nowMs: state.nowMs + 10_000 };
  assert.ok(rows(late).every(({ standing }) => standing === 'unknown'));
  assert.equal(row(late, '10.1.1.12:8080').cells['check']?.tone, 'stale');
});
