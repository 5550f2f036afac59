/** Counts of many stretches put together, by route, upstream and cause. Pure; for `impact.ts`. */
import { type FlightCounts, MOST_NAMES } from '../../history/flight-record.ts';
import type { Part, TrafficSample } from './shapes.ts';
import { sum } from './stretches.ts';

/**
 * Requests of clients: those that took a route, and those that failed before. What is left are the proxy's own answers (health,
 * readiness), which nobody outside asks for. With more routes than a line names all are counted.
 */
export function clientCounts({
  requests,
  affected,
  routes,
}: TrafficSample): Pick<FlightCounts, 'requests' | 'affected'> {
  const named = Object.values(routes);
  if (named.length === 0 || named.length >= MOST_NAMES) return { requests, affected };
  const routed = sum(named, (one) => one.requests);
  const failedBefore = Math.max(0, affected - sum(named, (one) => one.affected));
  return { requests: Math.min(requests, routed + failedBefore), affected };
}

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
