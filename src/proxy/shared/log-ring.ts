/**
 * The ring of log lines: a bounded buffer of whole lines in shared memory. One thread appends and drains it (`LogFile`);
 * when that thread dies, the main thread writes what is left (`recoverRing`). It never blocks and never grows: a line
 * that does not fit is refused and the caller counts it.
 */

/**
 * Header words. `head`: where the next line goes; `tail`: the oldest byte; `end`: where the data of the upper part
 * stops while head has wrapped below tail. Lines never wrap, so every line is contiguous. head = tail means empty.
 */
const HEAD = 0;
const TAIL = 1;
const END = 2;
const HEADER_BYTES = 64;
const NEWLINE = 0x0a;

/**
 * Capacity of a ring in bytes: what a thread may have waiting for its log file. A busy worker fills it in a few hundred
 * milliseconds: so long a disk may stand still before lines are dropped.
 */
export const logRingBytes = 2 << 20;

/** So much is worth a write; of a small ring, its half. */
const DUE_BYTES = 128 << 10;

/** Makes the memory of a ring. */
export function newLogRing(capacity = logRingBytes): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + capacity);
}

export class LogRing {
  readonly capacity: number;
  /** Called when an append leaves enough for a write; whoever drains it sets this. */
  onDue: (() => void) | null = null;
  readonly #due: number;
  readonly #words: Int32Array;
  readonly #bytes: Buffer;

  constructor(buffer: SharedArrayBuffer) {
    this.capacity = buffer.byteLength - HEADER_BYTES;
    this.#due = Math.min(DUE_BYTES, this.capacity >> 1);
    this.#words = new Int32Array(buffer, 0, 3);
    this.#bytes = Buffer.from(buffer, HEADER_BYTES);
  }

  /** Bytes appended and not yet taken. */
  get pendingBytes(): number {
    const head = this.#words[HEAD] as number;
    const tail = this.#words[TAIL] as number;
    return head >= tail ? head - tail : (this.#words[END] as number) - tail + head;
  }

  /**
   * Adds one line; a newline is put after it, so `line` must not contain one. False, and nothing added, when it does
   * not fit: the caller counts it as dropped.
   */
  append(line: string): boolean {
    const head = this.#words[HEAD] as number;
    // A tail left at the end of the upper part would make a head that comes to stand there look like an empty ring.
    this.#words[TAIL] = this.#start();
    // The cheap bound first: no UTF-16 unit takes more than three bytes.
    let at = this.#room(line.length * 3 + 1, head);
    if (at === -1) {
      at = this.#room(Buffer.byteLength(line) + 1, head);
      if (at === -1) return false;
    }
    const end = at + this.#bytes.write(line, at);
    this.#bytes[end] = NEWLINE;
    // Positions last, `end` before `head`: after a death in the middle, half a line must not be found.
    if (at < head) this.#words[END] = head;
    this.#words[HEAD] = end + 1;
    if (this.onDue !== null && this.pendingBytes > this.#due) this.onDue();
    return true;
  }

  /** The oldest whole lines that lie together, at most `limit` bytes unless the first line alone is longer; a view until `take`. */
  peek(limit = this.capacity): Buffer {
    const head = this.#words[HEAD] as number;
    const tail = this.#start();
    const stop = head >= tail ? head : (this.#words[END] as number);
    if (stop - tail <= limit) return this.#bytes.subarray(tail, stop);
    const cut = this.#bytes.subarray(tail, tail + limit).lastIndexOf(NEWLINE);
    const end = cut === -1 ? this.#bytes.indexOf(NEWLINE, tail) + 1 : tail + cut + 1;
    return this.#bytes.subarray(tail, end);
  }

  /** Frees the oldest `count` bytes: they are written, or given up. */
  take(count: number): void {
    this.#words[TAIL] = this.#start() + count;
  }

  /** Where the oldest byte is, with a tail that stands at the end of the upper part moved to the lower one. */
  #start(): number {
    const tail = this.#words[TAIL] as number;
    return tail > (this.#words[HEAD] as number) && tail === this.#words[END] ? 0 : tail;
  }

  /** Where `length` contiguous bytes are free, or -1. */
  #room(length: number, head: number): number {
    const tail = this.#start();
    if (head < tail) return head + length < tail ? head : -1;
    if (head + length <= this.capacity) return head;
    return length < tail ? 0 : -1;
  }
}

/**
 * Everything that a dead thread left in its ring, which is empty afterwards. A chunk that the thread was writing when
 * it died is included: a line may appear twice in the file, none is missing.
 */
export function recoverRing(buffer: SharedArrayBuffer): Buffer {
  const ring = new LogRing(buffer);
  const parts: Buffer[] = [];
  while (ring.pendingBytes > 0) {
    const part = ring.peek();
    // Copied, because the successor of the dead thread writes into the same memory.
    parts.push(Buffer.from(part));
    ring.take(part.length);
  }
  return Buffer.concat(parts);
}
