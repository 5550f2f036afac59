/** What an overlay offers beyond what it holds itself: the keys of the view, what `:` finds, the columns to sort by. Called by `viewOf`. Pure. */
import { helpOf } from '../keys/help.ts';
import { paletteOf, rowCommand } from '../keys/palette.ts';
import { selectedRow } from '../store/selection.ts';
import { sortChoices } from '../store/sorting.ts';
import type { State } from '../store/state.ts';
import { levelOf } from '../store/step.ts';
import type { Offered } from './view.ts';

export function offeredOf(state: State): Offered | null {
  const { overlay } = state;
  switch (overlay?.kind) {
    case 'help':
      return { kind: 'help', groups: helpOf(levelOf(state).view, selectedRow(state)) };
    case 'palette':
      return { kind: 'palette', entries: paletteOf(state, overlay.text), rowCommand: rowCommand(state) };
    case 'sort':
      return { kind: 'sort', choices: sortChoices(state) };
    default:
      return null;
  }
}
