/** `e`: asks for what a code means, and shows it when it comes. Pure. */
import { selectedRow } from './selection.ts';
import type { State, Step } from './state.ts';
import { doing, refused, withOverlay } from './step.ts';

export function explain(state: State): Step {
  const row = selectedRow(state);
  if (row === null) return refused(state, 'there is no row to explain');
  return row.code === null
    ? refused(state, 'there is nothing to explain: nothing is wrong with this row')
    : doing(state, { kind: 'explain', code: row.code });
}

/** Not over something that is being typed or answered: it would be lost. */
export function explained(state: State, title: string, lines: readonly string[]): State {
  return state.overlay === null ? withOverlay(state, { kind: 'explain', title, lines, scroll: 0 }) : state;
}
