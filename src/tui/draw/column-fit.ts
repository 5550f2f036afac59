/**
 * Which columns of a table are seen, and how wide: narrowed and left out in their own order until what a row is called can be read
 * whole, spread where there is room. Depends on the size and the names alone, so that nothing moves when numbers change.
 */
import { type Column, type Row, standingColumn } from '../rows/row.ts';
import { widthOf } from './width.ts';

export interface FittedColumn {
  readonly column: Column;
  readonly width: number;
  /** Cells say their `short`. */
  readonly narrow: boolean;
}

export interface ColumnFit {
  /** Without the standing, which stands in front of them. */
  readonly columns: readonly FittedColumn[];
  readonly gap: number;
  /** Columns in front of the first: the cursor, the standing, the mark, and what deeper rows are set in by. */
  readonly front: number;
  /** How far the deepest rows are set in. */
  readonly depth: number;
}

/** The name of a row is never cut while it is shorter than this and something else can go. */
const LONGEST_NAME = 44;
const SHORTEST_REST = 12;
const ROOMY = 120;
/** Cursor, glyph, letter, mark. */
const FRONT_WITH_STANDING = 4;
const FRONT = 2;
export const INDENT = 2;

/** For rows of a table on a screen of `columns`. */
export function fitColumns(given: readonly Column[], rows: readonly Row[], columns: number): ColumnFit {
  const hasStanding = given.some(({ id }) => id === standingColumn);
  const kept = given.filter(({ id }) => id !== standingColumn).map((column) => ({ column, narrow: false }));
  const depth = rows.reduce<number>((most, row) => Math.max(most, row.depth), 0);
  const front = hasStanding ? FRONT_WITH_STANDING : FRONT;
  const first = kept[0]?.column;
  const longest = first === undefined ? 0 : longestName(first, rows);
  const least = ({ column, narrow }: (typeof kept)[number]): number => {
    if (column === first) return Math.min(longest + depth * INDENT, LONGEST_NAME);
    return widthOfColumn(column, narrow) ?? column.least ?? SHORTEST_REST;
  };
  const needed = (): number =>
    front + kept.reduce((sum, one) => sum + least(one), 0) + Math.max(0, kept.length - 1) + 1;
  while (needed() > columns && giveWay(kept)) continue;
  let spare = columns - needed();
  const resting = kept.findLastIndex(({ column }) => column.width === undefined);
  // Where words take what is left, they get it; numbers are only set apart.
  const most = resting > 0 ? (columns < ROOMY ? 0 : 1) : 2;
  const gap = 1 + Math.min(most, Math.max(0, Math.floor(spare / Math.max(1, kept.length - 1))));
  spare -= (gap - 1) * Math.max(0, kept.length - 1);
  return {
    columns: kept.map((one, index) => ({
      column: one.column,
      narrow: one.narrow,
      width: Math.max(1, least(one) + (index === resting && (index > 0 || spare < 0) ? spare : 0)),
    })),
    gap,
    front,
    depth,
  };
}

/** Takes one step in the order of `drop`; false when nothing can go any more. */
function giveWay(kept: { column: Column; narrow: boolean }[]): boolean {
  const steps = kept.flatMap((one, index) => [
    ...(one.column.drop === undefined || index === 0 ? [] : [{ index, drop: one.column.drop, narrow: false }]),
    ...(one.column.narrow === undefined || one.narrow ? [] : [{ index, drop: one.column.narrow.drop, narrow: true }]),
  ]);
  const step = steps.reduce<(typeof steps)[number] | null>(
    (worst, one) => (worst === null || one.drop > worst.drop ? one : worst),
    null,
  );
  if (step === null) return false;
  const one = kept[step.index];
  if (step.narrow && one !== undefined) kept[step.index] = { ...one, narrow: true };
  else kept.splice(step.index, 1);
  return true;
}

function widthOfColumn({ width, narrow }: Column, isNarrow: boolean): number | undefined {
  return isNarrow ? (narrow?.width ?? width) : width;
}

function longestName(first: Column, rows: readonly Row[]): number {
  let longest = Math.max(first.width ?? 0, widthOf(first.title));
  for (const row of rows) longest = Math.max(longest, widthOf(row.cells[first.id]?.text ?? ''));
  return longest;
}
