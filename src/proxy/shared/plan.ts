/**
 * The plan: the compiled configuration that workers run. Plain data, immutable, structured-cloned to every worker at
 * start and at each reload; cells are named by reference so that all threads count in the same place. Made by
 * `proxy/control/compile-plan.ts`.
 */
import type {
  AccessLogConfig,
  LimitsConfig,
  ListenerConfig,
  LoadBalancing,
  PoolConfig,
  RouteConfig,
  StaticResponse,
  SocketAddress,
  UpstreamTimeouts,
} from '../../config/model.ts';
import type { RoutingTable } from '../../routing/table.ts';
import type { CellRef } from './cells.ts';

export interface Plan {
  /** Number of the applied configuration, from 1. */
  readonly generation: number;
  /** SHA-256 of the configuration text and of everything that it includes, hex. */
  readonly digest: string;
  /** Eight hex digits of this daemon, for `Via` and loop detection. */
  readonly daemonId: string;
  readonly workerCount: number;
  readonly gracefulShutdownTimeoutMs: number;
  readonly healthPath: string;
  readonly readyPath: string;
  readonly serverHeader: string | null;
  readonly limits: LimitsConfig;
  readonly listeners: readonly PlanListener[];
  readonly routing: RoutingTable;
  /** Indexed by the route numbers of `routing`. */
  readonly routes: readonly PlanRoute[];
  readonly upstreams: readonly PlanUpstream[];
  readonly accessLog: AccessLogConfig;
  readonly cells: PlanCells;
}

export interface PlanListener extends ListenerConfig {
  /** Index into `routes` of `defaultRoute`; -1 = none. */
  readonly defaultRouteIndex: number;
  readonly cell: CellRef;
}

export interface PlanRoute {
  readonly id: string;
  /** Label number for `requests_total`; ≥ 1, stable across reloads. */
  readonly label: number;
  /** Index into `upstreams`. */
  readonly upstream: number;
  readonly policies: RouteConfig['policies'];
  /** `request_duration_seconds`. */
  readonly cell: CellRef;
}

export interface PlanUpstream {
  readonly name: string;
  readonly label: number;
  readonly static: StaticResponse | null;
  readonly targets: readonly PlanTarget[];
  readonly loadBalancing: LoadBalancing;
  readonly pool: PoolConfig;
  readonly timeouts: UpstreamTimeouts;
  /** `upstream_request_duration_seconds`. */
  readonly cell: CellRef;
}

export interface PlanTarget {
  /** `upstream/address`: the identity that cells and pools are kept by. */
  readonly id: string;
  readonly address: string;
  readonly socket: SocketAddress;
  readonly weight: number;
  readonly cell: CellRef;
}

export interface PlanCells {
  /** `proxyFields`. */
  readonly proxy: CellRef;
  /** One count per entry of `causeList`. */
  readonly errors: CellRef;
  /** One count per entry of `rejectReasons`. */
  readonly rejects: CellRef;
  /** `connections_rejected_total`: one count per entry of `connectionRejectReasons`. */
  readonly connectionRejects: CellRef;
  /** Duration of requests that took no route. */
  readonly unrouted: CellRef;
}

export const connectionRejectReasons = ['connection_limit'] as const;
