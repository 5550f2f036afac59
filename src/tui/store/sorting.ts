/** By which column rows are sorted: the chooser of `s`, `<` and `>`, `r`, and `0` for worst first. Pure. */
import type { KeyPress } from '../keys/keymap.ts';
import type { Column } from '../rows/row.ts';
import { rowsOf } from '../rows/rows.ts';
import type { Overlay, Sorting, State, Step } from './state.ts';
import { levelOf, movedIn, only, refused, told, withLevel, withOverlay } from './step.ts';

type SortChooser = Extract<Overlay, { kind: 'sort' }>;

/** What can be chosen, in the order of the chooser: null = worst first, then columns from the left. */
export function sortChoices(state: State): readonly (Column | null)[] {
  return [
    null,
    ...rowsOf(state).columns.filter(({ worst, wide }) => worst !== undefined && (state.wide || wide !== true)),
  ];
}

export function openSort(state: State): Step {
  return only(withOverlay(state, { kind: 'sort', chosen: Math.max(0, chosenIn(state)) }));
}

export function sortKey(state: State, chooser: SortChooser, press: KeyPress): Step {
  const choices = sortChoices(state);
  const chosen = movedIn(press, chooser.chosen, choices.length);
  if (chosen !== null) return only(withOverlay(state, { ...chooser, chosen }));
  switch (press.key) {
    case 'enter':
    case 'space':
      return only(withOverlay(sortedBy(state, choices[chooser.chosen] ?? null), null));
    case 'r':
      return reverse(withOverlay(state, null));
    case 'escape':
    case 'q':
    case 's':
      return only(withOverlay(state, null));
  }
  // `s 3`: the third column of the chooser; `s 0`: worst first.
  const number = /^\d$/.test(press.key) ? Number(press.key) : -1;
  const choice = choices[number];
  return choice === undefined ? only(state) : only(withOverlay(sortedBy(state, choice), null));
}

/** Chosen once more, a column is turned around. */
function sortedBy(state: State, column: Column | null): State {
  const { sorting } = levelOf(state);
  if (column === null) return withSorting(state, worstFirst);
  const again = sorting.column === column.id;
  return withSorting(state, { column: column.id, reverse: again ? !sorting.reverse : false });
}

const worstFirst: Sorting = { column: null, reverse: false };

export function sortBy(state: State, by: 1 | -1): Step {
  const choices = sortChoices(state);
  if (choices.length === 1) return refused(state, 'there is no column to sort by here');
  const at = (Math.max(0, chosenIn(state)) + by + choices.length) % choices.length;
  return only(withSorting(state, { column: choices[at]?.id ?? null, reverse: false }));
}

export function reverse(state: State): Step {
  const { sorting } = levelOf(state);
  return only(withSorting(state, { ...sorting, reverse: !sorting.reverse }));
}

export function sortWorstFirst(state: State): Step {
  return only(withSorting(state, worstFirst));
}

/** What is sorted anew is not held in the order that it had. */
function withSorting(state: State, sorting: Sorting): State {
  const column = rowsOf(state).columns.find(({ id }) => id === sorting.column);
  const words = `sorted by ${column === undefined ? 'worst' : column.title}${sorting.reverse ? ', reversed' : ''}`;
  return told({ ...withLevel(state, { sorting }), held: null }, 'info', words);
}

function chosenIn(state: State): number {
  const { column } = levelOf(state).sorting;
  return sortChoices(state).findIndex((choice) => (choice?.id ?? null) === column);
}
