/** Which row the cursor is on, and which rows are marked: asked by everything that acts on rows. Pure. */
import type { Row } from '../rows/row.ts';
import { rowsOf } from '../rows/rows.ts';
import type { State, Step } from './state.ts';
import { levelOf, only, refused, withLevel } from './step.ts';

/** Marks of one level; more than anybody would act on at once. */
const mostMarks = 500;

/** Index of the row of the cursor; 0 where it is on none, −1 where there are no rows. */
export function cursorIndex(state: State): number {
  const { rows } = rowsOf(state);
  const { cursor } = levelOf(state);
  if (cursor === null) return rows.length === 0 ? -1 : 0;
  const index = rows.findIndex(({ id }) => id === cursor);
  return index === -1 ? Math.min(0, rows.length - 1) : index;
}

export function selectedRow(state: State): Row | null {
  return rowsOf(state).rows[cursorIndex(state)] ?? null;
}

/** What an action is about: the marked rows that are seen, in their order, else the row of the cursor. */
export function chosenRows(state: State): readonly Row[] {
  const marks = new Set(levelOf(state).marks);
  const marked = marks.size === 0 ? [] : rowsOf(state).rows.filter(({ id }) => marks.has(id));
  if (marked.length > 0) return marked;
  const row = selectedRow(state);
  return row === null ? [] : [row];
}

/** Space: marks the row, or takes the mark away. */
export function toggleMark(state: State): Step {
  const row = selectedRow(state);
  if (row === null) return refused(state, 'there is no row to mark');
  const { marks } = levelOf(state);
  if (marks.includes(row.id)) return only(withLevel(state, { marks: marks.filter((id) => id !== row.id) }));
  if (marks.length >= mostMarks) return refused(state, `no more than ${mostMarks} rows can be marked`);
  return only(withLevel(state, { marks: [...marks, row.id] }));
}
