/** First phase: the proxy's own capacity, its own paths, loops, and who the client is. */
import { normalizePath } from '../../../routing/path.ts';
import { acquire, pressureFields, proxyFields, shedding } from '../../shared/cells.ts';
import { challengePath } from '../challenge/challenge.ts';
import type { Exchange } from './exchange.ts';
import { access } from './guards/access.ts';
import { takeSolution } from './guards/challenge.ts';
import { identify, passedHere } from './identity.ts';
import { respond, respondPlain } from './respond.ts';
import { refusalOf } from '../tls/demands.ts';

/** False when the exchange has been answered. */
export function admit(x: Exchange): boolean {
  identify(x);
  const { head, runtime } = x;
  if (head.form === 'asterisk') x.path = '*';
  else {
    const path = normalizePath(head.rawPath);
    if (path === null) {
      x.path = head.rawPath;
      x.reason = 'target';
      respond(x, 'bad_request');
      return false;
    }
    x.path = path;
  }
  if (!access(x)) return false;
  const refusal = refusalOf(x.client.secured, x.listener, head.host);
  if (refusal !== null) {
    respond(x, refusal);
    return false;
  }
  if (head.method === 'TRACE') {
    // It would show the client what the proxy adds for the target's eyes (RFC 9110 §9.3.8 allows to refuse it).
    x.reason = 'method';
    respond(x, 'bad_request', 405);
    return false;
  }
  const plan = runtime.plan;
  if (Atomics.load(runtime.cells.pressure.shared, pressureFields.shedding) === shedding.requests) {
    turnAway(x, 'memory_shed');
    return false;
  }
  if (!acquire(runtime.cells.proxy, proxyFields.inFlight, plan.limits.maxInFlightRequests)) {
    turnAway(x, 'in_flight_limit');
    return false;
  }
  x.inFlight = true;
  if (passedHere(head, runtime.viaName)) {
    respond(x, 'loop');
    return false;
  }
  if (runtime.challenge !== null && x.path === challengePath) {
    takeSolution(x, runtime.challenge);
    return false;
  }
  return true;
}

/** Refuses for want of room; but who asks whether the proxy lives must not be told no because it has much to do. */
function turnAway(x: Exchange, cause: 'memory_shed' | 'in_flight_limit'): void {
  const { healthPath, readyPath } = x.runtime.plan;
  const own = x.path === healthPath || x.path === readyPath;
  if (!own || !answerOwnPath(x)) respond(x, cause);
}

/**
 * The proxy's own answers. They win over prefix routes, so that an emergency route at `/` does not swallow them;
 * called by `match` once it is known that no exact-path route replaces them.
 */
export function answerOwnPath(x: Exchange): boolean {
  const plan = x.runtime.plan;
  if (x.head.method !== 'GET' && x.head.method !== 'HEAD') return false;
  if (x.path === plan.healthPath) {
    respondPlain(x, 200, 'text/plain; charset=utf-8', 'OK\n');
    return true;
  }
  if (x.path === plan.readyPath) {
    const { ready, body } = x.host.readiness();
    respondPlain(x, ready ? 200 : 503, 'application/json', body);
    return true;
  }
  return false;
}
