/**
 * A ring of finished-request records: the newest ones in a bounded piece of shared memory, each overwriting the oldest. One
 * worker appends; the main thread copies while it does, and the worker's successor goes on where a death left it. Never
 * blocks, never grows, never shows half a record. What a record says is `finished-request.ts`.
 */

/**
 * Header words; positions count bytes modulo 2^32, of which the capacity is a divisor, so that they may wrap. What lies
 * from `TAIL` to `HEAD` is whole. The writer moves the tail on before it overwrites, the head after it has written.
 */
const HEAD = 0;
const TAIL = 1;
/** Number of the next record, modulo 2^32. */
const NEXT = 2;
/** Records that were wanted and not kept, modulo 2^32. */
const SKIPPED = 3;
const HEADER_BYTES = 64;

/** Before each record: its length in bytes and its number; records begin at multiples of 4. */
const PREFIX_BYTES = 8;
/** In the place of a length: nothing follows up to the end of the memory, as records never wrap. */
const GAP = -1;
/** A record may be at most this part of the ring: one must not wash out all others. */
const SHARE = 8;

/** Makes the memory of a ring. @param capacity Bytes, a power of two. */
export function newRecordRing(capacity: number): SharedArrayBuffer {
  if (capacity < 1024 || (capacity & (capacity - 1)) !== 0) throw new RangeError(`no capacity of a ring: ${capacity}`);
  return new SharedArrayBuffer(HEADER_BYTES + capacity);
}

/** One record as it was copied. */
export interface RingRecord {
  /** Rises by one with each record of the ring, modulo 2^32. */
  readonly number: number;
  readonly text: string;
}

/** The writing end: one thread's. */
export class RecordRing {
  readonly #words: Int32Array;
  readonly #lengths: Int32Array;
  readonly #bytes: Buffer;
  readonly #mask: number;

  constructor(memory: SharedArrayBuffer) {
    const capacity = memory.byteLength - HEADER_BYTES;
    this.#words = new Int32Array(memory, 0, HEADER_BYTES / 4);
    this.#lengths = new Int32Array(memory, HEADER_BYTES);
    this.#bytes = Buffer.from(memory, HEADER_BYTES);
    this.#mask = capacity - 1;
  }

  /** Adds one record. False, and counted as skipped, when it is too long for the ring. */
  append(text: string): boolean {
    const words = this.#words;
    const capacity = this.#mask + 1;
    // The cheap bound first: no UTF-16 unit takes more than three bytes.
    let length = text.length * 3;
    if (length > capacity / SHARE) length = Buffer.byteLength(text);
    if (length > capacity / SHARE) {
      this.skip();
      return false;
    }
    let head = words[HEAD] as number;
    const room = PREFIX_BYTES + align(length);
    const upper = capacity - (head & this.#mask);
    const gap = upper < room ? upper : 0;
    this.#free(head, gap + room, capacity);
    if (gap > 0) {
      this.#lengths[(head & this.#mask) >> 2] = GAP;
      head = (head + gap) | 0;
    }
    const at = head & this.#mask;
    const written = this.#bytes.write(text, at + PREFIX_BYTES);
    this.#lengths[at >> 2] = written;
    this.#lengths[(at >> 2) + 1] = Atomics.add(words, NEXT, 1);
    // Only now is it there: of a thread that died in the middle nothing is seen.
    Atomics.store(words, HEAD, (head + PREFIX_BYTES + align(written)) | 0);
    return true;
  }

  /** Counts a record that was wanted and not made. */
  skip(): void {
    Atomics.add(this.#words, SKIPPED, 1);
  }

  /** Gives up the oldest records until `wanted` bytes are free behind `head`, and says so before any byte changes. */
  #free(head: number, wanted: number, capacity: number): void {
    const tail = this.#words[TAIL] as number;
    let at = tail;
    while (capacity - ((head - at) >>> 0) < wanted) {
      const offset = at & this.#mask;
      const length = this.#lengths[offset >> 2] as number;
      at = (at + (length === GAP ? capacity - offset : PREFIX_BYTES + align(length))) | 0;
    }
    // Both sides change the tail by read-modify-write: that orders the reader's copy before it, or the new bytes after it.
    if (at !== tail) Atomics.add(this.#words, TAIL, (at - tail) | 0);
  }
}

/** The reading end. Any number of them, on any thread; each keeps its own place. */
export class RecordRingReader {
  readonly #words: Int32Array;
  readonly #shared: Uint8Array;
  readonly #mask: number;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, HEADER_BYTES / 4);
    this.#shared = new Uint8Array(memory, HEADER_BYTES);
    this.#mask = memory.byteLength - HEADER_BYTES - 1;
  }

  /** Number that the next record will have. */
  get next(): number {
    return Atomics.load(this.#words, NEXT) >>> 0;
  }

  /** Records so far that were wanted and not kept. */
  get skipped(): number {
    return Atomics.load(this.#words, SKIPPED) >>> 0;
  }

  /** Where the newest record ends: what `since` takes. */
  get position(): number {
    return Atomics.load(this.#words, HEAD);
  }

  /** All whole records, oldest first. */
  all(): readonly RingRecord[] {
    const { tail, head } = this.#bounds();
    return this.#copied(tail, head);
  }

  /** Those after `position` that have not been overwritten, oldest first, and the position after them. */
  since(position: number): { readonly records: readonly RingRecord[]; readonly position: number } {
    const { tail, head } = this.#bounds();
    const kept = (head - position) >>> 0 <= (head - tail) >>> 0;
    return { records: this.#copied(kept ? position : tail, head), position: head };
  }

  /** Two positions between which there was never more than the ring holds. */
  #bounds(): { readonly tail: number; readonly head: number } {
    for (;;) {
      const tail = Atomics.load(this.#words, TAIL);
      const head = Atomics.load(this.#words, HEAD);
      if ((head - tail) >>> 0 <= this.#mask + 1) return { tail, head };
    }
  }

  #copied(from: number, head: number): readonly RingRecord[] {
    const capacity = this.#mask + 1;
    const copy = Buffer.allocUnsafe((head - from) >>> 0);
    const start = from & this.#mask;
    const upper = Math.min(copy.length, capacity - start);
    copy.set(this.#shared.subarray(start, start + upper), 0);
    copy.set(this.#shared.subarray(0, copy.length - upper), upper);
    // What the writer has given up since may have changed under the copy.
    const tail = Atomics.add(this.#words, TAIL, 0);
    let at = (tail - from) | 0;
    if (at < 0) at = 0;
    const records: RingRecord[] = [];
    while (at < copy.length) {
      const length = copy.readInt32LE(at);
      if (length === GAP) {
        at += capacity - ((from + at) & this.#mask);
        continue;
      }
      const begin = at + PREFIX_BYTES;
      records.push({ number: copy.readUInt32LE(at + 4), text: copy.toString('utf8', begin, begin + length) });
      at = begin + align(length);
    }
    return records;
  }
}

function align(length: number): number {
  return (length + 3) & ~3;
}
