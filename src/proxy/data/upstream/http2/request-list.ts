/**
 * The head of a request as an HTTP/2 header list (RFC 9113 §8.3.1): pseudo-fields first, `Host` as `:authority`. Called by
 * the stream of a session. Pure.
 */
import { addFieldLines } from '../../http2/field-list.ts';
import type { RequestStart } from '../channel.ts';

/** Name, value, name, value …, as `ClientHttp2Session.request` takes them. */
export function requestList({ method, target, fields, trailers, upgrade }: RequestStart, scheme: string): string[] {
  const switches = upgrade !== '';
  const list = [':method', switches ? 'CONNECT' : method, ':path', target, ':scheme', scheme, ':authority', ''];
  // An extended CONNECT needs no key: what it proves goes without saying in HTTP/2 (RFC 8441 §5).
  if (switches) list.push(':protocol', upgrade);
  const from = list.length;
  addFieldLines(list, fields, switches ? 'sec-websocket-key' : '');
  for (let at = list.length - 2; at >= from; at -= 2) {
    if (list[at] !== 'host') continue;
    list[7] = list[at + 1] as string;
    list.splice(at, 2);
  }
  if (trailers) list.push('te', 'trailers');
  return list;
}

/** The value of one field of a request's lines; empty = there is none. @param lowerName Its name. */
export function fieldOf(lines: string, lowerName: string): string {
  const list: string[] = [];
  addFieldLines(list, lines);
  const at = list.findIndex((text, index) => index % 2 === 0 && text === lowerName);
  return at === -1 ? '' : (list[at + 1] as string);
}
