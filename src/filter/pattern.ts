/**
 * Regular expressions of filters, compiled for `pattern-run.ts`, which takes time in proportion to the text whatever the
 * expression: a filter runs in workers, where an expression that backtracks would hold up everybody's requests. Hence no
 * back references and no looking around. The rest is read as JavaScript reads it.
 */

/** A step: what it takes of the text, or where matching goes on. */
export type Step =
  /** One code unit within, or with `negated` outside of, the ranges: from, to, from, to … */
  | { readonly op: 'unit'; readonly ranges: readonly number[]; readonly negated: boolean }
  /** Goes on at both. */
  | Split
  | { readonly op: 'start' | 'end' | 'boundary' | 'inside' }
  | { readonly op: 'match' };

interface Split {
  readonly op: 'split';
  one: number;
  other: number;
}

export interface Pattern {
  readonly steps: readonly Step[];
  /** Nothing in it is upper case: it matches either. */
  readonly foldsCase: boolean;
}

export class PatternFault extends Error {
  /** Where in the source, in UTF-16 units. */
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** Length of an expression. */
const longestSource = 256;
/**
 * Steps that the expressions of a filter may come to, with counted repetitions written out: with the longest text that is looked
 * at, each one thing costs some milliseconds at the very worst.
 */
export const mostSteps = 256;

type Node =
  | { readonly op: 'one'; readonly step: Step }
  | { readonly op: 'sequence'; readonly of: readonly Node[] }
  | { readonly op: 'choice'; readonly of: readonly Node[] }
  | { readonly op: 'repeat'; readonly of: Node; readonly least: number; readonly most: number };

const quantifier = /^(?:[*+?]|\{(\d+)(,(\d*))?\})/;
const digits = [48, 57];
const wordUnits = [48, 57, 65, 90, 95, 95, 97, 122];
const spaces = [
  9, 13, 32, 32, 160, 160, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f,
];
const spaceUnits = [...spaces, 0x3000, 0x3000, 0xfeff, 0xfeff];
const lineEnds = [10, 10, 13, 13, 0x2028, 0x2029];
const classes: Readonly<Record<string, readonly number[]>> = { d: digits, w: wordUnits, s: spaceUnits };
const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, '0': 0 };

/** @throws PatternFault saying where and why */
export function compilePattern(source: string): Pattern {
  if (source.length > longestSource) throw new PatternFault(longestSource, `at most ${longestSource} characters`);
  const reader = new Reader(source);
  const steps: Step[] = [];
  new Emitter(steps).emit(reader.readAll());
  steps.push({ op: 'match' });
  return { steps, foldsCase: !/\p{Lu}/u.test(source.replace(/\\./gs, '')) };
}

class Reader {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  readAll(): Node {
    const node = this.#choice();
    if (this.#at < this.#source.length) throw this.#fault('a ")" that closes nothing');
    return node;
  }

