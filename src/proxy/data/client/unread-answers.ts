/** Answers that a client has not read yet: whether it goes on reading them. Used by the connection. */
import type { Socket } from 'node:net';

export class UnreadAnswers {
  readonly #socket: Socket;
  #before = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** There are others now. */
  restart(): void {
    this.#before = 0;
  }

  /** True when the client has taken some of them, but not all, since the question was asked before. */
  shrink(): boolean {
    const before = this.#before;
    this.#before = this.#socket.writableLength;
    return this.#before > 0 && this.#before !== before;
  }
}
