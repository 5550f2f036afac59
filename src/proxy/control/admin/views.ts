/** What the admin API shows of the daemon: cells, plan and state turned into the shapes of the contract. Reads, changes nothing. */
import { resolve } from 'node:path';
import type { RoutesReply, RouteState, StatusReply } from '../../../admin/contract/shapes.ts';
import type { Clock } from '../../../base/clock.ts';
import { rfc3339 } from '../../../base/units.ts';
import { contactsState } from '../../../config/contacts-model.ts';
import type { RouteConfig } from '../../../config/model.ts';
import { rejectReasons } from '../../shared/causes.ts';
import { type CellRegistry, listenerFields, proxyFields } from '../../shared/cells.ts';
import type { BoundListener } from '../../shared/messages.ts';
import { readRequestCounts, type RequestCountKey } from '../../shared/request-counts.ts';
import type { Commit } from '../commit/commit.ts';
import type { ConfigSource } from '../config-source.ts';
import type { DaemonState } from '../daemon-state.ts';
import type { Drains } from '../drains/drains.ts';
import type { Discovery } from '../discovery/discovery.ts';
import type { DiskState } from '../disk-watch.ts';
import type { IncidentPlace } from '../incidents/incident-place.ts';
import type { Standing } from '../health/standing.ts';
import type { LabelRegistry } from '../labels.ts';
import type { Readiness } from '../readiness.ts';
import type { Traffic } from '../traffic/traffic.ts';
import type { LaneState } from '../lane.ts';
import { targetDrain } from './drain-views.ts';
import { totalStates, windowStates } from './traffic-views.ts';

export interface ViewContext {
  readonly clock: Clock;
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly source: ConfigSource;
  readonly registry: CellRegistry;
  readonly routeLabels: LabelRegistry;
  readonly upstreamLabels: LabelRegistry;
  readonly state: DaemonState;
  readonly discovery: Discovery;
  readonly drains: Drains;
  readonly incidentPlace: IncidentPlace;
  overrides(): StatusReply['overrides'];
  readonly traffic: Traffic;
  readonly commit: Pick<Commit, 'pending'>;
  nowMs(): number;
  lanes(): readonly LaneState[];
  listeners(): readonly BoundListener[];
  requestCounts(): readonly SharedArrayBuffer[];
  readiness(): Readiness;
  standings(): readonly Standing[];
  /** A sentence for each route whose circuit breaker keeps requests away. */
  openRoutes(): readonly string[];
  warnings(): readonly string[];
  /** What was on trial when the process before ended, and what became of it, until the next change; null = nothing. */
  bootWords(): string | null;
  logDropped(): number;
  addresses(): { readonly socket: string | null; readonly address: string | null };
}

export function statusView(
  context: ViewContext,
  disk: DiskState | null,
  certificates: StatusReply['certificates'],
): StatusReply {
  const { state, registry, source } = context;
  const { plan, config, generation, digest, appliedAtMs } = state.applied;
  const { proxy, rejects } = plan.cells;
  const readiness = context.readiness();
  const standings = context.standings();
  const counts = tally(context, () => 0)(0);
  const memory = process.memoryUsage();
  return {
    pid: context.pid,
    name: context.name,
    version: context.version,
    node: process.versions.node,
    started_at: rfc3339(context.startedAtMs),
    uptime_ms: context.nowMs() - context.startedAtMs,
    state: state.phase === 'draining' ? 'draining' : readiness.ready ? 'ready' : 'not_ready',
    reasons: readiness.reasons,
    degraded: readiness.degraded,
    generation,
    revision: state.revision,
    config: {
      source: source.kind,
      path: source.kind === 'file' ? resolve(source.path) : null,
      digest_running: digest,
      digest_disk: disk?.digest ?? null,
      disk_matches_running: disk?.matches ?? null,
      applied_at: rfc3339(appliedAtMs),
      last_reload: state.lastReload,
      problems: configProblems(context, disk),
    },
    pending: context.commit.pending,
    workers: workerStates(context),
    listeners: context.listeners().map(({ id, address }) => ({ id, address })),
    admin: context.addresses(),
    upstreams: {
      total: standings.length,
      up: standings.filter(({ degraded }) => degraded === null).length,
      targets: standings.reduce((sum, { targets }) => sum + targets, 0),
      targets_down: standings.reduce((sum, { down }) => sum + down, 0),
      targets_unknown: standings.reduce((sum, { unknown }) => sum + unknown, 0),
      problems: [
        ...standings.flatMap(({ degraded }) =>
          degraded === null ? [] : [{ code: 'SNT-U002', words: degraded } as const],
        ),
        ...context.openRoutes().map((words) => ({ code: 'SNT-U003', words }) as const),
      ],
    },
    overrides: context.overrides(),
    drains: context.drains.inForce.map((drain) => {
      const { target, upstreams } = drain.record;
      return { ...targetDrain(drain), target, upstreams };
    }),
    certificates,
    counts: {
      connections_limit: plan.limits.maxTotalConnections === 0 ? null : plan.limits.maxTotalConnections,
      open_connections: plan.listeners.reduce((sum, { cell }) => sum + registry.sum(cell, listenerFields.open), 0),
      in_flight_requests: registry.shared(proxy, proxyFields.inFlight),
      pending_requests: registry.shared(proxy, proxyFields.queued),
      connections_total: registry.sum(proxy, proxyFields.connectionsTotal),
      requests_total: counts.requests,
      server_errors_total: counts.serverErrors,
      rejected_requests_total: rejectReasons.reduce((sum, _, index) => sum + registry.sum(rejects, index), 0),
      log_dropped_total: registry.sum(proxy, proxyFields.logDropped) + context.logDropped(),
    },
    windows: totalStates(context.traffic),
    memory: { rss_bytes: memory.rss, heap_used_bytes: memory.heapUsed },
    contacts: contactsState(config.contacts),
    incidents: { dir: context.incidentPlace.find(), service: context.incidentPlace.service },
    warnings: context.warnings(),
  };
}

