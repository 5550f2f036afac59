/** Conditional requests for what the proxy itself has (RFC 9110 §13): the client may have it already. Pure but for reading the request. */
import type { Exchange } from './exchange.ts';

type Fields = readonly (readonly [name: string, value: string])[];

/** True when the client has what these fields describe: 304 is the answer instead of 200. */
export function isKnown(x: Exchange, status: number, fields: Fields): boolean {
  // §13.2.1: only what would have been a success has a condition; §13.1.2: of other methods it is none for a 304.
  if (status !== 200 || (x.head.method !== 'GET' && x.head.method !== 'HEAD')) return false;
  const wanted = x.head.lookup('if-none-match');
  if (wanted === undefined) return false;
  const tag = fields.find(([name]) => name.toLowerCase() === 'etag')?.[1];
  if (tag === undefined) return false;
  return wanted.trim() === '*' || opaqueTags(wanted).includes(opaqueTags(tag)[0] ?? '');
}

/** The fields of a 304: those that a cache updates its copy with, none that describe a body (§15.4.5). */
export function notModifiedFields(fields: Fields): Fields {
  return fields.filter(([name]) => !/^content-(?!location$)/i.test(name));
}

/** Without the mark of weakness: `If-None-Match` compares weakly (§8.8.3.2). */
function opaqueTags(text: string): readonly string[] {
  return text.match(/"[\x21\x23-\x7e\x80-\xff]*"/g) ?? [];
}
