import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CellRegistry, durationBounds, histogramFields, recordDuration } from '../../../src/proxy/shared/cells.ts';
import { sketchBucket, sketchLength, sketchValues } from '../../../src/proxy/shared/duration-sketch.ts';
import { quantilesOf } from '../../../src/proxy/shared/sketch-quantile.ts';
import { Dice } from '../../helpers/dice.ts';

const LANES = 3;

describe('the fine scale of durations', () => {
  test('stands for every duration from 20 µs to 1000 s by a value that is at most 2 % off', () => {
    for (let seconds = 20e-6; seconds < 1000; seconds *= 1.0003) {
      const value = sketchValues[sketchBucket(seconds)] as number;
      assert.ok(Math.abs(value - seconds) <= 0.02 * seconds, `${seconds} s is read as ${value} s`);
    }
  });

  test('puts what is shorter or longer, and what is no number, at its ends', () => {
    for (const seconds of [-1, 0, 1e-9, 19e-6, Number.NaN]) assert.equal(sketchBucket(seconds), 0, `${seconds}`);
    for (const seconds of [1000, 4000, 1e12, Infinity]) assert.equal(sketchBucket(seconds), sketchLength - 1);
  });

  test('never goes down while durations go up, and leaves no bucket out', () => {
    let before = 0;
    for (let seconds = 20e-6; seconds < 1000; seconds *= 1.001) {
      const bucket = sketchBucket(seconds);
      assert.ok(bucket === before || bucket === before + 1, `${before} → ${bucket} at ${seconds} s`);
      before = bucket;
    }
    assert.equal(before, sketchLength - 1);
  });
});

describe('quantiles of durations that several workers counted', () => {
  const dice = new Dice(20);
  const random = () => dice.word() / 2 ** 32;
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const distributions: Readonly<Record<string, () => number>> = {
    'all the same': () => 0.0123,
    uniform: () => 0.0002 + 0.2 * random(),
    exponential: () => 0.0001 - 0.03 * Math.log(1 - random()),
    'log-normal': () => 0.004 * Math.exp(1.2 * gauss()),
    'two peaks far apart': () => (random() < 0.9 ? 0.001 + 0.0005 * random() : 5 + random()),
    'a heavy tail': () => 0.001 / (1 - random()) ** 0.9,
    'the bounds of the coarse buckets': () => durationBounds[Math.floor(random() * durationBounds.length)] as number,
  };
  for (const [name, draw] of Object.entries(distributions)) {
    test(`are within 2 % of the exact ones: ${name}`, () => {
      const registry = new CellRegistry(LANES);
      const ref = registry.cell('route/a', histogramFields.laneLength, 0);
      const lanes = Array.from({ length: LANES }, (_, lane) => registry.view(ref, lane));
      const all: number[] = [];
      for (let count = 0; count < 20_000; count++) {
        const seconds = Math.min(draw(), 999);
        all.push(seconds);
        recordDuration(lanes[count % LANES] as (typeof lanes)[number], seconds);
      }
      all.sort((a, b) => a - b);
      const merged = new Float64Array(sketchLength);
      for (let bucket = 0; bucket < sketchLength; bucket++) {
        merged[bucket] = registry.sum(ref, histogramFields.sketch + bucket);
      }
      for (const quantile of [0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1]) {
        const exact = all[Math.max(0, Math.ceil(quantile * all.length) - 1)] as number;
        const read = quantilesOf(merged, [quantile])[0] as number;
        assert.ok(Math.abs(read - exact) <= 0.02 * exact, `p${quantile * 100}: ${read} instead of ${exact}`);
      }
    });
  }

  test('are not known of nothing', () => {
    assert.deepEqual(quantilesOf(new Float64Array(sketchLength), [0.5, 0.99]), [null, null]);
  });
});
