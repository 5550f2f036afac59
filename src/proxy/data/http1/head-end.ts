/**
 * Finds where an HTTP/1.1 head ends in received bytes. Called by both kinds of connection each time more of a head has
 * come; must cost little when the head came whole.
 */
import { valueClass } from './char-classes.ts';

/** Bounds on a head; the names are those of `LimitsConfig`. 0 = off. */
export interface HeadLimits {
  readonly maxHeaderCount: number;
  /** Bytes of the field section: all after the first line, the empty line included. */
  readonly maxHeaderBytes: number;
  readonly maxHeaderNameBytes: number;
  readonly maxHeaderValueBytes: number;
  /** Bytes of a request target; where it is off, `maxHeaderBytes` bounds that too. */
  readonly maxUriBytes: number;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
/** `HTTP/1.1` CRLF. */
const versionBytes = 10;
/** `HTTP/1.`: with it a status line begins, and a request line ends, but for one digit and CRLF. */
export const versionPrefix = Buffer.from('HTTP/1.', 'latin1');
/** More than a first line can hold beside a target: a method and a version, or a status and a reason phrase. */
const firstLineExcess = 1100;

/**
 * Where the head that begins at `start` ends: just past its empty line; or, as soon as the bytes can no longer become a
 * good head, past the offence, so that `parse` of that stretch by `RequestHead` or `ResponseHead` names the fault. -1
 * when more bytes are needed. `searchedTo` is where the bytes ended in the previous call for this head, `start` in the
 * first. `dataEnd` is for buffers that hold less than their length.
 */
export function findHeadEnd(
  buf: Uint8Array,
  start: number,
  searchedTo: number,
  limits: HeadLimits,
  dataEnd = buf.length,
): number {
  const headEnd = endOfHead(buf, Math.max(start, searchedTo - 3), dataEnd);
  if (headEnd >= 0) return headEnd;
  const badEnd = endOfBadByte(buf, start, Math.max(start, searchedTo - 1), dataEnd);
  if (badEnd >= 0) return badEnd;
  const lineStart = skipEmptyLine(buf, start, dataEnd);
  const lineEnd = buf.indexOf(lineFeed, lineStart);
  if (lineEnd < 0 || lineEnd >= dataEnd) {
    const maxTarget = limits.maxUriBytes || limits.maxHeaderBytes;
    return maxTarget > 0 && dataEnd - lineStart > maxTarget + firstLineExcess ? dataEnd : -1;
  }
  if (!isFirstLine(buf, lineStart, lineEnd + 1)) return lineEnd + 1;
  return limits.maxHeaderBytes > 0 && dataEnd - lineEnd > limits.maxHeaderBytes ? dataEnd : -1;
}

/** Past the empty line that a client may send before its request line (RFC 9112 §2.2). */
export function skipEmptyLine(buf: Uint8Array, start: number, end: number): number {
  return start + 1 < end && buf[start] === carriageReturn && buf[start + 1] === lineFeed ? start + 2 : start;
}

/**
 * Index just past the first CRLFCRLF that begins in `buf[from..end)`, else -1. Looks at every fourth byte: one of them
 * must be in it.
 */
function endOfHead(buf: Uint8Array, from: number, end: number): number {
  for (let p = from + 3; p < end; p += 4) {
    const byte = buf[p]!;
    if (byte > carriageReturn) continue;
    if (byte === carriageReturn) {
      if (isEmptyLine(buf, p - 2, from, end)) return p + 2;
      if (isEmptyLine(buf, p, from, end)) return p + 4;
    } else if (byte === lineFeed) {
      if (isEmptyLine(buf, p - 3, from, end)) return p + 1;
      if (isEmptyLine(buf, p - 1, from, end)) return p + 3;
    }
  }
  return -1;
}

/**
 * Index just past the first byte of `buf[from..end)` that no head may hold: a control character, a bare LF, a CR that is
 * followed by something else than LF (then past that too). -1 when all are good so far. `start` is where the head begins.
 */
function endOfBadByte(buf: Uint8Array, start: number, from: number, end: number): number {
  for (let p = from; p < end; p++) {
    const byte = buf[p]!;
    if (valueClass[byte] !== 0) continue;
    if (byte === lineFeed) {
      if (p === start || buf[p - 1] !== carriageReturn) return p + 1;
    } else if (byte === carriageReturn) {
      if (p + 1 < end && buf[p + 1] !== lineFeed) return p + 2;
    } else {
      return p + 1;
    }
  }
  return -1;
}

function isEmptyLine(buf: Uint8Array, at: number, from: number, end: number): boolean {
  return (
    at >= from &&
    at + 4 <= end &&
    buf[at] === carriageReturn &&
    buf[at + 1] === lineFeed &&
    buf[at + 2] === carriageReturn &&
    buf[at + 3] === lineFeed
  );
}

/** Whether a line may be a request line or a status line of HTTP/1, going by where its version stands. */
function isFirstLine(buf: Uint8Array, from: number, to: number): boolean {
  if (hasVersionAt(buf, from)) return true;
  const at = to - versionBytes;
  return at > from && buf[at - 1] === space && hasVersionAt(buf, at);
}

function hasVersionAt(buf: Uint8Array, at: number): boolean {
  for (let i = 0; i < versionPrefix.length; i++) if (buf[at + i] !== versionPrefix[i]) return false;
  return true;
}
