/**
 * Screens that are kept: what stands in `screens/` is what is to be seen. SENTINEL_WRITE_SCREENS=1 writes what is seen now; then read
 * the difference. Tests of whole screens call it.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ScreenCell, Terminal } from './terminal.ts';

/** Screens are written, not held against what is kept. */
export const writing = process.env['SENTINEL_WRITE_SCREENS'] === '1';
const folder = join(import.meta.dirname, '../screens');
/** A screen on which nothing has changed for so long is taken for whole; only where screens are written. */
const SETTLED_MS = 900;

export interface Expectation {
  /** Below `screens/`, without its ending. */
  readonly name: string;
  /** Keep how it looks too: `looksOf`. */
  readonly looks?: boolean;
  /** Of a screen that is kept with its looks: only what it says. */
  readonly textOnly?: boolean;
  /** What runs with the time of this machine, made the same each time. */
  readonly steady?: (line: string, row: number) => string;
}

/** Waits until the screen is what is kept; the error shows what differs. */
export async function expectScreen(
  terminal: Terminal,
  { name, looks = false, textOnly = false, steady }: Expectation,
): Promise<void> {
  const file = join(folder, `${name}.txt`);
  const seen = (): string => {
    const lines = terminal.screen().map((line, row) => (steady === undefined ? line : steady(line, row)));
    return `${[...lines, ...(looks ? ['', ...looksOf(terminal.cells())] : [])].join('\n')}\n`;
  };
  if (writing && !textOnly) {
    await settled(seen);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, seen());
    return;
  }
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : 'nothing is kept yet: SENTINEL_WRITE_SCREENS=1';
  const wanted = textOnly ? `${kept.split('\n').slice(0, terminal.rows).join('\n')}\n` : kept;
  await terminal
    .until(() => seen() === wanted)
    .catch((error: unknown) => {
      assert.equal(seen(), wanted, `screens/${name}.txt`);
      throw error;
    });
}

/** Waits until nothing has changed for a while; only where screens are written. */
export async function settled(seen: () => string): Promise<void> {
  let [last, sinceMs] = [seen(), performance.now()];
  while (performance.now() - sinceMs < SETTLED_MS) {
    await pause(40);
    const now = seen();
    if (now !== last) [last, sinceMs] = [now, performance.now()];
  }
}

const letters = 'krgybmcw';

/**
 * A letter for each cell: `#` inverse, `_` underlined, else its colour (`r`ed, `g`reen, `y`ellow, `b`lue, `m`agenta, `c`yan, `w`hite,
 * `k` black; a capital is bold or bright), `+` bold, `-` dim, `.` plain; blank where nothing is to be seen.
 */
export function looksOf(cells: readonly (readonly ScreenCell[])[]): string[] {
  return cells.map((row) => row.map(lookOf).join('').trimEnd());
}

function lookOf(cell: ScreenCell): string {
  if (cell.width === 0) return ' ';
  if (cell.inverse || cell.background !== null) return '#';
  if (cell.text.trim() === '') return ' ';
  if (cell.underline) return '_';
  const { colour } = cell;
  if (colour === 'other') return '?';
  if (colour !== null) {
    const letter = letters[colour % 8] as string;
    return cell.bold || colour >= 8 ? letter.toUpperCase() : letter;
  }
  if (cell.bold) return '+';
  return cell.dim ? '-' : '.';
}
