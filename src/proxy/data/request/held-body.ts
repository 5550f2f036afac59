/**
 * What has come of a request body and is kept, so that it can be sent again, or before it is sent at all. Small pieces are
 * copied together: what is held costs little more than its size, however it came. Filled by tries and by the body buffer;
 * the exchange drops it at its end.
 */
import { type Cell, guardFields } from '../../shared/cells.ts';

/** Bytes of request bodies that all workers together hold at once. */
export const TOTAL_HELD_BYTES = 64 * 1024 * 1024;

/** The first pieces, and large ones, are referred to where they lie. Many small ones would cost more than what is in them. */
const FIRST_PIECES = 16;
const COPY_BYTES = 2048;
const BLOCK_BYTES = 16 * 1024;

export class HeldBody {
  bytes = 0;
  /** The pieces are chunked framing, good as they are. */
  framed = false;
  readonly #pieces: Buffer[] = [];
  /** The block that the next small piece goes into, and how much of it is taken. */
  #block: Buffer | null = null;
  #taken = 0;
  /** Where in `#block` the last piece begins, while it can grow; -1 = it cannot. */
  #growsFrom = -1;
  readonly #counted: Cell;

  /** @param counted The guards' cell, where the bytes of all requests count against a bound. */
  constructor(counted: Cell) {
    this.#counted = counted;
  }

  /** Keeps `buffer[from, to)`. False, and nothing kept, when all requests together would hold more than `most` bytes. */
  add(buffer: Buffer, from: number, to: number, framed: boolean, most: number): boolean {
    const length = to - from;
    if (!take(this.#counted, length, most)) return false;
    this.bytes += length;
    this.framed = framed;
    if (length > COPY_BYTES || this.#pieces.length < FIRST_PIECES) {
      this.#pieces.push(buffer.subarray(from, to));
      this.#growsFrom = -1;
      return true;
    }
    if (this.#block === null || this.#taken + length > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.#taken = 0;
      this.#growsFrom = -1;
    }
    buffer.copy(this.#block, this.#taken, from, to);
    const grows = this.#growsFrom !== -1;
    if (!grows) this.#growsFrom = this.#taken;
    this.#taken += length;
    const piece = this.#block.subarray(this.#growsFrom, this.#taken);
    if (grows) this.#pieces[this.#pieces.length - 1] = piece;
    else this.#pieces.push(piece);
    return true;
  }

  get pieces(): readonly Buffer[] {
    return this.#pieces;
  }

  /** Lets everything go. */
  drop(): void {
    if (this.bytes > 0) give(this.#counted, this.bytes);
    this.bytes = 0;
    this.#pieces.length = 0;
    this.#block = null;
    this.#growsFrom = -1;
  }
}

function take(cell: Cell, bytes: number, most: number): boolean {
  const field = guardFields.requestBufferBytes;
  if (Atomics.add(cell.shared, field, bytes) + bytes > most) {
    Atomics.sub(cell.shared, field, bytes);
    return false;
  }
  cell.lane[field] = (cell.lane[field] as number) + bytes;
  return true;
}

function give(cell: Cell, bytes: number): void {
  const field = guardFields.requestBufferBytes;
  cell.lane[field] = (cell.lane[field] as number) - bytes;
  Atomics.sub(cell.shared, field, bytes);
}
