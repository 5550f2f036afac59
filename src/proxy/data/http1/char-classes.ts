/**
 * Byte classes of HTTP/1.1 heads: one 256-entry table per question, so that a scan costs one load a byte. Read by every
 * parser of this room; holds no state.
 */

/** Bit set for every byte that may stand in a token (RFC 9110 §5.6.2). */
export const tokenBit = 1;
/** Set beside `tokenBit` for the underscore, which some applications take for a hyphen. */
export const underscoreBit = 2;

/** Non-zero for token bytes. */
export const tokenClass = tableOf((byte) => {
  if (byte === 0x5f) return tokenBit | underscoreBit;
  return isAlphanumeric(byte) || isOneOf(byte, "!#$%&'*+-.^`|~") ? tokenBit : 0;
});

/** Non-zero for bytes of a field value or a reason phrase: HTAB, SP, VCHAR, obs-text (RFC 9110 §5.5). */
export const valueClass = tableOf((byte) => (byte === 0x09 || (byte >= 0x20 && byte !== 0x7f) ? 1 : 0));

/**
 * Where the field value or reason phrase that begins at `from` ends: at the first byte of another class, or at `stop`.
 * Eight bytes at a time, since most bytes of a head are in values.
 */
export function endOfValue(buf: Uint8Array, from: number, stop: number): number {
  let p = from;
  for (const last = stop - 8; p <= last; p += 8) {
    const good =
      valueClass[buf[p]!]! &
      valueClass[buf[p + 1]!]! &
      valueClass[buf[p + 2]!]! &
      valueClass[buf[p + 3]!]! &
      valueClass[buf[p + 4]!]! &
      valueClass[buf[p + 5]!]! &
      valueClass[buf[p + 6]!]! &
      valueClass[buf[p + 7]!]!;
    if (good === 0) break;
  }
  while (p < stop && valueClass[buf[p]!] !== 0) p++;
  return p;
}

/** Class of `?` in `targetClass`. */
export const questionMark = 2;
/** Non-zero for bytes of a request target: visible ASCII without `#`, since a target carries no fragment (RFC 9112 §3.2). */
export const targetClass = tableOf((byte) => {
  if (byte === 0x3f) return questionMark;
  return byte > 0x20 && byte < 0x7f && byte !== 0x23 ? 1 : 0;
});

/** Class of upper-case letters in `hostClass`. */
export const upperCaseBit = 2;
/** Non-zero for bytes of a registered name or IPv4 address; sub-delims and percent-encoding have no use in a host name. */
export const hostClass = tableOf((byte) => {
  if (byte >= 0x41 && byte <= 0x5a) return upperCaseBit;
  return isAlphanumeric(byte) || isOneOf(byte, '-._~') ? 1 : 0;
});

/** Value of a hexadecimal digit, else 255. */
export const hexValue = tableOf((byte) => {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : 255;
});

/** Whether the whole of `text` is one token. */
export function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (tokenClass[text.charCodeAt(i)] === 0) return false;
  return text.length > 0;
}

function tableOf(classOf: (byte: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => classOf(byte));
}

function isAlphanumeric(byte: number): boolean {
  const letter = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (letter >= 0x61 && letter <= 0x7a);
}

function isOneOf(byte: number, characters: string): boolean {
  return characters.includes(String.fromCharCode(byte));
}
