/** The end of an exchange that its client spoiled after its head, or left. Called by connections of clients. */
import { type Cause, causes } from '../../shared/causes.ts';
import type { RequestFault } from '../http1/faults.ts';
import { finish } from './account.ts';
import type { Exchange } from './exchange.ts';
import { respond } from './respond.ts';

/** Nobody is there any more to be answered. */
export function lose(x: Exchange, cause: Cause): void {
  x.letGo();
  x.cause = cause;
  // What has become a WebSocket was answered well, however it ends.
  if ((cause === 'client_closed' && !x.switched) || !x.begun) x.status = causes[cause].status;
  finish(x);
}

/** A bad body, or one that does not come: answers with the fault, or cuts the answer that has begun. */
export function spoil(x: Exchange, fault: RequestFault): void {
  x.letGo();
  x.reason = fault.reason;
  if (!x.begun) {
    respond(x, fault.cause, fault.status);
    return;
  }
  x.cause = fault.cause;
  x.client.cut();
  finish(x);
}
