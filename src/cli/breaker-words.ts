/** How circuit breakers read: what they are, and what closing one means. Used by `breakers` and the screen; pure. */
import type { BreakerKind, BreakerState } from '../admin/contract/upstream-shapes.ts';

export const breakerWords: Readonly<Record<BreakerKind, string>> = {
  closed: 'closed',
  open: 'open',
  half_open: 'half-open',
  forced_open: 'held open',
};

/** `open now, 5 of 5 failures in a row, tripped 3 times`. */
export function breakerNow({ state, count, failure_threshold: threshold, trips_total: trips }: BreakerState): string {
  return `${breakerWords[state]} now, ${count} of ${threshold} failures in a row, tripped ${trips} times`;
}

/** What it means to close it. */
export function resetWords(breaker: BreakerState): string {
  return `${breakerNow(breaker)}; all its requests flow again`;
}
