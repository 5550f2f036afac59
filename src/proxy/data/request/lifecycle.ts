/**
 * The life of a request, one phase a file, in this order:
 *
 *   admit    may the proxy take it at all; who is it from
 *   match    which route
 *   guard    what the route and the limits demand of it
 *   choose   a static answer, or a target
 *   attempt  a connection to the target; the request goes out
 *   relay    the response comes back
 *   respond  … or the proxy answers itself
 *   account  counted, logged, over
 *
 * Each phase either hands the exchange on or answers it through `respond`.
 */
import { admit } from './admit.ts';
import { startAttempt } from './attempt.ts';
import { choose } from './choose.ts';
import type { Exchange } from './exchange.ts';
import { guard } from './guard.ts';
import { match } from './match.ts';
import { cutResponse } from './relay.ts';
import { respond } from './respond.ts';

/** Runs an exchange whose head is complete; returns once it is answered or waits for somebody. */
export function run(x: Exchange): void {
  try {
    if (admit(x) && match(x) && guard(x)) forward(x);
  } catch (error) {
    broken(x, error);
  }
}

/** Goes on with an exchange that a guard made wait. */
export function proceed(x: Exchange): void {
  if (x.done) return;
  x.abandon = null;
  try {
    if (guard(x)) forward(x);
  } catch (error) {
    broken(x, error);
  }
}

function forward(x: Exchange): void {
  const target = choose(x);
  if (target !== null) startAttempt(x, target);
}

/** One request's defect is that request's 500, nobody else's. */
function broken(x: Exchange, error: unknown): void {
  x.host.defect(error);
  x.abandon?.();
  if (!x.begun) respond(x, 'internal');
  else cutResponse(x, 'internal');
}
