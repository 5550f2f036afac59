/** One value out of a `Cookie` field, without taking the whole apart (RFC 6265 §4.2.1). Used by hashing and stickiness. */

const space = 0x20;
const comma = 0x2c;
const semicolon = 0x3b;
const equals = 0x3d;

/** The value of the first cookie `name`; undefined when there is none. Names know case. */
export function cookieValue(cookies: string, name: string): string | undefined {
  const at = cookieAt(cookies, name, 0);
  return at === -1 ? undefined : valueFrom(cookies, at);
}

/** Where the value of the first cookie `name` behind `from` begins; -1 when there is none. */
export function cookieAt(cookies: string, name: string, from: number): number {
  for (let at = cookies.indexOf(name, from); at !== -1; at = cookies.indexOf(name, at + 1)) {
    if (cookies.charCodeAt(at + name.length) !== equals) continue;
    let before = at - 1;
    while (before >= 0 && cookies.charCodeAt(before) === space) before--;
    if (before < 0 || endsCookie(cookies.charCodeAt(before))) return at + name.length + 1;
  }
  return -1;
}

/** The value that begins at `at`. */
export function valueFrom(cookies: string, at: number): string {
  let end = at;
  while (end < cookies.length && !endsCookie(cookies.charCodeAt(end))) end++;
  while (end > at && cookies.charCodeAt(end - 1) === space) end--;
  return cookies.substring(at, end);
}

/** No value holds a comma, and several fields come joined by one. */
function endsCookie(code: number): boolean {
  return code === semicolon || code === comma;
}
