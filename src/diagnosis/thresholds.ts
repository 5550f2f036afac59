/** From when on a number is worth a word: the limits of `alerts {}`, as rules and answers take them. Pure. */

export interface Thresholds {
  /** Share of requests that end with 5xx, 0–1. */
  readonly errorRatio: number;
  /** 99th percentile of the time of a request, milliseconds. */
  readonly p99Ms: number;
  /** Share of the connections that are allowed, 0–1. */
  readonly connectionsRatio: number;
  /** Openings of one breaker in a minute. */
  readonly breakerTripsPerMinute: number;
  /** Share of the memory that the process may have, 0–1. */
  readonly memoryRatio: number;
  readonly certWarnDays: number;
  readonly certCriticalDays: number;
}

/** The table of the operational runbook ("Key Metrics to Monitor"): what holds where no configuration says otherwise. */
export const defaultThresholds: Thresholds = {
  errorRatio: 0.01,
  p99Ms: 1000,
  connectionsRatio: 0.8,
  breakerTripsPerMinute: 10,
  memoryRatio: 0.8,
  certWarnDays: 30,
  certCriticalDays: 7,
};
