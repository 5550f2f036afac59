/**
 * What must not be seen by people who may read logs: one set of rules, by name and by shape, and the literal secrets that the
 * running configuration holds. Everything that shows what a client, a target or a file said passes through here. On the hot
 * path a value that cannot match costs one look. Knows nobody, keeps nothing.
 */

/** What stands in the place of a secret. */
export const redacted = '[redacted]';

/** Short words count only where they stand alone: `design` holds `sig`. */
const secretWords =
  /pass(?:word|wd|phrase)|pwd|secret|token|api[-_.]?key|access[-_.]?key|credential|signature|session|authorization|(?:^|[^a-z])(?:auth|private|sig|sid|jwt|pw)(?:$|[^a-z])/i;

/** Whether a query with no encoded character may hold such a name at all. */
const secretHint = /pass|pwd|secret|token|key|credential|sig|session|auth|private|sid|jwt|pw|(?:^|[&;])code=/i;

/** Fields of requests and responses whose whole value is a secret, whatever their names are made of. */
const secretFields: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'authentication-info',
  'cookie',
  'cookie2',
  'set-cookie',
  'set-cookie2',
  'x-amz-security-token',
]);

/** Whether the name of a query parameter or of a key promises a secret. An encoded name hides nothing. */
export function isSecretName(name: string): boolean {
  return secretWords.test(decodeLoosely(name));
}

/** Whether the values of a header field are secrets by its name. */
export function isSecretHeader(name: string): boolean {
  return secretFields.has(name.toLowerCase()) || secretWords.test(name);
}

/** A query without `?`: values go whose names promise a secret, or that look like one. */
export function redactQuery(query: string): string {
  if (query === '') return query;
  if (!query.includes('%') && !secretHint.test(query) && !secretShape.test(query)) return query;
  // Some applications take `;` for `&`.
  return query
    .split(/([&;])/)
    .map(redactPair)
    .join('');
}

function redactPair(pair: string): string {
  const at = pair.indexOf('=');
  if (at === -1) return holdsSecret(pair) ? redacted : pair;
  const name = pair.slice(0, at);
  const isSecret = isSecretName(name) || isLoginCode(name) || holdsSecret(pair.slice(at + 1));
  return isSecret ? `${name}=${redacted}` : pair;
}

/** `?code=` of a login is worth a token (RFC 6749 §4.1.2); anywhere but in a query a code says what went wrong. */
function isLoginCode(name: string): boolean {
  return name.length === 4 && name.toLowerCase() === 'code';
}

/** Also where a value holds a URL, a form or JSON of its own. */
function holdsSecret(encoded: string): boolean {
  const plain = decodeLoosely(encoded.includes('+') ? encoded.replaceAll('+', ' ') : encoded);
  return redactText(plain) !== plain;
}

