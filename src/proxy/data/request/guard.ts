/**
 * Third phase: what limits, security and the route demand before anything is sent on. Runs the guards in order; each is a
 * file of `guards/`. A guard that must wait (a delay, a store elsewhere) says `false`, sets `x.abandon` for the time of
 * its wait, and calls `x.host.proceed(x)` when the exchange may go on: the guards after it follow then.
 */
import type { Exchange } from './exchange.ts';
import { bodyBound } from './guards/body-bound.ts';
import { bodyBuffer } from './guards/body-buffer.ts';
import { challenge } from './guards/challenge.ts';
import { clientRate, globalRate, routeRate } from './guards/rate-limit.ts';
import { upgrade } from './guards/upgrade.ts';
import { respond } from './respond.ts';

/** True when the exchange goes on at once; false when it has been answered or waits. */
export type Guard = (x: Exchange) => boolean;

/** The last one takes the body, so that nobody's body is taken whom another guard refuses. */
const guards: readonly Guard[] = [challenge, globalRate, clientRate, routed, routeRate, bodyBound, bodyBuffer];

/** False when the exchange has been answered, or waits. */
export function guard(x: Exchange): boolean {
  while (x.guardsPassed < guards.length) {
    const next = guards[x.guardsPassed++] as Guard;
    if (!next(x)) return false;
  }
  return true;
}

/** What concerns every request comes before it, so that requests without a route do not escape; behind it there is a route. */
function routed(x: Exchange): boolean {
  if (x.route !== null) return x.head.upgrade === '' || upgrade(x);
  respond(x, 'no_route');
  return false;
}
