/** Third phase: what the route and the limits demand before anything is sent on. */
import type { Exchange } from './exchange.ts';
import { respond } from './respond.ts';

/** False when the exchange has been answered. */
export function guard(x: Exchange): boolean {
  const limit = x.route?.plan.policies.maxBodyBytes ?? 0;
  if (limit !== 0) {
    x.bodyLimit = limit;
    if (x.head.framing === 'length' && x.head.contentLength > limit) {
      x.reason = 'body_too_large';
      respond(x, 'body_too_large');
      return false;
    }
  }
  return true;
}
