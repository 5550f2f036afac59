/** Fourth phase: a static upstream answers at once, any other offers a target. */
import type { RouteRuntime, TargetRuntime } from '../runtime.ts';
import type { Exchange } from './exchange.ts';
import { respond, respondStatic } from './respond.ts';

/** The target, or null when the exchange has been answered. */
export function choose(x: Exchange): TargetRuntime | null {
  const upstream = (x.route as RouteRuntime).upstream;
  if (upstream.plan.static !== null) {
    respondStatic(x, upstream.plan.static, upstream.staticBody as Buffer);
    return null;
  }
  const at = upstream.balance(upstream.targets);
  if (at === -1) {
    respond(x, 'no_healthy_target');
    return null;
  }
  return upstream.targets[at] as TargetRuntime;
}
