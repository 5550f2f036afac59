/**
 * An IP address as four 32-bit words, read from text without allocating: what address sets, client keys and challenge
 * passes compare. Called for every request where one of these is on. Names are never resolved here.
 */

/**
 * Words of the address that `readAddress` read last, most significant first; IPv4 is in `words[0]` alone. Valid until the
 * next call: whoever needs it longer copies it.
 */
export const words = new Uint32Array(4);

/** Groups of an IPv6 address while it is read. */
const groups = new Uint16Array(8);

const dot = 0x2e;
const colon = 0x3a;
const percent = 0x25;

/**
 * Reads `text[from..to)` into `words`. IPv4 in dotted form without leading zeros, IPv6 by RFC 4291 §2.2; an IPv4-mapped
 * address (`::ffff:1.2.3.4`) is the IPv4 address, a zone (`%eth0`) is left out.
 * @returns 4 or 6, or 0 when it is no address
 */
export function readAddress(text: string, from = 0, to = text.length): 0 | 4 | 6 {
  for (let i = from; i < to && i < from + 5; i++) if (text.charCodeAt(i) === colon) return readIPv6(text, from, to);
  const value = readIPv4(text, from, to);
  if (value < 0) return 0;
  words[0] = value;
  words[1] = words[2] = words[3] = 0;
  return 4;
}

/** The 32 bits of a dotted address, or -1. */
function readIPv4(text: string, from: number, to: number): number {
  let value = 0;
  let part = -1;
  let parts = 0;
  for (let i = from; i <= to; i++) {
    const code = i === to ? dot : text.charCodeAt(i);
    if (code === dot) {
      if (part < 0 || parts === 4) return -1;
      value = value * 256 + part;
      parts++;
      part = -1;
    } else if (code >= 0x30 && code <= 0x39 && part !== 0) {
      part = part < 0 ? code - 0x30 : part * 10 + code - 0x30;
      if (part > 255) return -1;
    } else return -1;
  }
  return parts === 4 ? value : -1;
}

function readIPv6(text: string, from: number, end: number): 0 | 4 | 6 {
  let to = end;
  for (let i = from; i < end; i++) {
    if (text.charCodeAt(i) !== percent) continue;
    if (i + 1 === end) return 0;
    to = i;
    break;
  }
  let count = 0;
  /** How many groups stand before `::`. */
  let gap = -1;
  let at = from;
  if (text.charCodeAt(at) === colon) {
    if (at + 1 >= to || text.charCodeAt(at + 1) !== colon) return 0;
    gap = 0;
    at += 2;
  }
  while (at < to) {
    let value = 0;
    let digits = 0;
    let code = 0;
    let p = at;
    for (; p < to; p++) {
      code = text.charCodeAt(p);
      const digit = hexDigit(code);
      if (digit < 0) break;
      value = value * 16 + digit;
      if (++digits > 4) return 0;
    }
    if (p < to && code === dot) {
      // The last four bytes in dotted form.
      const tail = readIPv4(text, at, to);
      if (tail < 0 || count > 6) return 0;
      groups[count++] = tail >>> 16;
      groups[count++] = tail & 0xffff;
      at = to;
      break;
    }
    if (digits === 0 || count === 8) return 0;
    groups[count++] = value;
    if (p === to) {
      at = to;
      break;
    }
    if (code !== colon) return 0;
    at = p + 1;
    if (at === to) return 0;
    if (text.charCodeAt(at) === colon) {
      if (gap >= 0) return 0;
      gap = count;
      at++;
    }
  }
  if (gap < 0 ? count !== 8 : count > 7) return 0;
  if (gap >= 0) {
    const moved = count - gap;
    for (let i = 1; i <= moved; i++) groups[8 - i] = groups[count - i] as number;
    for (let i = gap; i < 8 - moved; i++) groups[i] = 0;
  }
  for (let i = 0; i < 4; i++) {
    words[i] = (groups[2 * i] as number) * 0x1_0000 + (groups[2 * i + 1] as number);
  }
  if (words[0] !== 0 || words[1] !== 0 || words[2] !== 0xffff) return 6;
  words[0] = words[3] as number;
  words[1] = words[2] = words[3] = 0;
  return 4;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
