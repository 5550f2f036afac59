/** Counts of many stretches put together, by route, upstream and cause. Pure; for `impact.ts`. */
import type { FlightCounts } from '../../history/flight-record.ts';
import type { Part } from './shapes.ts';

/** The most affected first; those that were not affected are there too. */
export function partsOf(stretches: readonly Readonly<Record<string, FlightCounts>>[]): readonly Part[] {
  const sums = new Map<string, { requests: number; errors: number; affected: number }>();
  for (const stretch of stretches) {
    for (const [name, { requests, errors, affected }] of Object.entries(stretch)) {
      const one = sums.get(name) ?? { requests: 0, errors: 0, affected: 0 };
      one.requests += requests;
      one.errors += errors;
      one.affected += affected;
      sums.set(name, one);
    }
  }
  return [...sums]
    .map(([name, counts]) => ({
      name,
      ...counts,
      ratio: counts.requests === 0 ? null : Math.round((counts.affected / counts.requests) * 1e6) / 1e6,
    }))
    .toSorted((a, b) => b.affected - a.affected || b.requests - a.requests || (a.name < b.name ? -1 : 1));
}

/** The most frequent first. */
export function causesOf(
  stretches: readonly Readonly<Record<string, number>>[],
): readonly { readonly cause: string; readonly requests: number }[] {
  const sums = new Map<string, number>();
  for (const stretch of stretches) {
    for (const [cause, count] of Object.entries(stretch)) sums.set(cause, (sums.get(cause) ?? 0) + count);
  }
  return [...sums]
    .map(([cause, requests]) => ({ cause, requests }))
    .toSorted((a, b) => b.requests - a.requests || (a.cause < b.cause ? -1 : 1));
}
