/**
 * The scale of durations that quantiles are read from: buckets as wide as 4 % of what they hold, so that the value of a
 * bucket is within 2 % of everything in it. Workers ask for the bucket of a duration with every request (`cells.ts`), the
 * main thread for the values. Holds no counts.
 */

/** Buckets to an octave. With it the widest bucket is 3.97 % wide, and its middle at most 1.95 % off. */
const STEPS = 18;
/** Steps below the first bucket: it begins at 19.4 µs. */
const BASE = 77;

/** Number of buckets: 20 µs to 1000 s. What is shorter or longer counts as the first or the last of them. */
export const sketchLength = 462;

const shares = Float64Array.from({ length: 32 }, (_, exponent) => 2 ** -exponent);

/**
 * The bucket of a duration, 0 to `sketchLength - 1`. The logarithm is a cubic in the mantissa, which is exact at powers of
 * two and steep enough between them; the exponent comes from an integer instruction. `Math.log` takes twice as long.
 */
export function sketchBucket(seconds: number): number {
  const micros = seconds * 1e6;
  // Past 2³¹ µs the integer below would be negative; not-a-number is short.
  if (!(micros >= 16)) return 0;
  if (micros >= 1e9) return sketchLength - 1;
  const exponent = 31 - Math.clz32(micros);
  const part = micros * (shares[exponent] as number) - 1;
  const bucket = ((exponent + ((part * (6 / 35) - 3 / 5) * part + 10 / 7) * part) * STEPS - BASE) | 0;
  return bucket < 0 ? 0 : bucket;
}

/** The duration that stands for a bucket, in seconds: as far from its lower end as from its upper one, in proportion. */
export const sketchValues: Float64Array = Float64Array.from({ length: sketchLength }, (_, bucket) => {
  const low = lowerEnd(bucket);
  const high = lowerEnd(bucket + 1);
  return (2 * low * high) / (low + high);
});

/** Where a bucket begins, in seconds: the cubic turned round, by halving. */
function lowerEnd(bucket: number): number {
  const steps = (bucket + BASE) / STEPS;
  const exponent = Math.floor(steps);
  const sought = steps - exponent;
  let low = 0;
  let high = 1;
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2;
    if (((middle * (6 / 35) - 3 / 5) * middle + 10 / 7) * middle < sought) low = middle;
    else high = middle;
  }
  return (2 ** exponent * (1 + low)) / 1e6;
}
