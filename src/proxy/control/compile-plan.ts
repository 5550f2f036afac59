/** Config → plan: gives every thing its cell and its label, and resolves names to numbers. Pure but for the registries. */
import type {
  BreakerConfig,
  Config,
  ListenerConfig,
  RouteConfig,
  SocketAddress,
  UpstreamConfig,
} from '../../config/model.ts';
import { compileRoutes } from '../../routing/table.ts';
import { breakerFields, breakerWords } from '../shared/breaker.ts';
import {
  type CellRegistry,
  guardFields,
  histogramFields,
  listenerFields,
  pressureFields,
  proxyFields,
  routeFields,
  targetFields,
  targetStateFields,
  upstreamFields,
} from '../shared/cells.ts';
import { causeList, rejectReasons } from '../shared/causes.ts';
import { handshakeResults } from '../shared/handshake-results.ts';
import {
  connectionRejectReasons,
  type Plan,
  type PlanBreaker,
  type PlanCells,
  type PlanListenerIdentity,
  type PlanMaintenance,
  type PlanRateLimit,
  type PlanRoute,
  type PlanSecurity,
  type PlanStoredRate,
  type PlanTables,
  type PlanTarget,
  type PlanUpstream,
  type PlanUpstreamIdentity,
} from '../shared/plan.ts';
import { outcomeFields } from '../shared/outcome-counts.ts';
import { windowWords } from '../shared/outcome-window.ts';
import { tagged } from './entity-tag.ts';
import type { LabelRegistry } from './labels.ts';

/** What a plan needs that no configuration says, because it changes by itself or is made by the daemon. */
export interface LivePlanParts {
  /** The targets that a written one stands for now: itself, or the addresses of its name; empty while it has none. */
  targetsOf(upstream: UpstreamConfig): readonly LiveTarget[];
  unresolved(upstream: UpstreamConfig): PlanUpstream['unresolved'];
  readonly security: PlanSecurity;
  /** Of a route, by its id; of requests that no route takes with null. */
  maintenance(route: string | null): PlanMaintenance | null;
  readonly tables: PlanTables;
  /** Of a route's `rate-limit`. */
  rateTable(route: RouteConfig): PlanRateLimit | PlanStoredRate | null;
  readonly stickyKey: Uint8Array | null;
  /** What the files of `tls` hold. */
  listenerIdentity(listener: ListenerConfig): PlanListenerIdentity | null;
  upstreamIdentity(upstream: UpstreamConfig): PlanUpstreamIdentity | null;
}

export interface LiveTarget {
  readonly address: string;
  readonly written: string;
  readonly socket: SocketAddress;
  readonly weight: number;
}

export interface PlanContext {
  readonly serial: number;
  readonly generation: number;
  readonly digest: string;
  /** What workers keep out of logs; default nothing is known. */
  readonly secrets?: readonly string[];
  readonly daemonId: string;
  readonly workerCount: number;
  /** Default: none is known. */
  readonly descriptorBound?: number;
  readonly registry: CellRegistry;
  readonly routeLabels: LabelRegistry;
  readonly upstreamLabels: LabelRegistry;
  readonly live: LivePlanParts;
}

/** Names of cells; the supervisor and the exposition find them by these. */
export const cellNames = {
  proxy: 'proxy',
  errors: 'errors',
  rejects: 'rejects',
  connectionRejects: 'connection-rejects',
  handshakes: 'handshakes',
  unrouted: 'unrouted',
  unroutedOutcomes: 'unrouted-outcomes',
  guards: 'guards',
  pressure: 'pressure',
  listener: (id: string) => `listener/${id}`,
  route: (id: string) => `route/${id}`,
  upstream: (name: string) => `upstream/${name}`,
  target: (upstream: string, address: string) => `target/${upstream}/${address}`,
  targetDurations: (upstream: string, address: string) => `target-durations/${upstream}/${address}`,
  targetState: (upstream: string, address: string) => `target-state/${upstream}/${address}`,
  window: (upstream: string, address: string, requests: number) => `window/${requests}/${upstream}/${address}`,
  breaker: (id: string) => `breaker/${id}`,
  routeCounts: (id: string) => `route-counts/${id}`,
  upstreamCounts: (name: string) => `upstream-counts/${name}`,
  routeOutcomes: (id: string) => `route-outcomes/${id}`,
  upstreamOutcomes: (name: string) => `upstream-outcomes/${name}`,
} as const;

