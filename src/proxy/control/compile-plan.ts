/** Config → plan: gives every thing its cell and its label, and resolves names to numbers. Pure but for the registries. */
import type { Config, RouteConfig, UpstreamConfig } from '../../config/model.ts';
import { compileRoutes } from '../../routing/table.ts';
import { type CellRegistry, histogramFields, listenerFields, proxyFields, targetFields } from '../shared/cells.ts';
import { causeList, rejectReasons } from '../shared/causes.ts';
import {
  connectionRejectReasons,
  type Plan,
  type PlanCells,
  type PlanRoute,
  type PlanUpstream,
} from '../shared/plan.ts';
import type { LabelRegistry } from './labels.ts';

export interface PlanContext {
  readonly generation: number;
  readonly digest: string;
  readonly daemonId: string;
  readonly workerCount: number;
  readonly registry: CellRegistry;
  readonly routeLabels: LabelRegistry;
  readonly upstreamLabels: LabelRegistry;
}

/** Names of cells; the supervisor and the exposition find them by these. */
export const cellNames = {
  proxy: 'proxy',
  errors: 'errors',
  rejects: 'rejects',
  connectionRejects: 'connection-rejects',
  unrouted: 'unrouted',
  listener: (id: string) => `listener/${id}`,
  route: (id: string) => `route/${id}`,
  upstream: (name: string) => `upstream/${name}`,
  target: (upstream: string, address: string) => `target/${upstream}/${address}`,
} as const;

/** Lane fields that say how much of something is held right now and have no shared twin: zeroed when a worker dies. */
export const laneGauges = [
  { prefix: 'listener/', field: listenerFields.open },
  { prefix: 'target/', field: targetFields.inFlight },
] as const;

export function compilePlan(config: Config, context: PlanContext): Plan {
  const upstreamNumbers = new Map(config.upstreams.map((upstream, index) => [upstream.name, index]));
  const routes = config.routes.filter((route) => route.enabled);
  return {
    generation: context.generation,
    digest: context.digest,
    daemonId: context.daemonId,
    workerCount: context.workerCount,
    gracefulShutdownTimeoutMs: config.server.gracefulShutdownTimeoutMs,
    healthPath: config.server.healthPath,
    readyPath: config.server.readyPath,
    serverHeader: config.server.serverHeader,
    limits: config.limits,
    listeners: config.listeners.map((listener) => ({
      ...listener,
      defaultRouteIndex: routes.findIndex((route) => route.id === listener.defaultRoute),
      cell: context.registry.cell(
        cellNames.listener(listener.id),
        listenerFields.laneLength,
        listenerFields.sharedLength,
      ),
    })),
    routing: compileRoutes(routes),
    routes: routes.map((route) => planRoute(route, upstreamNumbers, context)),
    upstreams: config.upstreams.map((upstream) => planUpstream(upstream, context)),
    accessLog: config.observability.logging.accessLog,
    cells: planCells(context.registry),
  };
}

/** The cells that belong to no configured thing. */
export function planCells(registry: CellRegistry): PlanCells {
  return {
    proxy: registry.cell(cellNames.proxy, proxyFields.laneLength, proxyFields.sharedLength),
    errors: registry.cell(cellNames.errors, causeList.length, 0),
    rejects: registry.cell(cellNames.rejects, rejectReasons.length, 0),
    connectionRejects: registry.cell(cellNames.connectionRejects, connectionRejectReasons.length, 0),
    unrouted: registry.cell(cellNames.unrouted, histogramFields.laneLength, 0),
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
    policies: route.policies,
    cell: context.registry.cell(cellNames.route(route.id), histogramFields.laneLength, 0),
  };
}

function planUpstream(upstream: UpstreamConfig, context: PlanContext): PlanUpstream {
  return {
    name: upstream.name,
    label: context.upstreamLabels.number(upstream.name),
    static: upstream.static,
    targets: upstream.targets.map((target) => ({
      id: `${upstream.name}/${target.address}`,
      ...target,
      cell: context.registry.cell(
        cellNames.target(upstream.name, target.address),
        targetFields.laneLength,
        targetFields.sharedLength,
      ),
    })),
    loadBalancing: upstream.loadBalancing,
    pool: upstream.pool,
    timeouts: upstream.timeouts,
    cell: context.registry.cell(cellNames.upstream(upstream.name), histogramFields.laneLength, 0),
  };
}
