/**
 * The body of one request after another as it arrives: takes its framing off, or checks it and lets it pass, counts the
 * payload and hands the spans to whoever takes them now. A body that nobody takes is read to its end and dropped.
 */
import { type BodyEnd, unframedEnd } from '../body-end.ts';
import { ChunkDecoder, type ChunkSink } from '../http1/chunked.ts';
import { type RequestFault, requestFault } from '../http1/faults.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { Exchange } from '../request/exchange.ts';

export class RequestBody {
  /** How it ended; null while more is to come. */
  ended: BodyEnd | null = null;
  /** Why `take` refused. */
  fault: RequestFault | null = null;
  #chunked = false;
  #remaining = 0;
  #exchange: Exchange | null = null;
  readonly #chunks = new ChunkDecoder();
  readonly #spans: ChunkSink = {
    span: (buffer, from, to) => this.#exchange?.bodySink?.write(buffer, from, to, true),
  };

  /** Makes ready for the body that `head` announces. False when it announces none. */
  begin(head: RequestHead): boolean {
    this.ended = null;
    this.fault = null;
    this.#chunked = head.framing === 'chunked';
    this.#remaining = head.contentLength;
    if (this.#chunked) this.#chunks.reset(true);
    return head.framing !== 'none' && head.contentLength !== 0;
  }

  /** Makes ready for bytes without framing and without end. */
  beginStream(): void {
    this.ended = null;
    this.#chunked = false;
    this.#remaining = Infinity;
  }

  /**
   * Takes `buffer[from..)` for `x`, or for nobody.
   * @returns where it stopped: the end of the buffer or, when `ended` is set, of the body; -1 with the reason in `fault`
   */
  take(buffer: Buffer, from: number, x: Exchange | null): number {
    if (this.#chunked) return this.#takeChunks(buffer, from, x);
    const to = Math.min(buffer.length, from + this.#remaining);
    this.#remaining -= to - from;
    if (x !== null) {
      x.bytesIn += to - from;
      x.bodySink?.write(buffer, from, to, false);
    }
    if (this.#remaining === 0) this.ended = unframedEnd;
    return to;
  }

  #takeChunks(buffer: Buffer, from: number, x: Exchange | null): number {
    const chunks = this.#chunks;
    const before = chunks.payloadBytes;
    this.#exchange = x;
    const to = chunks.write(buffer, from, buffer.length, this.#spans);
    this.#exchange = null;
    if (x !== null) x.bytesIn += chunks.payloadBytes - before;
    if (to === -1) {
      this.fault = chunks.fault ?? requestFault('chunk');
      return -1;
    }
    if (x !== null && chunks.payloadBytes > x.bodyLimit) {
      this.fault = requestFault('body_too_large');
      return -1;
    }
    if (chunks.complete) this.ended = { trailers: chunks.trailers, carried: chunks.terminated ? 'all' : 'last-size' };
    return to;
  }
}
