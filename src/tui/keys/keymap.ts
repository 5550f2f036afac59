/**
 * Every key of the screen: what it is called, what it does, what does the same at a shell. The help, the footer, the palette and the
 * documentation are made of this table; nothing is bound anywhere else.
 */
import type { ViewName } from '../rows/row.ts';

/** What a key asks for. Text that is typed into an input never comes here. */
export type Command =
  | `view-${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`
  | 'next-view'
  | 'previous-view'
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'top'
  | 'bottom'
  | 'enter'
  | 'back'
  | 'quit'
  | 'quit-now'
  | 'help'
  | 'filter'
  | 'clear-filter'
  | 'sort'
  | 'sort-left'
  | 'sort-right'
  | 'reverse'
  | 'worst-first'
  | 'hold'
  | 'freeze'
  | 'time-back'
  | 'time-forward'
  | 'time-live'
  | 'faults-only'
  | 'wide'
  | 'mark'
  | 'actions'
  | 'drain'
  | 'undrain'
  | 'maintenance'
  | 'check'
  | 'reset-breaker'
  | 'copy'
  | 'snapshot'
  | 'explain'
  | 'palette'
  | 'mouse'
  | 'redraw'
  | 'suspend'
  | 'refresh'
  | 'faster'
  | 'slower';

export interface KeySpec {
  readonly command: Command;
  /** As `KeyPress.key` says them; the first is the one that help names. */
  readonly keys: readonly string[];
  /** How help writes the key. */
  readonly shown: string;
  /** One line, lower case, no full stop. */
  readonly meaning: string;
  /** Stands in the footer of these views; the footer leaves out what does not fit, from the end. */
  readonly footer?: string;
  /** Only in these; absent = everywhere. */
  readonly views?: readonly ViewName[];
  /** The same at a shell; `{target}`, `{upstream}` … stand for the row. Null = it is about the screen alone. */
  readonly cli: string | null;
}

/** A key as the terminal gave it, after decoding: printable characters as they are, others by name. */
export interface KeyPress {
  /** `a`, `G`, `space`, `enter`, `escape`, `tab`, `shift-tab`, `up`, `page-down`, `home`, `backspace`, `delete`, `ctrl-l` … */
  readonly key: string;
  /** What it adds to an input; empty = nothing. A paste is one of several characters. */
  readonly text: string;
}
