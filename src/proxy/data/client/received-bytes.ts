/**
 * Bytes that a client sent and that nobody has consumed yet, kept in one piece; while too many wait, no more are read. Owned by
 * the connection, which decides when they wait.
 */
import type { Socket } from 'node:net';

/** Held for a client while nobody takes them; beyond that it is not read. */
const HOLD_BYTES = 64 * 1024;

export class ReceivedBytes {
  readonly #socket: Socket;
  #paused = false;
  /** Null when nothing waits; else the bytes from `at` on do. */
  buffer: Buffer | null = null;
  at = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  add(chunk: Buffer): void {
    this.buffer = this.buffer === null ? chunk : Buffer.concat([this.buffer.subarray(this.at), chunk]);
    this.at = 0;
  }

  /** The bytes of `buffer` before `to` are done with. */
  consume(to: number): void {
    this.at = to;
    if (this.buffer !== null && to === this.buffer.length) this.buffer = null;
  }

  clear(): void {
    this.buffer = null;
  }

  /** They wait for somebody else: reads no more when there are too many. */
  hold(): void {
    if (this.buffer === null || this.buffer.length - this.at <= HOLD_BYTES) return;
    this.#paused = true;
    this.#socket.pause();
  }

  /** Somebody may take them again. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }
}
