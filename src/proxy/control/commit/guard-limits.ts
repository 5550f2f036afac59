/** What the guards of a change are and how much they allow: the defaults, and what an operator says instead for one change. Pure. */
import type { GuardChoice } from '../../../admin/contract/commit-shapes.ts';

/** In the order in which they are shown. */
export const guardNames = ['errors', 'healthy', 'p99', 'tls'] as const;
export type GuardName = (typeof guardNames)[number];

/** Null = that guard is off. */
export interface GuardLimits {
  /** Share of answers with 5xx, 0–1: so much is allowed, however few there were before. */
  readonly errors: number | null;
  /** False = targets may be down. */
  readonly healthy: boolean;
  /** How many times the p99 of before. */
  readonly p99: number | null;
  /** Share of TLS handshakes with clients that fail, 0–1, on top of what failed before. */
  readonly tls: number | null;
}

export const defaultLimits: GuardLimits = { errors: 0.01, healthy: true, p99: 1.5, tls: 0.005 };

/** How long a window is, in milliseconds. */
export const WINDOW_MS = 5_000;
/** Windows in a row that must be bad. */
export const BAD_WINDOWS = 2;
/** Requests, or handshakes, that bad windows in a row must hold before a share of them means anything. */
export const FEWEST = 50;
/** Failures among those, or slow ones: one of fifty is bad luck. */
export const FEWEST_FAILURES = 5;
export const FEWEST_SLOW = 10;
/** How much more 5xx than before is allowed, where there were many before. */
export const ERRORS_OVER_BASELINE = 0.005;
/** A p99 that is no more than this over the one of before is the same, whatever the factor says. In seconds. */
export const P99_FLOOR = 0.02;
/** The time before the change that it is compared with: at most, and at least. */
export const BASELINE_MOST_MS = 300_000;
export const BASELINE_LEAST_MS = 30_000;

/** What an operator chose, over the defaults. */
export function limitsOf({ errors, healthy, p99, tls }: GuardChoice): GuardLimits {
  return {
    errors: errors === undefined ? defaultLimits.errors : errors,
    healthy: healthy !== null,
    p99: p99 === undefined ? defaultLimits.p99 : p99,
    tls: tls === undefined ? defaultLimits.tls : tls,
  };
}
