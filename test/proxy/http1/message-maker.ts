/**
 * Makes HTTP/1.1 requests and responses, good and bad, from a seed: the same seed gives the same bytes. A message is
 * good but for at most two places, so that each rule gets its turn, and now and then single bytes are changed besides.
 */
import { Dice as Numbers } from '../../helpers/dice.ts';
import {
  chunk,
  chunkedFraming,
  connection,
  expectation,
  field,
  host,
  interims,
  lastChunk,
  length,
  lengthFraming,
  lineEnds,
  method,
  oddBytes,
  statusLine,
  target,
  version,
  type Part,
} from './message-parts.ts';

/** A stream of random choices that depends on its seed alone. */
export class Dice {
  readonly #numbers: Numbers;

  constructor(seed: number) {
    this.#numbers = new Numbers(seed);
  }

  /** A number in [0, limit). */
  below(limit: number): number {
    return Math.floor((this.#numbers.word() / 2 ** 32) * limit);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }
}

type Place = 'line' | 'host' | 'framing' | 'field' | 'connection' | 'expect' | 'body' | 'end';
const requestPlaces: readonly Place[] = [
  'line',
  'line',
  'host',
  'framing',
  'framing',
  'field',
  'connection',
  'expect',
  'body',
  'body',
  'end',
];
const responsePlaces: readonly Place[] = [
  'line',
  'line',
  'framing',
  'framing',
  'field',
  'connection',
  'body',
  'body',
  'end',
];

/** One or more requests. */
export function makeRequests(dice: Dice): string {
  let text = '';
  do {
    const bad = badPlaces(dice, requestPlaces);
    const [length, body] = makeBody(dice, bad);
    const badWord = bad.has('line') ? dice.below(3) : -1;
    const line = [method, target, version].map((part, i) => choose(dice, part, badWord === i)).join(' ');
    const lines = [choose(dice, host, bad.has('host')), ...length, ...makeFields(dice, bad)];
    if (body !== '' || bad.has('expect')) lines.push(choose(dice, expectation, bad.has('expect')));
    text += `${dice.once(12) ? dice.pick(['\r\n', '\r\n', '\r\n\r\n', '\n']) : ''}${joined(dice, [line, ...lines], bad)}${body}`;
  } while (dice.once(3));
  return finished(dice, text);
}

/** One response, maybe after interim ones, and the method that it answers. */
export function makeResponse(dice: Dice): { method: string; text: string } {
  const bad = badPlaces(dice, responsePlaces);
  const [length, body] = makeBody(dice, bad);
  const lines = [choose(dice, statusLine, bad.has('line')), ...length, ...makeFields(dice, bad)];
  const text = `${dice.once(6) ? dice.pick(interims) : ''}${joined(dice, lines, bad)}${body}`;
  return { method: dice.once(8) ? 'HEAD' : 'GET', text: finished(dice, text) };
}

/** Changes a few bytes of `text`. */
export function mutate(dice: Dice, text: string): string {
  let changed = text;
  do {
    const at = dice.below(changed.length + 1);
    const to = at + dice.below(3);
    const put = dice.once(3) ? '' : dice.once(8) ? changed.slice(at, at + dice.below(40)) : dice.pick(oddBytes);
    changed = changed.slice(0, at) + put + changed.slice(to);
  } while (dice.once(3));
  return changed;
}

function finished(dice: Dice, text: string): string {
  if (dice.once(6)) return mutate(dice, text);
  return dice.once(10) ? text.slice(0, dice.below(text.length)) : text;
}

function badPlaces(dice: Dice, places: readonly Place[]): Set<Place> {
  const bad = new Set<Place>();
  if (dice.once(2)) bad.add(dice.pick(places));
  if (dice.once(10)) bad.add(dice.pick(places));
  return bad;
}

function choose(dice: Dice, part: Part, bad: boolean): string {
  return dice.pick(bad ? part.bad : part.good);
}

/** The fields that frame a body, and the body. */
function makeBody(dice: Dice, bad: Set<Place>): [string[], string] {
  const kind = bad.has('body') || bad.has('framing') ? dice.below(3) + 1 : dice.below(4);
  if (kind === 0) return [[], ''];
  if (kind === 1) {
    const body = choose(dice, length, bad.has('body'));
    return [[choose(dice, lengthFraming, bad.has('framing')).replaceAll('~', String(body.length))], body];
  }
  let body = '';
  const badAt = bad.has('body') ? dice.below(2) : -1;
  if (badAt === 0) body += choose(dice, chunk, true);
  while (dice.once(2)) body += choose(dice, chunk, false);
  return [[choose(dice, chunkedFraming, bad.has('framing'))], body + choose(dice, lastChunk, badAt === 1)];
}

function makeFields(dice: Dice, bad: Set<Place>): string[] {
  const lines = [choose(dice, connection, bad.has('connection'))];
  while (dice.once(2)) lines.push(choose(dice, field, false));
  if (bad.has('field')) lines.push(choose(dice, field, true));
  return lines;
}

/** The head: lines with their ends, shuffled but for the first. */
function joined(dice: Dice, lines: readonly string[], bad: Set<Place>): string {
  const fields = lines.slice(1).filter((line) => line !== '');
  for (let i = fields.length - 1; i > 0; i--) {
    const j = dice.below(i + 1);
    [fields[i], fields[j]] = [fields[j]!, fields[i]!];
  }
  const all = [lines[0]!, ...fields, ''];
  const badEnd = bad.has('end') ? dice.below(all.length) : -1;
  return all.map((line, i) => line + (i === badEnd ? dice.pick(lineEnds) : '\r\n')).join('');
}
