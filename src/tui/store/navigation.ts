/**
 * Moving: along rows, through views, into things and out of them. The cursor stays on its row whatever is read, sorted or filtered;
 * when its row goes, on the same place in the order. Pure.
 */
import { firstShown, tableRows } from '../draw/heights.ts';
import { rowsOf } from '../rows/rows.ts';
import { type ViewName, viewNames } from '../rows/row.ts';
import { entered } from './entering.ts';
import { heldAnew } from './holding.ts';
import { cursorIndex, selectedRow, toggleMark } from './selection.ts';
import type { Level, State, Step } from './state.ts';
import { levelOf, only, refused, withLevel } from './step.ts';

/** After an input: the cursor is on a row that is there, and the table shows it. */
export function settled(before: State, state: State): State {
  const level = levelOf(state);
  const { rows } = rowsOf(state);
  const room = tableRows(state.size);
  const cursor = cursorThatIs(before, state);
  const index =
    cursor === null
      ? 0
      : Math.max(
          0,
          rows.findIndex(({ id }) => id === cursor),
        );
  const scroll = firstShown(level.scroll, index, rows.length, Math.max(1, room));
  return cursor === level.cursor && scroll === level.scroll ? state : withLevel(state, { cursor, scroll });
}

function cursorThatIs(before: State, state: State): string | null {
  const { cursor } = levelOf(state);
  const { rows } = rowsOf(state);
  if (cursor === null || rows.some(({ id }) => id === cursor)) return cursor;
  // A daemon that has told nothing yet, or whose list was not read this time: it waits for its row.
  if (rows.length === 0) return cursor;
  const place = rowsOf(before).rows.findIndex(({ id }) => id === cursor);
  return place === -1 ? null : (rows[Math.min(place, rows.length - 1)]?.id ?? null);
}

/** By so many rows; at the top it follows what is worst, whichever row that is. */
export function moveBy(state: State, by: number): Step {
  return moveTo(state, cursorIndex(state) + by);
}

export function moveTo(state: State, wanted: number): Step {
  const { rows } = rowsOf(state);
  if (rows.length === 0) return only(state);
  const index = Math.max(0, Math.min(wanted, rows.length - 1));
  return only(withLevel(state, { cursor: rows[index]?.id ?? null }));
}

/** To the first row, whichever that will be. */
export function moveToTop(state: State): Step {
  return only(withLevel(state, { cursor: null, scroll: 0 }));
}

export function moveToBottom(state: State): Step {
  return moveTo(state, rowsOf(state).rows.length - 1);
}

export function movePage(state: State, direction: 1 | -1): Step {
  return moveBy(state, direction * Math.max(1, tableRows(state.size) - 1));
}

export function markAndGoOn(state: State): Step {
  const step = toggleMark(state);
  return step.state.notice === state.notice ? moveBy(step.state, 1) : step;
}

/** Whole, as it was left; out of everything that was entered. */
export function switchView(state: State, view: ViewName): Step {
  const root = state.stack[0] as Level;
  if (root.view === view) return only(heldAnew({ ...state, stack: [root] }, state));
  const level: Level = state.left[view] ?? { ...root, view, ...untouched };
  return only(heldAnew({ ...state, stack: [level], left: { ...state.left, [root.view]: root } }, state));
}

const untouched: Pick<Level, 'of' | 'filter' | 'sorting' | 'cursor' | 'scroll' | 'marks'> = {
  of: null,
  filter: { text: '', filter: { kind: 'and', of: [] } },
  sorting: { column: null, reverse: false },
  cursor: null,
  scroll: 0,
  marks: [],
};

export function switchBy(state: State, by: 1 | -1): Step {
  const at = viewNames.indexOf((state.stack[0] as Level).view);
  return switchView(state, viewNames[(at + by + viewNames.length) % viewNames.length] as ViewName);
}

/** Enter: into the row of the cursor. */
export function enter(state: State): Step {
  const row = selectedRow(state);
  if (row === null) return refused(state, 'there is no row to enter');
  const into = entered(row, state.stack.at(-1)?.of ?? null);
  if (into === null) return refused(state, 'there is nothing behind this row');
  return only(heldAnew({ ...state, stack: [...state.stack, { ...untouched, ...into }] }, state));
}

/** Esc without an input: one level out; at the outermost it stays. */
export function back(state: State): Step {
  if (state.stack.length === 1) return refused(state, 'this is the outermost level: q quits');
  return only(heldAnew({ ...state, stack: state.stack.slice(0, -1) }, state));
}
