import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CountPoint, errorOnset, latencyOnset, type ValuePoint } from '../../../src/diagnosis/onset.ts';

/** As the daemon keeps them: ten seconds each. */
const stepMs = 10_000;
const epoch = Date.parse('2026-01-01T00:00:00Z');

function counts(points: readonly (readonly [requests: number, errors: number])[]): readonly CountPoint[] {
  return points.map(([requests, errors], index) => ({
    fromMs: epoch + index * stepMs,
    toMs: epoch + (index + 1) * stepMs,
    requests,
    errors,
  }));
}

function values(list: readonly number[]): readonly ValuePoint[] {
  return list.map((value, index) => ({ fromMs: epoch + index * stepMs, toMs: epoch + (index + 1) * stepMs, value }));
}

const times = <T>(count: number, of: T): T[] => Array.from({ length: count }, () => of);
const at = (index: number): string => new Date(epoch + index * stepMs).toISOString();

test('errors that begin and stay are found where they began', () => {
  const found = errorOnset(counts([...times(30, [100, 0] as const), ...times(12, [100, 40] as const)]));
  assert.equal(found?.at, at(30));
  assert.equal(found?.before, 0);
  assert.equal(found?.after, 0.4);
  assert.ok((found?.confidence ?? 0) > 0.95);
});

test('one bad moment that is over has no onset', () => {
  assert.equal(
    errorOnset(counts([...times(30, [100, 0] as const), [100, 100], ...times(12, [100, 0] as const)])),
    null,
  );
  assert.equal(latencyOnset(values([...times(30, 20), 4000, ...times(12, 20)])), null);
});

test('what fails since the traffic began has nothing to differ from', () => {
  assert.equal(errorOnset(counts([...times(40, [0, 0] as const), ...times(20, [100, 50] as const)])), null);
});

test('an error or two of a hundred requests are chance', () => {
  assert.equal(errorOnset(counts([...times(20, [10, 0] as const), [10, 1], [10, 0], [10, 1], [10, 0]])), null);
});

test('of errors that came, went and came again the last time counts', () => {
  const found = errorOnset(
    counts([
      ...times(20, [200, 1] as const),
      ...times(5, [200, 100] as const),
      ...times(30, [200, 1] as const),
      ...times(6, [200, 100] as const),
    ]),
  );
  assert.equal(found?.at, at(55));
});

test('latency that doubles and stays is found where it began', () => {
  const found = latencyOnset(values([...times(10, 80), 90, 70, 85, 80, ...times(6, 1500)]));
  assert.equal(found?.at, at(14));
  assert.equal(found?.before, 80);
  assert.equal(found?.after, 1500);
});

test('latency that was always uneven has no onset', () => {
  const uneven = Array.from({ length: 60 }, (_, index) => [20, 300, 45, 800, 25, 120][index % 6] as number);
  assert.equal(latencyOnset(values(uneven)), null);
});

test('a few milliseconds more are no onset, however certain', () => {
  assert.equal(latencyOnset(values([...times(40, 2), ...times(20, 6)])), null);
});

test('seconds of few requests are put together before they are compared', () => {
  const sparse = (index: number): readonly [number, number] => [3, index < 60 ? 0 : index % 3 === 0 ? 2 : 0];
  const points = Array.from({ length: 120 }, (_, index) => sparse(index)).map(([requests, errors], index) => ({
    fromMs: epoch + index * 1000,
    toMs: epoch + (index + 1) * 1000,
    requests,
    errors,
  }));
  const found = errorOnset(points);
  assert.equal(found?.at, new Date(epoch + 60_000).toISOString());
});

test('a series of one share has no onset, whatever the share and the traffic', () => {
  const point = fc.tuple(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 2 ** 31 - 1 }));
  fc.assert(
    fc.property(
      fc.array(point, { maxLength: 90, size: 'max' }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (points, share) => {
        // Drawn by a generator of our own from the seed of each point, so that the shares are those of a fair coin.
        const drawn = points.map(([requests, seed]) => [requests, binomial(requests, share, seed)] as const);
        const found = errorOnset(counts(drawn));
        assert.equal(found, null);
      },
    ),
    { numRuns: 300 },
  );
});

test('a rise that lasts is found within one point of where it began, whatever the traffic', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 3, max: 60 }),
      fc.integer({ min: 3, max: 30 }),
      fc.integer({ min: 100, max: 3000 }),
      fc.double({ min: 0, max: 0.02, noNaN: true }),
      fc.double({ min: 0.2, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      (before, after, requests, low, high, seed) => {
        const share = (index: number): number => (index < before ? low : high);
        const points = Array.from(
          { length: before + after },
          (_, index) => [requests, binomial(requests, share(index), seed + index)] as const,
        );
        const found = errorOnset(counts(points));
        const place = (Date.parse(found?.at ?? '') - epoch) / stepMs;
        assert.ok(Math.abs(place - before) <= 1, `found at ${place}, began at ${before}`);
      },
    ),
    { numRuns: 200 },
  );
});

/** How many of `requests` fail, by a generator that is the same on every run (mulberry32). */
function binomial(requests: number, share: number, seed: number): number {
  let state = seed >>> 0;
  let failed = 0;
  for (let index = 0; index < requests; index++) {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    if (((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296 < share) failed++;
  }
  return failed;
}
