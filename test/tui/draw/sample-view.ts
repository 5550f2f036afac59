/** A view as the state makes it, for tests of what draws it: an upstream of which a target is down, another that is well. */
import type { Preview } from '../../../src/tui/actions/action.ts';
import type { Column, Row, Standing } from '../../../src/tui/rows/row.ts';
import type { Overlay } from '../../../src/tui/store/state.ts';
import type { Gauge, View } from '../../../src/tui/view/view.ts';

export const columns: readonly Column[] = [
  { id: 'st', title: 'ST', width: 2 },
  { id: 'name', title: 'UPSTREAM/TARGET' },
  { id: 'adm', title: 'ADM', width: 5 },
  { id: 'check', title: 'CHECK', width: 12, narrow: { drop: 1, width: 5 } },
  { id: 'brk', title: 'BRK', width: 6, narrow: { drop: 4, width: 1 } },
  { id: 'w', title: 'W', width: 2, right: true, drop: 5 },
  { id: 'infl', title: 'INFL', width: 5, right: true, worst: 'high' },
  { id: 'rps', title: 'RPS', width: 6, right: true, drop: 2, worst: 'high' },
  { id: 'err', title: 'ERR%', width: 5, right: true, worst: 'high' },
  { id: 'p50', title: 'P50', width: 5, right: true, drop: 6, worst: 'high' },
  { id: 'p95', title: 'P95', width: 5, right: true, drop: 3, worst: 'high' },
  { id: 'p99', title: 'P99', width: 5, right: true, worst: 'high' },
  { id: 'since', title: 'SINCE', width: 7, drop: 7 },
];

export function row(
  name: string,
  standing: Standing,
  depth: 0 | 1,
  cells: readonly string[],
  why: string | null = null,
): Row {
  const ids = columns.slice(2).map(({ id }) => id);
  const tone = standing === 'down' ? ('bad' as const) : ('plain' as const);
  return {
    id: `local ${name}`,
    node: 'local',
    thing: { kind: 'target', upstream: 'api', target: name },
    depth,
    parent: null,
    standing,
    cells: Object.fromEntries([
      ['st', { text: standing }],
      ['name', { text: name }],
      ...ids.map((id, at) => [id, { text: cells[at] ?? '–', short: (cells[at] ?? '–').slice(0, 5), tone }]),
    ]),
    sortBy: {},
    badness: 0,
    name,
    value: () => null,
    why,
    code: null,
  } as unknown as Row;
}

const rows = [
  row('api-backend', 'down', 0, ['–', '1/3 down', '–', '–', '88', '412', '4.20', '12', '310', '810', '2m11s']),
  row('10.1.1.12:8080', 'down', 1, ['ready', 'L4CON ×3', 'OPEN', '1', '·', '·', '–', '–', '–', '–', '2m11s']),
  row('10.1.1.11:8080', 'draining', 1, [
    'drain',
    'L7OK 200 5ms',
    'closed',
    '1',
    '6',
    '·',
    '·',
    '12',
    '44',
    '99',
    '1m02s',
  ]),
  row('10.1.1.10:8080', 'up', 1, [
    'ready',
    'L7OK 200 4ms',
    'closed',
    '1',
    '41',
    '207',
    '0.10',
    '11',
    '40',
    '95',
    '12d',
  ]),
  row('商店-支付', 'maintenance', 0, ['maint', '1/1', '–', '–', '·', '·', '–', '–', '–', '–', '3h']),
  row('web', 'up', 0, ['–', '2/2', '–', '–', '12', '872', '·', '3', '9', '21', '12d']),
  row('10.1.2.10:8080', 'degraded', 1, [
    'ready',
    'L7OK 200 2ms',
    'closed',
    '1',
    '6',
    '436',
    '·',
    '3',
    '9',
    '20',
    '12d',
  ]),
  row('10.1.2.11:8080', 'unknown', 1, ['ready', '?', '?', '1', '6', '436', '?', '3', '9', '21', '12d']),
];

function series(top: number): readonly (number | null)[] {
  return Array.from({ length: 90 }, (_, at) =>
    at < 4 ? null : Math.round(top * (0.3 + 0.7 * Math.abs(Math.sin(at / 9)))),
  );
}

const gauges: readonly Gauge[] = [
  { id: 'rps', title: 'req/s', text: '1 284', tone: 'plain', trend: null, series: series(1284), events: [70] },
  { id: 'err', title: 'err', text: '4.2%', tone: 'bad', trend: 'up', series: series(4), events: [] },
  { id: 'p99', title: 'p99', text: '810ms', tone: 'warn', trend: 'up', series: series(810), events: [] },
  { id: 'conn', title: 'conn', text: '3102', tone: 'plain', trend: null, series: [], events: [] },
  { id: 'rss', title: 'rss', text: '212M/512M', tone: 'plain', trend: null, series: [], events: [] },
  { id: 'loop', title: 'loop', text: '3ms', tone: 'plain', trend: null, series: [], events: [] },
];

