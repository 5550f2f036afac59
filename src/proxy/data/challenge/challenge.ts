/** The challenge as a plan wants it: built once per runtime, read by the guard. */
import type { PlanSecurity } from '../../shared/plan.ts';
import { RateLimiter } from '../rates/limiter.ts';
import { Passes } from './passes.ts';

/** Where solutions are handed in: the proxy answers there itself while challenges are on. */
export const challengePath = '/.well-known/sentinel-challenge';
export const passCookie = 'sentinel_pass';

export interface Challenge {
  /** Null = there is no key: nothing can be decided. */
  readonly passes: Passes | null;
  /** Lets clients without a pass be until they send more than this; null = asks everybody. */
  readonly threshold: RateLimiter | null;
  readonly difficulty: number;
  readonly ttlMs: number;
}

/** Null when challenges are off. */
export function challengeOf({ mode, key, threshold, difficulty, ttlMs }: PlanSecurity): Challenge | null {
  if (mode === 'off') return null;
  return {
    passes: key === null ? null : new Passes(key),
    threshold: threshold === null ? null : new RateLimiter(threshold, 'challenge', null),
    difficulty,
    ttlMs,
  };
}
