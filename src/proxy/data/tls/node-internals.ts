/**
 * What a server needs of Node's TLS sockets and Node gives only to its own `tls.Server`: the verdict on the client's
 * certificate, and errors after the handshake. Used by the handshakes alone; nothing else here may know of it.
 */
import type { TLSSocket } from 'node:tls';

interface ServerSide {
  readonly _handle: { verifyError(): (Error & { readonly code?: string }) | null } | null;
  _releaseControl(): boolean;
  secureConnecting: boolean;
}

/** Why the certificate that the client has shown is not good, in the words of OpenSSL (`CERT_HAS_EXPIRED`); empty = it is. */
export function verifyFault(socket: TLSSocket): string {
  const error = (socket as unknown as ServerSide)._handle?.verifyError() ?? null;
  return error === null ? '' : (error.code ?? error.message);
}

/**
 * From now on errors of the connection are `error` events; before, they would be kept back for a server that is not there.
 * Nor does the socket know by itself that its handshake is over: node:http2 would wait for that for good.
 */
export function releaseErrors(socket: TLSSocket): void {
  const side = socket as unknown as ServerSide;
  side._releaseControl();
  side.secureConnecting = false;
}
