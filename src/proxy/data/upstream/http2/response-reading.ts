/**
 * What comes back on a stream, as the strict parser of HTTP/1.1 reads it, and what the code of a reset says. Called by the
 * stream. Judges nothing beyond form.
 */
import { constants } from 'node:http2';
import type { ResponseHead } from '../../http1/response-head.ts';
import { type RawFields, responseText } from '../../http2/head-text.ts';
import { acceptOf } from '../../websocket/handshake.ts';
import { responseLimits } from '../response-limits.ts';
import { fieldOf } from './request-list.ts';

/** What a stream is reset with when one side holds the other's bytes for no good HTTP/2. */
const protocolCodes: ReadonlySet<number> = new Set([
  constants.NGHTTP2_PROTOCOL_ERROR,
  constants.NGHTTP2_FLOW_CONTROL_ERROR,
  constants.NGHTTP2_STREAM_CLOSED,
  constants.NGHTTP2_FRAME_SIZE_ERROR,
  constants.NGHTTP2_COMPRESSION_ERROR,
  // Ours, too, where a head is larger than we have said that we take.
  constants.NGHTTP2_ENHANCE_YOUR_CALM,
  constants.NGHTTP2_HTTP_1_1_REQUIRED,
]);

/** Whether a stream with this code was reset because what came from the target is no good HTTP/2, or what we sent. */
export function isProtocolCode(code: number): boolean {
  return protocolCodes.has(code);
}

/**
 * A response head, interim or final, that answers `method`. Fills `head` anew.
 * @returns null where it is no good head
 */
export function responseHead(head: ResponseHead, raw: RawFields, flags: number, method: string): ResponseHead | null {
  // What ends with its head has no body, though no field may say so.
  const ended = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
  const bodyless = method === 'HEAD' || raw[1] === '204' || raw[1] === '304';
  const silent = ended && !bodyless && !raw.includes('content-length');
  return parsed(head, responseText(raw, silent ? 'content-length: 0\r\n' : ''), method);
}

/**
 * The 200 of an extended CONNECT as the 101 that it would be in HTTP/1.1 (RFC 8441 §5). Fills `head` anew.
 * @param fields Lines of the request.
 */
export function switchedHead(head: ResponseHead, raw: RawFields, fields: string): ResponseHead | null {
  const accept = acceptOf(fieldOf(fields, 'sec-websocket-key'));
  const own = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n`;
  return parsed(head, responseText([':status', '101', ...raw.slice(2)], own), 'GET');
}

function parsed(head: ResponseHead, text: string | null, method: string): ResponseHead | null {
  if (text === null) return null;
  const bytes = Buffer.from(text, 'latin1');
  return head.parse(bytes, 0, bytes.length, responseLimits, method) === null ? head : null;
}
