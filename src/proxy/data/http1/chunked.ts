/**
 * The chunked coding of a body as it arrives (RFC 9112 §7.1). A relay feeds it each read and gets spans of the same
 * buffer back: the payload, or the framing that may go on as it is. It never copies and holds no payload.
 */
import { hexValue, tokenClass, valueClass } from './char-classes.ts';
import { type RequestFault, requestFault } from './faults.ts';
import { TrailerSection } from './trailers.ts';

/** Takes what the decoder lets through. */
export interface ChunkSink {
  /** `buf[from..to)`, never empty. */
  span(buf: Buffer, from: number, to: number): void;
}

/** Digits of a chunk size, leading zeros included. */
const maxSizeDigits = 16;
/** Bytes of the extensions of one chunk, and of all chunks of one body. */
const maxExtensionBytes = 256;
const maxExtensionTotal = 4096;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const quote = 0x22;
const semicolon = 0x3b;
const equals = 0x3d;
const backslash = 0x5c;

const states = {
  sizeFirst: 0,
  size: 1,
  sizeLineFeed: 2,
  data: 3,
  dataReturn: 4,
  dataLineFeed: 5,
  trailerFirst: 6,
  lastLineFeed: 7,
  /** From here on bytes are not part of a framed span. */
  extensionName: 8,
  extensionNameRest: 9,
  extensionValue: 10,
  extensionToken: 11,
  extensionQuoted: 12,
  extensionEscaped: 13,
  extensionAfterQuote: 14,
  trailers: 15,
} as const;
const firstUnframed = states.extensionName;

/** Decodes one chunked body after another; `reset` goes before each. */
export class ChunkDecoder {
  /** The whole body has been read, trailers included. */
  complete = false;
  /**
   * In framed mode: the spans hold the end of the body too. When false at completion the caller writes the trailer
   * section, since trailers came; the spans end with the last chunk's size line.
   */
  terminated = false;
  /** Why `write` refused. */
  fault: RequestFault | null = null;
  /** Payload bytes let through so far. */
  payloadBytes = 0;
  /** Trailers that may be passed on, names as sent. Fields that a trailer may not carry are left out. */
  trailers: readonly (readonly [string, string])[] = noTrailers;
  #framed = false;
  #state: number = states.sizeFirst;
  #remaining = 0;
  #digits = 0;
  #extensionBytes = 0;
  #extensionTotal = 0;
  #section: TrailerSection | null = null;

  /**
   * Makes ready for a new body. With `framed` the spans are valid chunked framing without extensions, to be sent as they
   * are; else they are payload.
   */
  reset(framed = false): void {
    this.complete = false;
    this.terminated = false;
    this.fault = null;
    this.payloadBytes = 0;
    this.trailers = noTrailers;
    this.#framed = framed;
    this.#state = states.sizeFirst;
    this.#remaining = 0;
    this.#digits = 0;
    this.#extensionBytes = 0;
    this.#extensionTotal = 0;
    this.#section = null;
  }

