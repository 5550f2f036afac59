/**
 * The plan: the compiled configuration that workers run. Plain data, immutable, structured-cloned to every worker at
 * start and at each reload; cells are named by reference so that all threads count in the same place. Made by
 * `proxy/control/compile-plan.ts`.
 */
import type { AccessLogConfig } from '../../config/logging-model.ts';
import type {
  BreakerConfig,
  LimitsConfig,
  ListenerConfig,
  LoadBalancingConfig,
  PassiveHealthConfig,
  PoolConfig,
  RateLimitConfig,
  RetryConfig,
  RouteConfig,
  SecurityConfig,
  StaticResponse,
  SocketAddress,
  UpstreamConfig,
  UpstreamTlsConfig,
  UpstreamTimeouts,
} from '../../config/model.ts';
import type { RoutingTable } from '../../routing/table.ts';
import type { CellRef } from './cells.ts';

export interface Plan {
  /** Rises with every plan: a configuration may be compiled again, because an address has changed or a client is blocked. */
  readonly serial: number;
  /** Number of the applied configuration, from 1. */
  readonly generation: number;
  /** SHA-256 of the configuration text and of everything that it includes, hex. */
  readonly digest: string;
  /** Eight hex digits of this daemon, for `Via` and loop detection. */
  readonly daemonId: string;
  readonly workerCount: number;
  /** Sockets with this number or a higher one are closed again: the rest is for admin API, logs and reloads. Infinity = no bound is known. */
  readonly descriptorBound: number;
  readonly gracefulShutdownTimeoutMs: number;
  readonly healthPath: string;
  readonly readyPath: string;
  readonly serverHeader: string | null;
  readonly limits: LimitsConfig;
  readonly listeners: readonly PlanListener[];
  /** Lower-case names of the fields that say who a client is: whatever listener it came by, no client's own is believed. */
  readonly identityFields: readonly string[];
  readonly routing: RoutingTable;
  /** Indexed by the route numbers of `routing`. */
  readonly routes: readonly PlanRoute[];
  readonly upstreams: readonly PlanUpstream[];
  readonly accessLog: AccessLogConfig;
  /** What came from `${…}` and may be a secret: replaced in header fields that are logged. */
  readonly secrets: readonly string[];
  /** Null = no spans are told. */
  readonly tracing: PlanTracing | null;
  /** A request that takes longer is slow, and kept for people to look at. */
  readonly slowMs: number;
  readonly security: PlanSecurity;
  /** Of requests that no route takes; null = none. */
  readonly maintenance: PlanMaintenance | null;
  readonly cells: PlanCells;
  readonly tables: PlanTables;
}

/** What workers know of tracing; where spans go is the main thread's business. */
export interface PlanTracing {
  /** Of the traces that begin here, 0–1. */
  readonly samplingRate: number;
}

/** Shared tables of keyed counts. Null = the limit is off. Each lives as long as what it counts keeps its meaning. */
export interface PlanTables {
  /** Open connections per client (`shared/client-connections.ts`). */
  readonly clientConnections: SharedArrayBuffer | null;
  readonly globalRate: PlanRateLimit | null;
  readonly clientRate: PlanRateLimit | null;
}

/** A rate limit and the table that its state is in (`shared/rate-table.ts`). */
export interface PlanRateLimit {
  readonly limit: RateLimitConfig;
  readonly table: SharedArrayBuffer;
}

/** A rate limit whose state is kept in its backend. */
export interface PlanStoredRate {
  readonly limit: RateLimitConfig;
  readonly table: null;
}

export interface PlanSecurity {
  readonly mode: SecurityConfig['challengeMode'];
  readonly difficulty: number;
  readonly ttlMs: number;
  /** Counts requests of clients without a pass against the threshold; null when the mode is not `enabled`. */
  readonly threshold: PlanRateLimit | null;
  /** Signs passes; null = it could not be read: the guard fails. */
  readonly key: Uint8Array | null;
  /** Sorted ranges (`shared/address-set.ts`); null = nobody. */
  readonly blocked: SharedArrayBuffer | null;
  readonly allowed: SharedArrayBuffer | null;
}

/** What clients get in place of what they asked for, until an operator or the clock ends it. */
export interface PlanMaintenance {
  /** It was ordered for every route at once. */
  readonly everywhere: boolean;
  /** Value of `Retry-After`. */
  readonly retryAfter: string;
  /** Value of `Content-Type`. */
  readonly type: string;
  readonly page: string;
  /** Clients that pass (`shared/address-set.ts`); null = nobody. */
  readonly allowed: SharedArrayBuffer | null;
}

export interface PlanListener extends ListenerConfig {
  /** Index into `routes` of `defaultRoute`; -1 = none. */
  readonly defaultRouteIndex: number;
  readonly cell: CellRef;
  /** What its `tls` names, as it was read; null = plain HTTP. */
  readonly identity: PlanListenerIdentity | null;
}

