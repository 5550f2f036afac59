/** The end of an exchange that its client spoiled after its head: a bad body, or one that does not come. Called by connections. */
import type { RequestFault } from '../http1/faults.ts';
import { finish } from './account.ts';
import type { Exchange } from './exchange.ts';
import { respond } from './respond.ts';

/** Answers with the fault, or cuts the answer that has begun. */
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
