/**
 * All rules for secrets, in their order, on one text: a line of a log, a value of JSON, a text within a text. What is encoded is
 * read, and goes when there is a secret in it. For the scrubber and for the rooms of JSON, KDL and metrics beside it; knows no files.
 */
import { redacted } from '../../base/redaction.ts';
import { withoutArmour } from './armour.ts';
import { withoutDialects, withoutPrivateNumbers, withoutSecretManifests } from './dialects.ts';
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
import { isJson, rewriteJson } from './json-text.ts';
import type { LiteralSearch } from './literal-search.ts';
import { type LineReader, scrubLines } from './line-walk.ts';
import { withoutNamedValues } from './named-values.ts';
import { isSecretNumber, isSecretValue, promiseOf } from './secret-names.ts';
import { mayHoldShape, withoutShapes } from './secret-shapes.ts';
import { spellingMarks, withoutSpelledValues } from './spelled-values.ts';
import { isSuspicious } from './suspicions.ts';

/** Texts within texts within texts: below this, what may hold a secret goes whole. */
const DEEPEST = 6;

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
    // Lines of a log within a text are read line by line, or what reaches from one into the next is not seen.
    if (rest.includes('\n')) return this.lines(/\}\r?\n\{/.test(rest) ? rest : this.#json(rest, depth), depth);
    // A quote within quotes, as shells write it.
    if (rest.includes("'\\''")) rest = this.#whole(rest, rest.replaceAll("'\\''", "'"), depth);
    rest = withoutArmour(rest, this.#note).text;
    rest = this.#json(rest, depth);
    if (spellingMarks.test(rest)) rest = withoutSpelledValues(rest, this.#note);
    if (mayHoldShape(rest)) rest = withoutShapes(rest, this.#note);
    rest = withoutDialects(rest, this.#note);
    rest = withoutNamedValues(rest, this.#note);
    return this.#decoded(rest, depth);
  }

  /**
   * A text of several lines: what reaches over them, and then each of them.
   * @param closely Places whose lines are read whatever they look like.
   */
  lines(text: string, depth = 0, closely: readonly number[] = []): string {
    // In JSON a key ends where its text does: the quotes are not to go with it.
    const armour = /^\s*(?:\{\s*["}]|\[\s*[\]"{[])/.test(text)
      ? text
      : withoutArmour(text, this.#note, 'document').text;
    const moved = armour === text ? closely : [];
    const plain = withoutSecretManifests(armour, this.#note);
    const whole = base64Marks.test(plain) ? this.#wrappedBase64(plain, depth) : plain;
    return scrubLines(whole, this.#reader(depth), moved);
  }

  #reader(depth: number): LineReader {
    let open = false;
    return {
      scrub: (line) => {
        open =
          /BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE|MESSAGE|PKCS)|PuTTY-User-Key-File-\d/.test(line) &&
          !/END [A-Z0-9 ]{1,60}-----/.test(line);
        return isJson(line) ? this.scrubJson(line, depth) : this.scrub(line, depth + 1);
      },
      tookOpenKey: () => open,
      note: this.#note,
    };
  }

  withoutKnown(text: string): string {
    return this.#known.replaceIn(text, redacted, (part) => this.#note(part ? 'known-part' : 'known'));
  }

  /** A document of JSON, or what of it there is. */
  scrubJson(text: string, depth = 0): string {
    return rewriteJson(withoutPrivateNumbers(text, this.#note), {
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
    return text.replace(base64Runs, (run) => {
      if (!this.#hidesSecret(run, depth)) return run;
      this.#note('base64');
      return redacted;
    });
  }

  /** Lines of the same length that are nothing but base64, and the last of them. */
  #wrappedBase64(text: string, depth: number): string {
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
