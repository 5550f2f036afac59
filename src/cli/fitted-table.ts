/** Tables that fit the screen: only the last column, which explains, is cut; names and numbers never are. A pipe gets all. */
import type { Output, Style } from './streams.ts';
import { type Column, printable, table } from './text.ts';

export interface FittedRow {
  readonly cells: readonly string[];
  /** Colours the whole row. */
  readonly paint?: (text: string) => string;
}

/** Rows under their titles; on a terminal the last column takes what is left of the width, at least `MIN_LAST`. */
export function fittedTable(
  columns: readonly Column[],
  rows: readonly FittedRow[],
  style: Style,
  { isTerminal }: Pick<Output, 'isTerminal'>,
): string {
  const cells = rows.map((row) => row.cells.map(oneLine));
  const widthOf = (index: number): number =>
    Math.max((columns[index] as Column).title.length, ...cells.map((row) => (row[index] ?? '').length));
  const taken = columns.slice(0, -1).reduce((sum, _, index) => sum + widthOf(index) + 2, 0);
  const left = isTerminal ? Math.max(MIN_LAST, style.columns - taken) : Number.POSITIVE_INFINITY;
  const [titles = '', ...lines] = table(
    columns,
    cells.map((row) => [...row.slice(0, -1), cut(row.at(-1) ?? '', left)]),
  ).split('\n');
  const painted = rows.map(({ paint }, index) => (paint === undefined ? lines[index] : paint(lines[index] ?? '')));
  return `${[style.dim(titles), ...painted].join('\n')}\n`;
}

const MIN_LAST = 20;

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

function oneLine(text: string): string {
  return printable(text).replaceAll(/[\n\t]/g, ' ');
}
