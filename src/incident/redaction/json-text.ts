/**
 * JSON as a text: its strings, names and numbers are shown to a visitor with the name that they stand under, and what the visitor
 * changes is written back. Everything else stays as it was, byte by byte, also where the document is cut off or is none. For the
 * rules of redaction.
 */
import { promiseOf } from './secret-names.ts';

export interface JsonVisitor {
  /**
   * @param value Decoded.
   * @param name The key before it, of the list around it, of the pair that it belongs to; null = none.
   * @param certain True within something that holds nothing but secrets.
   * @param inside The key of the object or list around it; null = none.
   * @returns What to write instead; the same = leave it.
   */
  text(value: string, name: string | null, certain: boolean, inside: string | null): string;
  /** A key. @returns What to write instead. */
  key(name: string): string;
  /** @returns False = it goes, and a text comes in its place. */
  number(literal: string, name: string | null): boolean;
}

interface Frame {
  readonly array: boolean;
  readonly name: string | null;
  /** Everything below is a secret. */
  readonly certain: boolean;
  /** Value of a member `name` or `key`: whose value the next member `value` is. */
  label: string | null;
  /** The string before, in a list: `["Authorization", "…"]`, `["--password", "…"]`. */
  previous: string | null;
  key: string | null;
}

const top = (): Frame => ({ array: false, name: null, certain: false, label: null, previous: null, key: null });

/** Deeper ones are read as if they were not nested. */
const DEEPEST = 64;
const holders = /^(?:stringData|secrets?|credentials?|passwords?|cookies?|vault|private)$/i;
const labels = /^(?:name|key|header|field|param|parameter|variable|k)$/i;
const labelledValues = /^(?:value|val|v|content|data|text)$/i;
const harmlessInHolders =
  /^(?:name|path|domain|expires|kind|type|id|user(?:name)?|host|created|version|method|status)$/i;

/** Whether a line is JSON and nothing else: `[error] password=x` begins like it, and is none. */
export function isJson(line: string): boolean {
  if (!/^\s*(?:\{\s*["}]|\[\s*[\]"{[\d-])/.test(line)) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

export function rewriteJson(text: string, visitor: JsonVisitor): string {
  const frames: Frame[] = [top()];
  let out = '';
  let from = 0;
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    const gapEnd = quote === -1 ? text.length : quote;
    at = readGap(at, gapEnd);
    if (quote === -1) break;
    const end = stringEnd(text, quote + 1);
    const raw = text.slice(quote + 1, end);
    const isKey = end < text.length && isKeyHere(text, end + 1);
    const written = isKey ? readKey(raw) : readText(raw, end + 1);
    if (written !== raw) {
      out += text.slice(from, quote + 1) + written;
      from = end;
    }
    at = end + 1;
  }
  return from === 0 ? text : out + text.slice(from);

  function frame(): Frame {
    return frames.at(-1) as Frame;
  }

  /** Brackets and numbers between strings. */
  function readGap(start: number, end: number): number {
    for (let at = start; at < end; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x7b || code === 0x5b) open(code === 0x5b);
      else if (code === 0x7d || code === 0x5d) {
        if (frames.length > 1) frames.pop();
        frame().key = null;
      } else if (code === 0x2c) {
        frame().key = null;
      } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) at = readNumber(at, end) - 1;
    }
    return end;
  }

  function open(array: boolean): void {
    if (frames.length > DEEPEST) return;
    const around = frame();
    const name = around.array ? around.name : around.key;
    const certain = around.certain || (name !== null && holders.test(name));
    frames.push({ ...top(), array, name, certain });
  }

  function readNumber(start: number, end: number): number {
    numbers.lastIndex = start;
    const literal = numbers.exec(text)?.[0] ?? '';
    const stop = Math.min(end, start + Math.max(1, literal.length));
    const here = frame();
    const name = here.array ? here.name : here.key;
    if (!visitor.number(literal, name) && standsAlone(start, stop)) {
      out += `${text.slice(from, start)}"[redacted]"`;
      from = stop;
    }
    return stop;
  }

  /** Not a part of a word, or of a document that is none. */
  function standsAlone(start: number, stop: number): boolean {
    return /[\s,}\]]|^$/.test(text[stop] ?? '') && /[\s:,[]|^$/.test(text[start - 1] ?? '');
  }

  function readKey(raw: string): string {
    const here = frame();
    here.key = decode(raw) ?? raw;
    const key = here.key;
    const instead = visitor.key(key);
    return instead === key ? raw : encode(instead);
  }

  function readText(raw: string, after: number): string {
    const here = frame();
    const value = decode(raw);
    const plain = value ?? raw;
    const name = nameHere(here, after, plain);
    const certain = here.certain && !(here.key !== null && harmlessInHolders.test(here.key));
    if (here.array) here.previous = plain.length <= 100 ? plain : null;
    else if (here.key !== null && labels.test(here.key) && plain.length <= 100) here.label = plain;
    const instead = visitor.text(plain, name, certain, here.name);
    if (instead === plain) return raw;
    return value === null ? instead.replaceAll('"', "'") : encode(instead);
  }

  function nameHere(here: Frame, after: number, value: string): string | null {
    if (here.array) {
      const { previous } = here;
      if (previous !== null && /^(?:-u|-U|--(?:proxy-)?user)$/.test(previous) && value.includes(':')) return 'userpass';
      if (previous !== null && promiseOf(previous.replace(/^-{1,2}/, '')) === 'certain' && isPairName(previous, value))
        return previous.replace(/^-{1,2}/, '');
      return here.name;
    }
    if (here.key === null || !labelledValues.test(here.key)) return here.key;
    const label = here.label ?? labelBehind(text, after);
    return label !== null && promiseOf(label) !== 'none' ? label : here.key;
  }
}

/** An argument, or a field with its value; a list of names of fields has no pairs. */
function isPairName(text: string, value: string): boolean {
  if (/^-{1,2}[A-Za-z][\w-]*$/.test(text)) return !value.startsWith('-');
  return /^[A-Za-z][\w.-]*$/.test(text) && !/^[A-Za-z][A-Za-z_-]*$/.test(value);
}

const numbers = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

function stringEnd(text: string, start: number): number {
  for (let at = text.indexOf('"', start); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (at - slashes > start && text.charCodeAt(at - slashes - 1) === 0x5c) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}

function isKeyHere(text: string, at: number): boolean {
  let next = at;
  while (next < at + 8 && /\s/.test(text[next] ?? '')) next++;
  return text[next] === ':';
}

/** `{"value":"…","name":"password"}`: the name comes behind. */
function labelBehind(text: string, after: number): string | null {
  return (
    /^\s*,\s*"(?:name|key|header|field|param|parameter|variable|k)"\s*:\s*"([^"\\]{1,100})"/i.exec(
      text.slice(after, after + 200),
    )?.[1] ?? null
  );
}

/** Null = it is no string of JSON. */
function decode(raw: string): string | null {
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return null;
  }
}

function encode(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}
