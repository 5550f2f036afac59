/**
 * The head of an HTTP/1.1 request, judged by `docs/http.md`: refuse, never repair. One object lives as long as its
 * client connection and is filled anew by each request. Percent-encoding and dot segments of the path are not judged
 * here but where routes are matched.
 */
import type { RejectReason } from '../../shared/causes.ts';
import { hostEndOf } from './authority.ts';
import { questionMark, targetClass, tokenClass } from './char-classes.ts';
import { type RequestFault, requestFault } from './faults.ts';
import { type HeadLimits, skipEmptyLine } from './head-end.ts';
import { fieldIds } from './head.ts';
import { MessageHead } from './message-head.ts';

export type { RequestFault } from './faults.ts';
export { findHeadEnd, type HeadLimits } from './head-end.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const slash = 0x2f;
const asterisk = 0x2a;

/** Longer methods get 501 (RFC 9112 §3). */
const maxMethodBytes = 64;
/** `HTTP/1.1` CRLF. */
const versionBytes = 10;

/** A parsed request head; the fields are in the table that it extends. */
export class RequestHead extends MessageHead {
  method = '';
  form: 'origin' | 'absolute' | 'asterisk' = 'origin';
  /** Path as sent, without query; `*` for the asterisk form, also when it came as an absolute target without path. */
  rawPath = '';
  /** Query as sent, without `?`. */
  query = '';
  hasQuery = false;
  /** Scheme of an absolute target, else ''. */
  scheme: '' | 'http' | 'https' = '';
  /** Lower-case host without port; '' when an HTTP/1.0 request names none. */
  host = '';
  /** `host[:port]` as sent: of the target when it is absolute, else of Host. */
  authority = '';
  framing: 'none' | 'length' | 'chunked' = 'none';
  /** The client waits for 100 before it sends its body. */
  expectContinue = false;
  /** The client takes trailers in the response. */
  acceptsTrailers = false;

  /**
   * Parses `buf[start..end)`, `end` as `findHeadEnd` gave it, into this object.
   * @returns null when good; else the fault, and this object holds nothing of use.
   */
  parse(buf: Buffer, start: number, end: number, limits: HeadLimits): RequestFault | null {
    const base = skipEmptyLine(buf, start, end);
    this.text = buf.toString('latin1', base, end);
    this.authority = '';
    this.host = '';

    let p = base;
    if (buf[p] === 0x47 && buf[p + 1] === 0x45 && buf[p + 2] === 0x54 && buf[p + 3] === space && p + 3 < end) {
      this.method = 'GET';
      p += 3;
    } else {
      const stop = Math.min(end, base + maxMethodBytes + 1);
      while (p < stop && tokenClass[buf[p]!] !== 0) p++;
      if (p - base > maxMethodBytes) return requestFault('method', 501);
      if (p === base || p >= stop || buf[p] !== space) return requestFault(lineReason(buf, p, end, 'method'));
      this.method = this.text.substring(0, p - base);
    }

    const targetAt = ++p;
    const maxTarget = limits.maxUriBytes || limits.maxHeaderBytes || Infinity;
    const targetStop = Math.min(end, targetAt + maxTarget + 1);
    let queryAt = -1;
    while (p < targetStop) {
      const kind = targetClass[buf[p]!]!;
      if (kind === 0) break;
      if (kind === questionMark && queryAt < 0) queryAt = p + 1;
      p++;
    }
    if (p - targetAt > maxTarget) return requestFault('uri_too_long');
    if (p >= end) return requestFault('target');
    if (buf[p] === carriageReturn && p > targetAt) return requestFault(lineReason(buf, p, end, 'version'));
    if (buf[p] !== space || p === targetAt) return requestFault(lineReason(buf, p, end, 'target'));
    const targetEnd = p++;
    const minor = minorVersion(buf, p, end);
    if (minor < 0) return requestFault('version', minor === otherVersion ? 505 : 400);
    this.minor = minor as 0 | 1;
    const fieldsAt = p + versionBytes;

    if (this.method === 'CONNECT') return requestFault('connect_method');
    if (!this.readTarget(buf, base, targetAt, targetEnd, queryAt)) return requestFault('target');
    const reason =
      this.parseFields(buf, base, fieldsAt, end, limits, true) ??
      this.readHost(buf, base) ??
      this.readFraming() ??
      this.readConnection() ??
      this.readExpectation();
    return reason === null ? null : requestFault(reason);
  }

