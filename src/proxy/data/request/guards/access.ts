/**
 * Guard, asked by `admit` before a route is looked for: refuses blocked clients, and marks those whom nothing may bother. The
 * allow list wins. Costs two comparisons where there are no lists, one binary search a list where there are.
 */
import { bump, guardFields } from '../../../shared/cells.ts';
import type { Exchange } from '../exchange.ts';
import { respond } from '../respond.ts';

/** False when the exchange has been answered. */
export function access(x: Exchange): boolean {
  const { allowed, blocked, cells } = x.runtime;
  if (allowed !== null && allowed.has(x.clientIp)) {
    x.allowListed = true;
    return true;
  }
  if (blocked === null || !blocked.has(x.clientIp)) return true;
  bump(cells.guards, guardFields.blocked);
  respond(x, 'blocked');
  return false;
}
