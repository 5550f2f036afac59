/** How a try, or a request as a whole, ended for those who watch targets and routes. Told by `tries.ts`, once each. */
import { type Breaker, type BreakerTicket, isTrial } from '../../shared/breaker.ts';
import type { Cause } from '../../shared/causes.ts';

/** `withdrawn`: it ended in a way that says nothing. */
export type Verdict = 'succeeded' | 'failed' | 'withdrawn';

/** Causes of the proxy's own making, and of the client's wishes: they say nothing of how well the target is. */
export function isLocal(cause: Cause): boolean {
  switch (cause) {
    case 'queue_full':
    case 'queue_timeout':
    case 'no_healthy_target':
    case 'breaker_open':
    case 'draining':
    case 'no_socket':
    case 'internal':
    case 'upgrade_failed':
      return true;
    default:
      return false;
  }
}

/** Tells a breaker what became of what it let in. @param why Of a failure, for the event. */
export function tellBreaker(
  breaker: Breaker,
  ticket: BreakerTicket,
  verdict: Verdict,
  clock: { now(): number },
  why: string,
): void {
  if (verdict === 'succeeded') breaker.succeeded(ticket);
  else if (verdict === 'failed') breaker.failed(ticket, clock.now(), why);
  else breaker.withdrawn(ticket);
}

/**
 * A good answer may flow for hours, and a breaker must not stay half-open for that long: that it still flows when its trial's
 * time is over has shown enough. Calls `enough` then, where the ticket is that of a trial.
 */
export function watchTrial(
  breaker: Breaker | null,
  ticket: BreakerTicket,
  clock: { after(ms: number, task: () => void): unknown },
  enough: () => void,
): void {
  if (breaker !== null && isTrial(ticket)) clock.after(breaker.timeoutMs, enough);
}
