/**
 * The socket to a target. Differs from Node's in one thing: a failed write does not throw away what the target has
 * already sent. A target that refuses an upload answers, closes, and resets whatever still comes; the reset may be
 * noticed by a write before the answer has been read (RFC 9112 §9.6). Used by the upstream connection alone.
 */
import { type OnReadOpts, Socket } from 'node:net';
import type { SocketAddress } from '../../../config/model.ts';

export class TargetSocket extends Socket {
  #broken = false;

  /** Begins to connect. */
  static to(address: SocketAddress, onread: OnReadOpts): TargetSocket {
    const socket = new TargetSocket({ onread, noDelay: address.kind === 'tcp' });
    return address.kind === 'unix'
      ? socket.connect({ path: address.path })
      : socket.connect({ host: address.host, port: address.port, autoSelectFamily: false });
  }

  override destroy(error?: Error): this {
    if (this.#broken || (error as NodeJS.ErrnoException | undefined)?.syscall !== 'write') return super.destroy(error);
    this.#broken = true;
    this.#destroyWhenRead(error as Error);
    return this;
  }

  /** Two turns of the loop have one whole look at the socket between them; whoever finds something looks again. */
  #destroyWhenRead(error: Error): void {
    const before = this.bytesRead;
    setImmediate(() =>
      setImmediate(() => {
        if (this.destroyed) return;
        if (this.bytesRead > before) this.#destroyWhenRead(error);
        else this.destroy(error);
      }),
    );
  }
}
