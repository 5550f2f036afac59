/**
 * The authority of a request: `host[:port]` as it stands in Host or in an absolute target (RFC 9110 §7.2). Called by the
 * request head; stricter than RFC 3986 §3.2.2, since a host name has no use for the characters that it allows besides.
 */
import { isIPv6 } from 'node:net';
import { hostClass, upperCaseBit } from './char-classes.ts';

const maxHostBytes = 255;
const maxPort = 65_535;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/**
 * Checks the authority `buf[from..to)`.
 * @returns where its host ends, doubled, plus 1 when the host has upper-case letters; -1 when it is not valid.
 */
export function hostEndOf(buf: Uint8Array, from: number, to: number): number {
  let p = from;
  let bits = 0;
  if (p < to && buf[p] === openBracket) {
    while (p < to && buf[p] !== closeBracket) p++;
    if (p >= to || p - from > maxHostBytes) return -1;
    const address = String.fromCharCode(...buf.subarray(from + 1, p));
    if (address.includes('%') || !isIPv6(address)) return -1;
    if (address !== address.toLowerCase()) bits = upperCaseBit;
    p++;
  } else {
    while (p < to) {
      const kind = hostClass[buf[p]!]!;
      if (kind === 0) break;
      bits |= kind;
      p++;
    }
    if (p === from || p - from > maxHostBytes) return -1;
  }
  const hostEnd = p;
  if (p < to) {
    if (buf[p] !== colon || to - p > 6) return -1;
    let port = 0;
    for (p++; p < to; p++) {
      const digit = buf[p]! - 0x30;
      if (digit < 0 || digit > 9) return -1;
      port = port * 10 + digit;
    }
    if (port > maxPort) return -1;
  }
  return hostEnd * 2 + ((bits & upperCaseBit) !== 0 ? 1 : 0);
}