/** What a listener shows of itself, and whom it believes. Holds private keys: never logged, never printed. */
export interface PlanListenerIdentity {
  readonly pair: PlanPair | null;
  readonly sni: readonly { readonly hostnames: readonly string[]; readonly pair: PlanPair }[];
  /** Authorities of client certificates, and their revocation lists, PEM. */
  readonly ca: string | null;
  readonly crl: string | null;
  /** 48 bytes, the same in all workers: whoever got a session ticket from one can resume at another. */
  readonly ticketKeys: Uint8Array;
  /** 32 hex digits; a session is resumed only where they are the same: same listener, same demands on clients. */
  readonly sessionContext: string;
}

/** A certificate with its chain, and its key, PEM. */
export interface PlanPair {
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of the leaf, lower-case hex. */
  readonly fingerprint: string;
}

export interface PlanUpstreamIdentity {
  /** Authorities that are believed, PEM; null = those of the system. */
  readonly ca: string | null;
  readonly pair: PlanPair | null;
  /** SHA-256 over all that decides whom a connection trusts and what it shows: connections with another one are not reused. */
  readonly digest: string;
}

export interface PlanRoute {
  readonly id: string;
  /** Label number for `requests_total`; ≥ 1, stable across reloads. */
  readonly label: number;
  /** Index into `upstreams`. */
  readonly upstream: number;
  /** Index into `upstreams`; -1 = none. */
  readonly fallback: number;
  readonly policies: RouteConfig['policies'];
  readonly retry: RetryConfig | null;
  readonly breaker: PlanBreaker | null;
  readonly rateLimit: PlanRateLimit | PlanStoredRate | null;
  /** Its own, or that of every route; null = none. */
  readonly maintenance: PlanMaintenance | null;
  /** `request_duration_seconds`. */
  readonly cell: CellRef;
  /** `routeFields`. */
  readonly counts: CellRef;
  /** `outcomeFields`. */
  readonly outcomes: CellRef;
}

export interface PlanBreaker {
  /** Component of `circuit_breaker_state`: `upstream/target`, or `route/id`. */
  readonly id: string;
  readonly settings: BreakerConfig;
  /** `shared/breaker.ts`. */
  readonly cell: CellRef;
}

export interface PlanUpstream {
  readonly name: string;
  readonly label: number;
  readonly static: StaticResponse | null;
  readonly targets: readonly PlanTarget[];
  /** Names of targets have no address, and why: what requests are told that find no target at all. Null = all have some. */
  readonly unresolved: 'dns_error' | 'dns_timeout' | null;
  readonly loadBalancing: LoadBalancingConfig;
  /** Signs the cookie of `sticky`; null where it is not wanted or could not be read. */
  readonly stickyKey: Uint8Array | null;
  readonly tls: UpstreamTlsConfig | null;
  /** What `tls` names, as it was read; null = plain. */
  readonly identity: PlanUpstreamIdentity | null;
  readonly httpVersion: UpstreamConfig['httpVersion'];
  readonly pool: PoolConfig;
  readonly timeouts: UpstreamTimeouts;
  readonly passive: PassiveHealthConfig | null;
  /** `upstream_request_duration_seconds`. */
  readonly cell: CellRef;
  /** `upstreamFields`. */
  readonly counts: CellRef;
  /** `outcomeFields`. */
  readonly outcomes: CellRef;
}

export interface PlanTarget {
  /** `upstream/address`: the identity that cells, pools and breakers are kept by. */
  readonly id: string;
  /** Of a name: one of the addresses that it has now, `10.0.0.1:8080`. */
  readonly address: string;
  /** As it is written: `api.internal:8080`. Equal to `address` where that is no name. */
  readonly written: string;
  readonly socket: SocketAddress;
  readonly weight: number;
  readonly cell: CellRef;
  /** A histogram: from a try being sent to the head of its answer. */
  readonly durations: CellRef;
  /** `targetStateFields`: what the main thread says of it. */
  readonly state: CellRef;
  readonly breaker: PlanBreaker | null;
  /** The last outcomes, for passive health (`shared/outcome-window.ts`); null = off. */
  readonly window: CellRef | null;
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
  /** `tls_handshakes_total`: one count per entry of `handshakeResults`. */
  readonly handshakes: CellRef;
  /** Duration of requests that took no route, and what became of them (`outcomeFields`). */
  readonly unrouted: CellRef;
  readonly unroutedOutcomes: CellRef;
  /** `guardFields`. */
  readonly guards: CellRef;
  /** `pressureFields`. */
  readonly pressure: CellRef;
}

/** `client_limit`: one client has as many connections as `max-connections-per-client` allows. `proxy_protocol`: no valid header.
 * `http2_abuse`: a connection that was let in broke the rules of HTTP/2, or cost more than its requests are worth. */
export const connectionRejectReasons = [
  'connection_limit',
  'client_limit',
  'blocked',
  'proxy_protocol',
  'http2_abuse',
] as const;

export type ConnectionRejectReason = (typeof connectionRejectReasons)[number];
