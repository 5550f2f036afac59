/** Stretches of time, and which of them belong to an incident. Pure; for `impact.ts`. */

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

/**
 * From the first to the last that touches the time in which the incident was reported; where none does, the last before:
 * somebody may write it up when it is over. Null where there is none.
 * @param all Oldest first.
 */
export function belonging(all: readonly TimeSpan[], reported: TimeSpan): TimeSpan | null {
  const touching = all.filter((one) => overlaps(one, reported));
  const [first] = touching;
  if (first === undefined) return all.findLast(({ toMs }) => toMs <= reported.fromMs) ?? null;
  return { fromMs: first.fromMs, toMs: Math.max(...touching.map(({ toMs }) => toMs)) };
}
