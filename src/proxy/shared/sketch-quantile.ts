/** Counts on the scale of `duration-sketch.ts` → quantiles. Read by the main thread; pure. */
import { sketchValues } from './duration-sketch.ts';

/**
 * The durations, in seconds, that these shares of all do not exceed (nearest rank), within 2 %; null = there is none.
 * @param quantiles 0 to 1, in rising order.
 * @param first Where the counts of the sketch begin, one for each bucket; they go to the end.
 */
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
