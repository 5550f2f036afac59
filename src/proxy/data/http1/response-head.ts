/**
 * The head of an HTTP/1.1 response of an upstream, as strict as the request head. One object lives as long as its
 * upstream connection and is filled anew by each response, interim ones included.
 */
import { endOfValue } from './char-classes.ts';
import { type ResponseFault, responseFault } from './faults.ts';
import { type HeadLimits, versionPrefix } from './head-end.ts';
import { fieldIds } from './head.ts';
import { MessageHead } from './message-head.ts';

export type { ResponseFault } from './faults.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
/** `HTTP/1.x NNN`. */
const statusBytes = 12;
/** A reason phrase is for people; nobody needs more. */
const maxReasonBytes = 1024;

/** A parsed response head; the fields are in the table that it extends. */
export class ResponseHead extends MessageHead {
  /** 100 to 599. */
  status = 0;
  /** Reason phrase as sent. */
  reason = '';
  /** `none` also where fields announce a body that the status or the method forbids (RFC 9112 §6.3). */
  framing: 'none' | 'length' | 'chunked' | 'close' = 'none';

  /**
   * Parses `buf[start..end)`, `end` as `findHeadEnd` gave it, into this object; `requestMethod` is the method
   * that it answers.
   * @returns null when good; else the fault, and this object holds nothing of use.
   */
  parse(buf: Buffer, start: number, end: number, limits: HeadLimits, requestMethod: string): ResponseFault | null {
    this.text = buf.toString('latin1', start, end);
    const fieldsAt = this.readStatusLine(buf, start, end);
    if (fieldsAt < 0) return responseFault('status_line');
    const reason =
      this.parseFields(buf, start, fieldsAt, end, limits, false) ?? this.readFraming() ?? this.readConnection();
    if (reason !== null) return responseFault(reason);
    this.framing = this.framingFor(requestMethod);
    if (this.framing === 'close' || this.contradictsItself()) this.keepAlive = false;
    return null;
  }

  /** Where the fields begin, or -1 when the line is no status line (RFC 9112 §4). */
  private readStatusLine(buf: Uint8Array, start: number, end: number): number {
    let p = start + statusBytes;
    if (p + 2 > end) return -1;
    for (let i = 0; i < versionPrefix.length; i++) if (buf[start + i] !== versionPrefix[i]) return -1;
    const minor = buf[start + 7]! - 0x30;
    const hundreds = buf[start + 9]! - 0x30;
    const tens = buf[start + 10]! - 0x30;
    const ones = buf[start + 11]! - 0x30;
    if ((minor !== 0 && minor !== 1) || buf[start + 8] !== space) return -1;
    if (hundreds < 1 || hundreds > 5 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return -1;
    this.minor = minor;
    this.status = hundreds * 100 + tens * 10 + ones;
    this.reason = '';
    // Servers that leave out the space before an empty reason phrase are common, and nobody reads it otherwise.
    if (buf[p] === space) {
      const reasonAt = ++p;
      const stop = Math.min(end, reasonAt + maxReasonBytes);
      p = endOfValue(buf, p, stop);
      this.reason = this.text.substring(reasonAt - start, p - start);
    }
    return p + 1 < end && buf[p] === carriageReturn && buf[p + 1] === lineFeed ? p + 2 : -1;
  }

  /** True for a 204 that announces a body (RFC 9112 §6.1): the server may well send it, in front of its next response. */
  private contradictsItself(): boolean {
    return this.status === 204 && (this.contentLength > 0 || this.has(fieldIds.transferEncoding));
  }

  private framingFor(requestMethod: string): 'none' | 'length' | 'chunked' | 'close' {
    if (requestMethod === 'HEAD' || this.status < 200 || this.status === 204 || this.status === 304) return 'none';
    if (this.has(fieldIds.transferEncoding)) return 'chunked';
    return this.contentLength >= 0 ? 'length' : 'close';
  }
}
