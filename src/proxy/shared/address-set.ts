/**
 * A set of addresses in shared memory: sorted, merged ranges, built once on the main thread and searched by every worker.
 * Its cost is that of its ranges alone (8 bytes for IPv4, 32 for IPv6) and a binary search; nothing changes it later.
 */
import { readAddress, words } from './address.ts';
import { compareWords, type Network } from './network.ts';

/** Words before the ranges: how many there are of IPv4, and of IPv6. */
const HEAD_WORDS = 2;

/** The ranges of `networks`, sorted and merged; null when there are none. */
export function buildAddressSet(networks: Iterable<Network>): SharedArrayBuffer | null {
  const v4: Network[] = [];
  const v6: Network[] = [];
  for (const network of networks) (network.family === 4 ? v4 : v6).push(network);
  if (v4.length + v6.length === 0) return null;
  const merged4 = merge(v4);
  const merged6 = merge(v6);
  const buffer = new SharedArrayBuffer((HEAD_WORDS + merged4.length * 2 + merged6.length * 8) * 4);
  const out = new Uint32Array(buffer);
  out[0] = merged4.length;
  out[1] = merged6.length;
  // First addresses together, last addresses together: a search reads one block, then one word of the other.
  let at = HEAD_WORDS;
  for (const side of ['first', 'last'] as const) for (const range of merged4) out[at++] = range[side][0] as number;
  for (const side of ['first', 'last'] as const)
    for (const range of merged6) for (const word of range[side]) out[at++] = word;
  return buffer;
}

/** The set as one thread reads it. */
export class AddressSet {
  readonly #first4: Uint32Array;
  readonly #last4: Uint32Array;
  readonly #first6: Uint32Array;
  readonly #last6: Uint32Array;

  /** @param buffer as `buildAddressSet` made it */
  constructor(buffer: SharedArrayBuffer) {
    const [count4 = 0, count6 = 0] = new Uint32Array(buffer, 0, HEAD_WORDS);
    const view = (from: number, length: number) => new Uint32Array(buffer, from * 4, length);
    const from6 = HEAD_WORDS + count4 * 2;
    this.#first4 = view(HEAD_WORDS, count4);
    this.#last4 = view(HEAD_WORDS + count4, count4);
    this.#first6 = view(from6, count6 * 4);
    this.#last6 = view(from6 + count6 * 4, count6 * 4);
  }

  /** How many ranges it has. */
  get size(): number {
    return this.#first4.length + this.#first6.length / 4;
  }

  /** Whether the address is in the set; false for what is no address. Allocates nothing. */
  has(address: string): boolean {
    const family = readAddress(address);
    if (family === 4) return this.#has4(words[0] as number);
    return family === 6 && this.#has6();
  }

  #has4(value: number): boolean {
    const first = this.#first4;
    let low = 0;
    let high = first.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((first[middle] as number) <= value) low = middle + 1;
      else high = middle;
    }
    return low !== 0 && value <= (this.#last4[low - 1] as number);
  }

  #has6(): boolean {
    const first = this.#first6;
    let low = 0;
    let high = first.length >>> 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isUpTo(first, middle)) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return false;
    const last = this.#last6;
    const at = (low - 1) * 4;
    for (let i = 0; i < 4; i++) {
      const bound = last[at + i] as number;
      const word = words[i] as number;
      if (word !== bound) return word < bound;
    }
    return true;
  }
}

/** Whether the IPv6 address `index` of `list` is at most the one in `words`. */
function isUpTo(list: Uint32Array, index: number): boolean {
  const at = index * 4;
  for (let i = 0; i < 4; i++) {
    const entry = list[at + i] as number;
    const word = words[i] as number;
    if (entry !== word) return entry < word;
  }
  return true;
}

interface Range {
  readonly first: readonly number[];
  last: readonly number[];
}

/** Of networks, so either apart, or one inside the other, or neighbours. */
function merge(networks: readonly Network[]): readonly Range[] {
  const ranges: Range[] = [];
  for (const { first, last } of networks.toSorted((a, b) => compareWords(a.first, b.first) || a.bits - b.bits)) {
    const before = ranges.at(-1);
    if (before === undefined || compareWords(first, successor(before.last)) > 0) ranges.push({ first, last });
    else if (compareWords(last, before.last) > 0) before.last = last;
  }
  return ranges;
}

/** The next address; the last one of all has itself. */
function successor(address: readonly number[]): readonly number[] {
  const next = [...address];
  for (let i = next.length - 1; i >= 0; i--) {
    if (next[i] !== 0xffff_ffff) {
      next[i] = (next[i] as number) + 1;
      return next;
    }
    next[i] = 0;
  }
  return address;
}
