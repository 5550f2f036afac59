/**
 * Whether a request may come by the connection that it came by: what the connection showed when it was let in is what its
 * listener demands now, its certificate is good, and the host is one that it was opened for. Asked for every request.
 */
import type { Secured } from '../client/arrival.ts';
import type { ListenerRuntime } from '../runtime.ts';

/** False when the listener has other demands now than when the connection was let in, be it TLS itself. */
export function meetsDemands(secured: Secured | null, { terminator }: ListenerRuntime): boolean {
  return (secured?.demands ?? '') === (terminator?.demands ?? '');
}

/** The cause that a request on this connection is refused for; null = none. `host` is in lower case, without its port. */
export function refusalOf(
  secured: Secured | null,
  listener: ListenerRuntime,
  host: string,
): 'client_certificate' | 'misdirected' | null {
  if (!meetsDemands(secured, listener)) return 'misdirected';
  if (secured === null) return null;
  if (secured.clientFault !== '') return 'client_certificate';
  return listener.terminator?.misdirects(secured.serverName, host) === true ? 'misdirected' : null;
}
