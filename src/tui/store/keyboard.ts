/** Where a key goes: to what lies over the screen, else to the command that it is bound to. Ctrl-C, Ctrl-L and Ctrl-Z are about the terminal and always work. Pure. */
import { boundTo, isPaste } from '../keys/bindings.ts';
import type { KeyPress } from '../keys/keymap.ts';
import { actionsKey } from './acting.ts';
import { commanded } from './commands.ts';
import { confirmKey } from './confirming.ts';
import { copyKey } from './copying.ts';
import { filterKey } from './filtering.ts';
import { paletteKey } from './palette.ts';
import { readingKey } from './reading-over.ts';
import { sortKey } from './sorting.ts';
import type { Overlay, State, Step } from './state.ts';
import { doing, only, refused, withOverlay } from './step.ts';

export function afterKey(before: State, press: KeyPress): Step {
  // What was said stands until the next key.
  const state = before.notice === null ? before : { ...before, notice: null };
  switch (press.key) {
    case 'ctrl-c':
      return commanded(state, 'quit-now');
    case 'ctrl-l':
      return commanded(state, 'redraw');
    case 'ctrl-z':
      return commanded(state, 'suspend');
  }
  if (state.overlay !== null) return overlayKey({ ...state, prefix: null }, state.overlay, press);
  if (isPaste(press))
    return refused({ ...state, prefix: null }, 'what is pasted goes into an input: / filters, : finds commands');
  const { command, prefix } = boundTo(press, state.prefix);
  const next = prefix === state.prefix ? state : { ...state, prefix };
  return command === null ? only(next) : commanded(next, command);
}

function overlayKey(state: State, overlay: Overlay, press: KeyPress): Step {
  switch (overlay.kind) {
    case 'filter':
      return filterKey(state, overlay, press);
    case 'palette':
      return paletteKey(state, overlay, press);
    case 'confirm':
      return confirmKey(state, overlay, press);
    case 'sort':
      return sortKey(state, overlay, press);
    case 'actions':
      return actionsKey(state, overlay, press);
    case 'copy':
      return copyKey(state, overlay, press);
    case 'help':
    case 'explain':
      return readingKey(state, overlay, press);
    case 'quit':
      // Only a yes is a yes.
      return press.key === 'y' ? doing(state, { kind: 'quit' }) : only(withOverlay(state, null));
  }
}
