/**
 * Values that the name before them gives away, in text of any kind: `name=value`, `name: value`, `"name": "value"` at any depth of
 * quoting, lines of header fields, assignments up to the end of their line. Found from the sign between name and value, so that
 * every character is looked at a few times at most. For the scrubber.
 */
import { redacted } from '../../base/redaction.ts';
import { isFieldOfWholeLine, isSecretValue, type NamePromise, promiseOf } from './secret-names.ts';

const LONGEST_NAME = 120;
/** A field is no longer; whoever writes a line without an end makes nobody search it again and again. */
const LONGEST_LINE = 32 * 1024;

/** The text without them. One line, or a value that has lines of its own. */
export function withoutNamedValues(text: string, note: (rule: string) => void): string {
  if (!hints.test(text)) return text;
  let out = '';
  let from = 0;
  signs.lastIndex = 0;
  for (let match = signs.exec(text); match !== null; match = signs.exec(text)) {
    const at = match.index;
    // What was taken already has signs of its own.
    if (at < from) continue;
    const name = nameBefore(text, at, from);
    if (name === null) continue;
    const value = valueAfter(text, name, at, match[0]);
    if (value === null) continue;
    const { start, end } = value;
    out += `${text.slice(from, start)}${redacted}`;
    from = end;
    note('named');
    signs.lastIndex = Math.max(signs.lastIndex, end);
  }
  return from === 0 ? text : out + text.slice(from);
}

/** Without one of these no name promises anything. */
const hints =
  /pass|pasw|pwd|pswd|pword|secret|token|key|cred|sig|session|auth|priva|s(?:ess)?id|jwt|pw|cookie|t?otp|pin|cv[vc]|kennwort|conn(?:ection)?[_ -]?str|dsn|hmac|bearer|saml|assertion|verifier|webhook|code|nonce|state=|seed|salt|[xc]srf|(?:database|redis|mongo)_?ur[li]|%[0-9a-f]{2}/i;
export const nameHints = hints;

/** `=`, `:`, `=>`, `:=`, `==`; never the `://` of a URL. */
const signs = /=>|:=|={1,2}|:(?!\/\/|:)/g;

interface Name {
  readonly text: string;
  readonly start: number;
  /** Backslashes and the quote around the name; empty = bare. */
  readonly quoting: string;
}

const nameCodes = /[\w.%$@/[\]-]/;

function nameBefore(text: string, sign: number, floor: number): Name | null {
  let at = sign;
  for (let spaces = 0; spaces < 24 && at > floor && /[ \t]/.test(text[at - 1] ?? ''); spaces++) at--;
  const quote = text[at - 1] ?? '';
  let quoting = '';
  if (quote === '"' || quote === "'" || quote === '`') {
    let slashes = 0;
    while (slashes < 16 && text[at - 2 - slashes] === '\\') slashes++;
    quoting = '\\'.repeat(slashes) + quote;
    at -= quoting.length;
  }
  const end = at;
  const least = Math.max(floor, end - LONGEST_NAME);
  while (at > least && nameCodes.test(text[at - 1] ?? '')) at--;
  if (at === end) return null;
  const name = text.slice(at, end);
  // "API key: …", "client secret: …"
  const [first] = /^(?:key|id|code|string|phrase|word|value|hash)$/i.test(name)
    ? (/[A-Za-z]{2,20} $/.exec(text.slice(Math.max(floor, at - 21), at)) ?? [])
    : [];
  return first === undefined || quoting !== ''
    ? { text: name, start: at, quoting }
    : { text: first + name, start: at - first.length, quoting };
}

interface Place {
  readonly start: number;
  readonly end: number;
}

