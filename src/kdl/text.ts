/** Values as KDL v2 text: for printed configurations, suggestions and manuals. */
import type { KdlScalar } from './document.ts';

const bareWord = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const keywordLike = new Set(['true', 'false', 'null', 'inf', '-inf', 'nan']);

/** `"…"` with everything escaped that needs it; always one line. */
export function kdlString(value: string): string {
  let text = '"';
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    if (character === '"' || character === '\\') text += `\\${character}`;
    else if (character === '\n') text += '\\n';
    else if (character === '\r') text += '\\r';
    else if (character === '\t') text += '\\t';
    else if (code < 0x20 || isUnsafe(code)) text += `\\u{${code.toString(16)}}`;
    else text += character;
  }
  return `${text}"`;
}

/** A node or property name: bare where that is allowed. */
export function kdlName(name: string): string {
  return bareWord.test(name) && !keywordLike.has(name) ? name : kdlString(name);
}

export function kdlScalar(value: KdlScalar): string {
  if (typeof value === 'string') return kdlString(value);
  if (value === null) return '#null';
  if (typeof value === 'boolean') return value ? '#true' : '#false';
  if (Number.isNaN(value)) return '#nan';
  if (value === Infinity) return '#inf';
  if (value === -Infinity) return '#-inf';
  return String(value);
}

/** Newlines, direction marks and others that KDL forbids or that would fool the eye. */
function isUnsafe(code: number): boolean {
  return (
    (code >= 0x7f && code <= 0x9f) ||
    (code >= 0x200e && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) ||
    code === 0xfeff
  );
}
