/**
 * A network (CIDR) or single address as it is written in lists: read, bounded, written back in one normal form. Used when
 * lists are built and by the commands that edit them, never for a request.
 */
import { readAddress, words } from './address.ts';

export interface Network {
  readonly family: 4 | 6;
  /** First and last address, most significant word first: one word of IPv4, four of IPv6. */
  readonly first: readonly number[];
  readonly last: readonly number[];
  /** Leading bits that its addresses share. */
  readonly bits: number;
}

/**
 * Reads `10.0.0.0/8`, `10.0.0.1`, `2001:db8::/32`. Bits behind the prefix are dropped; what lies in `::ffff:0:0/96` is IPv4.
 * @returns null when it is neither network nor address
 */
export function parseNetwork(text: string): Network | null {
  const slash = text.indexOf('/');
  const end = slash < 0 ? text.length : slash;
  const given = slash < 0 ? -1 : prefixLength(text, slash + 1);
  if (given === -2) return null;
  const family = readAddress(text, 0, end);
  if (family === 0 || text.includes('%')) return null;
  const mapped = family === 4 && text.includes(':');
  const size = family === 4 ? 32 : 128;
  const bits = given === -1 ? size : mapped ? given - 96 : given;
  if (bits > size) return null;
  // A wider net around the mapped block: the address was read as IPv4, its words are those of IPv6.
  if (bits < 0) return networkOf(6, [0, 0, 0xffff, words[0] as number], given);
  return networkOf(family, family === 4 ? [words[0] as number] : Array.from(words), bits);
}

/** `10.0.0.0/8`, or the bare address of a network of one. */
export function networkText({ family, first, bits }: Network): string {
  const address = family === 4 ? dotted(first[0] as number) : grouped(first);
  return bits === (family === 4 ? 32 : 128) ? address : `${address}/${bits}`;
}

/** Whether all of `inner` lies in `outer`. */
export function covers(outer: Network, inner: Network): boolean {
  if (outer.family !== inner.family || outer.bits > inner.bits) return false;
  return compareWords(outer.first, inner.first) <= 0 && compareWords(outer.last, inner.last) >= 0;
}

/** Whether they share an address. */
export function overlaps(a: Network, b: Network): boolean {
  return covers(a, b) || covers(b, a);
}

/** Below 0, 0 or above 0, as for sorting. */
export function compareWords(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function networkOf(family: 4 | 6, address: readonly number[], bits: number): Network {
  const masks = address.map((_, index) => {
    const own = Math.min(32, Math.max(0, bits - index * 32));
    return own === 0 ? 0 : (0xffff_ffff << (32 - own)) >>> 0;
  });
  return {
    family,
    first: address.map((word, index) => (word & (masks[index] as number)) >>> 0),
    last: address.map((word, index) => (word | ~(masks[index] as number)) >>> 0),
    bits,
  };
}

/** -2 when it is no number of bits. */
function prefixLength(text: string, from: number): number {
  const digits = text.slice(from);
  return /^\d{1,3}$/.test(digits) && Number(digits) <= 128 ? Number(digits) : -2;
}

function dotted(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
}

/** RFC 5952: lower case, the longest run of zero groups as `::`. */
function grouped(address: readonly number[]): string {
  const all = address.flatMap((word) => [word >>> 16, word & 0xffff]);
  let best = { from: -1, length: 1 };
  for (let from = 0; from < 8; from++) {
    let length = 0;
    while (from + length < 8 && all[from + length] === 0) length++;
    if (length > best.length) best = { from, length };
  }
  const text = (groups: readonly number[]): string => groups.map((group) => group.toString(16)).join(':');
  if (best.from < 0) return text(all);
  return `${text(all.slice(0, best.from))}::${text(all.slice(best.from + best.length))}`;
}
