/** Bytes that a client sent and that nobody has consumed yet, kept in one piece. Owned by the connection. */

export class ReceivedBytes {
  /** Null when nothing waits; else the bytes from `at` on do. */
  buffer: Buffer | null = null;
  at = 0;

  /** How many wait. */
  get length(): number {
    return this.buffer === null ? 0 : this.buffer.length - this.at;
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
}
