/**
 * Known values in a text, in any of their forms: one pass over the text whatever their number, by a hash of four characters that
 * rolls along. Finds also the two halves of a value that a line end, or the cut of a message, went through. For the scrubber;
 * replaces nothing itself.
 */
import { formsOf, SHORTEST_LOOSE } from './encodings.ts';

export interface LiteralHit {
  readonly start: number;
  readonly end: number;
  /** True where only a part of the value stands there. */
  readonly part: boolean;
}

/** Known values below this length say nothing: `on`, `80`, `api`. */
export const SHORTEST_KNOWN = 4;
/** Digits alone are ports, counts and times until they are many. */
const SHORTEST_DIGITS = 6;
/** How far after its first half the second half of a value may stand: other lines may come between. */
const REACH = 8 * 1024;

const HASH_BITS = 20;
const HASH_MASK = (1 << HASH_BITS) - 1;
const WINDOW = 4;

export class LiteralSearch {
  /** Bit 1: a form begins with these four characters; bit 2: one ends with them. */
  readonly #marks = new Uint8Array(1 << HASH_BITS);
  readonly #beginning = new Map<number, string[]>();
  readonly #ending = new Map<number, string[]>();
  readonly #numbers = new Set<string>();
  readonly #size: number;

  constructor(values: Iterable<string>) {
    const usable = [...new Set(values)].filter(isUsable);
    const forms = [...new Set(usable.flatMap(formsOf))].filter((form) => form.length >= SHORTEST_KNOWN);
    // The longest first: one value may begin with another.
    forms.sort((one, other) => other.length - one.length);
    for (const form of forms) {
      this.#add(this.#beginning, form.slice(0, WINDOW), form, 1);
      if (canBeCut(form)) this.#add(this.#ending, form.slice(-WINDOW), form, 2);
    }
    for (const one of usable) if (/^-?\d+(?:\.\d+)?$/.test(one)) this.#numbers.add(one);
    this.#size = forms.length;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Whether a number of JSON is one. */
  isNumber(literal: string): boolean {
    return this.#numbers.has(literal);
  }

  /** In the order of the text; none overlaps another. */
  find(text: string): readonly LiteralHit[] {
    if (this.#size === 0 || text.length < WINDOW) return [];
    const hits: LiteralHit[] = [];
    const marks = this.#marks;
    let hash = 0;
    let free = 0;
    for (let at = 0; at < text.length; at++) {
      hash = ((hash << 5) ^ text.charCodeAt(at)) & HASH_MASK;
      const mark = marks[hash] as number;
      if (mark === 0 || at < free + WINDOW - 1) continue;
      const found = this.#at(text, at, hash, mark, free);
      if (found.length === 0) continue;
      hits.push(...found);
      free = Math.max(free, found[0]?.end ?? 0);
    }
    return disjoint(hits);
  }

  /** The text without them. */
  replaceIn(text: string, instead: string, note: (part: boolean) => void): string {
    const hits = this.find(text);
    if (hits.length === 0) return text;
    let out = '';
    let from = 0;
    for (const { start, end, part } of hits) {
      out += text.slice(from, start) + instead;
      from = end;
      note(part);
    }
    return out + text.slice(from);
  }

  #add(map: Map<number, string[]>, window: string, form: string, bit: number): void {
    const hash = hashOf(window);
    const forms = map.get(hash);
    if (forms === undefined) map.set(hash, [form]);
    else forms.push(form);
    this.#marks[hash] = (this.#marks[hash] as number) | bit;
  }

  #at(text: string, at: number, hash: number, mark: number, free: number): readonly LiteralHit[] {
    const start = at - WINDOW + 1;
    const first = (mark & 1) === 0 ? [] : (this.#beginning.get(hash) ?? []);
    for (const form of first) {
      const end = start + form.length;
      if (text.startsWith(form, start) && (form.length >= SHORTEST_LOOSE || standsAlone(text, start, end)))
        return [{ start, end, part: false }];
    }
    for (const form of first) {
      const halves = !canBeCut(form) ? null : firstHalf(text, start, form);
      if (halves !== null) return halves;
    }
    for (const form of (mark & 2) === 0 ? [] : (this.#ending.get(hash) ?? [])) {
      const halves = secondHalf(text, at + 1, form, free);
      if (halves !== null) return halves;
    }
    return [];
  }
}

function isUsable(value: string): boolean {
  if (value.trim().length < SHORTEST_KNOWN) return false;
  return !/^\d+$/.test(value) || value.length >= SHORTEST_DIGITS;
}

/** What is written character by character begins like everything else that is. */
function canBeCut(form: string): boolean {
  return form.length >= SHORTEST_LOOSE && !/^(?:\\|&#|%)/.test(form);
}

function hashOf(window: string): number {
  let hash = 0;
  for (let at = 0; at < window.length; at++) hash = ((hash << 5) ^ window.charCodeAt(at)) & HASH_MASK;
  return hash;
}

function standsAlone(text: string, start: number, end: number): boolean {
  return !isWordCode(text.charCodeAt(start - 1)) && !isWordCode(text.charCodeAt(end));
}

/** `NaN` beyond the ends of a text is none. */
function isWordCode(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
}

/** Where a line, a text of JSON or a cut message ends. */
const pieceEnd = /["'\\\r\n\u2026]|\.\.\.|$/y;
const pieceBegin = /(?:["'\u2026>|:\]\s]|\\[nrt]|\.\.\.)$/;

/** So many characters of a form must be there before they are taken for a part of it. */
function enough(form: string): number {
  // A scheme and a host are no secret; the password of a URL is known by itself.
  const userinfo = form.indexOf('://') === -1 ? 0 : form.indexOf('@') + 1;
  return Math.max(7, Math.ceil(form.length / 2), userinfo);
}

function firstHalf(text: string, start: number, form: string): readonly LiteralHit[] | null {
  let length = WINDOW;
  while (length < form.length && text.charCodeAt(start + length) === form.charCodeAt(length)) length++;
  const end = start + length;
  pieceEnd.lastIndex = end;
  if (!pieceEnd.test(text)) return null;
  const rest = restOf(text, end, form.slice(length));
  if (rest.length > 0) return [{ start, end, part: true }, ...rest];
  return length >= enough(form) ? [{ start, end, part: true }] : null;
}

/** What continues a value: right after the line end, as often as it was broken; or as a whole within reach. */
function restOf(text: string, from: number, rest: string): readonly LiteralHit[] {
  const wrapped = wrappedRest(text, from, rest);
  if (wrapped.length > 0) return wrapped;
  // A piece of three characters stands everywhere; without it the value is of no use.
  if (rest.length < WINDOW) return [];
  const at = text.slice(from, from + REACH).indexOf(rest);
  return at === -1 ? [] : [{ start: from + at, end: from + at + rest.length, part: true }];
}

const between = /(?:\\{0,4}["'])?(?:\\{1,4}[nrt]|[\s>|#+*"'\\-])+/y;

function wrappedRest(text: string, from: number, rest: string): readonly LiteralHit[] {
  const hits: LiteralHit[] = [];
  let left = rest;
  let at = from;
  while (left !== '') {
    between.lastIndex = at;
    const gap = between.exec(text);
    if (gap === null || gap[0].length > 200) return [];
    const start = at + gap[0].length;
    let length = 0;
    while (length < left.length && text.charCodeAt(start + length) === left.charCodeAt(length)) length++;
    if (length === 0) return [];
    hits.push({ start, end: start + length, part: true });
    left = left.slice(length);
    at = start + length;
  }
  return hits;
}

/** The end of a value at the beginning of a piece, where its beginning was too short to be seen, or is not there. */
function secondHalf(text: string, end: number, form: string, free: number): readonly LiteralHit[] | null {
  let length = WINDOW;
  while (
    length < form.length &&
    end - length > free &&
    text.charCodeAt(end - length - 1) === form.charCodeAt(form.length - length - 1)
  )
    length++;
  const start = end - length;
  if (start > 0 && !pieceBegin.test(text.slice(Math.max(0, start - 3), start))) return null;
  const first = form.slice(0, form.length - length);
  const before = first.length < 2 ? -1 : text.slice(Math.max(free, start - REACH), start).lastIndexOf(first);
  if (before !== -1) {
    const at = Math.max(free, start - REACH) + before;
    pieceEnd.lastIndex = at + first.length;
    if (pieceEnd.test(text))
      return [
        { start: at, end: at + first.length, part: true },
        { start, end, part: true },
      ];
  }
  return length >= enough(form) ? [{ start, end, part: true }] : null;
}

function disjoint(hits: readonly LiteralHit[]): readonly LiteralHit[] {
  const sorted = [...hits].sort((one, other) => one.start - other.start || other.end - one.end);
  const kept: LiteralHit[] = [];
  let end = 0;
  for (const hit of sorted) {
    if (hit.start >= end) kept.push(hit);
    else if (hit.end > end) kept.push({ ...hit, start: end });
    end = Math.max(end, hit.end);
  }
  return kept;
}
