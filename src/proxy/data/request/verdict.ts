/** How a try, or a request as a whole, ended for those who watch targets and routes. Told by `tries.ts`, once each. */
import type { Breaker, BreakerTicket } from '../../shared/breaker.ts';

/** `withdrawn`: it ended in a way that says nothing. */
export type Verdict = 'succeeded' | 'failed' | 'withdrawn';

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
