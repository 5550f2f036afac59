/** Keys of requests as 32-bit numbers, without allocating: what `rendezvous.ts` compares. Not for secrets. */
import { readAddress, words } from '../../../shared/address.ts';

const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** FNV-1a over the UTF-16 units. */
export function hashText(text: string): number {
  let hash = OFFSET_BASIS;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME);
  return hash >>> 0;
}

/** An IPv4 address by all of it, IPv6 by its /64: a client changes the rest at will. Text that is no address, as text. */
export function hashAddress(text: string): number {
  const family = readAddress(text);
  if (family === 0) return hashText(text);
  const first = mixBits(words[0] as number);
  return family === 4 ? first : mixBits(first ^ (words[1] as number));
}

/** Spreads every bit over the whole word; each number has one image (the end of MurmurHash3). */
export function mixBits(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
