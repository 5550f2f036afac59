/** The mouse: a click on a row chooses it, one more enters it, the wheel moves, a click on a tab goes there. Pure; the screen says what was hit. */
import { enter, moveBy, moveTo, switchView } from './navigation.ts';
import { cursorIndex } from './selection.ts';
import type { Pointed, State, Step } from './state.ts';
import { levelOf, only } from './step.ts';
import { rowsOf } from '../rows/rows.ts';

export function pointed(state: State, at: Pointed): Step {
  // What lies over the screen is answered by keys: a stray click confirms nothing.
  if (state.overlay !== null) return only(state);
  switch (at.on) {
    case 'tab':
      return switchView(state, at.view);
    case 'wheel':
      return moveBy(state, at.by);
    case 'row': {
      const index = levelOf(state).scroll + at.line;
      if (index >= rowsOf(state).rows.length || at.line < 0) return only(state);
      return index === cursorIndex(state) && levelOf(state).cursor !== null ? enter(state) : moveTo(state, index);
    }
  }
}
