/** Second phase: which route takes the request, if any: `guard` answers for what none takes. */
import type { MatchInput } from '../../../routing/matcher.ts';
import { answerOwnPath } from './admit.ts';
import type { Exchange } from './exchange.ts';
import { passes } from './guards/maintenance.ts';

/** False when the exchange has been answered. */
export function match(x: Exchange): boolean {
  const { head, runtime } = x;
  const input: MatchInput = {
    method: head.method,
    host: head.host,
    path: x.path,
    query: head.query,
    clientIp: x.clientIp,
    header: (name) => head.lookup(name),
  };
  let number = runtime.matcher.match(input);
  const plan = runtime.plan;
  if (x.path === plan.healthPath || x.path === plan.readyPath) {
    if (!runtime.ownPathRoutes.has(number) && answerOwnPath(x)) return false;
  }
  if (number === -1) number = x.listener.plan.defaultRouteIndex;
  x.route = runtime.routes[number] ?? null;
  const { maintenance } = x.route ?? runtime;
  return maintenance === null || passes(x, maintenance);
}
