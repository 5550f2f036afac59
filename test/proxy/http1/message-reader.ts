/**
 * Reads messages from a byte stream with the parsers under test, as a connection would: it keeps what a read left over
 * and goes on from there. The tests compare what it finds with other readers and with other cuts of the same bytes.
 */
import { ChunkDecoder } from '../../../src/proxy/data/http1/chunked.ts';
import { findHeadEnd, type HeadLimits } from '../../../src/proxy/data/http1/head.ts';
import { RequestHead } from '../../../src/proxy/data/http1/request-head.ts';
import { ResponseHead } from '../../../src/proxy/data/http1/response-head.ts';

export const usualLimits: HeadLimits = {
  maxHeaderCount: 100,
  maxHeaderBytes: 16_384,
  maxHeaderNameBytes: 256,
  maxHeaderValueBytes: 8192,
  maxUriBytes: 8192,
};

export interface ReadMessage {
  /** Where in the stream it begins. */
  readonly at: number;
  /** The first line. */
  readonly line: string;
  readonly fields: readonly (readonly [string, string])[];
  body: string;
  trailers: readonly (readonly [string, string])[];
  complete: boolean;
}

export interface ReadResult {
  /** Where in the stream the message begins that was read last, or in vain. */
  readonly lastAt: number;
  readonly messages: ReadMessage[];
  /** Reason of the fault; null when all bytes were good. */
  readonly fault: string | null;
  /** Bytes of a head that has not come to its end. */
  readonly waiting: boolean;
  /** Bytes that were not looked at, since the connection ends before them. */
  readonly ignored: number;
}

/** Reads one direction of one connection. */
export class MessageReader {
  readonly messages: ReadMessage[] = [];
  fault: string | null = null;
  readonly #limits: HeadLimits;
  /** The method that each response answers; null when the stream holds requests. */
  readonly #answering: string | null;
  readonly #request = new RequestHead();
  readonly #response = new ResponseHead();
  readonly #chunks = new ChunkDecoder();
  #pending = Buffer.alloc(0);
  /** Position in the stream of the buffer in hand, and of the last head. */
  #bufferAt = 0;
  #lastAt = 0;
  #fed = 0;
  #searched = 0;
  #ignored = 0;
  #remaining = 0;
  #phase: 'head' | 'length' | 'chunked' | 'close' | 'over' = 'head';

  constructor(answering: string | null, limits = usualLimits) {
    this.#answering = answering;
    this.#limits = limits;
  }

  feed(bytes: Buffer): this {
    let buf = bytes;
    let at = 0;
    if (this.#pending.length > 0) {
      buf = Buffer.concat([this.#pending, bytes]);
      this.#pending = Buffer.alloc(0);
    }
    this.#bufferAt = this.#fed - (buf.length - bytes.length);
    this.#fed += bytes.length;
    while (this.fault === null && at < buf.length) {
      if (this.#phase === 'over') {
        this.#ignored += buf.length - at;
        break;
      }
      const next = this.#phase === 'head' ? this.#head(buf, at) : this.#body(buf, at);
      if (next < 0) break;
      at = next;
    }
    return this;
  }

  /** The other side has closed. */
  end(): this {
    if (this.#phase === 'close') {
      this.messages.at(-1)!.complete = true;
      this.#phase = 'over';
    }
    return this;
  }

  get result(): ReadResult {
    return {
      lastAt: this.#lastAt,
      messages: this.messages,
      fault: this.fault,
      waiting: this.fault === null && this.#pending.length > 0,
      ignored: this.#ignored,
    };
  }

  #head(buf: Buffer, at: number): number {
    this.#lastAt = this.#bufferAt + at;
    const end = findHeadEnd(buf, at, at + this.#searched, this.#limits);
    if (end < 0) {
      this.#pending = Buffer.from(buf.subarray(at));
      this.#searched = buf.length - at;
      return -1;
    }
    this.#searched = 0;
    return this.#answering === null ? this.#requestHead(buf, at, end) : this.#responseHead(buf, at, end);
  }

  #requestHead(buf: Buffer, at: number, end: number): number {
    const head = this.#request;
    const fault = head.parse(buf, at, end, this.#limits);
    if (fault !== null) {
      this.fault = fault.reason;
      return -1;
    }
    this.#begin(head, head.framing, head.contentLength);
    if (this.#phase === 'head' && !this.#request.keepAlive) this.#phase = 'over';
    return end;
  }

  #responseHead(buf: Buffer, at: number, end: number): number {
    const head = this.#response;
    const fault = head.parse(buf, at, end, this.#limits, this.#answering!);
    if (fault !== null) {
      this.fault = fault.reason;
      return -1;
    }
    this.#begin(head, head.framing, head.contentLength);
    if (this.#phase === 'head' && (head.status >= 200 || head.status === 101)) this.#phase = 'over';
    return end;
  }

  #begin(head: RequestHead | ResponseHead, framing: 'none' | 'length' | 'chunked' | 'close', length: number): void {
    const fields = Array.from({ length: head.count }, (_, i) => [head.name(i), head.value(i)] as const);
    const line = head.text.substring(0, head.text.indexOf('\r'));
    const message: ReadMessage = { at: this.#lastAt, line, fields, body: '', trailers: [], complete: false };
    this.messages.push(message);
    if (framing === 'none' || (framing === 'length' && length === 0)) {
      message.complete = true;
      this.#phase = 'head';
      if (framing === 'length' && this.#answering !== null) this.#phase = 'over';
    } else {
      this.#phase = framing;
      this.#remaining = length;
      if (framing === 'chunked') this.#chunks.reset();
    }
  }

  #body(buf: Buffer, at: number): number {
    const message = this.messages.at(-1)!;
    let to = buf.length;
    if (this.#phase === 'chunked') {
      to = this.#chunks.write(buf, at, buf.length, {
        span: (_, from, end) => (message.body += buf.toString('latin1', from, end)),
      });
      if (to < 0) {
        this.fault = this.#chunks.fault!.reason;
        return -1;
      }
      if (this.#chunks.complete) this.#finish(message, this.#chunks.trailers);
      return to;
    }
    if (this.#phase === 'length') {
      to = Math.min(buf.length, at + this.#remaining);
      this.#remaining -= to - at;
    }
    message.body += buf.toString('latin1', at, to);
    if (this.#phase === 'length' && this.#remaining === 0) this.#finish(message, []);
    return to;
  }

  #finish(message: ReadMessage, trailers: readonly (readonly [string, string])[]): void {
    message.complete = true;
    message.trailers = trailers;
    this.#phase = this.#answering === null && this.#request.keepAlive ? 'head' : 'over';
  }
}

/** What a reader finds in `pieces`, fed one after another. */
export function readPieces(answering: string | null, pieces: readonly Buffer[], limits = usualLimits): ReadResult {
  const reader = new MessageReader(answering, limits);
  for (const piece of pieces) reader.feed(piece);
  return reader.end().result;
}

/** `text` as bytes. */
export function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
