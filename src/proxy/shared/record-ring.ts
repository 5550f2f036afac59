/**
 * A ring of finished-request records: the newest ones in a bounded piece of shared memory, each overwriting the oldest. One
 * worker appends; the main thread copies while it does, and the worker's successor goes on where a death left it. Never
 * blocks, never grows, never shows half a record. What a record says is `finished-request.ts`.
 */
import { align, GAP, RingMemory } from './ring-memory.ts';

/**
 * Header words. What lies from `TAIL` to `HEAD` is whole. The writer moves the tail on before it overwrites, the head after it
 * has written.
 */
const HEAD = 0;
const TAIL = 1;
/** Number of the next record, modulo 2^32. */
const NEXT = 2;
/** Records that were wanted and not kept, modulo 2^32. */
const SKIPPED = 3;

/** Before each record: its length in bytes and its number. */
const PREFIX_BYTES = 8;
/** A record may be at most this part of the ring: one must not wash out all others. */
const SHARE = 8;

/** One record as it was copied. */
export interface RingRecord {
  /** Rises by one with each record of the ring, modulo 2^32. */
  readonly number: number;
  readonly text: string;
}

/** The writing end: one thread's. */
export class RecordRing {
  readonly #memory: RingMemory;

  constructor(memory: SharedArrayBuffer) {
    this.#memory = new RingMemory(memory);
  }

  /** Adds one record. False, and counted as skipped, when it is too long for the ring. */
  append(text: string): boolean {
    const { words, lengths, bytes, capacity, mask } = this.#memory;
    // The cheap bound first: no UTF-16 unit takes more than three bytes.
    let length = text.length * 3;
    if (length > capacity / SHARE) length = Buffer.byteLength(text);
    if (length > capacity / SHARE) {
      this.skip();
      return false;
    }
    let head = words[HEAD] as number;
    const room = PREFIX_BYTES + align(length);
    const upper = capacity - (head & mask);
    const gap = upper < room ? upper : 0;
    this.#free(head, gap + room);
    if (gap > 0) {
      lengths[(head & mask) >> 2] = GAP;
      head = (head + gap) | 0;
    }
    const at = head & mask;
    const written = bytes.write(text, at + PREFIX_BYTES);
    lengths[at >> 2] = written;
    lengths[(at >> 2) + 1] = Atomics.add(words, NEXT, 1);
    // Only now is it there: of a thread that died in the middle nothing is seen.
    Atomics.store(words, HEAD, (head + PREFIX_BYTES + align(written)) | 0);
    return true;
  }

  /** Counts a record that was wanted and not made. */
  skip(): void {
    Atomics.add(this.#memory.words, SKIPPED, 1);
  }

  /** Gives up the oldest records until `wanted` bytes are free behind `head`, and says so before any byte changes. */
  #free(head: number, wanted: number): void {
    const { words, lengths, capacity, mask } = this.#memory;
    const tail = words[TAIL] as number;
    let at = tail;
    while (capacity - ((head - at) >>> 0) < wanted) {
      const offset = at & mask;
      const length = lengths[offset >> 2] as number;
      at = (at + (length === GAP ? capacity - offset : PREFIX_BYTES + align(length))) | 0;
    }
    // Both sides change the tail by read-modify-write: that orders the reader's copy before it, or the new bytes after it.
    if (at !== tail) Atomics.add(words, TAIL, (at - tail) | 0);
  }
}

/** The reading end. Any number of them, on any thread; each keeps its own place. */
export class RecordRingReader {
  readonly #memory: RingMemory;

  constructor(memory: SharedArrayBuffer) {
    this.#memory = new RingMemory(memory);
  }

  /** Number that the next record will have. */
  get next(): number {
    return Atomics.load(this.#memory.words, NEXT) >>> 0;
  }

  /** Records so far that were wanted and not kept. */
  get skipped(): number {
    return Atomics.load(this.#memory.words, SKIPPED) >>> 0;
  }

  /** Where the newest record ends: what `since` takes. */
  get position(): number {
    return Atomics.load(this.#memory.words, HEAD);
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
      const tail = Atomics.load(this.#memory.words, TAIL);
      const head = Atomics.load(this.#memory.words, HEAD);
      if ((head - tail) >>> 0 <= this.#memory.capacity) return { tail, head };
    }
  }

  #copied(from: number, head: number): readonly RingRecord[] {
    const { bytes, words, capacity, mask } = this.#memory;
    const copy = Buffer.allocUnsafe((head - from) >>> 0);
    const start = from & mask;
    const upper = Math.min(copy.length, capacity - start);
    copy.set(bytes.subarray(start, start + upper), 0);
    copy.set(bytes.subarray(0, copy.length - upper), upper);
    // What the writer has given up since may have changed under the copy.
    const tail = Atomics.add(words, TAIL, 0);
    let at = (tail - from) | 0;
    if (at < 0) at = 0;
    const records: RingRecord[] = [];
    while (at < copy.length) {
      const length = copy.readInt32LE(at);
      if (length === GAP) {
        at += capacity - ((from + at) & mask);
        continue;
      }
      const begin = at + PREFIX_BYTES;
      records.push({ number: copy.readUInt32LE(at + 4), text: copy.toString('utf8', begin, begin + length) });
      at = begin + align(length);
    }
    return records;
  }
}
