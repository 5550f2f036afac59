/**
 * The ring of trace records on their way from a worker to the main thread: a bounded queue in shared memory with one thread
 * at each end. What does not fit is refused, and the worker counts it: a main thread that is busy, or a collector that is slow,
 * costs no request anything. Records outlive their worker. What they say is `trace-record.ts`.
 */
import { align, GAP, newRingMemory, RingMemory } from './ring-memory.ts';

/** Header words. The worker alone moves the head, the main thread alone the tail, each after it is done with the bytes. */
const HEAD = 0;
const TAIL = 1;
/** 1 = the main thread has been told that it should come; it puts this back. */
const CALLED = 2;
/** Before each record its length in bytes. */
const PREFIX_BYTES = 4;
/** A record may be at most this part of the ring. */
const SHARE = 16;

/** Some thousand records: what a busy worker writes while the main thread is at something else. Untouched pages cost nothing. */
const CAPACITY = 2 << 20;

/** Makes the memory of a ring. @param capacity Bytes, a power of two. */
export function newSpanRing(capacity = CAPACITY): SharedArrayBuffer {
  return newRingMemory(capacity);
}

/** The worker's end. */
export class SpanWriter {
  readonly #memory: RingMemory;
  readonly #call: () => void;

  /** @param call tells the main thread that the ring is half full; not repeated before it has come */
  constructor(memory: SharedArrayBuffer, call: () => void) {
    this.#memory = new RingMemory(memory);
    this.#call = call;
  }

  /** Adds one record. False, and nothing added, when it does not fit. */
  append(text: string): boolean {
    const { words, lengths, bytes, capacity, mask } = this.#memory;
    const length = Buffer.byteLength(text);
    const needed = PREFIX_BYTES + align(length);
    if (needed > capacity / SHARE) return false;
    const head = words[HEAD] as number;
    const used = (head - Atomics.load(words, TAIL)) >>> 0;
    const at = head & mask;
    const gap = at + needed > capacity ? capacity - at : 0;
    if (used + gap + needed > capacity) {
      this.#callOnce();
      return false;
    }
    if (gap > 0) lengths[at >> 2] = GAP;
    const start = (at + gap) & mask;
    lengths[start >> 2] = length;
    bytes.write(text, start + PREFIX_BYTES);
    Atomics.store(words, HEAD, (head + gap + needed) | 0);
    if (used + gap + needed > capacity >> 1) this.#callOnce();
    return true;
  }

  #callOnce(): void {
    if (Atomics.compareExchange(this.#memory.words, CALLED, 0, 1) === 0) this.#call();
  }
}

/** The main thread's end. */
export class SpanReader {
  readonly #memory: RingMemory;

  constructor(memory: SharedArrayBuffer) {
    this.#memory = new RingMemory(memory);
  }

  get empty(): boolean {
    const { words } = this.#memory;
    return Atomics.load(words, HEAD) === words[TAIL];
  }

  /** The oldest record, taken; null when there is none. */
  take(): string | null {
    const { words, lengths, bytes, capacity, mask } = this.#memory;
    Atomics.store(words, CALLED, 0);
    const head = Atomics.load(words, HEAD);
    let tail = words[TAIL] as number;
    if (tail === head) return null;
    let at = tail & mask;
    if (lengths[at >> 2] === GAP) {
      tail = (tail + capacity - at) | 0;
      at = 0;
    }
    const length = lengths[at >> 2] as number;
    // `latin1` where possible would be wrong: paths hold whatever clients send, as UTF-8.
    const text = bytes.toString('utf8', at + PREFIX_BYTES, at + PREFIX_BYTES + length);
    Atomics.store(words, TAIL, (tail + PREFIX_BYTES + align(length)) | 0);
    return text;
  }
}
