/**
 * How many requests ended with which (route, upstream, method, status): one open-addressing table a worker, in shared
 * memory, a single writer each. The main thread sums the tables for `requests_total`. Labels are small integers that
 * the main thread hands out by identity and never reuses, so that counts survive reloads.
 */

/** Methods that get a label of their own; every other one is `other`. */
export const methodLabels = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'other',
] as const;

const METHODS = 16;
const STATUSES = 1024;
const UPSTREAMS = 1 << 14;
const SLOT_WORDS = 2;
/** Slots per worker. Beyond that, new combinations are counted under route 0 (`overflow`), never dropped. */
const SLOT_BITS = 14;
const SLOTS = 1 << SLOT_BITS;

export interface RequestCountKey {
  /** 0 is reserved: no route / overflow. */
  readonly route: number;
  /** 0 = none. */
  readonly upstream: number;
  readonly method: number;
  readonly status: number;
}

export function newRequestCounts(): SharedArrayBuffer {
  return new SharedArrayBuffer(SLOTS * SLOT_WORDS * 8);
}

export function methodLabel(method: string): number {
  const at = (methodLabels as readonly string[]).indexOf(method);
  return at === -1 ? methodLabels.length - 1 : at;
}

function pack(route: number, upstream: number, method: number, status: number): number {
  return ((route * UPSTREAMS + upstream) * METHODS + method) * STATUSES + status + 1;
}

/** A worker's own table. */
export class RequestCounter {
  readonly #words: Float64Array;
  #used = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Float64Array(buffer);
    for (let slot = 0; slot < SLOTS; slot++) if (this.#words[slot * SLOT_WORDS] !== 0) this.#used++;
  }

  /** Counts one finished request. Allocates nothing. */
  count(route: number, upstream: number, method: number, status: number): void {
    const key = pack(route, upstream, method, status);
    const words = this.#words;
    // The key is wider than 32 bits; its parts are mixed as integers, and the top bits of the product are the best mixed.
    const parts = Math.imul(route, 0x85ebca6b) ^ Math.imul(upstream, 0xc2b2ae35) ^ ((method << 10) | status);
    let slot = Math.imul(parts, 0x9e3779b1) >>> (32 - SLOT_BITS);
    for (;;) {
      const at = slot * SLOT_WORDS;
      const found = words[at];
      if (found === key) {
        words[at + 1] = (words[at + 1] as number) + 1;
        return;
      }
      if (found === 0) {
        if (this.#used >= SLOTS - (SLOTS >> 3) && route !== 0) {
          this.count(0, 0, methodLabels.length - 1, status);
          return;
        }
        this.#used++;
        // The count first: a reader that sees the key must not see a stale count of zero forever.
        words[at + 1] = 1;
        words[at] = key;
        return;
      }
      slot = slot + 1 === SLOTS ? 0 : slot + 1;
    }
  }
}

/** Sums the tables of all workers; yields each combination once. */
export function* readRequestCounts(
  buffers: readonly SharedArrayBuffer[],
): Generator<{ readonly key: RequestCountKey; readonly count: number }> {
  const sums = new Map<number, number>();
  for (const buffer of buffers) {
    const words = new Float64Array(buffer);
    for (let at = 0; at < words.length; at += SLOT_WORDS) {
      const key = words[at] as number;
      if (key !== 0) sums.set(key, (sums.get(key) ?? 0) + (words[at + 1] as number));
    }
  }
  for (const [packed, count] of sums) {
    let rest = packed - 1;
    const status = rest % STATUSES;
    rest = (rest - status) / STATUSES;
    const method = rest % METHODS;
    rest = (rest - method) / METHODS;
    const upstream = rest % UPSTREAMS;
    yield { key: { route: (rest - upstream) / UPSTREAMS, upstream, method, status }, count };
  }
}
