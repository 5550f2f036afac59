/** Windows and series as the admin API shows them: `GET /admin/traffic`, the topic `traffic`, and what other replies show of windows. */
import { rfc3339 } from '../../../base/units.ts';
import {
  type SeriesState,
  type TrafficReply,
  type TrafficWindow,
  trafficWindows,
  type WindowState,
  type WindowStates,
} from '../../../admin/contract/traffic-shapes.ts';
import type { CauseSource } from '../../shared/causes.ts';
import type { DaemonState } from '../daemon-state.ts';
import type { Point } from '../traffic/series.ts';
import type { SubjectKind, Traffic, Windows } from '../traffic/traffic.ts';
import { type Window, windowQuantiles } from '../traffic/window.ts';
import { AdminProblem } from './problem.ts';

export interface TrafficContext {
  readonly traffic: Traffic;
  readonly state: DaemonState;
}

/** What a query asks for. */
export interface TrafficChoice {
  readonly windows: readonly TrafficWindow[];
  readonly route: string | null;
  readonly upstream: string | null;
  readonly series: boolean;
  /** Points of series that ended after this, milliseconds since 1970; absent = all. */
  readonly afterMs?: number;
  readonly targets: boolean;
}

/** @throws AdminProblem 400 for a window that does not exist and for a time that is none, 404 for a route or an upstream that is not in force */
export function readChoice(query: URLSearchParams, { state }: TrafficContext): TrafficChoice {
  const window = query.get('window');
  const route = query.get('route');
  const upstream = query.get('upstream');
  const windows = trafficWindows.filter((name) => window === null || name === window);
  if (windows.length === 0) {
    const detail = `there is no window ${JSON.stringify(window)}; \`?window=\` takes one of ${trafficWindows.join(', ')}`;
    throw new AdminProblem(400, 'SNT-A008', detail);
  }
  const { plan } = state.applied;
  if (route !== null && !plan.routes.some(({ id }) => id === route)) {
    throw new AdminProblem(404, 'SNT-A017', `no route ${JSON.stringify(route)} is in force`, {
      hint: 'see their names with `sentinel routes`',
    });
  }
  if (upstream !== null && !plan.upstreams.some(({ name }) => name === upstream)) {
    throw new AdminProblem(404, 'SNT-A014', `the configuration in force has no upstream ${JSON.stringify(upstream)}`);
  }
  const since = query.get('since');
  const afterMs = since === null ? null : Date.parse(since);
  if (afterMs !== null && Number.isNaN(afterMs)) {
    throw new AdminProblem(400, 'SNT-A008', `since is ${JSON.stringify(since)}, expected a time as replies have it`);
  }
  return {
    windows,
    route,
    upstream,
    series: query.get('series') === '1',
    targets: query.get('targets') !== '0',
    ...(afterMs === null ? {} : { afterMs }),
  };
}

export function trafficView({ traffic, state }: TrafficContext, choice: TrafficChoice): TrafficReply {
  const { plan } = state.applied;
  const { route, upstream, afterMs } = choice;
  const pick = (windows: Windows | null, kind: SubjectKind | null) => chosen(windows, kind, choice.windows);
  const points = choice.series ? traffic.totalSeries(afterMs) : null;
  const series = (read: () => readonly Point[]) => (points === null ? {} : { series: seriesState(read(), points) });
  const atMs = traffic.atMs;
  return {
    at: atMs === null ? null : rfc3339(atMs),
    total: { windows: pick(traffic.totalWindows(), null), ...series(() => points ?? []) },
    unrouted: { windows: pick(traffic.windows('unrouted', ''), 'unrouted') },
    routes: plan.routes
      .filter(({ id }) => (route === null ? upstream === null : id === route))
      .map(({ id }) => ({
        id,
        windows: pick(traffic.windows('route', id), 'route'),
        ...series(() => traffic.series('route', id, afterMs)),
      })),
    upstreams: plan.upstreams
      .filter(({ name }) => (upstream === null ? route === null : name === upstream))
      .map(({ name, targets }) => ({
        name,
        windows: pick(traffic.windows('upstream', name), 'upstream'),
        targets: (choice.targets ? targets : []).map(({ id, address }) => ({
          address,
          windows: pick(traffic.windows('target', id), 'target'),
        })),
        ...series(() => traffic.series('upstream', name, afterMs)),
      })),
    ...(points === null
      ? {}
      : {
          points: {
            at: points.map((point) => rfc3339(point.atMs)),
            covered_ms: points.map(({ coveredMs }) => Math.round(coveredMs)),
          },
        }),
  };
}

/** All windows of one subject; empty where it is not known yet. */
export function windowStates(traffic: Traffic, kind: SubjectKind, name: string): WindowStates {
  return chosen(traffic.windows(kind, name), kind, trafficWindows);
}

export function totalStates(traffic: Traffic): WindowStates {
  return chosen(traffic.totalWindows(), null, trafficWindows);
}

function chosen(windows: Windows | null, kind: SubjectKind | null, names: readonly TrafficWindow[]): WindowStates {
  if (windows === null) return {};
  // Before the first second is over nothing is known, which is not the same as no requests.
  const known = names.filter((name) => windows[name].coveredMs > 0);
  return Object.fromEntries(known.map((name) => [name, windowState(windows[name], kind)]));
}

function windowState(window: Window, kind: SubjectKind | null): WindowState {
  const { coveredMs, requests, errors, causes, quantiles } = window;
  const ofTarget = kind === 'target';
  const milliseconds = (quantile: (typeof windowQuantiles)[number]) =>
    toMs(quantiles[windowQuantiles.indexOf(quantile)] ?? null);
  const share = (count: number) => (requests === 0 ? 0 : rounded(count / requests, 1e6));
  const blamed = (source: CauseSource) =>
    share(causes.reduce((sum, one) => (one.source === source ? sum + one.count : sum), 0));
  return {
    covered_ms: Math.round(coveredMs),
    requests,
    requests_per_s: rounded((requests * 1000) / coveredMs, 1e3),
    errors,
    error_ratio: requests === 0 ? null : share(errors),
    causes: causes
      .map(({ cause, source, count }) => ({ cause, source, count, ratio: share(count) }))
      .toSorted((a, b) => b.count - a.count),
    sources:
      ofTarget || requests === 0
        ? null
        : { client: blamed('client'), proxy: blamed('proxy'), upstream: blamed('upstream') },
    bytes_in: ofTarget ? null : window.bytesIn,
    bytes_out: ofTarget ? null : window.bytesOut,
    p50_ms: milliseconds(0.5),
    p95_ms: milliseconds(0.95),
    p99_ms: milliseconds(0.99),
  };
}

/** @param points Those of the total, whose length every series has. */
function seriesState(own: readonly Point[], points: readonly Point[]): SeriesState {
  const all = points.map((_, index) => own[index]);
  return {
    requests: all.map((point) => point?.requests ?? 0),
    errors: all.map((point) => point?.errors ?? 0),
    p50_ms: all.map((point) => toMs(point?.p50 ?? null)),
    p99_ms: all.map((point) => toMs(point?.p99 ?? null)),
  };
}

function toMs(seconds: number | null): number | null {
  return seconds === null ? null : rounded(seconds * 1000, 1e3);
}

function rounded(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}
