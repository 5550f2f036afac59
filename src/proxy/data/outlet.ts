/**
 * The writing end of a socket, shaped for few system calls: what one event produces (a head, body spans, chunk
 * framing) leaves in one write. Used towards clients and towards targets; owns no state of the protocol.
 */
import type { Socket } from 'node:net';

/** Spans up to this size are copied into the text: one small write beats a gathered one. */
const COPY_BYTES = 4096;

export class Outlet {
  readonly #socket: Socket;
  /** Latin-1 text that is due; always written before `#span`. */
  #text = '';
  /** One large span that is due, kept apart so that a lone body chunk goes out as it came. */
  #span: Buffer | null = null;
  #corked = false;
  /** Bytes handed to the socket since it was opened. */
  written = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Queues Latin-1 text. */
  text(text: string): void {
    if (this.#span !== null) this.#push();
    this.#text += text;
  }

  /** Queues `buffer[from, to)`, which must not change afterwards. */
  bytes(buffer: Buffer, from: number, to: number): void {
    if (from >= to) return;
    if (to - from <= COPY_BYTES) {
      this.text(buffer.toString('latin1', from, to));
      return;
    }
    if (this.#span !== null) this.#push();
    this.#span = from === 0 && to === buffer.length ? buffer : buffer.subarray(from, to);
  }

  /** True while a span given to `bytes` may still be read: it is queued here, or the kernel has not taken all of it. */
  get retains(): boolean {
    return this.#span !== null || this.#corked || this.#socket.writableLength > 0;
  }

  /** Writes what is queued. False when the socket's buffer is over its mark: wait for its `drain`. */
  flush(): boolean {
    const socket = this.#socket;
    if (this.#text !== '' && this.#span === null && !this.#corked) {
      this.#writeText();
    } else if (this.#text === '' && this.#span !== null && !this.#corked) {
      this.#writeSpan();
    } else if (this.#corked || this.#text !== '') {
      this.#push();
      this.#corked = false;
      socket.uncork();
    }
    return !socket.writableNeedDrain;
  }

  #push(): void {
    if (!this.#corked) {
      this.#socket.cork();
      this.#corked = true;
    }
    if (this.#text !== '') this.#writeText();
    if (this.#span !== null) this.#writeSpan();
  }

  #writeText(): void {
    this.written += this.#text.length;
    this.#socket.write(this.#text, 'latin1');
    this.#text = '';
  }

  #writeSpan(): void {
    const span = this.#span as Buffer;
    this.written += span.length;
    this.#socket.write(span);
    this.#span = null;
  }
}
