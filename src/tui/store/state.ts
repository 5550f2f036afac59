/**
 * Everything that decides what is on the screen. Changed by `reduce` alone, from the news of the feed, keys, and time; nothing here
 * is a promise, a function of the terminal, or read from a clock. Types only.
 */
import type { EventState } from '../../admin/contract/event-shapes.ts';
import type { LogLineState } from '../../admin/contract/log-shapes.ts';
import type { Verdict } from '../../diagnosis/judgement.ts';
import type { Filter } from '../../filter/filter.ts';
import type { Order, OrderResult, Preview, ActionChoice } from '../actions/action.ts';
import type { Size } from '../draw/line.ts';
import type { FeedNews, Reading, Wants } from '../feed/reading.ts';
import type { KeyPress } from '../keys/keymap.ts';
import type { Thing, ViewName } from '../rows/row.ts';

export interface NodeState {
  readonly node: string;
  /** The last one that came; null before the first. */
  readonly reading: Reading | null;
  /** Readings of the past, oldest first, bounded in number and thinned with age: what `[` goes back to. */
  readonly past: readonly Reading[];
  /** Null while it answers. */
  readonly lost: { readonly sinceMs: number; readonly why: string; readonly retryMs: number } | null;
  readonly verdict: Verdict | null;
  /** Why there is no verdict; null where there is one. */
  readonly unjudged: string | null;
  /** Since when the verdict is clean, by the daemon's clock; null = it is not. */
  readonly clearSinceMs: number | null;
  /** Oldest first, bounded. */
  readonly events: readonly EventState[];
  readonly logs: readonly LogLineState[];
}

export interface Sorting {
  /** Null = worst first. */
  readonly column: string | null;
  readonly reverse: boolean;
}

/** A level of the drill-down: a view, and how it is looked at. */
export interface Level {
  readonly view: ViewName;
  /** Null = the whole view; else what was entered: an upstream, a target, a request. */
  readonly of: { readonly node: string; readonly thing: Thing } | null;
  readonly filter: { readonly text: string; readonly filter: Filter };
  readonly sorting: Sorting;
  /** Row id; null = the first. Stays on its thing whatever is sorted or filtered. */
  readonly cursor: string | null;
  /** Index of the first row that is shown. */
  readonly scroll: number;
  readonly marks: readonly string[];
}

/** What lies over the screen; the keys go to it. */
export type Overlay =
  | { readonly kind: 'help'; readonly scroll: number }
  /** `text` with a caret; what is wrong with it is said while it is typed, and the last good filter stays in force. */
  | {
      readonly kind: 'filter';
      readonly text: string;
      readonly caret: number;
      readonly problem: { readonly words: string; readonly start: number; readonly end: number } | null;
    }
  | { readonly kind: 'palette'; readonly text: string; readonly caret: number; readonly chosen: number }
  | { readonly kind: 'sort'; readonly chosen: number }
  | {
      readonly kind: 'actions';
      readonly row: string;
      readonly choices: readonly ActionChoice[];
      readonly chosen: number;
    }
  | {
      readonly kind: 'confirm';
      readonly row: string;
      readonly action: Order['action'];
      readonly preview: Preview;
      readonly values: Readonly<Record<string, string>>;
      readonly reason: string;
      readonly typed: string;
      readonly focus: 'reason' | 'typed' | 'cancel' | 'proceed';
      readonly changed: boolean;
    }
  | {
      readonly kind: 'copy';
      readonly choices: readonly { readonly words: string; readonly text: string }[];
      readonly chosen: number;
    }
  | { readonly kind: 'explain'; readonly title: string; readonly lines: readonly string[]; readonly scroll: number }
  | { readonly kind: 'quit' };

/** One line at the bottom that says what was just done, until the next key or 10 s. */
export interface Notice {
  readonly words: string;
  readonly tone: 'good' | 'warn' | 'bad' | 'info';
  /** By our monotonic clock. */
  readonly untilMs: number;
}

export interface State {
  readonly size: Size;
  /** In the order of `--daemon`. */
  readonly nodes: readonly NodeState[];
  /** The last is what is seen; at least one. */
  readonly stack: readonly Level[];
  /** Levels that other views were left with, so that one comes back to them as they were. */
  readonly left: Partial<Record<ViewName, Level>>;
  readonly overlay: Overlay | null;
  readonly notice: Notice | null;
  /** `p`: row ids in the order that they had, values live. Null = live. */
  readonly held: readonly string[] | null;
  /** `P`: what is shown is of this moment (our monotonic clock). Null = live. */
  readonly frozenMs: number | null;
  /** How far back in time, ms by the daemon's clock; 0 = live. */
  readonly backMs: number;
  readonly faultsOnly: boolean;
  readonly wide: boolean;
  readonly mouse: boolean;
  /** What the first key of a pair was: `g` of `g g`. */
  readonly prefix: string | null;
  readonly intervalMs: number;
  readonly clientsBy: Wants['clientsBy'];
  /** Orders that the daemon has not answered. */
  readonly pending: readonly Order[];
  readonly nextOrder: number;
  /** Our monotonic clock, as of the last input. */
  readonly nowMs: number;
}

export type Input =
  | { readonly kind: 'news'; readonly news: FeedNews; readonly nowMs: number }
  | { readonly kind: 'key'; readonly press: KeyPress; readonly nowMs: number }
  | { readonly kind: 'size'; readonly size: Size; readonly nowMs: number }
  /** Once a second while something on the screen depends on time alone: the age of what is stale, a notice that ends. */
  | { readonly kind: 'tick'; readonly nowMs: number }
  | { readonly kind: 'ordered'; readonly order: Order; readonly result: OrderResult; readonly nowMs: number }
  /** What `explain` asked for. */
  | { readonly kind: 'explained'; readonly title: string; readonly lines: readonly string[]; readonly nowMs: number }
  | { readonly kind: 'told'; readonly notice: Omit<Notice, 'untilMs'>; readonly nowMs: number };

/** What is to be done in the world because of an input; the screen's loop does it. */
export type Effect =
  | { readonly kind: 'order'; readonly order: Order }
  | { readonly kind: 'wants'; readonly wants: Wants }
  | { readonly kind: 'refresh' }
  | { readonly kind: 'copy'; readonly text: string }
  /** `sentinel incident snapshot --fast`, beside the screen. */
  | { readonly kind: 'snapshot'; readonly node: string }
  | { readonly kind: 'explain'; readonly code: string }
  | { readonly kind: 'mouse'; readonly on: boolean }
  | { readonly kind: 'redraw' }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'quit' };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}
