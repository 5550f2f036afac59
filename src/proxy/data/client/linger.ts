/**
 * The time after a client's last answer (RFC 9112 §9.6): our side is ended, and what the client still sends is read and
 * dropped for a while, as a socket that is closed with bytes unread resets the connection, and the client loses the answer.
 * Used by the connection, which reads, drops and keeps the deadline.
 */
import type { Socket } from 'node:net';

/** How long the client may be silent, and how long it may go on sending, before it is left. */
const SILENCE_MS = 3000;
const TOTAL_MS = 30_000;

/** Turns a time from now into a deadline. */
interface Due {
  due(ms: number): number;
}

export class Linger {
  readonly #socket: Socket;
  readonly #host: Due;
  /** When a client that goes on sending is left. */
  #end = Infinity;

  constructor(socket: Socket, host: Due) {
    this.#socket = socket;
    this.#host = host;
  }

  /** Ends our side; `sent` is called when all has been written. Until then only a client that reads nothing for `patienceMs` is left. */
  begin(patienceMs: number, sent: () => void): void {
    this.#socket.end(() => {
      if (this.#socket.destroyed) return;
      this.#socket.setTimeout(0);
      this.#end = this.#host.due(TOTAL_MS);
      sent();
    });
    if (this.#socket.writableLength > 0) this.#socket.setTimeout(patienceMs);
  }

  /** When a client is left that has just been heard of. */
  get deadline(): number {
    return Math.min(this.#host.due(SILENCE_MS), this.#end);
  }
}