/** Identities of all the cells that belong to a target alone. */
export function targetIdentities(upstream: PlanUpstream, { address, breaker }: PlanTarget): readonly string[] {
  const { name, passive } = upstream;
  return [
    cellNames.target(name, address),
    cellNames.targetDurations(name, address),
    cellNames.targetState(name, address),
    ...(passive === null ? [] : [cellNames.window(name, address, passive.windowRequests)]),
    ...(breaker === null ? [] : [cellNames.breaker(breaker.id)]),
  ];
}

/** Lane fields that say how much of something is held right now and have no shared twin: zeroed when a worker dies. */
export const laneGauges = [
  { prefix: 'listener/', field: listenerFields.open },
  { prefix: 'target/', field: targetFields.inFlight },
  { prefix: 'route-counts/', field: routeFields.websockets },
] as const;

export function compilePlan(config: Config, context: PlanContext): Plan {
  const upstreamNumbers = new Map(config.upstreams.map((upstream, index) => [upstream.name, index]));
  const routes = config.routes.filter((route) => route.enabled);
  return {
    serial: context.serial,
    generation: context.generation,
    digest: context.digest,
    daemonId: context.daemonId,
    workerCount: context.workerCount,
    descriptorBound: context.descriptorBound ?? Infinity,
    gracefulShutdownTimeoutMs: config.server.gracefulShutdownTimeoutMs,
    healthPath: config.server.healthPath,
    readyPath: config.server.readyPath,
    serverHeader: config.server.serverHeader,
    limits: config.limits,
    listeners: config.listeners.map((listener) => ({
      ...listener,
      defaultRouteIndex: routes.findIndex((route) => route.id === listener.defaultRoute),
      identity: context.live.listenerIdentity(listener),
      cell: context.registry.cell(
        cellNames.listener(listener.id),
        listenerFields.laneLength,
        listenerFields.sharedLength,
      ),
    })),
    identityFields: [...new Set(config.listeners.flatMap(({ tls }) => tls?.subjectHeader?.toLowerCase() ?? []))],
    routing: compileRoutes(routes),
    routes: routes.map((route) => planRoute(route, upstreamNumbers, context)),
    upstreams: config.upstreams.map((upstream) => planUpstream(upstream, context)),
    accessLog: config.observability.logging.accessLog,
    secrets: context.secrets ?? [],
    tracing: tracingOf(config),
    slowMs: config.alerts.p99Ms,
    security: context.live.security,
    maintenance: context.live.maintenance(null),
    cells: planCells(context.registry),
    tables: context.live.tables,
  };
}

function tracingOf({ observability: { tracing } }: Config): Plan['tracing'] {
  return tracing && { samplingRate: tracing.samplingRate };
}

/** The cells that belong to no configured thing. */
export function planCells(registry: CellRegistry): PlanCells {
  return {
    proxy: registry.cell(cellNames.proxy, proxyFields.laneLength, proxyFields.sharedLength),
    errors: registry.cell(cellNames.errors, causeList.length, 0),
    rejects: registry.cell(cellNames.rejects, rejectReasons.length, 0),
    connectionRejects: registry.cell(cellNames.connectionRejects, connectionRejectReasons.length, 0),
    handshakes: registry.cell(cellNames.handshakes, handshakeResults.length, 0),
    unrouted: registry.cell(cellNames.unrouted, histogramFields.laneLength, 0),
    unroutedOutcomes: registry.cell(cellNames.unroutedOutcomes, outcomeFields.laneLength, 0),
    guards: registry.cell(cellNames.guards, guardFields.laneLength, guardFields.sharedLength),
    pressure: registry.cell(cellNames.pressure, pressureFields.laneLength, pressureFields.sharedLength, 0),
  };
}

