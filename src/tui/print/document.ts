/**
 * What is seen as data for programs: `data` of `sentinel top --json`, and each document of `--stream`. Numbers with their unit in the
 * name, shares as ratios, nothing that depends on the width of a screen. Pure.
 */
import { rfc3339 } from '../../base/units.ts';
import { factsOf, type FieldName, type FieldType, fieldsOf, type SubjectKind } from '../../filter/fields.ts';
import type { FieldValue } from '../../filter/match.ts';
import { type Row, subjectOf, type Thing, type ViewName } from '../rows/row.ts';
import type { NodeState, State } from '../store/state.ts';
import type { Gauge, View } from '../view/view.ts';

/** A plain value; keys are sorted when it is written. */
export type TopDocument = Readonly<Record<string, unknown>>;

export function documentOf(state: State, view: View): TopDocument {
  const level = state.stack.at(-1);
  const { header, verdict, table } = view;
  return {
    at: header.at,
    header: {
      name: header.name,
      role: header.role,
      mode: header.mode,
      mode_words: header.modeWords,
      generation: header.generation,
      disk_matches_running: header.diskMatches,
      uptime_ms: header.uptimeMs,
      interval_ms: header.intervalMs,
      age_ms: header.ageMs === null ? null : Math.round(header.ageMs),
    },
    nodes: state.nodes.map(nodeOf),
    verdict: { standing: verdict.standing, sev: verdict.sev, parts: verdict.parts.map(({ text }) => text) },
    gauges: Object.fromEntries(view.gauges.map((gauge) => [gauge.id, gaugeOf(gauge)])),
    view: level?.view ?? 'upstreams',
    table: {
      title: table.title,
      path: table.path,
      sort: table.sort,
      filter: table.filter,
      columns: table.columns.map(({ id, title }) => ({ id, title })),
      rows: table.rows.map((row) => rowOf(row, level?.view ?? 'upstreams')),
      shown: table.rows.length,
      total: table.total,
      empty: table.empty,
    },
  };
}

function nodeOf({ node, reading, lost, verdict, unjudged, clearSinceMs }: NodeState): TopDocument {
  return {
    node,
    answers: lost === null && reading !== null,
    lost: lost === null ? null : { why: lost.why, retry_ms: lost.retryMs },
    at: reading === null ? null : rfc3339(reading.atMs),
    took_ms: reading === null ? null : Math.round(reading.tookMs),
    name: reading?.status.name ?? null,
    generation: reading?.generation ?? null,
    actor: reading?.identity?.actor ?? null,
    role: reading?.identity?.role ?? null,
    unread: reading?.unread ?? {},
    status: lost !== null || reading === null ? 'unknown' : (verdict?.status ?? 'unknown'),
    severity: verdict?.severity ?? null,
    causes: verdict?.causes.map(({ cause, detail, next }) => ({ cause, detail, next })) ?? [],
    next: verdict?.next ?? [],
    unjudged,
    clear_since: clearSinceMs === null ? null : rfc3339(clearSinceMs),
  };
}

/** What stands behind the name of a value; numbers of a gauge are in this unit. */
const gaugeUnits: Readonly<Record<Gauge['id'], string>> = {
  rps: 'per_s',
  err: 'ratio',
  p99: 'ms',
  conn: 'count',
  rss: 'bytes',
  loop: 'ms',
};

function gaugeOf({ id, title, text, trend, series, events }: Gauge): TopDocument {
  return { title, text, trend, unit: gaugeUnits[id], series, event_indices: events };
}

const suffixes: Readonly<Record<FieldType, string>> = {
  text: '',
  ratio: '_ratio',
  time: '_ms',
  size: '_bytes',
  rate: '_per_s',
  count: '',
  status: '',
};

/** `err_ratio`, `p99_ms`, `requests_per_s`, `upstream`. */
function nameOf(field: FieldName): string {
  if (field === 'rps') return 'requests_per_s';
  return `${field}${suffixes[factsOf(field).type]}`;
}

function rowOf(row: Row, view: ViewName): TopDocument {
  const kind = subjectOfRow(row.thing, view);
  const fields = kind === null ? [] : fieldsOf(kind).filter((field) => field !== 'name');
  return {
    id: row.id,
    node: row.node,
    parent: row.parent,
    thing: row.thing,
    name: row.name,
    standing: row.standing,
    why: row.why,
    code: row.code,
    cells: Object.fromEntries(Object.entries(row.cells).map(([id, { text }]) => [id, text])),
    values: Object.fromEntries(fields.map((field) => [nameOf(field), plain(row.value(field))])),
  };
}

/** Rows of one view are of several kinds: an upstream has other fields than its targets. */
function subjectOfRow({ kind }: Thing, view: ViewName): SubjectKind | null {
  return kind === 'upstream' ? 'upstreams' : kind === 'target' ? 'targets' : subjectOf[view];
}

function plain(value: FieldValue): unknown {
  if (value === undefined) return null;
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}