  #choice(): Node {
    const of = [this.#sequence()];
    while (this.#take('|')) of.push(this.#sequence());
    return of.length === 1 ? (of[0] as Node) : { op: 'choice', of };
  }

  #sequence(): Node {
    const of: Node[] = [];
    for (let next = this.#peek(); next !== '' && next !== '|' && next !== ')'; next = this.#peek()) {
      const from = this.#at;
      of.push(this.#repeated(this.#atom(), from));
    }
    return { op: 'sequence', of };
  }

  #repeated(node: Node, from: number): Node {
    const counted = quantifier.exec(this.#source.slice(this.#at));
    if (counted === null) return node;
    if (node.op === 'one' && node.step.op !== 'unit') throw this.#fault('nothing to repeat', from);
    const [whole, from0, comma, upTo] = counted;
    this.#at += whole.length;
    this.#take('?');
    const least = from0 === undefined ? (whole === '+' ? 1 : 0) : Number(from0);
    const open = whole === '*' || whole === '+' || (comma !== undefined && upTo === '');
    const most = open ? Infinity : whole === '?' ? 1 : comma === undefined ? least : Number(upTo);
    if (most < least) throw this.#fault('the bounds are out of order', from);
    if (quantifier.test(this.#source.slice(this.#at))) throw this.#fault('nothing to repeat');
    return { op: 'repeat', of: node, least, most };
  }

  #atom(): Node {
    const at = this.#at;
    const char = this.#source.charAt(this.#at++);
    switch (char) {
      case '(':
        return this.#group(at);
      case '[':
        return this.#class(at);
      case '.':
        return unit(lineEnds, true);
      case '^':
        return { op: 'one', step: { op: 'start' } };
      case '$':
        return { op: 'one', step: { op: 'end' } };
      case '\\':
        return this.#escape(at);
      case '*':
      case '+':
      case '?':
        throw this.#fault('nothing to repeat', at);
      default:
        if (quantifier.test(this.#source.slice(at))) throw this.#fault('nothing to repeat', at);
        return unit([char.charCodeAt(0), char.charCodeAt(0)], false);
    }
  }

  #group(at: number): Node {
    if (this.#peek() === '?') {
      if (!this.#source.startsWith('?:', this.#at)) {
        throw this.#fault('no looking around and no named groups; (?:…) groups', at);
      }
      this.#at += 2;
    }
    if (++this.#depth > 32) throw this.#fault('too many groups in each other', at);
    const node = this.#choice();
    if (!this.#take(')')) throw this.#fault('a "(" that is not closed', at);
    this.#depth--;
    return node;
  }

  #escape(at: number): Node {
    const char = this.#source.charAt(this.#at++);
    if (char === 'b') return { op: 'one', step: { op: 'boundary' } };
    if (char === 'B') return { op: 'one', step: { op: 'inside' } };
    const named = classes[char.toLowerCase()];
    if (named !== undefined) return unit(named, char !== char.toLowerCase());
    const code = this.#escapedUnit(char, at);
    return unit([code, code], false);
  }

  /** The code unit that the escape of `char` stands for. */
  #escapedUnit(char: string, at: number): number {
    if (char === '') throw this.#fault('a "\\" with nothing after it', at);
    if (/[1-9]/.test(char)) throw this.#fault('no back references', at);
    const control = controls[char];
    if (control !== undefined) return control;
    const [hex] = /^(?:x[\da-f]{2}|u[\da-f]{4})/i.exec(this.#source.slice(this.#at - 1)) ?? [];
    if (hex !== undefined) {
      this.#at += hex.length - 1;
      return Number.parseInt(hex.slice(1), 16);
    }
    if (/\w/.test(char)) throw this.#fault(`there is no \\${char}`, at);
    return char.charCodeAt(0);
  }

  #class(at: number): Node {
    const negated = this.#take('^');
    const ranges: number[] = [];
    while (!this.#take(']')) {
      if (this.#peek() === '') throw this.#fault('a "[" that is not closed', at);
      const from = this.#member(ranges);
      if (this.#peek() !== '-' || /^-(?:\]|$)/.test(this.#source.slice(this.#at))) {
        if (from !== null) ranges.push(from, from);
        continue;
      }
      const dash = this.#at++;
      const to = this.#member(ranges);
      if (from === null || to === null) throw this.#fault('a range begins or ends with a class', dash);
      if (to < from) throw this.#fault('the range is out of order', dash);
      ranges.push(from, to);
    }
    return unit(ranges, negated);
  }

  /** One member of a class; null = it was a class itself, and is in `ranges`. */
  #member(ranges: number[]): number | null {
    const at = this.#at;
    const char = this.#source.charAt(this.#at++);
    if (char !== '\\') return char.charCodeAt(0);
    const escaped = this.#source.charAt(this.#at++);
    if (escaped === 'b') return 8;
    const named = classes[escaped.toLowerCase()];
    if (named === undefined) return this.#escapedUnit(escaped, at);
    ranges.push(...(escaped === escaped.toLowerCase() ? named : outside(named)));
    return null;
  }

  #peek(): string {
    return this.#source.charAt(this.#at);
  }

  #take(char: string): boolean {
    if (this.#peek() !== char || char === '') return false;
    this.#at++;
    return true;
  }

  #fault(message: string, at = this.#at): PatternFault {
    return new PatternFault(at, message);
  }
}

function unit(ranges: readonly number[], negated: boolean): Node {
  return { op: 'one', step: { op: 'unit', ranges, negated } };
}

/** The ranges between those, which are in order. */
function outside(ranges: readonly number[]): number[] {
  const gaps: number[] = [];
  let next = 0;
  for (let index = 0; index < ranges.length; index += 2) {
    const from = ranges[index] as number;
    if (from > next) gaps.push(next, from - 1);
    next = (ranges[index + 1] as number) + 1;
  }
  return [...gaps, next, 0xffff];
}

/** Writes the steps of an expression. What is repeated is written as often as it is at least, so work is bounded as well as steps. */
class Emitter {
  readonly #steps: Step[];
  #work = 0;

  constructor(steps: Step[]) {
    this.#steps = steps;
  }

  emit(node: Node): void {
    if (++this.#work > mostSteps) throw new PatternFault(0, 'its repetitions come to too much');
    if (node.op === 'one') this.#steps.push(node.step);
    else if (node.op === 'sequence') for (const one of node.of) this.emit(one);
    else if (node.op === 'choice') this.#choice(node.of);
    else this.#repeat(node);
  }

  /** Each alternative but the last: a split to it or past it, and from its end a split (both ways the same) to the end of all. */
  #choice(of: readonly Node[]): void {
    const ends: Split[] = [];
    of.forEach((node, index) => {
      if (index === of.length - 1) return this.emit(node);
      const fork = this.#split();
      this.emit(node);
      ends.push(this.#split());
      fork.other = this.#steps.length;
    });
    for (const end of ends) end.one = end.other = this.#steps.length;
  }

  #repeat({ of, least, most }: Extract<Node, { op: 'repeat' }>): void {
    for (let count = 0; count < least; count++) this.emit(of);
    if (most === Infinity) {
      const begin = this.#steps.length;
      const fork = this.#split();
      this.emit(of);
      const back = this.#split();
      back.one = back.other = begin;
      fork.other = this.#steps.length;
      return;
    }
    const forks: Split[] = [];
    for (let count = least; count < most; count++) {
      forks.push(this.#split());
      this.emit(of);
    }
    for (const fork of forks) fork.other = this.#steps.length;
  }

  /** A split whose one way is the next step. */
  #split(): Split {
    const step: Split = { op: 'split', one: this.#steps.length + 1, other: 0 };
    this.#steps.push(step);
    return step;
  }
}
