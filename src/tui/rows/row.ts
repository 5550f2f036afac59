/**
 * A row of a view: one thing, what can be asked of it, and what its cells say. Made from readings, by pure functions; the order of rows
 * is made here too, because keys move along it. Types only.
 */
import type { FieldName, SubjectKind } from '../../filter/fields.ts';
import type { FieldValue } from '../../filter/match.ts';

export const viewNames = ['upstreams', 'routes', 'errors', 'inflight', 'clients', 'certs', 'events', 'log'] as const;
export type ViewName = (typeof viewNames)[number];

/** What a view shows can be filtered as; certificates have no filter fields but their name. */
export const subjectOf: Readonly<Record<ViewName, SubjectKind | null>> = {
  upstreams: 'targets',
  routes: 'routes',
  errors: 'requests',
  inflight: 'inflight',
  clients: 'clients',
  certs: null,
  events: 'events',
  log: 'logs',
};

/** How it stands, the worst last: glyph, letter and colour follow from it (`draw/marks.ts`). */
export const standings = ['up', 'none', 'maintenance', 'draining', 'unknown', 'degraded', 'down'] as const;
export type Standing = (typeof standings)[number];

/** Why a text stands out. `stale`: it is older than it looks. */
export type Tone = 'plain' | 'dim' | 'strong' | 'good' | 'warn' | 'bad' | 'info' | 'going' | 'unknown' | 'stale';

/** The first column of most views: its cells say the standing in a word, which the drawing says by glyph and letter. */
export const standingColumn = 'st';

export interface Cell {
  /** Plain, printable, on one line. Never empty: `–` not applicable, `·` zero, `?` unknown. */
  readonly text: string;
  /** Where `text` does not fit. */
  readonly short?: string;
  readonly tone?: Tone;
}

export interface Column {
  /** `err`, `p99`: the word of the filter grammar where there is one; what `s` and the configuration of the screen name. */
  readonly id: string;
  readonly title: string;
  /** Numbers stand to the right. */
  readonly right?: boolean;
  /** The one with the highest number is left out first; without one it stays. */
  readonly drop?: number;
  /** Only with `w` (wide). */
  readonly wide?: boolean;
  /** Fixed, in columns of the terminal, so that nothing jumps from second to second; the one that is absent takes what is left. */
  readonly width?: number;
  /** Of the one that takes what is left: others are left out before it gets less than this. */
  readonly least?: number;
  /** Before it is left out it may be made this narrow, its cells saying their `short`; `drop` counts together with those of `Column.drop`. */
  readonly narrow?: { readonly drop: number; readonly width: number };
  /** Which way is "worst first"; absent = it cannot be sorted by. */
  readonly worst?: 'high' | 'low';
}

/** What a row is about; decides which actions it has and where Enter leads. */
export type Thing =
  | { readonly kind: 'upstream'; readonly upstream: string }
  | { readonly kind: 'target'; readonly upstream: string; readonly target: string }
  | { readonly kind: 'route'; readonly route: string }
  | { readonly kind: 'request'; readonly id: string; readonly correlationId: string }
  | { readonly kind: 'inflight'; readonly id: string; readonly correlationId: string }
  | { readonly kind: 'client'; readonly client: string; readonly by: string }
  /** Why requests failed: a line above the requests themselves. Enter leads to those of the cause. */
  | { readonly kind: 'cause'; readonly cause: string }
  | { readonly kind: 'cert'; readonly name: string }
  | { readonly kind: 'event'; readonly seq: number }
  | { readonly kind: 'log'; readonly line: number }
  /** A line of what was entered whole: a phase of a request, a field of an event or a certificate. Enter leads nowhere from it. */
  | { readonly kind: 'line'; readonly of: string; readonly index: number };

/** `Row.node` of what is summed over several daemons: nothing can be done to such a row, as nobody could say where. */
export const everyNode = '*';

export interface Row {
  /** The same for the same thing, however often it is read: `NODE upstream/target`. The cursor holds on to it. */
  readonly id: string;
  readonly node: string;
  readonly thing: Thing;
  /** 0, or 1 for targets below their upstream; of several daemons the sum is 0, what a daemon says of it 1, its targets 2. */
  readonly depth: 0 | 1 | 2;
  readonly parent: string | null;
  readonly standing: Standing;
  /** By column id. */
  readonly cells: Readonly<Record<string, Cell>>;
  /** What columns are sorted by; null = sorts last. */
  readonly sortBy: Readonly<Record<string, number | string | null>>;
  /** "Worst first": the higher, the worse. */
  readonly badness: number;
  /** What a bare word of a filter is searched in. */
  readonly name: string;
  readonly value: (field: FieldName) => FieldValue;
  /** One sentence: why it stands as it does. */
  readonly why: string | null;
  /** What `e` explains: `SNT-U001`, or a cause of requests; null = there is nothing to explain. */
  readonly code: string | null;
}
