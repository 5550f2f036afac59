/** What tests of rows ask of a state: its rows, one row, the texts of its cells. */
import assert from 'node:assert/strict';
import { parseFilter } from '../../../src/filter/parse.ts';
import { type Row, subjectOf, type ViewName } from '../../../src/tui/rows/row.ts';
import { rowsOf } from '../../../src/tui/rows/rows.ts';
import type { Reading } from '../../../src/tui/feed/reading.ts';
import type { Level, State } from '../../../src/tui/store/state.ts';
import { readingNews, sampleState } from '../sample-state.ts';

/** A state that looks at a view of one daemon with this reading. */
export function looking(view: ViewName, given: Partial<Reading> = {}): State {
  return sampleState([readingNews(given)], { view });
}

/** The same state at another level. */
export function at(state: State, change: Partial<Level>): State {
  return { ...state, stack: [...state.stack.slice(0, -1), { ...(state.stack.at(-1) as Level), ...change }] };
}

export function filtered(state: State, text: string): State {
  const view = (state.stack.at(-1) as Level).view;
  const parsed = parseFilter(text, subjectOf[view] ?? 'targets');
  assert.ok(parsed.ok, `${text} does not read`);
  return at(state, { filter: { text, filter: parsed.filter } });
}

export function sorted(state: State, column: string | null, reverse = false): State {
  return at(state, { sorting: { column, reverse } });
}

export function rows(state: State): readonly Row[] {
  return rowsOf(state).rows;
}

/** The one whose id ends so. */
export function row(state: State, end: string): Row {
  const found = rows(state).find(({ id }) => id.endsWith(end));
  assert.ok(found, `no row ${end} among ${rows(state).map(({ id }) => id)}`);
  return found;
}

/** Texts of some cells of a row, in this order. */
export function texts(of: Row, ...columns: readonly string[]): readonly string[] {
  return columns.map((column) => of.cells[column]?.text ?? 'no such cell');
}

/** Names of rows, in order. */
export function names(state: State): readonly string[] {
  return rows(state).map(({ cells }) => cells['name']?.text ?? '');
}
