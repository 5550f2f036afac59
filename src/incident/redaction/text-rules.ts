/**
 * All rules for secrets, in their order, on one text: a line of a log, a value of JSON, a text within a text. What is encoded is
 * read, and goes when there is a secret in it. For the scrubber and for the rooms of JSON, KDL and metrics beside it; knows no files.
 */
import { redacted } from '../../base/redaction.ts';
import { withoutArmour } from './armour.ts';
import {
  base64Marks,
  base64Runs,
  base64Text,
  entityMarks,
  escapeMarks,
  unseenMarks,
  withoutEntities,
  withoutEscapes,
  withoutPercent,
  withoutUnseen,
} from './encodings.ts';
import { rewriteJson } from './json-text.ts';
import type { LiteralSearch } from './literal-search.ts';
import { nameHints, withoutNamedValues } from './named-values.ts';
import { isSecretNumber, isSecretValue, promiseOf } from './secret-names.ts';
import { mayHoldShape, shapeMarks, withoutShapes } from './secret-shapes.ts';
import { spellingMarks, withoutSpelledValues } from './spelled-values.ts';

/** Texts within texts within texts: below this, what may hold a secret goes whole. */
const DEEPEST = 6;

/** One of these is in everything that a rule could take: for skipping what is harmless, in long texts too. */
export const suspicions: readonly RegExp[] = [
  nameHints,
  ...shapeMarks,
  /:\/\/[^\s"'<>]{0,4096}@|\w:[^\s"'<>:/]{1,256}@|(?:^|\s)-(?:u|p|a|w|U)\b|BEGIN |PuTTY/m,
  /%[0-9a-f]{2}|\\u[0-9a-f{]|\\x[0-9a-f]|&#|&quot;|:(?:\d{2,5}|\*):[\w.*-]{1,63}:[\w.@*-]{1,63}:\S|^[\w.@-]{1,64}:[./0-9A-Za-z]{13}\s*$/im,
  unseenMarks,
];

export function isSuspicious(text: string): boolean {
  return suspicions.some((one) => one.test(text));
}

/** Ids and times, of which every line has some of its own. */
const plainId = /^(?:[0-9a-f]{20,64}|\d{4}-\d\d-\d\dT[\d:.]{8,16}Z)$/;
const LONGEST_REMEMBERED = 256;
const MOST_REMEMBERED = 8192;

export class TextRules {
  readonly #known: LiteralSearch;
  readonly #note: (rule: string) => void;
  /** Logs say the same again and again. */
  readonly #clean = new Set<string>();
  readonly #keys = new Set<string>();

  /** @param note Told the rule of each replacement. */
  constructor(known: LiteralSearch, note: (rule: string) => void) {
    this.#known = known;
    this.#note = note;
  }

  /** One text without its secrets. The same text where there are none. */
  scrub(text: string, depth = 0): string {
    if (text.length < 4 || this.#clean.has(text)) return text;
    let rest = this.#known.isEmpty ? text : this.withoutKnown(text);
    if (plainId.test(rest)) return rest;
    if (!isSuspicious(rest)) {
      if (rest === text && text.length <= LONGEST_REMEMBERED) this.#remember(text);
      return rest;
    }
    if (depth >= DEEPEST) return redacted;
    if (unseenMarks.test(rest)) rest = this.withoutKnown(withoutUnseen(rest));
    rest = withoutArmour(rest, this.#note).text;
    rest = this.#json(rest, depth);
    rest = withoutNamedBlocks(rest, this.#note);
    if (spellingMarks.test(rest)) rest = withoutSpelledValues(rest, this.#note);
    if (mayHoldShape(rest)) rest = withoutShapes(rest, this.#note);
    rest = withoutNamedValues(rest, this.#note);
    return this.#decoded(rest, depth);
  }

  withoutKnown(text: string): string {
    return this.#known.replaceIn(text, redacted, (part) => this.#note(part ? 'known-part' : 'known'));
  }

  /** A document of JSON, or what of it there is. */
  scrubJson(text: string, depth = 0): string {
    return rewriteJson(text, {
      text: (value, name, certain) => {
        if (isSecretValue(certain ? 'certain' : promiseOf(name ?? ''), value)) {
          this.#note('named');
          return redacted;
        }
        return this.scrub(value, depth + 1);
      },
      key: (name) => this.#key(name, depth),
      number: (digits, name) => !this.#known.isNumber(digits) && (name === null || !isSecretNumber(name, digits)),
    });
  }

  /** Names of keys are words about secrets; only a long one is a value itself. */
  #key(name: string, depth: number): string {
    if (this.#keys.has(name)) return name;
    const result = name.length > 24 ? this.scrub(name, depth + 1) : this.withoutKnown(name);
    if (result === name && this.#keys.size < MOST_REMEMBERED) this.#keys.add(name);
    return result;
  }

  #remember(text: string): void {
    if (this.#clean.size >= MOST_REMEMBERED) this.#clean.clear();
    this.#clean.add(text);
  }

  #json(text: string, depth: number): string {
    const at = text.search(/[{[]\s*(?:"|\{\s*"|\[\s*")/);
    return at === -1 ? text : text.slice(0, at) + this.scrubJson(text.slice(at), depth);
  }

  /** What is only seen when it is decoded. */
  #decoded(text: string, depth: number): string {
    let rest = text;
    if (/%[0-9a-f]{2}/i.test(rest)) rest = this.#percent(rest, depth);
    if (escapeMarks.test(rest)) rest = this.#whole(rest, withoutEscapes(rest), depth);
    if (entityMarks.test(rest)) rest = this.#whole(rest, withoutEntities(rest), depth);
    if (base64Marks.test(rest)) rest = this.#base64(rest, depth);
    return rest;
  }

  #whole(text: string, plain: string, depth: number): string {
    if (plain === text) return text;
    const scrubbed = this.scrub(plain, depth + 1);
    return scrubbed === plain ? text : scrubbed;
  }

  /** Piece by piece of a query: names and what is not encoded stay. */
  #percent(text: string, depth: number): string {
    return text.replace(/[^\s"'<>`]+/g, (run) => {
      if (!/%[0-9a-f]{2}/i.test(run)) return run;
      const pieces = run.split(/([?&;#]|(?<=^|[?&;#][^=]{0,200})=)/);
      const scrubbed = pieces.map((piece) => {
        const plain = withoutPercent(piece.replaceAll('+', ' '));
        return plain !== piece && this.scrub(plain, depth + 1) !== plain ? redacted : piece;
      });
      const joined = scrubbed.join('');
      // `password%3Dx%26…`: name and value are encoded together.
      const plain = withoutPercent(joined);
      return plain !== joined && this.scrub(plain, depth + 1) !== plain ? redacted : joined;
    });
  }

  #base64(text: string, depth: number): string {
    const joined = this.#wrappedBase64(text, depth);
    return joined.replace(base64Runs, (run) => {
      if (!this.#hidesSecret(run, depth)) return run;
      this.#note('base64');
      return redacted;
    });
  }

  /** Lines of the same length that are nothing but base64, and the last of them. */
  #wrappedBase64(text: string, depth: number): string {
    if (!text.includes('\n')) return text;
    return text.replace(/(?<=^|\n)(?:[ \t]*[A-Za-z0-9+/]{60,76}\r?\n)+[ \t]*[A-Za-z0-9+/]{1,76}={0,2}/g, (block) => {
      if (!this.#hidesSecret(block.replace(/\s+/g, ''), depth)) return block;
      this.#note('base64');
      return redacted;
    });
  }

  #hidesSecret(run: string, depth: number): boolean {
    // A path is base64 too; each of its words then is one.
    const plain = base64Text(run);
    if (plain === null) return false;
    if (/^[\w.@+-]{1,64}:(?!\d+$)(?=[\x21-\x7e]*[^a-z])[\x21-\x7e]{4,200}$/.test(plain)) return true;
    return this.scrub(plain, depth + 1) !== plain;
  }
}

/** Values below their name: `password: |` of YAML, lists of them, folded lines of header fields, lines that end in a backslash. */
function withoutNamedBlocks(text: string, note: (rule: string) => void): string {
  if (!text.includes('\n')) return text;
  let open: OpenBlock | null = null;
  return text
    .split('\n')
    .map((line) => {
      if (open !== null) {
        const inside = insideBlock(open, line);
        if (inside !== null) {
          if (inside.text !== line) note('named');
          open = inside.open;
          return inside.text;
        }
      }
      open = openBlock(line);
      return line;
    })
    .join('\n');
}

/** What a line leaves open for those after it. */
export interface OpenBlock {
  readonly kind: 'indented' | 'folded' | 'continued' | 'labelled' | 'quoted' | 'part';
  readonly indent: number;
  /** Of `quoted`: what closes it. */
  readonly until: string;
  /** Lines that may follow yet. */
  readonly left: number;
}

const LONGEST_BLOCK = 200;
const opening =
  /^([\s>|+*#;-]*)(?:(?:export|set)\s+)?["']?([\w.$@/-]{2,120}|[A-Za-z]{2,20} [A-Za-z]{2,20})["']?\s*(=>|:=|[:=])[ \t]*(.*?)\r?$/;

export function openBlock(line: string): OpenBlock | null {
  if (line.length > 4096) return null;
  const part = /form-data;[^\n]{0,200}\bname="([^"]{1,100})"/i.exec(line)?.[1];
  if (part !== undefined && promiseOf(part) === 'certain')
    return { kind: 'part', indent: 0, until: '', left: LONGEST_BLOCK };
  const match = opening.exec(line);
  if (match === null) return null;
  const [, lead = '', name = '', sign = '', rest = ''] = match;
  const indent = /^\s*/.exec(lead)?.[0].length ?? 0;
  const block = (kind: OpenBlock['kind'], until = ''): OpenBlock => ({ kind, indent, until, left: LONGEST_BLOCK });
  const value = rest.trim();
  if (/^(?:name|key)$/i.test(name) && promiseOf(value.replace(/^["']|["'],?$/g, '')) === 'certain')
    return block('labelled');
  if (promiseOf(name) !== 'certain') return null;
  if (value === '' || /^[|>][+-]?\d?(?:\s+#.*)?$/.test(value)) return block('indented', value === '' ? 'plain' : '');
  const quotes = /^("""|''')(?!.*\1)/.exec(value)?.[1];
  if (quotes !== undefined) return block('quoted', quotes);
  if (value.endsWith('\\')) return block('continued');
  return sign === ':' && /^(?:(?:proxy-)?authorization|(?:set-)?cookie2?|x-[\w-]+)$/i.test(name)
    ? block('folded')
    : null;
}

/** The next line without what belongs to the block, and what is open then; null = the block was over before. */
export function insideBlock(
  open: OpenBlock,
  line: string,
): { readonly text: string; readonly open: OpenBlock | null } | null {
  const lead = /^\s*(?:- )?/.exec(line)?.[0] ?? '';
  const indent = /^\s*/.exec(line)?.[0].length ?? 0;
  const value = line.slice(lead.length).trimEnd();
  if (open.left === 0 || (value === '' && !['quoted', 'indented', 'part'].includes(open.kind))) return null;
  const next = { ...open, left: open.left - 1 };
  switch (open.kind) {
    case 'labelled': {
      const [, head] = /^(\s*["']?value["']?\s*[:=]\s*)\S/i.exec(line) ?? [];
      return head === undefined ? null : { text: `${head}"${redacted}"`, open: null };
    }
    case 'quoted':
      return line.includes(open.until)
        ? { text: `${redacted}${line.slice(line.indexOf(open.until))}`, open: null }
        : { text: redacted, open: next };
    case 'part':
      // Its own header fields, an empty line, and the value up to the boundary.
      if (line.startsWith('--')) return null;
      if (open.until === '') return { text: line, open: value === '' ? { ...next, until: 'value' } : next };
      return { text: value === '' ? line : redacted, open: next };
    case 'continued':
      return { text: lead + redacted, open: line.trimEnd().endsWith('\\') ? next : null };
    case 'folded':
      return indent === 0 || /^[\w-]{1,60}:\s/.test(value) ? null : { text: lead + redacted, open: next };
    default:
      if (value === '') return { text: line, open: next };
      if (indent <= open.indent && !lead.endsWith('- ')) return null;
      if (open.until === 'plain' && /^["']?[\w.-]{1,80}["']?\s*[:=](?:\s|$)/.test(value)) return null;
      return { text: lead + redacted, open: next };
  }
}
