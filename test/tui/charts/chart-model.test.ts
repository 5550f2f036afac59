/** What the chart wall shows of a state: sums of several daemons with a line each, and gaps where nothing is known. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { BINS } from '../../../src/tui/charts/bins.ts';
import { chartModelOf } from '../../../src/tui/charts/chart-model.ts';
import { reduce } from '../../../src/tui/store/reduce.ts';
import {
  degradedUpstreams,
  readingNews,
  sampleParts,
  sampleSeries,
  sampleState,
  sampleStatus,
  sampleTime,
  sampleWindow,
} from '../sample-state.ts';

/** `points` of ten seconds that end now, each with so many requests and errors. */
function traffic(points: number, requests: number, errors: number) {
  const { traffic: usual } = sampleParts();
  return sampleParts({
    traffic: {
      ...usual,
      total: { windows: {}, series: sampleSeries(points, requests, errors) },
      points: {
        at: Array.from({ length: points }, (_, index) => sampleTime((points - 1 - index) * 10_000)),
        covered_ms: Array.from({ length: points }, () => 10_000),
      },
    },
  });
}

test('before anything was read there are lines without a point', () => {
  const model = chartModelOf(sampleState([]));
  assert.equal(model.labels.length, BINS);
  assert.ok(model.rate.every(({ values }) => values.length === BINS && values.every((value) => value === null)));
  assert.deepEqual(model.targets, []);
});

test('rates and errors are per second and percent, and what was before the daemon is a gap', () => {
  const model = chartModelOf(sampleState([readingNews({ parts: traffic(30, 100, 5) })]));
  const [rate] = model.rate;
  assert.deepEqual(
    rate?.values.slice(-30),
    Array.from({ length: 30 }, () => 10),
  );
  assert.deepEqual(
    rate?.values.slice(0, -30),
    Array.from({ length: BINS - 30 }, () => null),
  );
  assert.equal(model.errors[0]?.values.at(-1), 5);
});

test('several daemons are summed, with a line for each; of latencies the worst is shown', () => {
  const slow = traffic(90, 300, 0);
  const model = chartModelOf(
    sampleState([readingNews({ node: 'a', parts: traffic(90, 100, 10) }), readingNews({ node: 'b', parts: slow })], {
      nodes: ['a', 'b'],
    }),
  );
  assert.deepEqual(
    model.rate.map(({ name, values }) => [name, values.at(-1)]),
    [
      ['all', 40],
      ['a', 10],
      ['b', 30],
    ],
  );
  assert.deepEqual(
    model.errors.map(({ name, values }) => [name, values.at(-1)]),
    [
      ['all', 2.5],
      ['a', 10],
      ['b', 0],
    ],
  );
  assert.equal(model.latency.find(({ name }) => name === 'p99')?.values.at(-1), 95);
  assert.equal(model.connections[0]?.values.at(-1), 2 * 3102);
});

test('a daemon that does not answer grows old: its line ends, its targets are not known', () => {
  const heard = sampleState([readingNews({ parts: traffic(90, 100, 0) })]);
  const lost = { kind: 'lost', node: 'local', atMs: 0, why: 'no answer', retryMs: 1000 } as const;
  const { state } = reduce(heard, { kind: 'news', news: lost, nowMs: 35_000 });
  const model = chartModelOf(state);
  assert.deepEqual(model.rate[0]?.values.slice(-4), [10, null, null, null]);
  assert.ok(model.targets.every(({ standing }) => standing === 'unknown'));
  assert.deepEqual(model.causes.names, []);
});

test('errors are told apart by cause, the most frequent first, the rest in one', () => {
  const causes = ['a', 'b', 'c', 'd', 'e', 'f'].map((cause, index) => ({
    cause,
    source: 'proxy' as const,
    count: 60 - index * 10,
    ratio: 0,
  }));
  const status = sampleStatus({ windows: { '1m': sampleWindow({ requests: 1000, causes }) } });
  const { causes: shown } = chartModelOf(sampleState([readingNews({ status })]));
  assert.deepEqual(shown.names, ['a', 'b', 'c', 'd', '2 more']);
  assert.deepEqual(shown.windows, ['10s', '1m', '5m']);
  assert.deepEqual(shown.shares[1], [6, 5, 4, 3, 3]);
});

test('targets stand with the worst first', () => {
  const { targets } = chartModelOf(sampleState([readingNews({ upstreams: degradedUpstreams() })]));
  assert.deepEqual(targets.map(({ name, standing }) => [name, standing]).slice(0, 1), [
    ['api-backend/10.1.1.12:8080', 'down'],
  ]);
  assert.ok(targets.slice(1).every(({ share }) => share === 1));
});