function planRoute(route: RouteConfig, upstreams: ReadonlyMap<string, number>, context: PlanContext): PlanRoute {
  const upstream = upstreams.get(route.upstream);
  if (upstream === undefined)
    throw new Error(`route ${route.id} names an upstream that the checked configuration lacks`);
  return {
    id: route.id,
    label: context.routeLabels.number(route.id),
    upstream,
    fallback: route.fallbackUpstream === null ? -1 : (upstreams.get(route.fallbackUpstream) ?? -1),
    policies: route.policies,
    retry: route.retry,
    breaker: route.circuitBreaker === null ? null : planBreaker(`route/${route.id}`, route.circuitBreaker, context),
    rateLimit: context.live.rateTable(route),
    maintenance: context.live.maintenance(route.id),
    cell: context.registry.cell(cellNames.route(route.id), histogramFields.laneLength, 0),
    counts: context.registry.cell(cellNames.routeCounts(route.id), routeFields.laneLength, routeFields.sharedLength),
    outcomes: context.registry.cell(cellNames.routeOutcomes(route.id), outcomeFields.laneLength, 0),
  };
}

function planBreaker(id: string, settings: BreakerConfig, { registry }: PlanContext): PlanBreaker {
  return { id, settings, cell: registry.cell(cellNames.breaker(id), breakerFields.laneLength, breakerWords, 0) };
}

function planUpstream(upstream: UpstreamConfig, context: PlanContext): PlanUpstream {
  const { registry, live, upstreamLabels } = context;
  const { name } = upstream;
  return {
    name,
    label: upstreamLabels.number(name),
    static: upstream.static === null ? null : tagged(upstream.static),
    targets: live.targetsOf(upstream).map((target) => planTarget(upstream, target, context)),
    unresolved: live.unresolved(upstream),
    loadBalancing: upstream.loadBalancing,
    stickyKey: upstream.loadBalancing.policy === 'sticky' ? live.stickyKey : null,
    tls: upstream.tls,
    identity: live.upstreamIdentity(upstream),
    httpVersion: upstream.httpVersion,
    pool: upstream.pool,
    timeouts: upstream.timeouts,
    passive: upstream.passiveHealth,
    cell: registry.cell(cellNames.upstream(name), histogramFields.laneLength, 0),
    counts: registry.cell(cellNames.upstreamCounts(name), upstreamFields.laneLength, upstreamFields.sharedLength),
    outcomes: registry.cell(cellNames.upstreamOutcomes(name), outcomeFields.laneLength, 0),
  };
}

function planTarget(upstream: UpstreamConfig, target: LiveTarget, context: PlanContext): PlanTarget {
  const { registry } = context;
  const { name, circuitBreaker, passiveHealth } = upstream;
  const { address } = target;
  const id = `${name}/${address}`;
  return {
    id,
    ...target,
    cell: registry.cell(cellNames.target(name, address), targetFields.laneLength, targetFields.sharedLength),
    durations: registry.cell(cellNames.targetDurations(name, address), histogramFields.laneLength, 0),
    state: registry.cell(
      cellNames.targetState(name, address),
      targetStateFields.laneLength,
      targetStateFields.sharedLength,
      0,
    ),
    breaker: circuitBreaker === null ? null : planBreaker(id, circuitBreaker, context),
    window:
      passiveHealth === null
        ? null
        : registry.cell(
            cellNames.window(name, address, passiveHealth.windowRequests),
            0,
            windowWords(passiveHealth.windowRequests),
            0,
          ),
  };
}
