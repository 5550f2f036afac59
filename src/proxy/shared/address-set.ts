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

/** What any of the sets holds, in one pass over them; null when there are none. */
export function unionOf(sets: readonly (SharedArrayBuffer | null)[]): SharedArrayBuffer | null {
  const [first, ...others] = sets.filter((set) => set !== null);
  if (first === undefined) return null;
  return others.reduce(unite, first);
}

function unite(a: SharedArrayBuffer, b: SharedArrayBuffer): SharedArrayBuffer {
  const v4 = uniteRanges(rangesOf(a, 4), rangesOf(b, 4), 1);
  const v6 = uniteRanges(rangesOf(a, 6), rangesOf(b, 6), 4);
  const parts = [v4.first, v4.last, v6.first, v6.last];
  const words = parts.reduce((sum, part) => sum + part.length, HEAD_WORDS);
  const out = new Uint32Array(new SharedArrayBuffer(words * 4));
  out[0] = v4.first.length;
  out[1] = v6.first.length / 4;
  let at = HEAD_WORDS;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out.buffer;
}

interface Ranges {
  readonly first: Uint32Array;
  readonly last: Uint32Array;
}

function rangesOf(buffer: SharedArrayBuffer, family: 4 | 6): Ranges {
  const [count4 = 0, count6 = 0] = new Uint32Array(buffer, 0, HEAD_WORDS);
  const from = family === 4 ? HEAD_WORDS : HEAD_WORDS + count4 * 2;
  const length = family === 4 ? count4 : count6 * 4;
  return {
    first: new Uint32Array(buffer, from * 4, length),
    last: new Uint32Array(buffer, (from + length) * 4, length),
  };
}

/** Two sorted lists of ranges of `width` words as one, in which none overlap. */
function uniteRanges(a: Ranges, b: Ranges, width: 1 | 4): Ranges {
  const first = new Uint32Array(a.first.length + b.first.length);
  const last = new Uint32Array(first.length);
  let [atA, atB, end] = [0, 0, 0];
  while (atA < a.first.length || atB < b.first.length) {
    const takeA = atB >= b.first.length || (atA < a.first.length && compareAt(a.first, atA, b.first, atB, width) <= 0);
    const source = takeA ? a : b;
    const at = takeA ? atA : atB;
    if (takeA) atA += width;
    else atB += width;
    if (end > 0 && compareAt(source.first, at, last, end - width, width) <= 0) {
      if (compareAt(source.last, at, last, end - width, width) > 0) {
        last.set(source.last.subarray(at, at + width), end - width);
      }
      continue;
    }
    for (let i = 0; i < width; i++) {
      first[end + i] = source.first[at + i] as number;
      last[end + i] = source.last[at + i] as number;
    }
    end += width;
  }
  return { first: first.subarray(0, end), last: last.subarray(0, end) };
}

function compareAt(a: Uint32Array, atA: number, b: Uint32Array, atB: number, width: number): number {
  for (let i = 0; i < width; i++) {
    const difference = (a[atA + i] as number) - (b[atB + i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The set as one thread reads it. */
export class AddressSet {
  readonly #first4: Uint32Array;
  readonly #last4: Uint32Array;
  readonly #first6: Uint32Array;
  readonly #last6: Uint32Array;

  /** @param buffer as `buildAddressSet` made it */
  constructor(buffer: SharedArrayBuffer) {
    const v4 = rangesOf(buffer, 4);
    const v6 = rangesOf(buffer, 6);
    this.#first4 = v4.first;
    this.#last4 = v4.last;
    this.#first6 = v6.first;
    this.#last6 = v6.last;
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