export function workerStates(context: Pick<ViewContext, 'lanes'>): StatusReply['workers'] {
  return context.lanes().map(({ worker, serving, leaving, restarts, sinceMs, lastDeath }) => ({
    worker,
    alive: serving,
    leaving,
    restarts,
    since: rfc3339(sinceMs),
    last_death: lastDeath,
  }));
}

function configProblems({ bootWords }: ViewContext, disk: DiskState | null): StatusReply['config']['problems'] {
  const boot = bootWords();
  const [first] = disk?.problems ?? [];
  return [
    ...(boot === null ? [] : [{ code: 'SNT-P021', words: boot } as const]),
    ...(first === undefined
      ? []
      : [{ code: 'SNT-P022', words: `the files on disk would not load at the next start: ${first}` } as const]),
  ];
}

export function routesView(context: ViewContext): RoutesReply {
  const { config, plan } = context.state.applied;
  const ranks = new Map<string, number[]>();
  for (const [index, entry] of plan.routing.entries.entries()) {
    const id = plan.routes[entry.route]?.id ?? '';
    ranks.set(id, [...(ranks.get(id) ?? []), index + 1]);
  }
  const byRoute = tally(context, (key) => key.route);
  const first = (route: RouteState) => route.ranks[0] ?? Number.POSITIVE_INFINITY;
  const routes = config.routes.map((route): RouteState => {
    const { hosts, methods, clientIps } = route.matches;
    const counts = byRoute(context.routeLabels.number(route.id));
    return {
      id: route.id,
      priority: route.priority,
      enabled: route.enabled,
      ranks: ranks.get(route.id) ?? [],
      hosts,
      paths: pathWords(route),
      methods,
      headers: route.matches.headers.map(({ name }) => name),
      query_params: route.matches.queryParams.map(({ name }) => name),
      client_ips: clientIps,
      upstream: route.upstream,
      requests_total: counts.requests,
      server_errors_total: counts.serverErrors,
      windows: route.enabled ? windowStates(context.traffic, 'route', route.id) : {},
    };
  });
  return { routes: routes.toSorted((a, b) => (first(a) < first(b) ? -1 : first(a) > first(b) ? 1 : 0)) };
}

function pathWords({ matches }: RouteConfig): readonly string[] {
  return matches.paths.map((path) =>
    path.kind === 'regex'
      ? `path-regex ${path.source}`
      : `${path.kind === 'exact' ? 'path' : 'path-prefix'} ${path.path}`,
  );
}

export interface Tally {
  requests: number;
  serverErrors: number;
}

const noRequests: Readonly<Tally> = { requests: 0, serverErrors: 0 };

/** Requests by whatever `group` makes of a key; one pass over the tables, however many groups there are. */
export function tally(
  context: ViewContext,
  group: (key: RequestCountKey) => number,
): (number: number) => Readonly<Tally> {
  const tallies = new Map<number, Tally>();
  for (const { key, count } of readRequestCounts(context.requestCounts())) {
    const number = group(key);
    const sums = tallies.get(number) ?? { ...noRequests };
    sums.requests += count;
    if (key.status >= 500) sums.serverErrors += count;
    tallies.set(number, sums);
  }
  return (number) => tallies.get(number) ?? noRequests;
}
