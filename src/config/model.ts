/**
 * The checked configuration: what every other room reads. Frozen, defaults merged, aliases resolved,
 * units converted (`timeout-secs` → `timeoutMs`). Made only by `config/lower.ts`; never mutated.
 * A field exists here only when the running proxy enforces it.
 */

export interface Config {
  readonly server: ServerConfig;
  /** In file order; ids unique. */
  readonly listeners: readonly ListenerConfig[];
  /** In file order (order is the last tie-break of matching); ids unique; disabled routes are kept with `enabled: false`. */
  readonly routes: readonly RouteConfig[];
  /** In file order, then the built-in ones that the file did not redefine (`emergency-static`, `maintenance-page`). */
  readonly upstreams: readonly UpstreamConfig[];
  readonly limits: LimitsConfig;
  readonly observability: ObservabilityConfig;
}

export interface ServerConfig {
  /** 0 = one per core. */
  readonly workerThreads: number;
  readonly gracefulShutdownTimeoutMs: number;
  /** Null = decided at run time: `/var/run/sentinel.pid`, or a folder of the user where that is not writable. */
  readonly pidFile: string | null;
  readonly healthPath: string;
  readonly readyPath: string;
  /** `Server` field of responses that the proxy makes itself; `null` = none. */
  readonly serverHeader: string | null;
}

export type SocketAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export interface ListenerConfig {
  readonly id: string;
  readonly address: SocketAddress;
  /** Longest silence between body bytes from the client (`request-timeout-secs`); 0 = no bound. */
  readonly bodyIdleTimeoutMs: number;
  /** First byte of a head → complete head; also bounds a connection that never sends one. */
  readonly headerTimeoutMs: number;
  readonly keepaliveTimeoutMs: number;
  /** Strictest of listener and limits; 0 = no bound. */
  readonly maxRequestsPerConnection: number;
  /** Route that takes what nothing else matched. */
  readonly defaultRoute: string | null;
  readonly backlog: number;
  /** CIDRs or single addresses whose forwarding headers are believed. */
  readonly trustedProxies: readonly string[];
}

export type LoadBalancing = 'round_robin' | 'weighted' | 'least_connections' | 'random' | 'p2c';

export interface RouteConfig {
  readonly id: string;
  readonly enabled: boolean;
  readonly priority: number;
  readonly matches: RouteMatches;
  readonly upstream: string;
  readonly policies: RoutePolicies;
}

/** Different kinds are ANDed; values inside `paths`, `hosts`, `methods`, `clientIps` and inside one header or query name are ORed. */
export interface RouteMatches {
  readonly paths: readonly PathMatch[];
  /** Lower case, exact or `*.suffix`. */
  readonly hosts: readonly string[];
  readonly methods: readonly string[];
  /** Names lower case. Several entries are ANDed. */
  readonly headers: readonly NamedMatch[];
  readonly queryParams: readonly NamedMatch[];
  readonly clientIps: readonly string[];
}

export type PathMatch =
  | { readonly kind: 'exact'; readonly path: string }
  /** `/api` matches `/api` and `/api/x`, not `/apix`; `/api/` matches everything under it. */
  | { readonly kind: 'prefix'; readonly path: string }
  | { readonly kind: 'regex'; readonly source: string };

export interface NamedMatch {
  readonly name: string;
  /** Any of these values; empty = present with any value. */
  readonly values: readonly string[];
}

export interface RoutePolicies {
  /** Last request byte sent → response head; 0 = the upstream's `requestMs` alone. The shorter of both wins. */
  readonly timeoutMs: number;
  /** Strictest of the route and `limits`; 0 = no bound. */
  readonly maxBodyBytes: number;
  readonly requestHeaders: HeaderOperations;
  readonly responseHeaders: HeaderOperations;
  readonly rewrite: { readonly stripPrefix: string | null; readonly prefix: string | null };
  readonly hostHeader:
    | { readonly kind: 'preserve' }
    | { readonly kind: 'upstream' }
    | { readonly kind: 'literal'; readonly value: string };
  readonly forwarded: 'x-forwarded' | 'rfc7239' | 'both' | 'none';
}

/** Applied in this order: rename, remove, set, add. Names keep the operator's spelling; matching ignores case. */
export interface HeaderOperations {
  readonly rename: readonly (readonly [from: string, to: string])[];
  readonly remove: readonly string[];
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly add: readonly (readonly [name: string, value: string])[];
}

export interface UpstreamConfig {
  readonly name: string;
  /** True for `emergency-static` and `maintenance-page` when the file does not define them. */
  readonly builtin: boolean;
  /** Empty exactly when `static` is set. */
  readonly targets: readonly TargetConfig[];
  readonly static: StaticResponse | null;
  readonly loadBalancing: LoadBalancing;
  readonly pool: PoolConfig;
  readonly timeouts: UpstreamTimeouts;
}

export interface TargetConfig {
  /** Identity of the target, as written, normalised: `10.1.1.10:8080`, `[::1]:80`, `name:80`, `unix:/run/app.sock`. */
  readonly address: string;
  readonly socket: SocketAddress;
  /** 0 = takes no new request, under every policy. */
  readonly weight: number;
}

export interface StaticResponse {
  readonly status: number;
  /** End-to-end fields, `Content-Type` included, in the order written. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Body bytes as base64 (read at load when it came from `body-file`). */
  readonly bodyBase64: string;
}

export interface PoolConfig {
  /** Per target, over all workers. */
  readonly maxConnections: number;
  readonly maxIdle: number;
  readonly idleTimeoutMs: number;
  /** 0 = no bound. */
  readonly maxLifetimeMs: number;
  /** Requests that may wait for a connection to one target, over all workers. */
  readonly maxPending: number;
}

/** 0 = no bound, for all but `connectMs`. */
export interface UpstreamTimeouts {
  readonly connectMs: number;
  readonly requestMs: number;
  readonly readMs: number;
  readonly writeMs: number;
}

export interface LimitsConfig {
  /** 0 = off, for each of them. */
  readonly maxTotalConnections: number;
  readonly maxInFlightRequests: number;
  /** Requests waiting for an upstream connection, over all targets. */
  readonly maxQueuedRequests: number;
  readonly maxHeaderCount: number;
  readonly maxHeaderBytes: number;
  readonly maxHeaderNameBytes: number;
  readonly maxHeaderValueBytes: number;
  readonly maxUriBytes: number;
}

export interface ObservabilityConfig {
  /** `enabled: false` = the TCP address for metrics and admin is not opened at all. */
  readonly metrics: { readonly enabled: boolean; readonly address: SocketAddress; readonly path: string };
  /** `socket: null` = decided at run time (`base/run-files.ts`). */
  readonly admin: { readonly socket: string | null; readonly tokens: readonly AdminToken[] };
  readonly logging: LoggingConfig;
}

export type AdminRole = 'viewer' | 'operator' | 'admin';

export interface AdminToken {
  readonly name: string;
  readonly role: AdminRole;
  /** Lower-case hex of SHA-256 of the bearer token. */
  readonly sha256: string;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

export interface LoggingConfig {
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
  readonly file: string | null;
  readonly accessLog: AccessLogConfig;
  readonly auditLog: { readonly enabled: boolean; readonly file: string | null };
}

export interface AccessLogConfig {
  /** False when switched off or when neither a file nor `stdout` is named. */
  readonly enabled: boolean;
  /** A path, or `stdout`. */
  readonly file: string | null;
  readonly format: 'json' | 'combined';
  /** Share of requests logged, 0–1. */
  readonly sample: number;
}
