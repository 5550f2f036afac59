/**
 * Everything that decides what is on the screen. Changed by `reduce` alone, from the news of the feed, keys, and time; nothing here
 * is a promise, a function of the terminal, or read from a clock. Types only.
 */
import type { EventState } from '../../admin/contract/event-shapes.ts';
import type { LogLineState } from '../../admin/contract/log-shapes.ts';
import type { Verdict } from '../../diagnosis/judgement.ts';
import type { Thresholds } from '../../diagnosis/thresholds.ts';
import type { Filter } from '../../filter/filter.ts';
import type { ActionChoice, ActionName, ActionValues, Order, OrderResult, Preview } from '../actions/action.ts';
import type { Size } from '../draw/line.ts';
import type { FeedNews, PartName, Parts, Reading, Wants } from '../feed/reading.ts';
import type { KeyPress } from '../keys/keymap.ts';
import type { Row, Thing, ViewName } from '../rows/row.ts';
import type { Alarms } from './hysteresis.ts';
import type { Past } from './past.ts';

export type LastParts = { readonly [Name in PartName]?: { readonly part: Parts[Name]; readonly receivedMs: number } };

export interface NodeState {
  readonly node: string;
  /** The last one that came; null before the first. */
  readonly reading: Reading | null;
  /** Parts as they were read last, and when by our clock: of a daemon that is lost those are shown too that nobody looked at just then. */
  readonly lastParts: LastParts;
  /** What `[` goes back to, bounded and thinned with age; `readingOf` (moments.ts) makes readings of it again. */
  readonly past: Past;
  /** What is beyond its threshold, with hysteresis: `isRaised` (hysteresis.ts) is asked, by the names that `alarmOf` makes. */
  readonly alarms: Alarms;
  /** By its configuration; null until that is known: those of the state hold. */
  readonly thresholds: Thresholds | null;
  /** Null while it answers. */
  readonly lost: { readonly sinceMs: number; readonly why: string; readonly retryMs: number } | null;
  readonly verdict: Verdict | null;
  /** Why there is no verdict; null where there is one. */
  readonly unjudged: string | null;
  /** Since when the verdict is clean, by the daemon's clock; null = it is not. */
  readonly clearSinceMs: number | null;
  /** Oldest first, bounded. */
  readonly events: readonly EventState[];
  /** Events are missing among these, or before them. */
  readonly eventsGap: boolean;
  /** Oldest first, bounded. */
  readonly logs: readonly LogLineState[];
  readonly logsGap: boolean;
  /** How many lines came before the first of `logs`: line `n` of them is line `logsBefore + n` for as long as it is kept. */
  readonly logsBefore: number;
}

export interface Sorting {
  /** Null = worst first. */
  readonly column: string | null;
  readonly reverse: boolean;
}

/** A level of the drill-down: a view, and how it is looked at. */
export interface Level {
  readonly view: ViewName;
  /**
   * Null = the whole view; else what was entered, and what is seen then:
   * `upstreams` of an upstream: its targets. `errors` of a target, a route, a client: its requests, finished (errors, slow, sample) and
   * in flight. `errors` of a request, `inflight` of one in flight: its timeline. `events`, `certs`, `log` of one: the whole of it.
   */
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
      /** What was in force when the input was opened: Esc goes back to it. */
      readonly before: Level['filter'];
      /** Index into the history of the view; null = what is typed now. `draft`: what was typed before history was looked at. */
      readonly recalled: number | null;
      readonly draft: string;
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
      /** One, or all that were marked. */
      readonly subjects: readonly ConfirmSubject[];
      readonly action: ActionName;
      readonly preview: Preview;
      readonly reason: string;
      readonly typed: string;
      /** Of the field that has the focus. */
      readonly caret: number;
      readonly focus: 'reason' | 'typed' | 'cancel' | 'proceed';
      /** It is asked anew, because what it was judged by has changed. */
      readonly changed: boolean;
      /** Since when it is asked, by our monotonic clock: what comes at once was not meant for it. */
      readonly sinceMs: number;
    }
  | {
      readonly kind: 'copy';
      readonly choices: readonly { readonly words: string; readonly text: string }[];
      readonly chosen: number;
    }
  | { readonly kind: 'explain'; readonly title: string; readonly lines: readonly string[]; readonly scroll: number }
  | { readonly kind: 'quit' };

/** A row that something is about to be done to; it may be gone from the table when it is confirmed. */
export interface ConfirmSubject {
  readonly row: Pick<Row, 'id' | 'node' | 'thing'>;
  readonly values: ActionValues;
}

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
  /** The daemons as they were then; null = live. `shownNode` (moments.ts) gives what is to be shown. */
  readonly frozen: readonly NodeState[] | null;
  /** `[`: what is shown is what had been received by this moment (our monotonic clock). Null = live. */
  readonly pastMs: number | null;
  /** How far back that is from now, ms; 0 = live. Grows while one looks at it. */
  readonly backMs: number;
  readonly faultsOnly: boolean;
  readonly wide: boolean;
  readonly mouse: boolean;
  /** What the first key of a pair was: `g` of `g g`. */
  readonly prefix: string | null;
  readonly intervalMs: number;
  readonly clientsBy: Wants['clientsBy'];
  /** Filters that were used, by view, oldest first, bounded: what `up` brings back in the input. */
  readonly filterHistory: Partial<Record<ViewName, readonly string[]>>;
  /** While the shell has the terminal: nothing is asked of daemons. */
  readonly suspended: boolean;
  /** `--read-only`: no action is offered, whatever the role allows. */
  readonly readOnly: boolean;
  /** Beyond what numbers stand out, where the configuration of a daemon is not known. */
  readonly thresholds: Thresholds;
  /** What `:` offers besides keys and actions: every command of the program. */
  readonly commands: readonly ShellCommand[];
  /** Orders that the daemon has not answered. */
  readonly pending: readonly Order[];
  /** Orders for other daemons of one confirmation: given when the one before is answered well. */
  readonly queued: readonly Order[];
  /** Refused because the state had changed: asked anew when it has been read anew. */
  readonly again: { readonly order: Order; readonly sinceMs: number } | null;
  /** What takes back the last that was done: `y` copies it; null = nothing was done, or nothing takes it back. */
  readonly lastUndo: string | null;
  readonly nextOrder: number;
  /** Our monotonic clock, as of the last input. */
  readonly nowMs: number;
}

/** A command at a shell, as the palette knows it. */
export interface ShellCommand {
  /** `config print` */
  readonly words: string;
  readonly summary: string;
}

/** What was under the pointer; the screen knows, as it drew it. */
export type Pointed =
  /** `line`: of those that are shown, from 0; twice on the same row enters it. */
  | { readonly on: 'row'; readonly line: number }
  | { readonly on: 'tab'; readonly view: ViewName }
  /** Rows down; negative = up. */
  | { readonly on: 'wheel'; readonly by: number };

export type Input =
  | { readonly kind: 'news'; readonly news: FeedNews; readonly nowMs: number }
  | { readonly kind: 'key'; readonly press: KeyPress; readonly nowMs: number }
  | { readonly kind: 'mouse'; readonly pointed: Pointed; readonly nowMs: number }
  /** The terminal is ours again after `suspend`. */
  | { readonly kind: 'resumed'; readonly nowMs: number }
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
