/** Stretches of time, and how they lie to each other. Pure; for `impact.ts` and `clusters.ts`. */

/** Milliseconds since the epoch. */
export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

export function lengthOf({ fromMs, toMs }: TimeSpan): number {
  return toMs - fromMs;
}

export function overlaps(one: TimeSpan, other: TimeSpan): boolean {
  return one.toMs > other.fromMs && one.fromMs < other.toMs;
}

/** Those of which the middle lies in it: a stretch belongs to one side of a moment, whole. */
export function within<T extends TimeSpan>(all: readonly T[], { fromMs, toMs }: TimeSpan): readonly T[] {
  return all.filter((one) => {
    const middle = (one.fromMs + one.toMs) / 2;
    return middle >= fromMs && middle < toMs;
  });
}
