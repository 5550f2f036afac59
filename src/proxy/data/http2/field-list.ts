/**
 * Field lines of a head as HTTP/2 wants them: names in lower case, without what speaks of one HTTP/1.1 connection
 * (RFC 9113 §8.2). Called by whoever sends a head made of lines: responses to clients, requests to targets.
 */

/** Lower-case spellings of names seen before; messages have few. */
const spellings = new Map<string, string>();
const MAX_SPELLINGS = 512;

/** Fields that speak of one HTTP/1.1 connection: malformed in HTTP/2 (RFC 9113 §8.2.2). */
export const connectionFields: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** Adds the fields of `lines`, each with its CRLF, to `list`: name, value, name, value …; `skip` is a lower-case name to leave out. */
export function addFieldLines(list: string[], lines: string, skip = ''): void {
  let at = 0;
  while (at < lines.length) {
    const colon = lines.indexOf(':', at);
    const end = lines.indexOf('\r\n', colon);
    if (colon === -1 || end === -1) return;
    const name = lowerCase(lines.substring(at, colon));
    let from = colon + 1;
    let to = end;
    while (from < to && isBlank(lines.charCodeAt(from))) from++;
    while (to > from && isBlank(lines.charCodeAt(to - 1))) to--;
    at = end + 2;
    if (name === skip || connectionFields.has(name)) continue;
    const value = lines.substring(from, to);
    if (name !== 'te' || value === 'trailers') list.push(name, value);
  }
}

/** Fields as node:http2 takes them where it takes no list; names in lower case. */
export type FieldObject = Record<string, string[]>;

/** Adds a field to `object`, which `noFields` has made. */
export function addField(object: FieldObject, name: string, value: string): void {
  const lower = lowerCase(name);
  const before = object[lower];
  if (before === undefined) object[lower] = [value];
  else before.push(value);
}

/** An object without fields, and without what every other object has: a field may be named `constructor`. */
export function noFields(): FieldObject {
  return Object.create(null) as FieldObject;
}

function lowerCase(name: string): string {
  let lower = spellings.get(name);
  if (lower === undefined) {
    lower = name.toLowerCase();
    if (spellings.size < MAX_SPELLINGS && name.length <= 64) spellings.set(name, lower);
  }
  return lower;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
