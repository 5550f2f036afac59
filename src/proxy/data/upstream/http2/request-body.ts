/**
 * The body of one request on its way into a stream: spans are cut or joined to about the size of a frame and handed over
 * one at a time, so that each one taken shows that the target still reads. Owned by the stream; knows nothing of responses.
 */
import type { ClientHttp2Stream } from 'node:http2';

/** What a DATA frame holds unless the target allows more (RFC 9113 §4.2). */
const PIECE_BYTES = 16 * 1024;
/** Spans up to this size are copied together: one frame beats many. */
const COPY_BYTES = 4 * 1024;
/** With more than this waiting no more is wanted, and again with less than half of it. */
const MARK_BYTES = 64 * 1024;

export interface BodyOwner {
  /** The target has taken a piece; `drained` = more is wanted again. */
  took(drained: boolean): void;
}

export class RequestBody {
  /** Bytes that have not been taken, the one on its way included. */
  unsent = 0;
  /** Nothing follows what is queued. */
  ended = false;
  readonly #owner: BodyOwner;
  readonly #pieces: Buffer[] = [];
  /** A last piece that small spans may still be copied into, and how much of it is taken. */
  #block: Buffer | null = null;
  #taken = 0;
  #stream: ClientHttp2Stream | null = null;
  #underWay = 0;
  #full = false;
  #finished = false;

  constructor(owner: BodyOwner) {
    this.#owner = owner;
  }

  /** Queues `buffer[from, to)`, which must not change afterwards. */
  add(buffer: Buffer, from: number, to: number): void {
    this.unsent += to - from;
    if (to - from <= COPY_BYTES) {
      this.#copy(buffer, from, to);
      return;
    }
    this.#closeBlock();
    for (let at = from; at < to; at += PIECE_BYTES)
      this.#pieces.push(buffer.subarray(at, Math.min(to, at + PIECE_BYTES)));
  }

  /** Hands over what the stream takes now. False = wait until the owner hears that it is drained. */
  send(stream: ClientHttp2Stream): boolean {
    this.#stream = stream;
    if (this.#underWay === 0) this.#next();
    this.#full ||= this.unsent >= MARK_BYTES;
    return !this.#full;
  }

  #next(): void {
    const stream = this.#stream as ClientHttp2Stream;
    if (this.#finished || stream.closed || stream.destroyed) return;
    if (this.#pieces.length === 0) this.#closeBlock();
    const piece = this.#pieces.shift();
    const last = this.ended && this.#pieces.length === 0 && this.#block === null;
    this.#finished = last;
    if (piece === undefined) {
      if (last) stream.end();
      return;
    }
    this.#underWay = piece.length;
    const taken = () => this.#took();
    if (last) stream.end(piece, taken);
    else stream.write(piece, taken);
  }

  #took(): void {
    this.unsent -= this.#underWay;
    this.#underWay = 0;
    this.#next();
    const drained = this.#full && this.unsent < MARK_BYTES / 2;
    if (drained) this.#full = false;
    this.#owner.took(drained);
  }

  #copy(buffer: Buffer, from: number, to: number): void {
    if (this.#block !== null && this.#taken + to - from > this.#block.length) this.#closeBlock();
    // The first span is kept as it lies: most messages have no other.
    if (this.#block === null && this.#pieces.length === 0 && this.#underWay === 0) {
      this.#pieces.push(buffer.subarray(from, to));
      return;
    }
    this.#block ??= Buffer.allocUnsafeSlow(PIECE_BYTES);
    buffer.copy(this.#block, this.#taken, from, to);
    this.#taken += to - from;
  }

  #closeBlock(): void {
    if (this.#block === null) return;
    this.#pieces.push(this.#block.subarray(0, this.#taken));
    this.#block = null;
    this.#taken = 0;
  }
}
