/**
 * What request and response heads share beyond their fields: how the body is framed (RFC 9112 §6) and what `Connection`
 * says (RFC 9110 §7.6.1). Built on by the two kinds of head; the connection reads the results.
 */
import type { RejectReason } from '../../shared/causes.ts';
import { isToken } from './char-classes.ts';
import { FieldTable, fieldIds } from './head.ts';

/** Options that `Connection` may list: each costs a look at every field of the message. */
const maxConnectionOptions = 32;

/** A head whose body framing and connection options have been read. */
export class MessageHead extends FieldTable {
  /** Minor version: HTTP/1.0 or HTTP/1.1. */
  minor: 0 | 1 = 1;
  /** Value of Content-Length; -1 when there is none. */
  contentLength = -1;
  /** Whether the connection may carry another message after this one. */
  keepAlive = true;
  /** Value of Upgrade when `Connection` lists it in HTTP/1.1, else ''. */
  upgrade = '';
  /** Lower-case names listed by `Connection` without close, keep-alive, upgrade; null when there are none. */
  connectionOptions: string[] | null = null;

  /**
   * Reads Content-Length into `contentLength` and checks Transfer-Encoding.
   * @returns null when good.
   */
  protected readFraming(): RejectReason | null {
    this.contentLength = -1;
    if (this.has(fieldIds.transferEncoding)) {
      if (this.has(fieldIds.contentLength)) return 'te_cl';
      return this.minor === 0 ? 'transfer_encoding' : codingFault(this.known(fieldIds.transferEncoding)!);
    }
    if (!this.has(fieldIds.contentLength)) return null;
    if ((this.repeated & (1 << fieldIds.contentLength)) !== 0) return 'content_length';
    const index = this.find(fieldIds.contentLength);
    const length = decimal(this.text, this.valueStart[index]!, this.valueEnd[index]!);
    if (length < 0) return 'content_length';
    this.contentLength = length;
    return null;
  }

  /**
   * Reads Connection and Upgrade.
   * @returns null when good.
   */
  protected readConnection(): RejectReason | null {
    this.keepAlive = this.minor === 1;
    this.upgrade = '';
    this.connectionOptions = null;
    if (!this.has(fieldIds.connection)) return null;
    const value = this.known(fieldIds.connection)!;
    if (value === 'keep-alive') {
      this.keepAlive = true;
      return null;
    }
    let keepAlive = false;
    let close = false;
    let options = 0;
    for (const part of value.split(',', maxConnectionOptions + 1)) {
      const option = trimmed(part).toLowerCase();
      if (++options > maxConnectionOptions) return 'headers_too_large';
      if (option === 'close') close = true;
      else if (option === 'keep-alive') keepAlive = true;
      else if (option === 'upgrade') this.upgrade = this.minor === 1 ? (this.known(fieldIds.upgrade) ?? '') : '';
      else if (option !== '') {
        if (!isToken(option)) return 'field_syntax';
        (this.connectionOptions ??= []).push(option);
      }
    }
    this.keepAlive = !close && (this.minor === 1 || keepAlive);
    return null;
  }

  /** Whether the TE field accepts trailers (RFC 9110 §10.1.4). */
  protected listsTrailers(): boolean {
    const value = this.known(fieldIds.te);
    return value !== undefined && value.split(',').some((part) => trimmed(part).toLowerCase() === 'trailers');
  }
}

/** What is wrong with a Transfer-Encoding value; null for `chunked` alone, the one coding that is relayed. */
function codingFault(value: string): RejectReason | null {
  if (value.length === 7 && value.toLowerCase() === 'chunked') return null;
  const codings = value.split(',').map((part) => trimmed(part).toLowerCase());
  if (!codings.every(isToken)) return 'transfer_encoding';
  const chunked = codings.filter((coding) => coding === 'chunked').length;
  if (chunked === 0 || (chunked === 1 && codings.at(-1) === 'chunked')) return 'unknown_coding';
  return 'transfer_encoding';
}

/** Digits only, up to 2^53 - 1; else -1. */
function decimal(text: string, from: number, to: number): number {
  if (from === to) return -1;
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
    if (value > Number.MAX_SAFE_INTEGER) return -1;
  }
  return value;
}

/** `text` without the SP and HTAB around it; `trim()` would take bytes of other alphabets for white space. Linear. */
export function trimmed(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.substring(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
