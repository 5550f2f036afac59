/** A window: what one subject did in the last ten seconds, minute or five minutes. Made from gathered counts; pure. */
import { type Cause, type CauseSource, causeList, causes } from '../../shared/causes.ts';
import { quantilesOf } from '../../shared/sketch-quantile.ts';
import { keys } from './keys.ts';

/** Names of the windows and how long they are. */
export const windowLengths = { '10s': 10_000, '1m': 60_000, '5m': 300_000 } as const;
export type WindowName = keyof typeof windowLengths;
export const windowNames = Object.keys(windowLengths) as readonly WindowName[];

/** Quantiles of a window, in rising order. */
export const windowQuantiles = [0.5, 0.9, 0.95, 0.99] as const;

export interface Window {
  /** The time that it really covers: less than it is called in the first minutes, a few seconds more or less later. */
  readonly coveredMs: number;
  /** Finished requests; of a target finished tries. */
  readonly requests: number;
  /** Answers with status 500 and above; of a target failed tries, those answers among them. */
  readonly errors: number;
  /** By first digit of the status; 0 = no answer was begun. All zero for a target. */
  readonly classes: readonly number[];
  /** Requests that did not end by a good answer, with why; only those that there were. */
  readonly causes: readonly { readonly cause: Cause; readonly source: CauseSource; readonly count: number }[];
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** In seconds, in the order of `windowQuantiles`; null = nothing was timed. */
  readonly quantiles: readonly (number | null)[];
}

/** @param counts One for each number of `keys.ts`. */
export function windowOf(counts: Float64Array, coveredMs: number): Window {
  const found: { cause: Cause; source: CauseSource; count: number }[] = [];
  for (let index = 0; index < causeList.length; index++) {
    const count = counts[keys.causes + index] as number;
    const cause = causeList[index] as Cause;
    if (count !== 0) found.push({ cause, source: causes[cause].source, count });
  }
  return {
    coveredMs,
    requests: requestsOf(counts),
    errors: errorsOf(counts),
    classes: Array.from(counts.subarray(keys.classes, keys.causes)),
    causes: found,
    bytesIn: counts[keys.bytesIn] as number,
    bytesOut: counts[keys.bytesOut] as number,
    quantiles: quantilesOf(counts, windowQuantiles, keys.sketch),
  };
}

/** Finished requests, or tries. */
export function requestsOf(counts: Float64Array): number {
  let requests = counts[keys.tries] as number;
  for (let key: number = keys.classes; key < keys.causes; key++) requests += counts[key] as number;
  return requests;
}

/** Answers with status 500 and above, or failed tries. */
export function errorsOf(counts: Float64Array): number {
  return (counts[keys.failedTries] as number) + (counts[keys.classes + 5] as number);
}
