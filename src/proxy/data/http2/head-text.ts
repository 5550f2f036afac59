/**
 * HTTP/2 heads and trailers as HTTP/1.1 text, so that one strict parser judges both protocols (RFC 9113 §8). Called by the
 * streams of clients and of targets. Refuses here what the text could not show any more: a field that would become two
 * lines, a name that is none, pseudo-fields out of order, fields that speak of a connection.
 */
import type { RejectReason } from '../../shared/causes.ts';
import { targetClass } from '../http1/char-classes.ts';
import { type RequestFault, requestFault } from '../http1/faults.ts';
import { TrailerSection } from '../http1/trailers.ts';
import { connectionFields } from './field-list.ts';

/** Fields as node:http2 gives them: name, value, name, value …, in the order sent, duplicates kept, Latin-1. */
export type RawFields = readonly string[];

/** A request as text. */
export interface RequestText {
  /** Request line, `Host` first, then the fields, and the empty line. Latin-1. */
  readonly text: string;
  /** Value of `:protocol` of an extended CONNECT (RFC 8441); empty = an ordinary request. */
  readonly protocol: string;
}

/** A token without upper-case letters. */
const fieldName = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What would end a line of the text, or an application's string. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const lineBreak = /[\r\n\0]/;

const chunked = 'transfer-encoding: chunked\r\n';

/**
 * The text of a request. `ended` = the stream ended with its head. A body of unknown length is announced as chunked,
 * though it comes without that framing. An extended CONNECT becomes a GET, as the same handshake is in HTTP/1.1.
 * @returns the fault when the request is malformed in a way that the text cannot show
 */
export function requestText(fields: RawFields, ended: boolean): RequestText | RequestFault {
  let method = '';
  let path = '';
  let scheme = '';
  let authority: string | null = null;
  let protocol = '';
  let at = 0;
  for (; at < fields.length; at += 2) {
    const name = fields[at] as string;
    if (name.charCodeAt(0) !== 0x3a) break;
    const value = fields[at + 1] as string;
    if (name === ':method' && method === '') method = value;
    else if (name === ':path' && path === '') path = value;
    else if (name === ':scheme' && scheme === '') scheme = value;
    else if (name === ':authority' && authority === null) authority = value;
    else if (name === ':protocol' && protocol === '') protocol = value;
    else return requestFault('field_syntax');
    if (value === '') return requestFault(name === ':authority' ? 'host' : 'field_syntax');
  }
  if (method !== 'GET' && !token.test(method)) return requestFault('method');
  if (method === 'CONNECT') {
    if (protocol === '') return requestFault('connect_method');
    if (!token.test(protocol)) return requestFault('field_syntax');
    if (ended) return requestFault('upgrade');
  } else if (protocol !== '') return requestFault('field_syntax');
  if (scheme !== 'https' && scheme !== 'http') return requestFault('target');
  if (!isTarget(path, method)) return requestFault('target');
  if (authority !== null && (lineBreak.test(authority) || isPadded(authority))) return requestFault('host');
  const lines = new FieldLines();
  const reason = lines.take(fields, at, authority);
  if (reason !== null) return requestFault(reason);
  const host = authority === null ? '' : `host: ${authority}\r\n`;
  const framing = ended || lines.hasLength || protocol !== '' ? '' : chunked;
  const verb = protocol === '' ? method : 'GET';
  return { text: `${verb} ${path} HTTP/1.1\r\n${host}${lines.text}${framing}\r\n`, protocol };
}

/**
 * The text of a response head, interim or final. `framing` are field lines to add, each with its CRLF: how the body is
 * framed stands in no field of HTTP/2.
 * @returns null when the response is malformed in a way that the text cannot show
 */
export function responseText(fields: RawFields, framing: string): string | null {
  const status = fields[1];
  if (fields[0] !== ':status' || status === undefined || !/^[1-5]\d\d$/.test(status)) return null;
  const lines = new FieldLines();
  return lines.take(fields, 2, null) === null ? `HTTP/1.1 ${status} \r\n${lines.text}${framing}\r\n` : null;
}

/**
 * The trailers that may go on (RFC 9110 §6.5.1).
 * @returns null when they are malformed
 */
export function trailersOf(fields: RawFields): readonly (readonly [name: string, value: string])[] | null {
  if (fields.length === 0) return [];
  const lines = new FieldLines();
  if (lines.take(fields, 0, null) !== null) return null;
  const section = new TrailerSection();
  const bytes = Buffer.from(`${lines.text}\r\n`, 'latin1');
  return section.write(bytes, 0, bytes.length) === bytes.length ? section.fields : null;
}

/** Collects fields as lines. */
class FieldLines {
  text = '';
  hasLength = false;

  /** Takes the fields from `from` on; `authority`, if there is one, stands for `host`, which must say the same. */
  take(fields: RawFields, from: number, authority: string | null): RejectReason | null {
    let crumbs: string | null = null;
    let before = '';
    for (let i = from; i < fields.length; i += 2) {
      const name = fields[i] as string;
      const value = fields[i + 1] as string;
      if (!isFieldName(name) || lineBreak.test(value) || isPadded(value)) return 'field_syntax';
      if (connectionFields.has(name) || (name === 'te' && value !== 'trailers')) return 'field_syntax';
      if (name === 'cookie') {
        // Crumbs become one field again, where the first one stood (RFC 9113 §8.2.3).
        if (crumbs === null) {
          before = this.text;
          this.text = '';
          crumbs = value;
        } else crumbs += `; ${value}`;
        continue;
      }
      if (name === 'host' && authority !== null) {
        if (value.toLowerCase() !== authority.toLowerCase()) return 'host';
        continue;
      }
      if (name === 'content-length') this.hasLength = true;
      this.text += `${name}: ${value}\r\n`;
    }
    if (crumbs !== null) this.text = `${before}cookie: ${crumbs}\r\n${this.text}`;
    return null;
  }
}

/** Names that were good before; messages have few. */
const goodNames = new Set<string>();
const MAX_NAMES = 512;

function isFieldName(name: string): boolean {
  if (goodNames.has(name)) return true;
  if (!fieldName.test(name)) return false;
  if (goodNames.size < MAX_NAMES && name.length <= 64) goodNames.add(name);
  return true;
}

/** White space around a value is not left out in HTTP/2: it is malformed (RFC 9113 §8.2.1). */
function isPadded(value: string): boolean {
  const [first, last] = [value.charCodeAt(0), value.charCodeAt(value.length - 1)];
  return first === 0x20 || first === 0x09 || last === 0x20 || last === 0x09;
}

/** Whether `path` is what `:path` may be: a path, or `*` for OPTIONS. */
function isTarget(path: string, method: string): boolean {
  if (path === '*') return method === 'OPTIONS';
  if (path.charCodeAt(0) !== 0x2f) return false;
  for (let i = 1; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code > 0xff || targetClass[code] === 0) return false;
  }
  return true;
}
