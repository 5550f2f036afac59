/**
 * The socket of an HTTP/1.1 connection to a target, plain or under TLS. Differs from Node's in one thing: a failed write does
 * not throw away what the target has already sent. A target that refuses an upload answers, closes, and resets whatever
 * still comes; the reset may be noticed by a write before the answer has been read (RFC 9112 §9.6). Used by the upstream
 * connection alone.
 */
import { type OnReadOpts, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { SocketAddress } from '../../../config/model.ts';
import type { TargetTls } from '../../../web/target-tls.ts';

/** Begins to connect in plain text. */
export function plainSocket(address: SocketAddress, onread: OnReadOpts): Socket {
  const socket = readingFirst(new Socket({ onread, noDelay: address.kind === 'tcp' }));
  return address.kind === 'unix'
    ? socket.connect({ path: address.path })
    : socket.connect({ host: address.host, port: address.port, autoSelectFamily: false });
}

/** Begins to connect under TLS. */
export function securedSocket(address: SocketAddress, tls: TargetTls, onread: OnReadOpts): TLSSocket {
  return readingFirst(tls.connect(address, ['http/1.1'], onread));
}

function readingFirst<T extends Socket>(socket: T): T {
  const { destroy } = socket;
  let broken = false;
  socket.destroy = (error?: Error) => {
    if (broken || (error as NodeJS.ErrnoException | undefined)?.syscall !== 'write') return destroy.call(socket, error);
    broken = true;
    destroyWhenRead(socket, error as Error);
    return socket;
  };
  return socket;
}

/** Two turns of the loop have one whole look at the socket between them; whoever finds something looks again. */
function destroyWhenRead(socket: Socket, error: Error): void {
  const before = socket.bytesRead;
  setImmediate(() =>
    setImmediate(() => {
      if (socket.destroyed) return;
      if (socket.bytesRead > before) destroyWhenRead(socket, error);
      else socket.destroy(error);
    }),
  );
}
