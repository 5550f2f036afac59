/** Counts on the scale of `duration-sketch.ts` → quantiles. Read by the main thread; pure. */
import { sketchValues } from './duration-sketch.ts';

/**
 * The duration, in seconds, that a share of all does not exceed (nearest rank), within 2 %; null = there is none.
 * @param counts One for each bucket of the sketch.
 * @param quantile 0 to 1.
 */
export function quantileOf(counts: ArrayLike<number>, quantile: number): number | null {
  return quantilesOf(counts, [quantile])[0] as number | null;
}

/** Several at once. @param quantiles In rising order. @param first Where the counts of the sketch begin; they go to the end. */
export function quantilesOf(
  counts: ArrayLike<number>,
  quantiles: readonly number[],
  first = 0,
): readonly (number | null)[] {
  let total = 0;
  for (let at = first; at < counts.length; at++) total += counts[at] as number;
  if (total === 0) return quantiles.map(() => null);
  let seen = 0;
  let bucket = -1;
  return quantiles.map((quantile) => {
    const rank = Math.max(1, Math.ceil(quantile * total));
    while (seen < rank) seen += counts[first + ++bucket] as number;
    return sketchValues[bucket] as number;
  });
}
