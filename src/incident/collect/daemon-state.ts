/** Collectors of what only a running daemon can tell: its state, its metrics, its rings. One call of the admin API each. */
import type { RequestRecord } from '../../admin/contract/request-shapes.ts';
import { clientSorts } from '../../admin/contract/client-shapes.ts';
import type { SeriesState, TrafficReply } from '../../admin/contract/traffic-shapes.ts';
import { rfc3339 } from '../../base/units.ts';
import type { Collector, CollectScene, Piece } from './collector.ts';
import { CollectFault } from './fault.ts';
import { type Askable, sourceOf } from './lookups.ts';

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

export function ndjsonText(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

/** The reply of one endpoint as it is. */
function reply<K extends Askable>(path: string, id: K, query?: object, fast = true): Collector {
  return {
    path,
    class: 'state',
    kind: 'json',
    source: sourceOf(id),
    fast,
    find: async ({ lookups, signal }) => {
      const { data } = await lookups.ask(id, query as undefined, undefined, signal);
      return [{ content: jsonText(data) }];
    },
  };
}

/** That nobody answers is a finding too, and part of what a snapshot must have. */
export const adminDownPath = 'state/admin-down.json';

const status: Collector = {
  path: 'state/status.json',
  mandatory: true,
  class: 'state',
  kind: 'json',
  source: sourceOf('status'),
  fast: true,
  find: async ({ lookups }) => {
    const { data, time, etag } = await lookups.status();
    return [{ content: jsonText({ ...data, answered_at: time, etag }) }];
  },
};

const adminDown: Collector = {
  path: adminDownPath,
  mandatory: true,
  class: 'state',
  kind: 'json',
  source: 'whether a daemon answers',
  fast: true,
  find: async ({ lookups, surroundings: { clock, daemon } }) => {
    try {
      await lookups.status();
      return [];
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const run = await lookups.runRecord();
      const last_run =
        run === null ? null : { pid: run.pid, started_at: run.started_at, stopping: run.stopping, ended: run.ended };
      return [{ content: jsonText({ at: rfc3339(clock.wallMs()), daemon, why, last_run }) }];
    }
  },
};

const listeners: Collector = {
  path: 'state/listeners.json',
  class: 'state',
  kind: 'json',
  source: sourceOf('status'),
  fast: true,
  find: async ({ lookups }) => {
    const { listeners, admin } = (await lookups.status()).data;
    return [{ content: jsonText({ listeners, admin }) }];
  },
};

const metrics: Collector = {
  path: 'metrics/now.prom',
  class: 'metrics',
  kind: 'prometheus',
  source: 'GET /metrics',
  fast: true,
  find: async ({ lookups, signal }) => {
    const { status: code, text } = await lookups.text('/metrics', signal);
    if (code !== 200) throw new CollectFault(`the daemon answered ${code}`);
    return [{ content: text }];
  },
};

const series: Collector = {
  path: 'metrics/series-15m.ndjson',
  class: 'metrics',
  kind: 'ndjson',
  source: `${sourceOf('traffic')}?series=1`,
  fast: true,
  find: async ({ lookups, signal }) => {
    const { data } = await lookups.ask('traffic', { series: '1' }, undefined, signal);
    return [{ content: ndjsonText([{ schema: 'sentinel.series/1' }, ...pointsOf(data)]) }];
  },
};

/** One line a point, with every route and upstream that had traffic then. */
export function pointsOf(traffic: TrafficReply): readonly object[] {
  const { points, total, unrouted, routes, upstreams } = traffic;
  const at = (state: SeriesState | undefined, index: number) => ({
    requests: state?.requests[index] ?? 0,
    errors: state?.errors[index] ?? 0,
    p50_ms: state?.p50_ms[index] ?? null,
    p99_ms: state?.p99_ms[index] ?? null,
  });
  const busy = (named: readonly (readonly [string, SeriesState | undefined])[], index: number) =>
    Object.fromEntries(
      named.flatMap(([name, state]) => ((state?.requests[index] ?? 0) > 0 ? [[name, at(state, index)]] : [])),
    );
  return (points?.at ?? []).map((time, index) => ({
    at: time,
    covered_ms: points?.covered_ms[index] ?? null,
    ...at(total.series, index),
    unrouted: at(unrouted.series, index),
    routes: busy(
      routes.map(({ id, series: state }) => [id, state]),
      index,
    ),
    upstreams: busy(
      upstreams.map(({ name, series: state }) => [name, state]),
      index,
    ),
  }));
}

const windows: Collector = {
  path: 'metrics/windows.json',
  class: 'metrics',
  kind: 'json',
  source: sourceOf('traffic'),
  fast: true,
  find: async ({ lookups, signal }) => [
    { content: jsonText((await lookups.ask('traffic', undefined, undefined, signal)).data) },
  ],
};

function requests(kind: 'errors' | 'slow'): Collector {
  return {
    path: `requests/${kind}.ndjson`,
    class: 'requests',
    kind: 'ndjson',
    source: `${sourceOf('requests')}?kind=${kind}`,
    fast: true,
    find: async (scene) => {
      const { data } = await scene.lookups.ask('requests', ringQuery(scene, kind), undefined, scene.signal);
      const { at, slow_ms, kept, more } = data;
      const head = { schema: 'sentinel.requests/1', at, slow_ms, kept: kept[kind], more };
      const lines: readonly RequestRecord[] = data.requests.toReversed();
      const truncated = more ? { truncated: `the older ones: only the newest ${lines.length} are here` } : {};
      return [{ content: ndjsonText([head, ...lines]), ...truncated }];
    },
  };
}

function ringQuery({ windowMs, fast }: CollectScene, kind: 'errors' | 'slow') {
  return { kind, since: `${Math.ceil(windowMs / 1000)}s`, limit: fast ? '500' : '2000' };
}

const talkers: Collector = {
  path: 'requests/topk.json',
  class: 'requests',
  kind: 'json',
  source: sourceOf('clients'),
  fast: true,
  find: async ({ lookups, signal }) => {
    const found = await Promise.all(
      clientSorts.map(async (by) => {
        const { data } = await lookups.ask('clients', { by, window: '5m', limit: '50' }, undefined, signal);
        return [by, data] as const;
      }),
    );
    return [{ content: jsonText(Object.fromEntries(found)) }];
  },
};

const inflight: Collector = {
  ...reply('state/inflight.json', 'inflight', { limit: '1000' }),
  find: async ({ lookups, signal }): Promise<readonly Piece[]> => {
    const { data } = await lookups.ask('inflight', { limit: '1000' }, undefined, signal);
    const left = data.matching - data.requests.length;
    return [{ content: jsonText(data), ...(left > 0 ? { truncated: `${left} younger ones` } : {}) }];
  },
};

/** What changes while one looks on: taken again and again by a series. */
export const movingCollectors: readonly Collector[] = [
  status,
  reply('state/upstreams.json', 'upstreams'),
  reply('state/breakers.json', 'breakers'),
  inflight,
  metrics,
];

export const daemonCollectors: readonly Collector[] = [
  ...movingCollectors,
  adminDown,
  listeners,
  reply('state/routes.json', 'routes'),
  reply('state/drains.json', 'drains'),
  reply('state/overrides.json', 'overrides'),
  reply('state/blocks.json', 'blocks'),
  reply('state/workers.json', 'workers'),
  reply('state/runtime.json', 'runtime'),
  reply('state/log-levels.json', 'log-levels', undefined, false),
  { ...reply('state/events.json', 'events', { since: '1h', limit: '2000', all: '1' }), class: 'record' },
  series,
  windows,
  requests('errors'),
  requests('slow'),
  talkers,
];
