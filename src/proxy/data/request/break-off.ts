/** The end of an exchange in which something happened that should not be possible. Called wherever a phase is entered. */
import type { Exchange } from './exchange.ts';
import { cutResponse } from './relay.ts';
import { respond } from './respond.ts';

/** One request's defect is that request's 500, nobody else's. */
export function breakOff(x: Exchange, error: unknown): void {
  x.host.defect(error, x);
  x.letGo();
  if (!x.begun) respond(x, 'internal');
  else cutResponse(x, 'internal');
}
