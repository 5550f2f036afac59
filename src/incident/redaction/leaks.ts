/**
 * The second look at what was written: known secrets, and what only a secret looks like, in the bytes and names of an archive, by
 * ways of its own: it decodes whole lines and searches them, where the scrubber searches for what is encoded. Whoever writes a
 * bundle calls it before the bundle gets its name. Never says what it found, only where and by which rule.
 */
import type { Leak, Profile } from './scrubber.ts';

export interface LeakScan {
  readonly profile: Profile;
  readonly known: Iterable<string>;
}

export interface ScannedFile {
  readonly path: string;
  readonly content: Buffer | string;
}

/** More than these say nothing more. */
const MOST_LEAKS = 100;

/** Empty = nothing found. Under `none` nothing is looked for. */
export function findLeaks(files: Iterable<ScannedFile>, { profile, known }: LeakScan): readonly Leak[] {
  if (profile === 'none') return [];
  const secrets = searchFor(known);
  const told = secrets.butWords;
  const leaks: Leak[] = [];
  for (const { path, content } of files) {
    const text = typeof content === 'string' ? content : content.toString();
    for (const leak of [...search(path, path, told), ...search(path, text, ownFiles.has(path) ? told : secrets)]) {
      if (leaks.length < MOST_LEAKS) leaks.push(leak.at === 'name' ? { ...leak.leak, line: 0 } : leak.leak);
    }
  }
  return leaks;

  function search(path: string, text: string, pattern: Secrets): readonly { at: 'name' | 'text'; leak: Leak }[] {
    const at = text === path ? 'name' : 'text';
    return leaksIn(path, text, pattern).map((leak) => ({ at, leak }));
  }
}

/** What the writer of a bundle says itself: its names and its own words hold what is a word too, whoever has it for a password. */
const ownFiles: ReadonlySet<string> = new Set(['manifest.json', 'README.md', 'SHA256SUMS']);

interface Secrets {
  /** Null = none is known. */
  readonly plain: RegExp | null;
  /** The same in capitals and small letters, for hexadecimals. */
  readonly hex: RegExp | null;
}

const built = new WeakMap<object, Secrets & { readonly butWords: Secrets }>();

/** Archives are looked through entry by entry, with the same values. */
function searchFor(known: Iterable<string>): Secrets & { readonly butWords: Secrets } {
  const ready = built.get(known as object);
  if (ready !== undefined) return ready;
  const values = [...new Set(known)].filter((one) => one.trim().length >= 4 && !/^\d{1,5}$/.test(one));
  values.sort((one, other) => other.length - one.length);
  const words = /^[A-Za-z]{1,16}$/;
  const secrets = { ...patternsOf(values), butWords: patternsOf(values.filter((one) => !words.test(one))) };
  built.set(known as object, secrets);
  return secrets;
}

function patternsOf(values: readonly string[]): Secrets {
  const alone = (one: string) => (one.length < 8 ? `(?<!\\w)${escaped(one)}(?!\\w)` : escaped(one));
  const long = values.filter((one) => Buffer.byteLength(one) >= 6);
  return {
    plain: values.length === 0 ? null : new RegExp(values.map(alone).join('|'), 'g'),
    hex: long.length === 0 ? null : new RegExp(long.map((one) => Buffer.from(one).toString('hex')).join('|'), 'gi'),
  };
}

function escaped(text: string): string {
  return text.replace(/[^\w]/gu, (one) => (one.length === 1 && one.charCodeAt(0) < 128 ? `\\x${hexOf(one)}` : one));
}

function hexOf(one: string): string {
  return one.charCodeAt(0).toString(16).padStart(2, '0');
}

