/**
 * The normal form of a request path (RFC 3986 §6.2.2). One form serves matching and forwarding, so that no upstream can
 * read a path differently from the route that let it through. Rejects what has no safe form; never repairs it.
 */

const legal = 1;
const unreserved = 2;

/** What each ASCII character may be in a path. `#` and `?` end a path, so neither may stand in one. */
const characters = ((): Uint8Array => {
  const table = new Uint8Array(128);
  for (let code = 0x21; code < 0x7f; code++) table[code] = legal;
  for (const end of '#?') table[end.charCodeAt(0)] = 0;
  for (const code of Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~')) {
    table[code] = legal | unreserved;
  }
  return table;
})();

const slash = 0x2f;
const dot = 0x2e;
const percent = 0x25;

/**
 * Normal form of an origin-form path, without its query: dot segments resolved, percent-encoding of unreserved
 * characters undone, hex digits upper-cased, `%2F` and every other reserved escape kept as it is. Empty segments stay:
 * `//host/x` is a path.
 *
 * `null` when there is none: the path does not begin with `/`, climbs above the root, holds a space, a control or
 * non-ASCII character, `#` or `?`, or an escape that is malformed, a control character (`%00`, C1 included) or not
 * shortest-form UTF-8. Never throws; idempotent; a path that is already normal comes back without an allocation.
 */
export function normalizePath(raw: string): string | null {
  if (raw.charCodeAt(0) !== slash) return null;
  let normal = true;
  // Continuation bytes that an escaped UTF-8 sequence still owes, and the range that the next one must be in.
  let owed = 0;
  let low = 0x80;
  let high = 0xbf;
  for (let at = 0; at < raw.length; at++) {
    const code = raw.charCodeAt(at);
    if (code !== percent) {
      if (owed !== 0 || code > 0x7e || characters[code] === 0) return null;
      if (code === dot && isDotSegment(raw, at)) normal = false;
      continue;
    }
    const first = hexDigit(raw.charCodeAt(at + 1));
    const second = hexDigit(raw.charCodeAt(at + 2));
    if (first < 0 || second < 0) return null;
    const byte = first * 16 + second;
    if (owed !== 0) {
      if (byte < low || byte > high) return null;
      owed--;
      low = 0x80;
      high = 0xbf;
    } else if (byte < 0x80) {
      if (byte < 0x20 || byte === 0x7f) return null;
      if ((characters[byte]! & unreserved) !== 0) normal = false;
    } else {
      // RFC 3629 §4; the narrowed ranges exclude overlong forms, surrogates, C1 controls and what lies above U+10FFFF.
      if (byte < 0xc2 || byte > 0xf4) return null;
      owed = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
      if (byte === 0xc2 || byte === 0xe0) low = 0xa0;
      else if (byte === 0xf0) low = 0x90;
      else if (byte === 0xed) high = 0x9f;
      else if (byte === 0xf4) high = 0x8f;
    }
    // Lower-case hex digits begin at `a`, 0x61.
    if (raw.charCodeAt(at + 1) > 0x60 || raw.charCodeAt(at + 2) > 0x60) normal = false;
    at += 2;
  }
  if (owed !== 0) return null;
  return normal ? raw : resolveDotSegments(raw.replace(/%[0-9A-Fa-f]{2}/g, normalEscape));
}

/**
 * Normal form of a path that an operator wrote in the configuration: as `normalizePath`, but spaces and non-ASCII
 * letters may stand as they are and mean their UTF-8 escapes. `null` when no request path could ever equal it.
 */
export function normalizePathPattern(pattern: string): string | null {
  if (!pattern.isWellFormed()) return null;
  return normalizePath(pattern.replace(/[^\x21-\x7e]+/g, encodeURIComponent));
}

/** True when the dot at `at` begins a segment that is `.` or `..`. */
function isDotSegment(path: string, at: number): boolean {
  if (path.charCodeAt(at - 1) !== slash) return false;
  let end = at + 1;
  if (path.charCodeAt(end) === dot) end++;
  return end === path.length || path.charCodeAt(end) === slash;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function normalEscape(escape: string): string {
  const byte = Number.parseInt(escape.slice(1), 16);
  return byte < 0x80 && (characters[byte]! & unreserved) !== 0 ? String.fromCharCode(byte) : escape.toUpperCase();
}

/** RFC 3986 §5.2.4, except that `..` at the root has no normal form, where the RFC ignores it. */
function resolveDotSegments(path: string): string | null {
  const resolved: string[] = [];
  const segments = path.slice(1).split('/');
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (segment === '..' && resolved.pop() === undefined) return null;
    if (segment !== '.' && segment !== '..') resolved.push(segment);
    // A dot segment at the end names a directory: `/a/b/..` is `/a/`.
    else if (last) resolved.push('');
  }
  return `/${resolved.join('/')}`;
}
