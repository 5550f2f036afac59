/** Help and explanations while they lie over the screen: scrolled, and closed. Pure. */
import { helpHeight } from '../keys/help.ts';
import type { KeyPress } from '../keys/keymap.ts';
import type { Overlay, State, Step } from './state.ts';
import { levelOf, only, withOverlay } from './step.ts';

type Readable = Extract<Overlay, { kind: 'help' | 'explain' }>;

export function readingKey(state: State, overlay: Readable, press: KeyPress): Step {
  const page = Math.max(1, state.size.rows - 4);
  const move = (by: number): Step => {
    const scroll = Math.max(0, Math.min(overlay.scroll + by, mostScroll(state, overlay)));
    return only(withOverlay(state, { ...overlay, scroll }));
  };
  switch (press.key) {
    case 'up':
    case 'k':
      return move(-1);
    case 'down':
    case 'j':
      return move(1);
    case 'page-up':
      return move(-page);
    case 'page-down':
    case 'space':
      return move(page);
    case 'home':
    case 'g':
      return move(-overlay.scroll);
    case 'end':
    case 'G':
      return move(mostScroll(state, overlay));
    case 'escape':
    case 'enter':
    case 'q':
    case '?':
    case 'e':
      return only(withOverlay(state, null));
  }
  return only(state);
}

/** So that the last line is seen; what is drawn may need less. */
function mostScroll(state: State, overlay: Readable): number {
  const columns = Math.max(10, state.size.columns - 6);
  const lines =
    overlay.kind === 'help'
      ? helpHeight(levelOf(state).view)
      : overlay.lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0);
  return Math.max(0, lines - Math.max(1, state.size.rows - 6));
}
