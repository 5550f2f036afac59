/**
 * Tables that fit the screen: the last column, which explains, is cut, and columns that matter less are left out, it too
 * where it may go; names and numbers are never cut. A pipe gets all.
 */
import type { Output, Style } from './streams.ts';
import { type Column, oneLine, table } from './text.ts';

export interface FittedColumn extends Column {
  /** On a screen that is too narrow the column with the highest number is left out first; without one it stays. */
  readonly drop?: number;
  /** What the first cell of a row becomes where this column is left out, if rows could not be told apart without it. */
  readonly carry?: (first: string, own: string) => string;
}

export interface FittedRow {
  readonly cells: readonly string[];
  /** Colours the whole row. */
  readonly paint?: (text: string) => string;
}

/**
 * Rows under their titles; on a terminal the last column takes what is left of the width, at least `MIN_LAST`, unless it may
 * be dropped. `enough`: so many characters of the last column are worth more than the columns that may go.
 */
export function fittedTable(
  columns: readonly FittedColumn[],
  rows: readonly FittedRow[],
  style: Style,
  { isTerminal }: Pick<Output, 'isTerminal'>,
  enough = ENOUGH_LAST,
): string {
  const given = rows.map((row) => row.cells.map(oneLine));
  const width = isTerminal ? style.columns : Number.POSITIVE_INFINITY;
  const shown = columnsFor(columns, widthsOf(columns, given), width, enough);
  const cells = given.map((row) => [carried(columns, shown, row), ...row.slice(1)]);
  const widths = widthsOf(columns, cells);
  const left = width - shown.slice(0, -1).reduce((sum, index) => sum + (widths[index] as number) + 2, 0);
  const [titles = '', ...lines] = table(
    shown.map((index) => columns[index] as Column),
    cells.map((row) => [
      ...shown.slice(0, -1).map((index) => row[index] ?? ''),
      cut(row[shown.at(-1) as number] ?? '', Math.max(MIN_LAST, left)),
    ]),
  ).split('\n');
  const painted = rows.map(({ paint }, index) => (paint === undefined ? lines[index] : paint(lines[index] ?? '')));
  return `${[style.dim(titles), ...painted].join('\n')}\n`;
}

function widthsOf(columns: readonly Column[], cells: readonly (readonly string[])[]): readonly number[] {
  return columns.map(({ title }, index) => Math.max(title.length, ...cells.map((row) => (row[index] ?? '').length)));
}

/** The first cell, with what it takes over from columns that are left out. */
function carried(columns: readonly FittedColumn[], shown: readonly number[], row: readonly string[]): string {
  return columns.reduce(
    (first, { carry }, index) =>
      carry === undefined || shown.includes(index) ? first : carry(first, row[index] ?? ''),
    row[0] ?? '',
  );
}

const MIN_LAST = 20;
/** So much of what explains is worth more than the columns that may go. */
const ENOUGH_LAST = 36;

/** Indices of the columns that fit, the last one among them. */
function columnsFor(
  columns: readonly FittedColumn[],
  widths: readonly number[],
  width: number,
  enough: number,
): readonly number[] {
  let shown = columns.map((_, index) => index);
  const last = columns.length - 1;
  const needed = () =>
    shown
      .slice(0, -1)
      .reduce((sum, index) => sum + (widths[index] as number) + 2, Math.min(enough, widths.at(-1) ?? 0));
  const rank = (index: number) => (index === last ? 0 : (columns[index]?.drop ?? 0));
  while (needed() > width) {
    const least = shown.reduce((a, b) => (rank(b) > rank(a) ? b : a));
    if (rank(least) === 0) break;
    shown = shown.filter((index) => index !== least);
  }
  const left = width - shown.slice(0, -1).reduce((sum, index) => sum + (widths[index] as number) + 2, 0);
  const mayGo = columns[last]?.drop !== undefined && left < Math.min(MIN_LAST, widths[last] as number);
  return mayGo ? shown.slice(0, -1) : shown;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
