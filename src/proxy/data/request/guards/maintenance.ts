/**
 * Guard, asked by `match` of requests that an operator has ordered maintenance for: those whom the order lets through pass,
 * everybody else gets its page. What is under way when it begins goes on.
 */
import type { MaintenanceRuntime } from '../../runtime.ts';
import type { Exchange } from '../exchange.ts';
import { asksGrpc } from '../grpc-answer.ts';
import { respond, respondPage } from '../respond.ts';

/** False when the exchange has been answered. */
export function passes(x: Exchange, { plan, body, allowed }: MaintenanceRuntime): boolean {
  if (allowed !== null && allowed.has(x.clientIp)) return true;
  x.guardFields += `Retry-After: ${plan.retryAfter}\r\n`;
  if (asksGrpc(x)) respond(x, 'maintenance');
  else respondPage(x, 'maintenance', `Content-Type: ${plan.type}\r\nCache-Control: no-store\r\n`, body);
  return false;
}
