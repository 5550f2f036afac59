/** The palette while it is open: what is typed, what is chosen, and doing it. Pure; `keys/palette.ts` knows what there is. */
import { type PaletteEntry, paletteOf } from '../keys/palette.ts';
import type { KeyPress } from '../keys/keymap.ts';
import { actOn } from './acting.ts';
import { commanded } from './commands.ts';
import { copied } from './copying.ts';
import { chosenRows } from './selection.ts';
import type { Overlay, State, Step } from './state.ts';
import { only, refused, withOverlay } from './step.ts';
import { typed } from './typing.ts';

type Palette = Extract<Overlay, { kind: 'palette' }>;

export function paletteKey(state: State, palette: Palette, press: KeyPress): Step {
  const entries = (): readonly PaletteEntry[] => paletteOf(state, palette.text);
  const move = (by: number): Step => {
    const chosen = Math.max(0, Math.min(palette.chosen + by, entries().length - 1));
    return only(withOverlay(state, { ...palette, chosen }));
  };
  switch (press.key) {
    case 'escape':
      return only(withOverlay(state, null));
    case 'up':
    case 'ctrl-p':
      return move(-1);
    case 'down':
    case 'ctrl-n':
    case 'tab':
      return move(1);
    case 'page-up':
      return move(-10);
    case 'page-down':
      return move(10);
    case 'enter': {
      const entry = entries()[palette.chosen];
      return entry === undefined
        ? refused(state, 'nothing is called that')
        : done(withOverlay(state, null), entry, state);
    }
  }
  const line = typed(palette, press);
  return only(
    line === null
      ? state
      : withOverlay(state, { ...palette, ...line, chosen: line.text === palette.text ? palette.chosen : 0 }),
  );
}

/** What cannot be done leaves the palette open. */
function done(closed: State, { disabled, does }: PaletteEntry, open: State): Step {
  if (disabled !== null) return refused(open, disabled);
  switch (does.kind) {
    case 'command':
      return commanded(closed, does.command);
    case 'action':
      return actOn(closed, chosenRows(closed), does.choice.action, does.choice);
    case 'copy':
      return copied(closed, does.text);
  }
}