  /**
   * Takes `buf[start..end)` and hands spans of it to `sink` before it returns.
   * @returns where it stopped: `end`, or less when the body is `complete` there; -1 when the bytes are no chunked body,
   * with the reason in `fault`.
   */
  write(buf: Buffer, start: number, end: number, sink: ChunkSink): number {
    const framed = this.#framed;
    let state = this.#state;
    let p = start;
    let spanFrom = framed && state < firstUnframed ? start : -1;
    while (p < end) {
      switch (state) {
        case states.sizeFirst:
        case states.size: {
          const byte = buf[p]!;
          const digit = hexValue[byte]!;
          if (digit !== 255) {
            this.#remaining = this.#remaining * 16 + digit;
            if (++this.#digits > maxSizeDigits || this.#remaining > Number.MAX_SAFE_INTEGER) return this.#refuse();
            state = states.size;
            p++;
          } else if (state === states.sizeFirst) {
            return this.#refuse();
          } else if (byte === carriageReturn) {
            state = states.sizeLineFeed;
            p++;
          } else if (byte === semicolon) {
            if (framed && p > spanFrom) sink.span(buf, spanFrom, p);
            spanFrom = -1;
            state = states.extensionName;
            if (!this.#countExtensionByte()) return this.#refuse();
            p++;
          } else {
            return this.#refuse();
          }
          break;
        }
        case states.sizeLineFeed:
          if (buf[p++] !== lineFeed) return this.#refuse();
          this.#digits = 0;
          this.#extensionBytes = 0;
          state = this.#remaining === 0 ? states.trailerFirst : states.data;
          break;
        case states.data: {
          const to = this.#remaining < end - p ? p + this.#remaining : end;
          this.#remaining -= to - p;
          this.payloadBytes += to - p;
          if (!framed) sink.span(buf, p, to);
          p = to;
          if (this.#remaining === 0) state = states.dataReturn;
          break;
        }
        case states.dataReturn:
          if (buf[p++] !== carriageReturn) return this.#refuse();
          state = states.dataLineFeed;
          break;
        case states.dataLineFeed:
          if (buf[p++] !== lineFeed) return this.#refuse();
          state = states.sizeFirst;
          break;
        case states.trailerFirst:
          if (buf[p] === carriageReturn) {
            state = states.lastLineFeed;
            p++;
          } else {
            if (framed && p > spanFrom) sink.span(buf, spanFrom, p);
            spanFrom = -1;
            this.#section = new TrailerSection();
            state = states.trailers;
          }
          break;
        case states.lastLineFeed:
          if (buf[p++] !== lineFeed) return this.#refuse();
          if (framed) sink.span(buf, spanFrom, p);
          this.terminated = framed;
          this.complete = true;
          return p;
        case states.trailers: {
          const section = this.#section!;
          const sectionEnd = section.write(buf, p, end);
          if (section.fault !== null) {
            this.fault = requestFault(section.fault);
            return -1;
          }
          if (sectionEnd < 0) {
            this.#state = state;
            return end;
          }
          this.trailers = section.fields;
          this.complete = true;
          return sectionEnd;
        }
        default: {
          const byte = buf[p]!;
          if (byte === carriageReturn) {
            if (!mayEndExtension(state)) return this.#refuse();
            if (framed) spanFrom = p;
            state = states.sizeLineFeed;
          } else {
            state = afterExtensionByte(state, byte);
            if (state < 0 || !this.#countExtensionByte()) return this.#refuse();
          }
          p++;
        }
      }
    }
    this.#state = state;
    if (framed && spanFrom >= 0 && p > spanFrom) sink.span(buf, spanFrom, p);
    return p;
  }

  #countExtensionByte(): boolean {
    return ++this.#extensionBytes <= maxExtensionBytes && ++this.#extensionTotal <= maxExtensionTotal;
  }

  #refuse(): -1 {
    this.fault = requestFault('chunk');
    return -1;
  }
}

const noTrailers: readonly (readonly [string, string])[] = Object.freeze([]);

/** The next state within chunk extensions (RFC 9112 §7.1.1, without white space); -1 for a byte that may not come. */
function afterExtensionByte(state: number, byte: number): number {
  switch (state) {
    case states.extensionName:
      return tokenClass[byte] !== 0 ? states.extensionNameRest : -1;
    case states.extensionNameRest:
      if (tokenClass[byte] !== 0) return state;
      if (byte === equals) return states.extensionValue;
      return byte === semicolon ? states.extensionName : -1;
    case states.extensionValue:
      if (byte === quote) return states.extensionQuoted;
      return tokenClass[byte] !== 0 ? states.extensionToken : -1;
    case states.extensionToken:
      if (tokenClass[byte] !== 0) return state;
      return byte === semicolon ? states.extensionName : -1;
    case states.extensionQuoted:
      if (byte === quote) return states.extensionAfterQuote;
      if (byte === backslash) return states.extensionEscaped;
      return valueClass[byte] !== 0 ? state : -1;
    case states.extensionEscaped:
      return valueClass[byte] !== 0 ? states.extensionQuoted : -1;
    default:
      return byte === semicolon ? states.extensionName : -1;
  }
}

function mayEndExtension(state: number): boolean {
  return state === states.extensionNameRest || state === states.extensionToken || state === states.extensionAfterQuote;
}
