/** `p`: the order of rows stays as it is while values go on. Faults only and wide are of the same kind: how the table is looked at. Pure. */
import { rowsOf } from '../rows/rows.ts';
import type { State, Step } from './state.ts';
import { levelOf, only } from './step.ts';

export function toggleHold(state: State): Step {
  return only({ ...state, held: state.held === null ? orderOf(state) : null });
}

/** While the order is held and another level is seen: it is its order that is held. */
export function heldAnew(state: State, before: State): State {
  if (state.held === null || levelOf(state) === levelOf(before)) return state;
  return { ...state, held: orderOf({ ...state, held: null }) };
}

function orderOf(state: State): readonly string[] {
  return rowsOf(state).rows.map(({ id }) => id);
}

export function toggleFaults(state: State): Step {
  return only({ ...state, faultsOnly: !state.faultsOnly });
}

export function toggleWide(state: State): Step {
  return only({ ...state, wide: !state.wide });
}