/** What only a secret looks like; whatever was put in the place of one does not. */
const shapes: readonly (readonly [rule: string, shape: RegExp])[] = [
  ['private-key', /BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d/g],
  ['jwt', /(?<![\w-])eyJ[\w-]{8,}\.(?:eyJ)?[\w-]{8,}/g],
  ['cloud-key', /(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])/g],
  [
    'prefixed',
    /(?<![A-Za-z0-9])(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abceprs]-[\w-]{10,}|AIza[\w-]{30,}|[rs]k_live_\w{10,}|sk-(?:ant|proj)-[\w-]{20,}|npm_\w{30,}|pypi-[\w-]{16,}|SG\.[\w-]{16,}\.[\w-]{16,}|do[por]_v1_[0-9a-f]{32,}|hvs\.[\w-]{16,}|ya29\.[\w-]{16,})/g,
  ],
  [
    'url-login',
    /\b[a-z][a-z0-9+.-]{1,20}:\/\/(?!\[redacted\]@)[^\s/?#@"'<>:]{0,64}:(?!\[redacted\]|\*+@|\$\{)[^\s/?#@"'<>]{1,128}@[\w[.]/gi,
  ],
  ['bearer', /\bbearer\s+(?!\[)(?=[\w.~+/=-]{0,200}\d)(?=[\w.~+/=-]{0,200}[A-Za-z])[\w.~+/=-]{20,}/gi],
  [
    'basic',
    /\bbasic\s+(?!\[)(?=[A-Za-z0-9+/]{0,200}[A-Z])(?=[A-Za-z0-9+/]{0,200}[a-z])(?=[A-Za-z0-9+/]{0,200}[\d=])[A-Za-z0-9+/]{12,}={0,2}/gi,
  ],
  ['password-hash', /\$(?:2[aby]|apr1|argon2id?|6|5)\$[\w./+$=,-]{20,}/g],
  [
    'named',
    /(?<![A-Za-z])(?:password|passwd|passphrase|client_?secret|secret_?access_?key|private_?key|api_?key|auth_?token|access_?token|refresh_?token)(?:\\{0,8}["'])?\s?[=:]\s?(?:\\{0,8}["'])?(?![[$*<{]|\\|null|true|false|none|undefined|(?:is|not|was|required|missing|incorrect|invalid|expired)\b)(?=[^\s"'&;,]{0,64}\d)[^\s"'&;,\\]{6,}/gi,
  ],
];

function leaksIn(path: string, text: string, secrets: Secrets): readonly Leak[] {
  const leaks: Leak[] = [];
  const found = (rule: string, index: number): void => {
    if (leaks.length < MOST_LEAKS) leaks.push({ path, line: lineOf(text, index), rule });
  };
  for (const [rule, shape] of shapes) eachMatch(shape, text, (index) => found(rule, index));
  const { plain, hex } = secrets;
  if (plain === null) return leaks;
  eachMatch(plain, text, (index) => found('known', index));
  if (hex !== null) eachMatch(hex, text, (index) => found('known-encoded', index));
  // Encoded ones: what is left of a line when everything is decoded that can be.
  eachMatch(/%[0-9a-f]{2}|\\|&#?\w{2,7};/gi, text, (index, _, search) => {
    const start = text.lastIndexOf('\n', index) + 1;
    const end = text.indexOf('\n', index);
    const stop = end === -1 ? text.length : end;
    if (contains(plain, unwound(text.slice(start, stop)))) found('known-encoded', index);
    // The rest of the line is done.
    search.lastIndex = stop;
  });
  eachMatch(/[A-Za-z0-9+/_-]{8,}={0,2}/g, text, (index, run) => {
    if (/[A-Z]/.test(run) && inBase64(run, plain)) found('known-encoded', index);
  });
  return leaks;
}

function eachMatch(form: RegExp, text: string, each: (index: number, match: string, search: RegExp) => void): void {
  form.lastIndex = 0;
  for (let match = form.exec(text); match !== null; match = form.exec(text)) {
    each(match.index, match[0], form);
    if (match[0] === '') form.lastIndex++;
  }
}

function contains(form: RegExp, text: string): boolean {
  form.lastIndex = 0;
  return form.test(text);
}

/** Decoded from the outside to the inside, each way a few times. */
function unwound(line: string): string {
  let plain = line;
  for (let turn = 0; turn < 4; turn++) {
    const next = plain
      .replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString())
      .replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(/\\x([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(/&#(\d{1,6});/g, (_, code: string) => String.fromCharCode(Number(code)))
      .replace(/&#x([0-9a-f]{1,5});/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(
        /&(quot|amp|lt|gt|apos);/g,
        (_, name: string) => ({ quot: '"', amp: '&', lt: '<', gt: '>', apos: "'" })[name] ?? '',
      )
      .replace(/\\(["'\\/])/g, '$1');
    if (next === plain) break;
    plain = next;
  }
  return plain;
}

/** At each of the places where a group of four may begin. */
function inBase64(run: string, plain: RegExp): boolean {
  return [0, 1, 2, 3].some((skip) => {
    const text = Buffer.from(run.slice(skip), 'base64');
    return contains(plain, text.toString('latin1')) || contains(plain, text.toString());
  });
}

function lineOf(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
