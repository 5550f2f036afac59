/** Guard: the longest body that the route takes. What is announced is refused here, what streams where it is counted. */
import type { Exchange } from '../exchange.ts';
import { respond } from '../respond.ts';

export function bodyBound(x: Exchange): boolean {
  const limit = x.route?.plan.policies.maxBodyBytes ?? 0;
  if (limit === 0) return true;
  x.bodyLimit = limit;
  if (x.head.framing !== 'length' || x.head.contentLength <= limit) return true;
  x.reason = 'body_too_large';
  respond(x, 'body_too_large');
  return false;
}
