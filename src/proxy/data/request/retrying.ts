/** What the tries of a request ask when one has failed: is it safe, may it be, and when. Counts the retries of an upstream. */
import type { RetryConfig } from '../../../config/model.ts';
import { acquire, bump, release, upstreamFields } from '../../shared/cells.ts';
import type { Cause } from '../../shared/causes.ts';
import type { UpstreamRuntime } from '../runtime.ts';

/** So many retries may be under way at once however few requests there are. */
const LEAST_RETRIES = 3;

/** RFC 9110 §9.2.2. */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']);

export function isIdempotent(method: string): boolean {
  return idempotent.has(method);
}

/** Causes of the proxy's own making: they say nothing of the target. */
export function isLocal(cause: Cause): boolean {
  switch (cause) {
    case 'queue_full':
    case 'queue_timeout':
    case 'no_healthy_target':
    case 'breaker_open':
    case 'draining':
    case 'no_socket':
    case 'internal':
      return true;
    default:
      return false;
  }
}

/**
 * Takes a place in the budget of an upstream, over all workers: a share of the requests in flight to it, so that retries
 * never multiply the traffic of an upstream that fails. False, and counted, when there is none.
 */
export function beginRetry(upstream: UpstreamRuntime, retry: RetryConfig): boolean {
  let inFlight = 0;
  for (const target of upstream.targets) inFlight += target.inFlight();
  const most = Math.max(LEAST_RETRIES, Math.floor((inFlight * retry.budgetPercent) / 100));
  if (acquire(upstream.counts, upstreamFields.retrying, most)) return true;
  bump(upstream.counts, upstreamFields.retriesOverBudget);
  return false;
}

/** Gives the place back. @param succeeded Null = the client left. */
export function endRetry(upstream: UpstreamRuntime, succeeded: boolean | null): void {
  release(upstream.counts, upstreamFields.retrying);
  if (succeeded !== null) {
    bump(upstream.counts, succeeded ? upstreamFields.retriesSucceeded : upstreamFields.retriesFailed);
  }
}

/** How long to wait before the next try: up to twice as long each time, spread evenly from nothing ("full jitter"). */
export function backoffMs(retry: RetryConfig, tries: number, random: number): number {
  return random * Math.min(retry.backoffMaxMs, retry.backoffBaseMs * 2 ** (tries - 1));
}
