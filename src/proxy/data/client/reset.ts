/** Ends a client's connection so that nobody can take its end for that of a response. Used by the connection when a response is cut. */
import type { Socket } from 'node:net';

/**
 * Resets the connection below TLS: only that tells a client which reads until the close that this close came too early, and
 * TLS must not say goodbye either. Unix sockets know no reset; there the end is all that can be given.
 * @param wire The connection itself: a socket that speaks TLS cannot be reset.
 */
export function resetConnection(wire: Socket): void {
  if (wire.remoteAddress === undefined) wire.destroy();
  else wire.resetAndDestroy();
}