export const view: View = {
  header: {
    name: 'prod-1',
    role: 'operator',
    uptimeMs: 12 * 86_400_000,
    generation: 41,
    diskMatches: true,
    intervalMs: 1000,
    ageMs: 200,
    mode: 'live',
    modeWords: null,
    at: '2026-11-21T14:03:07.000Z',
    lost: [],
  },
  verdict: {
    standing: 'degraded',
    sev: 'SEV3',
    parts: [
      { text: 'upstream api-backend 1/3 DOWN (L4 refused 10.1.1.12)', tone: 'bad' },
      { text: 'err 4.2% ▲3.9', tone: 'warn' },
      { text: 'p99 810ms ▲', tone: 'warn' },
      { text: 'cert api 9d', tone: 'warn' },
    ],
  },
  gauges,
  tabs: (
    [
      ['upstreams', 'Upstreams', 1],
      ['routes', 'Routes', 0],
      ['errors', 'Errors', 12],
      ['inflight', 'In-flight', 0],
      ['clients', 'Clients', 0],
      ['certs', 'Certs', 1],
      ['events', 'Events', 0],
      ['log', 'Log', 0],
    ] as const
  ).map(([name, title, faults], at) => ({ view: name, title, faults, chosen: at === 0 })),
  table: {
    title: 'Upstreams',
    path: [],
    columns,
    rows,
    total: rows.length,
    sort: 'worst ▼',
    filter: '',
    cursor: 1,
    scroll: 0,
    marks: [rows[2]?.id ?? ''],
    empty: null,
  },
  why: 'connect ECONNREFUSED ×3 (last 4s ago); breaker opened 2m09s ago, half-open in 11s; 41 retries moved to .10',
  footer: {
    keys: (
      [
        ['q', 'quit'],
        ['?', 'help'],
        ['/', 'filter'],
        ['s', 'sort'],
        ['p', 'hold'],
        ['d', 'drain…'],
        ['u', 'undrain'],
        ['c', 'check now'],
        ['i', 'snapshot'],
        [':', 'command'],
      ] as const
    ).map(([key, words]) => ({ key, words, disabled: key === 'u' })),
    access: 'READ-WRITE',
    notice: null,
  },
  overlay: null,
  offered: null,
};

const preview: Preview = {
  what: 'drain 10.1.1.12:8080 of api-backend',
  where: 'prod-1, 10.1.1.12:8080, generation 41',
  effect: 'takes 33 % of the capacity of api-backend; the other 2 targets carry 61 % each, then 92 %',
  undo: 'sentinel undrain 10.1.1.12:8080',
  expires: 'in 1h',
  danger: 'severe',
  confirmName: '10.1.1.12:8080',
  cli: 'sentinel drain 10.1.1.12:8080 --reason "kernel patch" --allow-below-min --confirm=10.1.1.12:8080',
  basis: 'g41',
};

/** Every overlay, with what it offers. */
export const overlays: readonly Pick<View, 'overlay' | 'offered'>[] = [
  {
    overlay: { kind: 'help', scroll: 2 },
    offered: {
      kind: 'help',
      groups: [
        {
          title: 'Moving',
          keys: [
            { shown: '↑ k', meaning: 'up', cli: null },
            { shown: 'Enter', meaning: 'into the row', cli: 'sentinel upstreams' },
          ],
        },
        {
          title: 'Acting',
          keys: Array.from({ length: 40 }, (_, at) => ({
            shown: `k${at}`,
            meaning: 'drain the target',
            cli: 'sentinel drain',
          })),
        },
      ],
    },
  },
  {
    overlay: {
      kind: 'filter',
      text: 'err>1% and sttae=up',
      caret: 19,
      problem: { words: 'there is no field sttae; did you mean state?', start: 11, end: 16 },
      before: undefined,
      recalled: null,
      draft: '',
    } as unknown as Overlay,
    offered: null,
  },
  {
    overlay: { kind: 'palette', text: 'dra', caret: 3, chosen: 30 },
    offered: {
      kind: 'palette',
      rowCommand: null,
      entries: Array.from({ length: 60 }, (_, at) => ({
        words: `drain number ${at} of 商店`,
        key: at === 0 ? 'd' : null,
        cli: `sentinel drain 10.1.1.${at}:8080 --reason "…"`,
        disabled: at % 7 === 3 ? 'it is draining already' : null,
        does: { kind: 'copy', text: '' },
      })),
    },
  },
  {
    overlay: { kind: 'sort', chosen: 2 },
    offered: { kind: 'sort', choices: [null, ...columns.filter(({ worst }) => worst !== undefined)] },
  },
  {
    overlay: {
      kind: 'actions',
      row: rows[1]?.id ?? '',
      chosen: 1,
      choices: [
        { action: 'drain', words: 'drain…', disabled: null },
        { action: 'undrain', words: 'undrain', disabled: 'it is not draining' },
        { action: 'check', words: 'check now', disabled: null },
      ],
    } as unknown as Overlay,
    offered: null,
  },
  {
    overlay: {
      kind: 'confirm',
      subjects: [],
      action: 'drain',
      preview,
      reason: 'kernel patch',
      typed: '10.1.',
      caret: 5,
      focus: 'typed',
      changed: true,
      sinceMs: 0,
    },
    offered: null,
  },
  {
    overlay: {
      kind: 'confirm',
      subjects: [],
      action: 'undrain',
      preview: { ...preview, danger: 'moderate', confirmName: null },
      reason: '',
      typed: '',
      caret: 0,
      focus: 'cancel',
      changed: false,
      sinceMs: 0,
    },
    offered: null,
  },
  {
    overlay: {
      kind: 'copy',
      chosen: 0,
      choices: [
        { words: 'name', text: '10.1.1.12:8080' },
        { words: 'row as JSON', text: '{\n  "a": 1\n}'.repeat(30) },
      ],
    },
    offered: null,
  },
  {
    overlay: {
      kind: 'explain',
      title: 'sentinel explain SNT-U001',
      lines: Array.from({ length: 70 }, (_, at) => `line ${at} ${'words '.repeat(at)}`),
      scroll: 5,
    },
    offered: null,
  },
  { overlay: { kind: 'quit' }, offered: null },
];
