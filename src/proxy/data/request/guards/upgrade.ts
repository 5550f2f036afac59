/**
 * Guard for requests that want their connection to become something else: WebSockets where the route lets them, nothing
 * else. Called where the route is known and the head names a protocol; what it does not let pass never reaches a target.
 */
import { isHandshake, namesWebSocket } from '../../websocket/handshake.ts';
import type { RouteRuntime } from '../../runtime.ts';
import type { Exchange } from '../exchange.ts';
import { respond } from '../respond.ts';

/** False when the exchange has been answered. */
export function upgrade(x: Exchange): boolean {
  const { head, client } = x;
  const wanted = namesWebSocket(head.upgrade);
  if (!client.http2 && (!wanted || head.method !== 'GET')) {
    // To ignore an upgrade is always good (RFC 9110 §7.8), and the target does not hear of it.
    return true;
  }
  if (!wanted || !isHandshake(head, client.http2)) {
    x.reason = 'upgrade';
    respond(x, 'bad_request', wanted ? 400 : 501);
    return false;
  }
  if (!(x.route as RouteRuntime).plan.policies.websocket) {
    respond(x, 'upgrade_refused');
    return false;
  }
  x.upgrade = 'websocket';
  return true;
}
