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
  const seen = new Int32Array(steps.length).fill(-1);
  let places: number[] = [];
  for (let at = 0; at <= end; at++) {
    // A match may begin anywhere, so the first step is a place at every position.
    const open: number[] = [];
    for (const place of places) if (reach(steps, place, text, at, seen, open)) return true;
    if (reach(steps, 0, text, at, seen, open)) return true;
    if (at === end) return false;
    const code = text.charCodeAt(at);
    places = [];
    for (const place of open) {
      const step = steps[place];
      if (step?.op === 'unit' && takes(step, code, foldsCase)) places.push(place + 1);
    }
  }
  return false;
}

/** Adds the places that take a unit next and are reached from `from` without taking one; true when the end is. */
function reach(
  steps: readonly Step[],
  from: number,
  text: string,
  at: number,
  seen: Int32Array,
  open: number[],
): boolean {
  const waiting = [from];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    if (seen[place] === at) continue;
    seen[place] = at;
    const step = steps[place] as Step;
    switch (step.op) {
      case 'match':
        return true;
      case 'unit':
        open.push(place);
        break;
      case 'split':
        waiting.push(step.one, step.other);
        break;
      case 'start':
        if (at === 0) waiting.push(place + 1);
        break;
      case 'end':
        if (at === text.length) waiting.push(place + 1);
        break;
      default:
        if ((isWord(text, at - 1) !== isWord(text, at)) === (step.op === 'boundary')) waiting.push(place + 1);
    }
  }
  return false;
}

function isWord(text: string, at: number): boolean {
  return at >= 0 && at < text.length && /\w/.test(text.charAt(at));
}

function takes({ ranges, negated }: Extract<Step, { op: 'unit' }>, code: number, foldsCase: boolean): boolean {
  if (!foldsCase) return within(ranges, code) !== negated;
  const char = String.fromCharCode(code);
  const either =
    within(ranges, code) ||
    within(ranges, char.toLowerCase().charCodeAt(0)) ||
    within(ranges, char.toUpperCase().charCodeAt(0));
  return either !== negated;
}

function within(ranges: readonly number[], code: number): boolean {
  for (let index = 0; index < ranges.length; index += 2) {
    if (code >= (ranges[index] as number) && code <= (ranges[index + 1] as number)) return true;
  }
  return false;
}
