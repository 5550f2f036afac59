/**
 * How records lie in a ring of shared memory: a header of words, then records one after the other, each with its length before
 * it, at multiples of 4; none wraps. `record-ring.ts` overwrites the oldest, `span-ring.ts` refuses the newest: who may move
 * which position is theirs.
 *
 * Positions count bytes modulo 2^32, of which every capacity is a divisor, so that they may wrap.
 */

const HEADER_BYTES = 64;

/** In the place of a length: nothing follows up to the end of the memory. */
export const GAP = -1;

/** Makes the memory of a ring. @param capacity Bytes, a power of two. */
export function newRingMemory(capacity: number): SharedArrayBuffer {
  if (capacity < 1024 || (capacity & (capacity - 1)) !== 0) throw new RangeError(`no capacity of a ring: ${capacity}`);
  return new SharedArrayBuffer(HEADER_BYTES + capacity);
}

/** The memory as one thread sees it. */
export class RingMemory {
  /** The header: positions and counts. */
  readonly words: Int32Array;
  /** What lies behind it, as the words that lengths are written in, and as bytes. */
  readonly lengths: Int32Array;
  readonly bytes: Buffer;
  readonly capacity: number;
  /** Cuts a position down to a place in `bytes`. */
  readonly mask: number;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory, 0, HEADER_BYTES / 4);
    this.lengths = new Int32Array(memory, HEADER_BYTES);
    this.bytes = Buffer.from(memory, HEADER_BYTES);
    this.capacity = memory.byteLength - HEADER_BYTES;
    this.mask = this.capacity - 1;
  }
}

/** So many bytes, and what is missing to the next multiple of 4. */
export function align(bytes: number): number {
  return (bytes + 3) & ~3;
}
