/**
 * The writing end of a socket, shaped for few and cheap system calls: what one event produces (a head, body spans, chunk
 * framing) leaves in one write, and small writes of one turn of the event loop leave one after another at its end. A
 * write that stands alone wakes its sleeping reader each time; many in a row wake it once. Used towards clients and
 * towards targets; owns no state of the protocol.
 */
import type { Socket } from 'node:net';

/** Spans up to this size are copied into the text: one small write beats a gathered one. */
const COPY_BYTES = 4096;

/** Text beyond this size does not wait for the end of the turn, so that the mark of the socket counts it. */
const WAIT_BYTES = 16 * 1024;

/** Outlets whose text leaves at the end of this turn. */
let due: Outlet[] = [];

function writeDue(): void {
  const outlets = due;
  due = [];
  for (const outlet of outlets) outlet.flushNow();
}

export class Outlet {
  readonly #socket: Socket;
  /** Latin-1 text that is due; always written before `#span`. */
  #text = '';
  /** One large span that is due, kept apart so that a lone body chunk goes out as it came. */
  #span: Buffer | null = null;
  #corked = false;
  #due = false;
  /** Bytes queued since the socket was opened. */
  written = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Queues Latin-1 text. */
  text(text: string): void {
    if (this.#span !== null) this.#push();
    this.written += text.length;
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
    this.written += to - from;
    this.#span = from === 0 && to === buffer.length ? buffer : buffer.subarray(from, to);
  }

  /** True while a span given to `bytes` may still be read: it is queued here, or the kernel has not taken all of it. */
  get retains(): boolean {
    return this.#span !== null || this.#corked || this.#socket.writableLength > 0;
  }

  /** True while something queued has not been taken by the kernel. */
  get unsent(): boolean {
    return this.#text !== '' || this.retains;
  }

  /**
   * Writes what is queued: large spans at once, since their buffer is wanted back, text at the end of this turn. False
   * when the socket's buffer is over its mark: wait for its `drain`.
   */
  flush(): boolean {
    if (this.#span !== null || this.#corked || this.#text.length > WAIT_BYTES) return this.flushNow();
    if (this.#text !== '' && !this.#due) {
      this.#due = true;
      if (due.push(this) === 1) setImmediate(writeDue);
    }
    return !this.#socket.writableNeedDrain;
  }

  /** Writes what is queued before it returns: for whoever ends or closes the socket next. */
  flushNow(): boolean {
    const socket = this.#socket;
    this.#due = false;
    if (socket.destroyed) return false;
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
    this.#socket.write(this.#text, 'latin1');
    this.#text = '';
  }

  #writeSpan(): void {
    const span = this.#span as Buffer;
    this.#socket.write(span);
    this.#span = null;
  }
}
