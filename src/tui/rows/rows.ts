/**
 * The rows of what is seen, in order: drafted by one file for each view, then filtered and sorted here. Called by the store, which moves
 * the cursor along them, by the view and by what prints. Done once for the same readings and the same way of looking at them.
 */
import { matches } from '../../filter/match.ts';
import { shownNode } from '../store/moments.ts';
import type { Level, Sorting, State } from '../store/state.ts';
import { said } from './cells.ts';
import { certRows } from './cert-rows.ts';
import { clientRows } from './client-rows.ts';
import type { Asked, Drafted } from './drafted.ts';
import { errorRows } from './error-rows.ts';
import { eventRows } from './event-rows.ts';
import { inflightRows } from './inflight-rows.ts';
import { logRows } from './log-rows.ts';
import { remembering } from './remembered.ts';
import { routeRows } from './route-rows.ts';
import type { Column, Row, Thing, ViewName } from './row.ts';
import { everyShown, type Shown } from './shown.ts';
import { isFault } from './standing.ts';
import { upstreamRows } from './upstream-rows.ts';
import { wholeRows } from './whole-rows.ts';

export interface Rows {
  /** Those that are seen: of the wide ones only after `w`. */
  readonly columns: readonly Column[];
  /** All that match, in order; targets below their upstream. */
  readonly rows: readonly Row[];
  /** How many there are without filter and "faults only". */
  readonly total: number;
  readonly title: string;
  /** What was drilled into, outermost first; empty at the top. */
  readonly path: readonly string[];
  /** Instead of rows, where there are none: why, and what to do. */
  readonly empty: string | null;
}

const drafts: Readonly<Record<ViewName, (asked: Asked) => Drafted>> = {
  upstreams: upstreamRows,
  routes: routeRows,
  errors: errorRows,
  inflight: inflightRows,
  clients: clientRows,
  certs: certRows,
  events: eventRows,
  log: logRows,
};

const draftedOnce = remembering<Drafted>(4);
const arrangedOnce = remembering<Rows>(4);

/** Of the level that is seen. Pure: what it remembers follows from its inputs alone. */
export function rowsOf(state: State): Rows {
  const level = state.stack.at(-1) as Level;
  const drafted = draftOf(state, level);
  const { filter, sorting } = level;
  const { faultsOnly, held, wide } = state;
  const entered = state.stack.map(({ of }) => of);
  return arrangedOnce([drafted, filter.filter, sorting, faultsOnly, held, wide, ...entered], () => {
    const column = drafted.columns.find(({ id }) => id === sorting.column);
    const rows = arranged(
      drafted.rows,
      (row) => matches(filter.filter, row) && (!faultsOnly || isFault(row.standing) || isDetail(row)),
      comparison(column, sorting, held),
    );
    return {
      columns: wide ? drafted.columns : drafted.columns.filter((column) => column.wide !== true),
      rows,
      total: drafted.rows.length,
      title: drafted.title,
      path: pathOf(state.stack),
      empty: rows.length > 0 ? null : (drafted.empty ?? noneMatch(drafted.rows.length, filter.text, faultsOnly)),
    };
  });
}

function draftOf(state: State, { view, of }: Level): Drafted {
  const shown = everyShown(state);
  const nodes = state.nodes.map((node) => shownNode(node, state));
  const lists = view === 'events' || view === 'log' ? nodes.flatMap(({ events, logs }) => [events, logs]) : [];
  const inputs = [
    view,
    of,
    state.clientsBy,
    ...shown.flatMap(inputsOf),
    ...nodes.map(({ lost }) => lost?.why ?? null),
    ...lists,
  ];
  return draftedOnce(inputs, () => {
    const asked: Asked = { shown, nodes, of, clientsBy: state.clientsBy };
    return wholeRows(view, asked) ?? drafts[view](asked);
  });
}

function inputsOf({ reading, stale, before, atMs, alarms }: Shown): readonly unknown[] {
  return [reading, stale, before?.names ?? null, before?.point ?? null, atMs, alarms];
}

function isDetail({ thing }: Row): boolean {
  return thing.kind === 'line';
}

function noneMatch(total: number, filter: string, faultsOnly: boolean): string {
  const shown = said(filter);
  if (filter === '') return `✓ no faults among ${total}: f shows all`;
  return faultsOnly
    ? `no fault among ${total} matches ${shown}: n clears the filter, f shows all`
    : `none of ${total} matches ${shown}: n clears the filter`;
}

function pathOf(stack: readonly Level[]): readonly string[] {
  return stack.flatMap(({ of }) => (of === null ? [] : [said(wordOf(of.thing))]));
}

function wordOf(thing: Thing): string {
  switch (thing.kind) {
    case 'upstream':
      return thing.upstream;
    case 'target':
      return thing.target;
    case 'route':
      return thing.route;
    case 'request':
    case 'inflight':
      return `request ${thing.id}`;
    case 'client':
      return thing.client === '' ? 'no client' : thing.client;
    case 'cause':
      return thing.cause;
    case 'cert':
      return thing.name;
    case 'event':
      return `event ${thing.seq}`;
    case 'log':
      return `line ${thing.line}`;
    case 'line':
      return `line ${thing.index}`;
  }
}

/** Those that are wanted with what they stand below, each family in order; what was held keeps the place that it had. */
function arranged(
  rows: readonly Row[],
  isWanted: (row: Row) => boolean,
  compare: (a: Row, b: Row) => number,
): readonly Row[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const kept = new Set<Row>();
  for (const row of rows) {
    if (!isWanted(row)) continue;
    for (let one: Row | undefined = row; one !== undefined && !kept.has(one); ) {
      kept.add(one);
      one = one.parent === null ? undefined : byId.get(one.parent);
    }
  }
  const children = new Map<string | null, Row[]>();
  for (const row of rows) {
    if (!kept.has(row)) continue;
    const parent = row.parent !== null && byId.has(row.parent) ? row.parent : null;
    const family = children.get(parent);
    if (family === undefined) children.set(parent, [row]);
    else family.push(row);
  }
  const ordered: Row[] = [];
  const put = (parent: string | null): void => {
    for (const row of (children.get(parent) ?? []).sort(compare)) {
      ordered.push(row);
      if (children.has(row.id)) put(row.id);
    }
  };
  put(null);
  return ordered;
}

const collator = new Intl.Collator('en', { numeric: true });

/** @param column Undefined = worst first, or one that this view does not have */
function comparison(
  column: Column | undefined,
  { reverse }: Sorting,
  held: readonly string[] | null,
): (a: Row, b: Row) => number {
  const turn = reverse !== (column?.worst === 'high') ? -1 : 1;
  const sorted = (a: Row, b: Row): number => {
    if (column === undefined) return (b.badness - a.badness) * turn;
    const [left, right] = [a.sortBy[column.id] ?? null, b.sortBy[column.id] ?? null];
    // What has no such value stands last either way.
    if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
    const order =
      typeof left === 'number' && typeof right === 'number'
        ? left - right
        : collator.compare(String(left), String(right));
    return order * turn;
  };
  if (held === null) return sorted;
  const places = new Map(held.map((id, index) => [id, index]));
  return (a, b) => {
    const [left, right] = [places.get(a.id), places.get(b.id)];
    if (left === undefined && right === undefined) return sorted(a, b);
    return left === undefined ? 1 : right === undefined ? -1 : left - right;
  };
}
