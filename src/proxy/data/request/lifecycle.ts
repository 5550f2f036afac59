/**
 * The life of a request, one phase a file, in this order:
 *
 *   admit    may the proxy take it at all; who is it from
 *   match    which route
 *   guard    what the route and the limits demand of it
 *   tries    a static answer, or a target after the other until one answers (attempt)
 *   relay    the response comes back
 *   respond  … or the proxy answers itself
 *   account  counted, logged, over
 *
 * Each phase either hands the exchange on or answers it through `respond`.
 */
import { admit } from './admit.ts';
import { breakOff } from './break-off.ts';
import type { Exchange } from './exchange.ts';
import { guard } from './guard.ts';
import { match } from './match.ts';
import { respondStatic } from './respond.ts';
import type { RouteRuntime } from '../runtime.ts';
import { Tries } from './tries.ts';

/** Runs an exchange whose head is complete; returns once it is answered or waits for somebody. */
export function run(x: Exchange): void {
  try {
    if (admit(x) && match(x) && guard(x)) forward(x, x.startedAt);
  } catch (error) {
    breakOff(x, error);
  }
}

/** Goes on with an exchange that a guard made wait. */
export function proceed(x: Exchange): void {
  if (x.done) return;
  x.abandon = null;
  try {
    if (guard(x)) forward(x, x.host.now());
  } catch (error) {
    breakOff(x, error);
  }
}

function forward(x: Exchange, now: number): void {
  const route = x.route as RouteRuntime;
  const { upstream } = route;
  if (upstream.plan.static !== null && route.breaker === null) {
    x.upstream = upstream;
    respondStatic(x, upstream.plan.static, upstream.staticBody as Buffer);
  } else new Tries(x, route, now).start();
}