/** A URL, whole or from its path on: its user and password, its query, and what looks like a secret elsewhere. */
export function redactUrl(url: string): string {
  if (url === '') return url;
  // A fragment holds what a query does: tokens of logins come back in it.
  const [sign] = /[?#]/.exec(url) ?? [];
  if (sign === undefined) return redactValue(url);
  const at = url.indexOf(sign);
  return `${redactValue(url.slice(0, at))}${sign}${url
    .slice(at + 1)
    .split('#')
    .map(redactQuery)
    .join('#')}`;
}

/** One header value, by the name of its field and by its own looks. */
export function redactHeader(name: string, value: string): string {
  return isSecretHeader(name) ? redacted : redactText(value);
}

/** A short value that no name was given for (user agent, path): what looks like a secret goes, and what says so (`;token=…`). For the hot path. */
export function redactValue(value: string): string {
  if (value.length < SHORTEST_SHAPE) return value;
  const pairs = value.includes('=') ? redactPairs(value) : value;
  return secretShape.test(pairs) ? redactShapes(pairs) : pairs;
}

/** No shape below is shorter. */
const SHORTEST_SHAPE = 8;

/** Whether a text may hold something of a secret's shape: cheap, and right more often than `redactShapes` would be asked for nothing. */
const secretShape =
  /eyJ|:\/\/[^/]*@|bearer|basic|-----BEGIN|A[KS]IA[A-Z0-9]|gh[pousr]_|github_pat_|xox[abeprs]-|AIza|[rs]k_(?:live|test)_|glpat-/i;

const shapes: readonly (readonly [RegExp, string])[] = [
  // Also in one line, as JSON and environment variables hold it, and cut off.
  [/-----BEGIN [A-Z0-9 ]{1,40}-----[\s\S]*?(?:-----END [A-Z0-9 ]{1,40}-----|$)/g, redacted],
  // A password may hold an @ of its own.
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/?#"'<>]*@/gi, `$1${redacted}@`],
  // A try begins once in each run of its characters: whoever sends a thousand beginnings must not make it a thousand tries.
  [/(?<![\w-])(?=(?:[\w-]*-)?eyJ[\w-]{6})[\w-]{9,}\.[\w-]{4,}(?:\.[\w-]*){0,3}/g, redacted],
  [/\b(bearer)(\s+|%20)(?!tokens?\b|realm\b|\[redacted\])[\w.~+/=:-]{4,}/gi, `$1$2${redacted}`],
  // "basic authentication" is no secret: base64 has a capital, a digit or padding.
  [/\b([Bb]asic|BASIC)(\s+|%20)(?=[\w+/-]*[A-Z0-9=])[\w+/-]{4,}={0,2}/g, `$1$2${redacted}`],
  [/\bA[KS]IA[A-Z0-9]{16}\b/g, redacted],
  [
    /\b(?:gh[pousr]_\w{16,}|github_pat_\w{16,}|xox[abeprs]-[\w-]{8,}|AIza[\w-]{30,}|[rs]k_(?:live|test)_\w{8,}|glpat-[\w-]{16,})/g,
    redacted,
  ],
];

function redactShapes(text: string): string {
  return shapes.reduce((rest, [shape, instead]) => rest.replace(shape, instead), text);
}

/** `name=value`, and `"name": "value"` as in JSON. A name is tried once, from its beginning. */
const named = /(?<![\w.%-])([\w.%-]{2,400})(\\?["']?\s?=\s?\\?["']?|\\?["']\s?:\s?\\?["'])([^\s&"'\\;,)}\]]+)/g;
/** Parameters of Digest have quotes of their own. */
const fieldLine =
  /\b((?:proxy-)?authorization|(?:set-)?cookie2?|x-api-key|x-auth-token)(\s*:\s*)(digest\s+(?:[\w-]{1,32}\s?=\s?(?:\\?"[^"\\\r\n]*\\?"|[^\s,"]+)(?:\s?,\s?)?)+|[^\r\n"]+)/gi;

/** Free text (messages of errors, stack traces): also `name=value` and lines of header fields. Not for the hot path. */
export function redactText(text: string): string {
  if (text.length < 4) return text;
  const lines = text.includes(':') ? text.replace(fieldLine, `$1$2${redacted}`) : text;
  const pairs = redactPairs(lines);
  return secretShape.test(pairs) ? redactShapes(pairs) : pairs;
}

function redactPairs(text: string): string {
  if (!secretHint.test(text) && !text.includes('%')) return text;
  return text.replace(named, (whole, name: string, sign: string, value: string) =>
    // What was redacted before ends where a value does.
    value !== redacted.slice(0, -1) && isSecretName(name) ? `${name}${sign}${redacted}` : whole,
  );
}

/** What is encoded inside of something encoded: a URL in the query of a URL that is itself a parameter. */
const DECODINGS = 3;

/** Percent-decoding that never throws, and that decodes again what is still encoded. */
function decodeLoosely(text: string): string {
  let plain = text;
  for (let turn = 0; turn < DECODINGS && plain.includes('%'); turn++) {
    plain = plain.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
  return plain;
}

/** Below this a replacement would hit words that only happen to be the same. */
const SHORTEST_LITERAL = 4;

/** Literal secrets, replaced wherever they appear: as they are, in base64, in percent-encoding and in JSON. */
export class KnownSecrets {
  readonly #pattern: RegExp | null;

  constructor(values: Iterable<string>) {
    const forms = [...new Set(values)].filter((value) => value.length >= SHORTEST_LITERAL).flatMap(formsOf);
    // The longest first: one secret may begin with another.
    const sorted = [...new Set(forms)].sort((one, other) => other.length - one.length);
    this.#pattern = sorted.length === 0 ? null : new RegExp(sorted.map(escapePattern).join('|'), 'g');
  }

  replaceIn(text: string): string {
    return this.#pattern === null ? text : text.replace(this.#pattern, redacted);
  }
}

/** Below this depth nothing is looked at: it goes whole. */
const DEEPEST = 8;

/** A value of a log line with all its texts redacted, and those under names of secrets replaced. Numbers and switches stay. */
export function redactDeep(value: unknown, known: KnownSecrets, depth = 0): unknown {
  if (typeof value === 'string') return known.replaceIn(redactText(value));
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return redacted;
  if (value instanceof Error) return known.replaceIn(redactText(value.stack ?? value.message));
  if (Array.isArray(value)) return value.map((one) => redactDeep(one, known, depth + 1));
  const result: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) {
    result[name] = typeof one === 'string' && isSecretHeader(name) ? redacted : redactDeep(one, known, depth + 1);
  }
  return result;
}

function formsOf(value: string): readonly string[] {
  const base64 = Buffer.from(value).toString('base64');
  return [
    value,
    encodeLoosely(value),
    JSON.stringify(value).slice(1, -1),
    base64.replace(/=+$/, ''),
    base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
  ];
}

/** Half of a surrogate pair cannot be encoded. */
function encodeLoosely(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
