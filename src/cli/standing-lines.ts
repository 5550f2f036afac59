/**
 * Lines of a command that looks on: on a terminal a block that is written over, elsewhere a line for each change, and now and then
 * one although nothing has changed. What they say is for the command to find.
 */
import { stripVTControlCharacters } from 'node:util';
import type { Clock } from '../base/clock.ts';
import type { Output } from './streams.ts';

/** What is in flight may not change for long: that it still waits is news then. */
const REPEAT_MS = 10_000;
/** Some terminals do not say how wide they are. */
const USUAL_COLUMNS = 80;

export class StandingLines {
  readonly #output: Output;
  readonly #clock: Clock;
  readonly #said = new Map<string, { readonly key: string; readonly at: number }>();
  /** Lines of the block that stands there. */
  #height = 0;

  constructor(output: Output, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
  }

  /** On a terminal: these in the place of those before; without any, nothing is left of them. */
  draw(lines: readonly string[]): void {
    const { columns } = this.#output.style;
    const most = (columns > 0 ? columns : USUAL_COLUMNS) - 1;
    const erased = this.#height === 0 ? '' : `\x1b[${this.#height}A\x1b[J`;
    this.#height = lines.length;
    this.#output.write(`${erased}${lines.map((line) => `${clipped(line, most)}\n`).join('')}`);
  }

  /**
   * Elsewhere: the line, where it is news.
   * @param of What it is about: each has its own news.
   * @param key Equal while nothing has changed.
   */
  tell(of: string, key: string, line: string): void {
    const at = this.#clock.now();
    const said = this.#said.get(of);
    if (said?.key === key && at - said.at < REPEAT_MS) return;
    this.#said.set(of, { key, at });
    this.#output.write(`${line}\n`);
  }
}

/** A line that wrapped would not be written over; one that is cut loses its colours. */
function clipped(line: string, most: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= most ? line : plain.slice(0, most);
}
