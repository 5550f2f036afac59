/**
 * What becomes of a request that a guard could not judge: its table is full, its store away, its key unreadable. The
 * route's `failure-mode` decides; every guard that can fail to decide ends here.
 */
import { bump, guardFields } from '../../../shared/cells.ts';
import type { Exchange } from '../exchange.ts';
import { respond } from '../respond.ts';

/** True when the exchange goes on without a verdict; false when it has been refused. Closed where no route was taken. */
export function undecided(x: Exchange): boolean {
  const { guards } = x.runtime.cells;
  if (x.route?.plan.policies.failureMode === 'open') {
    bump(guards, guardFields.failedOpen);
    return true;
  }
  bump(guards, guardFields.failedClosed);
  respond(x, 'guard_failed');
  return false;
}
