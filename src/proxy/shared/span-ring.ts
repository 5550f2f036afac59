/**
 * The ring of trace records on their way from a worker to the main thread: a bounded queue in shared memory with one thread
 * at each end. What does not fit is refused, and the worker counts it: a main thread that is busy, or a collector that is slow,
 * costs no request anything. Records outlive their worker. What they say is `trace-record.ts`.
 */

/**
 * Header words; positions count bytes modulo 2^32, of which the capacity is a divisor. The worker alone moves the head, the
 * main thread alone the tail, each after it is done with the bytes.
 */
const HEAD = 0;
const TAIL = 1;
/** 1 = the main thread has been told that it should come; it puts this back. */
const CALLED = 2;
const HEADER_BYTES = 64;
/** Before each record its length in bytes; records begin at multiples of 4. */
const PREFIX_BYTES = 4;
/** In the place of a length: nothing follows up to the end of the memory, as records never wrap. */
const GAP = -1;
/** A record may be at most this part of the ring. */
const SHARE = 16;

/** Some thousand records: what a busy worker writes while the main thread is at something else. Untouched pages cost nothing. */
const CAPACITY = 2 << 20;

/** Makes the memory of a ring. @param capacity Bytes, a power of two. */
export function newSpanRing(capacity = CAPACITY): SharedArrayBuffer {
  if (capacity < 1024 || (capacity & (capacity - 1)) !== 0) throw new RangeError(`no capacity of a ring: ${capacity}`);
  return new SharedArrayBuffer(HEADER_BYTES + capacity);
}

/** The worker's end. */
export class SpanWriter {
  readonly #words: Int32Array;
  readonly #lengths: Int32Array;
  readonly #bytes: Buffer;
  readonly #mask: number;
  readonly #call: () => void;

  /** @param call tells the main thread that the ring is half full; not repeated before it has come */
  constructor(memory: SharedArrayBuffer, call: () => void) {
    this.#words = new Int32Array(memory, 0, HEADER_BYTES / 4);
    this.#lengths = new Int32Array(memory, HEADER_BYTES);
    this.#bytes = Buffer.from(memory, HEADER_BYTES);
    this.#mask = memory.byteLength - HEADER_BYTES - 1;
    this.#call = call;
  }

  /** Adds one record. False, and nothing added, when it does not fit. */
  append(text: string): boolean {
    const capacity = this.#mask + 1;
    const bytes = Buffer.byteLength(text);
    const needed = PREFIX_BYTES + align(bytes);
    if (needed > capacity / SHARE) return false;
    const words = this.#words;
    const head = words[HEAD] as number;
    const used = (head - Atomics.load(words, TAIL)) >>> 0;
    const at = head & this.#mask;
    const gap = at + needed > capacity ? capacity - at : 0;
    if (used + gap + needed > capacity) {
      this.#callOnce();
      return false;
    }
    if (gap > 0) this.#lengths[at >> 2] = GAP;
    const start = (at + gap) & this.#mask;
    this.#lengths[start >> 2] = bytes;
    this.#bytes.write(text, start + PREFIX_BYTES);
    Atomics.store(words, HEAD, (head + gap + needed) | 0);
    if (used + gap + needed > capacity >> 1) this.#callOnce();
    return true;
  }

  #callOnce(): void {
    if (Atomics.compareExchange(this.#words, CALLED, 0, 1) === 0) this.#call();
  }
}

/** The main thread's end. */
export class SpanReader {
  readonly #words: Int32Array;
  readonly #lengths: Int32Array;
  readonly #bytes: Buffer;
  readonly #mask: number;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, HEADER_BYTES / 4);
    this.#lengths = new Int32Array(memory, HEADER_BYTES);
    this.#bytes = Buffer.from(memory, HEADER_BYTES);
    this.#mask = memory.byteLength - HEADER_BYTES - 1;
  }

  get empty(): boolean {
    return Atomics.load(this.#words, HEAD) === this.#words[TAIL];
  }

  /** The oldest record, taken; null when there is none. */
  take(): string | null {
    const words = this.#words;
    Atomics.store(words, CALLED, 0);
    const head = Atomics.load(words, HEAD);
    let tail = words[TAIL] as number;
    if (tail === head) return null;
    let at = tail & this.#mask;
    if (this.#lengths[at >> 2] === GAP) {
      tail = (tail + this.#mask + 1 - at) | 0;
      at = 0;
    }
    const length = this.#lengths[at >> 2] as number;
    // `latin1` where possible would be wrong: paths hold whatever clients send, as UTF-8.
    const text = this.#bytes.toString('utf8', at + PREFIX_BYTES, at + PREFIX_BYTES + length);
    Atomics.store(words, TAIL, (tail + PREFIX_BYTES + align(length)) | 0);
    return text;
  }
}

function align(bytes: number): number {
  return (bytes + 3) & ~3;
}