function valueAfter(text: string, name: Name, sign: number, signText: string): Place | null {
  const bare = name.text.replace(/^.*[/]/, '').replace(/^-{1,2}/, '');
  const promise = promiseOf(bare);
  if (promise === 'none' && !isCodeOfUrl(text, name, signText)) return null;
  let start = sign + signText.length;
  // `token-store.js:118:23`: a line of a stack.
  if (signText === ':' && /\.[A-Za-z]{1,5}$/.test(name.text) && /^\d{1,6}(?![\w.-])/.test(text.slice(start, start + 8)))
    return null;
  for (let spaces = 0; spaces < 24 && /[ \t]/.test(text[start] ?? ''); spaces++) start++;
  const quoted = /^[bru]?(\\{0,16})(["'`])/.exec(text.slice(start, start + 18));
  if (quoted !== null) {
    const opening = `${quoted[1]}${quoted[2]}`;
    const end = closing(text, start + quoted[0].length, opening);
    return taken(text, promise, start + quoted[0].length, end);
  }
  // What is in an object or a list has names and places of its own.
  if (/^(?:\{\s*(?:\\{0,16}["'}]|$)|\[\s*(?:\\{0,16}["'{\]]|$))/.test(text.slice(start, start + 24))) return null;
  const whole = isFieldOfWholeLine(bare);
  if (whole && (signText === ':' || startsWithScheme(text, start))) return fieldLine(text, name, start, bare, promise);
  if (opensLine(text, name)) {
    const end = lineEnd(text, start);
    const rest = text.slice(start, end);
    // A line of several assignments is no file of settings.
    if (!/\s[\w.-]+=|[{}]|"\s*[,:]/.test(rest) && !/^\s*(?:[|>][+-]?\d?)?\s*$/.test(rest))
      return taken(text, promise, start, trimmed(text, start, end));
  }
  return taken(text, promise === 'none' ? 'certain' : promise, start, unquotedEnd(text, start, signText));
}

function taken(text: string, promise: NamePromise, start: number, end: number): Place | null {
  if (end <= start) return null;
  const value = text.slice(start, end);
  if (value.startsWith(redacted.slice(0, -1)) && value.length <= redacted.length) return null;
  return isSecretValue(promise === 'none' ? 'certain' : promise, value) ? { start, end } : null;
}

/** `?code=` of a login, which is worth a token; elsewhere a code is a number that says what went wrong. */
function isCodeOfUrl(text: string, name: Name, sign: string): boolean {
  return (
    sign === '=' &&
    /^(?:code|state|ticket|assertion|otc|oobcode)$/i.test(name.text) &&
    /[?&#;]/.test(text[name.start - 1] ?? '')
  );
}

function startsWithScheme(text: string, start: number): boolean {
  return /^(?:bearer|basic|digest|negotiate|ntlm|token|hawk|aws4|sharedkey|apikey|hmac)/i.test(
    text.slice(start, start + 12),
  );
}

/** To the end of the line, or of the quotes around name and value: `-H "Authorization: …"`. */
function fieldLine(text: string, name: Name, start: number, bare: string, promise: NamePromise): Place | null {
  const before = text[name.start - 1] ?? '';
  const stop = lineEnd(text, start);
  let end = stop;
  if (name.quoting === '' && /["'`]/.test(before)) {
    let slashes = 0;
    while (slashes < 16 && text[name.start - 2 - slashes] === '\\') slashes++;
    end = Math.min(stop, closing(text, start, '\\'.repeat(slashes) + before));
  } else {
    // Lines of JSON and others write the line end.
    const written = /\\+[rn]|"(?=\s*[,}\]])/.exec(text.slice(start, stop));
    if (written !== null) end = start + written.index;
  }
  // `cookie:session` names one.
  if (/^(?:set-?)?cookie/i.test(bare) && !text.slice(start, end).includes('=')) return null;
  return taken(text, promise, start, trimmed(text, start, end));
}

function opensLine(text: string, name: Name): boolean {
  const near = text.slice(Math.max(0, name.start - 80), name.start);
  const lineStart = near.lastIndexOf('\n') + 1;
  if (lineStart === 0 && name.start > 80) return false;
  return /^[\s>|+*#;-]*(?:(?:export|set|setenv|declare|ENV|ARG|-x|-e|--env|Environment=)\s*)*["']?$/i.test(
    near.slice(lineStart),
  );
}

function lineEnd(text: string, start: number): number {
  const at = text.slice(start, start + LONGEST_LINE).indexOf('\n');
  const end = at === -1 ? Math.min(text.length, start + LONGEST_LINE) : start + at;
  return text[end - 1] === '\r' ? end - 1 : end;
}

function trimmed(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && /\s/.test(text[at - 1] ?? '')) at--;
  return at;
}

/** The same quote at the same depth; without one, the end of the line. */
function closing(text: string, start: number, opening: string): number {
  const quote = opening.at(-1) as string;
  const depth = opening.length - 1;
  for (let at = text.indexOf(quote, start); at !== -1; at = text.indexOf(quote, at + 1)) {
    let slashes = 0;
    while (slashes <= 64 && at - slashes > start && text[at - 1 - slashes] === '\\') slashes++;
    if (slashes <= depth) return at - slashes;
  }
  return lineEnd(text, start);
}

/** What stands without quotes: to the next space, to what separates pairs here, to a quote that closes something around it. */
function unquotedEnd(text: string, start: number, sign: string): number {
  unquoted.lastIndex = start;
  const run = unquoted.exec(text)?.[0] ?? '';
  const separated = separators(run);
  const cut = separated === -1 ? run : run.slice(0, separated);
  // In prose the sentence goes on, and brackets close.
  const bare = sign.startsWith('=') ? cut.replace(/[,)\]}]+$/, '') : cut.replace(/[,.)\]}]+$/, '');
  return start + bare.length;
}

const unquoted = /[^\s<>`]+/y;

/** `&next=`, `;Next=`, `,next=`, a quote that closes, or `\n` as it is written. */
function separators(run: string): number {
  return run.search(/[&;,][\w .%[\]-]{1,60}[=:]|[&;]$|["'](?:[\s,;:)}\]]|$)|\\+["'nrt]|&(?:amp|quot);|,"/);
}
