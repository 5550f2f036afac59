/** The other ways in which a text is written: what a known value looks like in them, and how they are read back. Pure. */

/** Forms shorter than this are found only where they stand alone. */
export const SHORTEST_LOOSE = 8;

/** A value as it may stand in logs, bodies, URLs and dumps; itself first. */
export function formsOf(value: string): readonly string[] {
  const plain = value.toWellFormed();
  const bytes = Buffer.from(plain);
  const escaped = JSON.stringify(plain).slice(1, -1);
  const percent = encodeURIComponent(plain);
  const forms = [
    plain,
    escaped,
    JSON.stringify(escaped).slice(1, -1),
    percent,
    lowerPercent(percent),
    percent.replaceAll('%20', '+'),
    encodeURIComponent(percent),
    encodeURI(plain),
    plain.replaceAll("'", "''"),
    plain.replaceAll("'", "'\\''"),
    entities(plain),
    Array.from(plain, (one) => `&#${one.codePointAt(0)};`).join(''),
    Array.from(plain, (one) => `&#x${one.codePointAt(0)?.toString(16)};`).join(''),
  ];
  if (bytes.length < SHORTEST_LOOSE - 2) return unique(forms);
  const hex = bytes.toString('hex');
  forms.push(
    hex,
    hex.toUpperCase(),
    hex.replace(/../g, '%$&'),
    hex.toUpperCase().replace(/../g, '%$&'),
    hex.replace(/../g, '\\x$&'),
    ...unitsAs((unit) => `\\u${unit}`, plain),
    ...unitsAs((unit) => `\\\\u${unit}`, plain),
    ...base64Forms(bytes),
    ...base64Forms(Buffer.from(plain, 'utf16le')),
  );
  if (/^[0-9a-f]{8,}$/i.test(plain)) forms.push(plain.toLowerCase(), plain.toUpperCase());
  return unique(forms);
}

function unique(forms: readonly string[]): readonly string[] {
  return [...new Set(forms)];
}

function lowerPercent(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, (one) => one.toLowerCase());
}

function entities(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function unitsAs(write: (unit: string) => string, text: string): readonly string[] {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at).toString(16).padStart(4, '0'));
  return [units.map(write).join(''), units.map((unit) => write(unit.toUpperCase())).join('')];
}

/** Inside of a longer text its base64 depends on where it begins: three ways, without the characters that neighbours change. */
function base64Forms(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const first = Math.ceil((offset * 8) / 6);
    const last = Math.floor(((offset + bytes.length) * 8) / 6);
    const sure = text.slice(first, last);
    if (sure.length < SHORTEST_LOOSE) return [];
    return [
      sure,
      sure.replaceAll('+', '-').replaceAll('/', '_'),
      encodeURIComponent(sure),
      sure.replaceAll('/', '\\/'),
    ];
  });
}

/** Characters that are not seen and that cut a word in two for whoever searches it; colours of terminals with them. */
const unseen =
  /\u001b(?:\[[0-9;:?]{0,32}[ -/]?[@-~]|\][^\u0007\u001b]{0,256}(?:\u0007|\u001b\\)|[@-Z\\-_])|[\u034f\u180b-\u180f\ufe00-\ufe0f\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u00ad\u061c\u115f\u1160\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;
/** The same, as JSON and others write it: `\u001b[31m`, `\x1b[0m`, `\033[1m`, `^[[0m`, `#033[0m` of syslog. */
const unseenWritten =
  /(?:\\{1,4}(?:u001[bB]|x1[bB]|033|e)|\^\[|#033)\[[0-9;]{0,16}[A-Za-z]|\\{1,4}u(?:200[b-fB-F]|00[aA][dD]|206[0-4]|[fF][eE][fF]{2})/g;

export function withoutUnseen(text: string): string {
  const seen = text.replace(unseen, '');
  return /[\\#^]/.test(seen) ? seen.replace(unseenWritten, '') : seen;
}

/** Whether something of it may be there. */
export const unseenMarks =
  /[\u034f\ufe00-\ufe0f\u180e\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]|\\u(?:0|2|f|F)|\\x1b|\\033|#033|\^\[\[/;

/** How often something is decoded that is encoded within itself. */
const LAYERS = 3;

export function withoutPercent(text: string): string {
  let plain = text;
  for (let layer = 0; layer < LAYERS && /%[0-9a-f]{2}/i.test(plain); layer++) plain = percentDecoded(plain);
  return plain;
}

function percentDecoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString());
}

/** `\u0070`, `\x70`, `\160`; also with doubled backslashes. */
export const escapeMarks = /\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\u\{/i;

export function withoutEscapes(text: string): string {
  return text.replace(/\\{1,8}(?:u([0-9a-f]{4})|u\{([0-9a-f]{1,6})\}|x([0-9a-f]{2}))/gi, (whole, four, braces, two) => {
    const code = Number.parseInt((four ?? braces ?? two) as string, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

export const entityMarks = /&(?:#\d{1,7}|#x[0-9a-f]{1,6}|quot|apos|amp|lt|gt|equals|colon|colon|num|commat|sol);/i;

const named: Readonly<Record<string, string>> = {
  quot: '"',
  apos: "'",
  amp: '&',
  lt: '<',
  gt: '>',
  equals: '=',
  colon: ':',
  num: '#',
  commat: '@',
  sol: '/',
};

export function withoutEntities(text: string): string {
  let plain = text;
  for (let layer = 0; layer < LAYERS && entityMarks.test(plain); layer++) {
    plain = plain.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi, (whole, decimal, hex, name) => {
      if (name !== undefined) return named[(name as string).toLowerCase()] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    });
  }
  return plain;
}

/** Runs that may be base64 of a text; ids in lower-case hexadecimals are none. */
export const base64Runs = /(?<![A-Za-z0-9+/_-])(?=[a-z0-9+/_-]*[A-Z])[A-Za-z0-9+/_-]{20,}={0,2}/g;
export const base64Marks = /(?<![A-Za-z0-9+/_-])(?=[a-z0-9+/_-]*[A-Z])[A-Za-z0-9+/_-]{20,}/;

/** What a run of base64 says; null = no text. */
export function base64Text(run: string): string | null {
  const bytes = Buffer.from(run, 'base64');
  if (bytes.length < 8) return null;
  // UTF-16 has a zero in every second byte.
  const wide = bytes[1] === 0 && bytes[3] === 0 && bytes[5] === 0;
  const text = bytes.toString(wide ? 'utf16le' : 'utf8');
  const odd = text.match(/[\u0000-\u0008\u000e-\u001f\u007f\ufffd]/g)?.length ?? 0;
  return odd * 20 > text.length ? null : text;
}
