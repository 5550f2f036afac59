/**
 * Runs a compiled expression over a text: keeps the set of places that matching may be at and moves them all on by one code
 * unit, so that time is bounded by (length of the text) × (steps). Reads at most the first 2048 units of a text.
 */
import type { Pattern, Step } from './pattern.ts';

/** Code units of a text that are looked at. */
export const longestText = 2048;

/** True when the expression matches somewhere in the text. */
export function findsPattern({ steps, foldsCase }: Pattern, text: string): boolean {
  const end = Math.min(text.length, longestText);
  const run = new Run(steps, text);
  for (let at = 0; at <= end; at++) {
    // A match may begin anywhere, so the first step is a place at every position.
    if (run.reach(at)) return true;
    if (at < end) run.advance(text.charCodeAt(at), foldsCase);
  }
  return false;
}

/** The places of one run, in lists that are made once: each place costs some nanoseconds at each position. */
class Run {
  readonly #steps: readonly Step[];
  readonly #text: string;
  /** Where each place was last reached. */
  readonly #seen: Int32Array;
  /** Places that were moved on to; places that take a unit next; places still to be looked at, each at most once for itself and once for each way to it. */
  readonly #moved: Int32Array;
  readonly #open: Int32Array;
  readonly #waiting: Int32Array;
  #movedCount = 0;
  #openCount = 0;

  constructor(steps: readonly Step[], text: string) {
    const { length } = steps;
    this.#steps = steps;
    this.#text = text;
    this.#seen = new Int32Array(length).fill(-1);
    this.#moved = new Int32Array(length);
    this.#open = new Int32Array(length);
    this.#waiting = new Int32Array(2 * length + 1);
  }

  /** Finds the places that take a unit at `at`; true when the end of the expression is reached. */
  reach(at: number): boolean {
    this.#openCount = 0;
    for (let index = 0; index < this.#movedCount; index++) {
      if (this.#reachFrom(this.#moved[index] as number, at)) return true;
    }
    return this.#reachFrom(0, at);
  }

  /** Moves the places on over one unit of the text. */
  advance(code: number, foldsCase: boolean): void {
    const char = foldsCase ? String.fromCharCode(code) : '';
    const lower = foldsCase ? char.toLowerCase().charCodeAt(0) : code;
    const upper = foldsCase ? char.toUpperCase().charCodeAt(0) : code;
    this.#movedCount = 0;
    for (let index = 0; index < this.#openCount; index++) {
      const place = this.#open[index] as number;
      const step = this.#steps[place];
      if (step?.op === 'unit' && takes(step, code, lower, upper)) this.#moved[this.#movedCount++] = place + 1;
    }
  }

  #reachFrom(from: number, at: number): boolean {
    const waiting = this.#waiting;
    let count = 1;
    waiting[0] = from;
    while (count > 0) {
      const place = waiting[--count] as number;
      if (this.#seen[place] === at) continue;
      this.#seen[place] = at;
      const step = this.#steps[place] as Step;
      switch (step.op) {
        case 'match':
          return true;
        case 'unit':
          this.#open[this.#openCount++] = place;
          break;
        case 'split':
          waiting[count++] = step.one;
          if (step.other !== step.one) waiting[count++] = step.other;
          break;
        default:
          if (this.#holds(step.op, at)) waiting[count++] = place + 1;
      }
    }
    return false;
  }

  #holds(op: 'start' | 'end' | 'boundary' | 'inside', at: number): boolean {
    if (op === 'start') return at === 0;
    if (op === 'end') return at === this.#text.length;
    return (isWord(this.#text, at - 1) !== isWord(this.#text, at)) === (op === 'boundary');
  }
}

function isWord(text: string, at: number): boolean {
  return at >= 0 && at < text.length && /\w/.test(text.charAt(at));
}

function takes(
  { ranges, negated }: Extract<Step, { op: 'unit' }>,
  code: number,
  lower: number,
  upper: number,
): boolean {
  const either =
    within(ranges, code) || (lower !== code && within(ranges, lower)) || (upper !== code && within(ranges, upper));
  return either !== negated;
}

function within(ranges: readonly number[], code: number): boolean {
  for (let index = 0; index < ranges.length; index += 2) {
    if (code >= (ranges[index] as number) && code <= (ranges[index + 1] as number)) return true;
  }
  return false;
}