  private readTarget(buf: Uint8Array, base: number, from: number, to: number, queryAt: number): boolean {
    const text = this.text;
    this.scheme = '';
    this.hasQuery = queryAt >= 0;
    this.query = queryAt >= 0 ? text.substring(queryAt - base, to - base) : '';
    const pathEnd = queryAt >= 0 ? queryAt - 1 : to;
    if (buf[from] === slash) {
      this.form = 'origin';
      this.rawPath = text.substring(from - base, pathEnd - base);
      return true;
    }
    if (buf[from] === asterisk) {
      this.form = 'asterisk';
      this.rawPath = '*';
      return to - from === 1 && this.method === 'OPTIONS';
    }
    const prefix = /^(https?):\/\//i.exec(text.substring(from - base, from - base + 8));
    if (prefix === null) return false;
    const authorityAt = from + prefix[0].length;
    const slashAt = buf.indexOf(slash, authorityAt);
    const authorityEnd = slashAt >= 0 && slashAt < pathEnd ? slashAt : pathEnd;
    this.form = 'absolute';
    this.scheme = prefix[1]!.toLowerCase() as 'http' | 'https';
    const emptyPath = this.method === 'OPTIONS' && !this.hasQuery ? '*' : '/';
    this.rawPath = authorityEnd === pathEnd ? emptyPath : text.substring(authorityEnd - base, pathEnd - base);
    return this.readAuthority(buf, base, authorityAt, authorityEnd);
  }

  private readHost(buf: Uint8Array, base: number): RejectReason | null {
    if (!this.has(fieldIds.host)) return this.minor === 0 ? null : 'host';
    if ((this.repeated & (1 << fieldIds.host)) !== 0) return 'host';
    const index = this.find(fieldIds.host);
    const from = base + this.valueStart[index]!;
    const to = base + this.valueEnd[index]!;
    if (this.form === 'absolute') return hostEndOf(buf, from, to) < 0 ? 'host' : null;
    return this.readAuthority(buf, base, from, to) ? null : 'host';
  }

  private readAuthority(buf: Uint8Array, base: number, from: number, to: number): boolean {
    const found = hostEndOf(buf, from, to);
    if (found < 0) return false;
    const hostEnd = found >> 1;
    this.authority = this.text.substring(from - base, to - base);
    const host = hostEnd === to ? this.authority : this.text.substring(from - base, hostEnd - base);
    this.host = (found & 1) === 0 ? host : host.toLowerCase();
    return true;
  }

  private readExpectation(): RejectReason | null {
    this.framing = this.has(fieldIds.transferEncoding) ? 'chunked' : this.contentLength >= 0 ? 'length' : 'none';
    this.acceptsTrailers = this.has(fieldIds.te) && this.listsTrailers();
    this.expectContinue = false;
    if (!this.has(fieldIds.expect) || this.minor === 0) return null;
    if (this.known(fieldIds.expect)!.toLowerCase() !== '100-continue') return 'expect';
    this.expectContinue = this.framing === 'chunked' || this.contentLength > 0;
    return null;
  }
}

const otherVersion = -2;

/** 0 or 1 for `HTTP/1.0` and `HTTP/1.1` with CRLF at `at`; `otherVersion` for other versions, -1 for anything else. */
function minorVersion(buf: Uint8Array, at: number, end: number): number {
  if (end - at < versionBytes) return -1;
  if (buf[at] !== 0x48 || buf[at + 1] !== 0x54 || buf[at + 2] !== 0x54 || buf[at + 3] !== 0x50) return -1;
  if (buf[at + 4] !== slash || buf[at + 6] !== 0x2e) return -1;
  if (buf[at + 8] !== carriageReturn || buf[at + 9] !== lineFeed) return -1;
  const major = buf[at + 5]! - 0x30;
  const minor = buf[at + 7]! - 0x30;
  if (major < 0 || major > 9 || minor < 0 || minor > 9) return -1;
  return major === 1 && minor <= 1 ? minor : otherVersion;
}

/** `otherwise`, unless the byte at `at` is a bare LF or CR. */
function lineReason(buf: Uint8Array, at: number, end: number, otherwise: RejectReason): RejectReason {
  if (at >= end) return otherwise;
  if (buf[at] === lineFeed) return 'line_ending';
  return buf[at] === carriageReturn && at + 1 < end && buf[at + 1] !== lineFeed ? 'line_ending' : otherwise;
}
