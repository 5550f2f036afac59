/**
 * What an operator can do to a row: which actions there are and why one cannot be done now, what is shown before it is, and the order
 * that goes to the daemon. Types only; pure functions make them, the feed carries them out.
 */
import type { Row } from '../rows/row.ts';

export type ActionName =
  | 'drain'
  | 'undrain'
  | 'maintenance'
  | 'end-maintenance'
  | 'check'
  | 'reset-breaker'
  | 'block-client'
  | 'unblock-client'
  | 'kill-request'
  | 'log-level'
  | 'snapshot';

/** operator.md §5. `mild`: no question. `moderate`: yes or no, no is focused. `severe`: the name of what is hit is typed. */
export type DangerLevel = 'mild' | 'moderate' | 'severe';

/** One line of the menu of a row. */
export interface ActionChoice {
  readonly action: ActionName;
  readonly words: string;
  /** Null = it can be done. Said in the menu, so that nobody has to guess. */
  readonly disabled: string | null;
  /** What previews and orders of this choice are made with: of two lines of one action (`log-level`) these differ. */
  readonly values: ActionValues;
}

/**
 * What an action needs besides its row. `maintenance`, `block-client`, `log-level`: `for` (a duration). `maintenance`,
 * `end-maintenance`: `subject`, `*` = every route. `block-client`, `unblock-client`: `address`. `log-level`: `level` (`reset` takes it
 * back) and `module`.
 */
export type ActionValues = Readonly<Record<string, string>>;

/** What is shown before it is done, in this order. */
export interface Preview {
  readonly what: string;
  /** Daemon, host, generation. */
  readonly where: string;
  /** In numbers, as they are now. */
  readonly effect: string;
  /** Exact command that takes it back. */
  readonly undo: string;
  readonly expires: string;
  readonly danger: DangerLevel;
  /** Of `severe`: what has to be typed. */
  readonly confirmName: string | null;
  /** The command at a shell that does the same. */
  readonly cli: string;
  /** What this was judged by: where it has changed when it is confirmed, the question is asked again. */
  readonly basis: string;
}

/** What goes to the daemon. */
export interface Order {
  readonly id: number;
  readonly node: string;
  readonly action: ActionName;
  readonly row: Pick<Row, 'id' | 'thing'>;
  readonly reason: string | null;
  /** ETag that it was judged by; null for what needs none. */
  readonly ifMatch: string | null;
  /** What the severe ones were confirmed with: `--allow-below-min` and the like. */
  readonly confirmed: boolean;
  readonly values: ActionValues;
  /** More rows of the same daemon: done in turn after `row`, up to the first that is refused. Empty for a single one. */
  readonly others: readonly OrderedRow[];
}

export interface OrderedRow {
  readonly row: Pick<Row, 'id' | 'thing'>;
  readonly values: ActionValues;
}

export type OrderResult =
  /** `well` false: it was done, and what came of it is no good news (a check that fails). */
  | { readonly kind: 'done'; readonly words: string; readonly undo: string | null; readonly well: boolean }
  /** The daemon says no; `code` is its own. `again`: the state has changed since it was judged, and the question is to be asked anew. */
  | { readonly kind: 'refused'; readonly words: string; readonly code: string; readonly again: boolean }
  /** Certainly nothing was done. */
  | { readonly kind: 'failed'; readonly words: string }
  /** The reply was lost: it may have been done. `words` say how to see. */
  | { readonly kind: 'unknown'; readonly words: string };
