/** What each command of the keys does: the one list that keys and palette share. Pure; the parts of the store do it. */
import { viewOfCommand } from '../keys/bindings.ts';
import type { Command } from '../keys/keymap.ts';
import { viewNames } from '../rows/row.ts';
import { act, openActions, snapshot } from './acting.ts';
import { openCopy } from './copying.ts';
import { explain } from './explaining.ts';
import { clearFilter, openFilter } from './filtering.ts';
import { toggleFaults, toggleHold, toggleWide } from './holding.ts';
import {
  back,
  enter,
  markAndGoOn,
  moveBy,
  movePage,
  moveToBottom,
  moveToTop,
  switchBy,
  switchView,
} from './navigation.ts';
import { timeBack, timeForward, timeLive, toggleFreeze } from './scrubbing.ts';
import { openSort, reverse, sortBy, sortWorstFirst } from './sorting.ts';
import type { State, Step } from './state.ts';
import { doing, only, told, withOverlay } from './step.ts';

/** What `+` and `-` go through, ms. */
export const intervals = [250, 500, 1000, 2000, 5000, 10_000, 30_000] as const;

export function commanded(state: State, command: Command): Step {
  const view = viewOfCommand(command, viewNames);
  return view === null ? doers[command as Named](state) : switchView(state, view);
}

type Named = Exclude<Command, `view-${number}`>;

const doers: Readonly<Record<Named, (state: State) => Step>> = {
  'next-view': (state) => switchBy(state, 1),
  'previous-view': (state) => switchBy(state, -1),
  up: (state) => moveBy(state, -1),
  down: (state) => moveBy(state, 1),
  'page-up': (state) => movePage(state, -1),
  'page-down': (state) => movePage(state, 1),
  top: moveToTop,
  bottom: moveToBottom,
  enter,
  back,
  quit,
  'quit-now': (state) => doing(state, { kind: 'quit' }),
  help: (state) => only(withOverlay(state, { kind: 'help', scroll: 0 })),
  filter: openFilter,
  'clear-filter': clearFilter,
  sort: openSort,
  'sort-left': (state) => sortBy(state, -1),
  'sort-right': (state) => sortBy(state, 1),
  reverse,
  'worst-first': sortWorstFirst,
  hold: toggleHold,
  freeze: toggleFreeze,
  'time-back': timeBack,
  'time-forward': timeForward,
  'time-live': timeLive,
  'faults-only': toggleFaults,
  wide: toggleWide,
  mark: markAndGoOn,
  actions: openActions,
  drain: (state) => act(state, 'drain'),
  undrain: (state) => act(state, 'undrain'),
  maintenance: (state) => act(state, 'maintenance'),
  check: (state) => act(state, 'check'),
  'reset-breaker': (state) => act(state, 'reset-breaker'),
  copy: openCopy,
  snapshot,
  explain,
  palette: (state) => only(withOverlay(state, { kind: 'palette', text: '', caret: 0, chosen: 0 })),
  mouse: (state) => {
    const words = state.mouse ? 'mouse off: the terminal selects text' : 'mouse on: click chooses, the wheel scrolls';
    return doing(told({ ...state, mouse: !state.mouse }, 'info', words), { kind: 'mouse', on: !state.mouse });
  },
  redraw: (state) => doing(state, { kind: 'redraw' }),
  suspend: (state) => doing({ ...state, suspended: true }, { kind: 'suspend' }),
  refresh: (state) => doing(told(state, 'info', 'asking now'), { kind: 'refresh' }),
  faster: (state) => paced(state, -1),
  slower: (state) => paced(state, 1),
};

/** From inside of something one level out; at the outermost it ends, and asks while somebody waits for an answer. */
function quit(state: State): Step {
  if (state.stack.length > 1) return back(state);
  return state.pending.length + state.queued.length > 0
    ? only(withOverlay(state, { kind: 'quit' }))
    : doing(state, { kind: 'quit' });
}

function paced(state: State, by: 1 | -1): Step {
  const slower = intervals.find((one) => one > state.intervalMs);
  const faster = intervals.findLast((one) => one < state.intervalMs);
  const intervalMs = (by === 1 ? slower : faster) ?? state.intervalMs;
  const words = `asking every ${intervalMs < 1000 ? `${intervalMs} ms` : `${intervalMs / 1000} s`}`;
  return only(told({ ...state, intervalMs }, 'info', words));
}
