/**
 * The checked configuration: what every other room reads. Frozen, defaults merged, aliases resolved,
 * units converted (`timeout-secs` → `timeoutMs`). Made only by `config/lower.ts`; never mutated.
 * A field exists here only when the running proxy enforces it.
 */
import type { AlertsConfig } from './alerts-model.ts';
import type { ContactsConfig } from './contacts-model.ts';
import type { LoggingConfig } from './logging-model.ts';

export interface Config {
  readonly server: ServerConfig;
  /** In file order; ids unique. */
  readonly listeners: readonly ListenerConfig[];
  /** In file order (order is the last tie-break of matching); ids unique; disabled routes are kept with `enabled: false`. */
  readonly routes: readonly RouteConfig[];
  /** In file order, then the built-in ones that the file did not redefine (`emergency-static`, `maintenance-page`). */
  readonly upstreams: readonly UpstreamConfig[];
  readonly limits: LimitsConfig;
  readonly security: SecurityConfig;
  readonly observability: ObservabilityConfig;
  /** Where keys and state that outlive the process are kept. Null = decided at run time (`base/run-files.ts`). */
  readonly stateDir: string | null;
  readonly alerts: AlertsConfig;
  readonly contacts: ContactsConfig;
  /** How many generations are kept at most. */
  readonly history: { readonly keep: number };
  /** Folder of the incidents, absolute; null = decided at run time (`base/incidents-folder.ts`). Null as `service` = not said. */
  readonly incidents: { readonly dir: string | null; readonly service: string | null };
}

export interface ServerConfig {
  /** 0 = one per core. */
  readonly workerThreads: number;
  readonly gracefulShutdownTimeoutMs: number;
  /** How long it serves on while `/ready` fails already, before it drains. */
  readonly shutdownLagMs: number;
  /** How long an idle connection may stay when its worker ends. */
  readonly drainIdleMs: number;
  /** Null = decided at run time: `/var/run/sentinel.pid`, or a folder of the user where that is not writable. */
  readonly pidFile: string | null;
  readonly healthPath: string;
  readonly readyPath: string;
  /** `Server` field of responses that the proxy makes itself; `null` = none. */
  readonly serverHeader: string | null;
  /** Configuration and certificate files are watched, and taken over when they have changed. */
  readonly autoReload: boolean;
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
  /** Every connection begins with a PROXY protocol header, version 1 or 2; one without is closed. */
  readonly proxyProtocol: boolean;
  /** Streams that one HTTP/2 connection of a client may have open at once. */
  readonly maxConcurrentStreams: number;
  /** Null = plain HTTP (`protocol "http"`). */
  readonly tls: ListenerTlsConfig | null;
}

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

export interface ListenerTlsConfig {
  /** For clients that name no host, or none of `sni`; null = their handshake is refused. */
  readonly pair: CertificatePair | null;
  readonly sni: readonly SniConfig[];
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** OpenSSL names, in order of preference; empty = what Node holds for good. */
  readonly cipherSuites: readonly string[];
  /** `request`: a client may show a certificate, `require`: it must. One that is shown must be good. */
  readonly clientAuth: 'none' | 'request' | 'require';
  /** PEM bundle of the authorities of client certificates; never null unless `clientAuth` is `none`. */
  readonly caFile: string | null;
  /** PEM bundle of revocation lists for client certificates. */
  readonly crlFile: string | null;
  /** Request field that names the subject of the verified client certificate; null = none. */
  readonly subjectHeader: string | null;
  readonly sessionResumption: boolean;
}

export interface SniConfig {
  /** Lower case, exact or `*.suffix` (one label). */
  readonly hostnames: readonly string[];
  readonly pair: CertificatePair;
}

/** Paths of PEM files: the certificate with its intermediates, and its key. */
export interface CertificatePair {
  readonly certFile: string;
  readonly keyFile: string;
}

export type LoadBalancing =
  | 'round_robin'
  | 'weighted'
  | 'least_connections'
  | 'ip_hash'
  | 'random'
  | 'p2c'
  | 'peak_ewma'
  | 'consistent_hash'
  | 'sticky';

export interface LoadBalancingConfig {
  readonly policy: LoadBalancing;
  /** What `consistent_hash` hashes; meaningless otherwise. */
  readonly key: HashKey;
  /** Of `sticky`: the signed cookie that names the target, and how long it lives (0 = as long as the browser). */
  readonly cookie: { readonly name: string; readonly ttlMs: number };
}

/** What identifies the client of a request. `name` of a header is lower case. */
export type HashKey =
  | { readonly kind: 'client_ip' }
  | { readonly kind: 'path' }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'cookie'; readonly name: string };

export interface RouteConfig {
  readonly id: string;
  readonly enabled: boolean;
  readonly priority: number;
  readonly matches: RouteMatches;
  readonly upstream: string;
  /** Takes over when `upstream` has no target that can take the request, or the route's breaker is open. */
  readonly fallbackUpstream: string | null;
  readonly policies: RoutePolicies;
  /** Null = off. */
  readonly circuitBreaker: BreakerConfig | null;
  /** Null = off: a request that has been sent is tried once (decision 5). */
  readonly retry: RetryConfig | null;
}

export interface BreakerConfig {
  /** Failures in a row that open it. */
  readonly failureThreshold: number;
  /** Successes while half-open that close it. */
  readonly successThreshold: number;
  /** How long it stays open before it lets requests through to try; also the deadline of each such request's slot. */
  readonly timeoutMs: number;
  /** Requests that may be under way at once while it is half-open. */
  readonly halfOpenMaxRequests: number;
}

export interface RetryConfig {
  /** Tries in all, the first included. */
  readonly maxAttempts: number;
  /** Longest time of one try from the last request byte to the response head; 0 = the route's and upstream's bounds alone. */
  readonly perTryTimeoutMs: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  readonly retryableStatusCodes: readonly number[];
  readonly retryNonIdempotent: boolean;
  /** Share of the requests of the last ten seconds that may be sent again, percent; three at once always may. */
  readonly budgetPercent: number;
}

/** When a guard itself cannot decide: `closed` refuses with 503 and the cause `guard_failed`, `open` lets pass and counts. */
export type FailureMode = 'closed' | 'open';

export interface RateLimitConfig {
  /** May have decimals. */
  readonly requestsPerSecond: number;
  /** Requests at once above the steady rate. */
  readonly burst: number;
  readonly key: RateLimitKey;
  readonly action: 'block' | 'delay' | 'log';
  /** Of `block`. */
  readonly statusCode: number;
  /** Of `delay`: who would have to wait longer is refused. */
  readonly maxDelayMs: number;
  /** Keys that are told apart at once. */
  readonly maxKeys: number;
  readonly backend: { readonly kind: 'local' } | { readonly kind: 'redis'; readonly url: string };
}

export type RateLimitKey =
  | { readonly kind: 'client_ip' }
  | { readonly kind: 'path' }
  | { readonly kind: 'route' }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'client_ip+path' };

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
  readonly failureMode: FailureMode;
  /** The body is taken whole, within `maxBodyBytes`, before a target is asked. */
  readonly bufferRequests: boolean;
  /** Requests may become WebSockets. */
  readonly websocket: boolean;
  /** Longest silence of a WebSocket in both directions; 0 = no bound. */
  readonly websocketIdleMs: number;
  /** Null = off. */
  readonly rateLimit: RateLimitConfig | null;
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
  /** Empty where `static` is set, and where `discover` alone brings targets. */
  readonly targets: readonly TargetConfig[];
  readonly discover: DiscoverConfig | null;
  readonly static: StaticResponse | null;
  readonly loadBalancing: LoadBalancingConfig;
  /** Targets that must stay: passive health ejects no further, and below it the upstream is degraded. */
  readonly minHealthy: { readonly count: number } | { readonly percent: number };
  /** How long a target that comes back takes to get its whole share; 0 = at once. */
  readonly slowStartMs: number;
  /** Null = off. */
  readonly healthCheck: HealthCheckConfig | null;
  /** Null = off; on unless switched off. */
  readonly passiveHealth: PassiveHealthConfig | null;
  /** Per target. Null = off; on unless switched off. */
  readonly circuitBreaker: BreakerConfig | null;
  readonly pool: PoolConfig;
  readonly timeouts: UpstreamTimeouts;
  /** Null = plain. */
  readonly tls: UpstreamTlsConfig | null;
  /** `2` without `tls` = HTTP/2 by prior knowledge. */
  readonly httpVersion: '1.1' | '2';
}

export interface UpstreamTlsConfig {
  /** Name that is asked for and that the certificate must have; null = the host of the target as it is written. */
  readonly sni: string | null;
  /** PEM bundle of authorities; null = those of the system. */
  readonly caFile: string | null;
  /** Shown to targets that ask for one. */
  readonly clientPair: CertificatePair | null;
  readonly insecureSkipVerify: boolean;
}

export interface TargetConfig {
  /** Identity of the target, as written, normalised: `10.1.1.10:8080`, `[::1]:80`, `name:80`, `unix:/run/app.sock`. */
  readonly address: string;
  readonly socket: SocketAddress;
  /** 0 = takes no new request, under every policy. */
  readonly weight: number;
}

/** Targets that DNS names: `dns` = the addresses of a name, `srv` = the records of a service, with their ports and weights. */
export interface DiscoverConfig {
  readonly kind: 'dns' | 'srv';
  readonly name: string;
  /** Of `dns`. */
  readonly port: number;
  /** Longest time between two questions; a shorter TTL is honoured. */
  readonly intervalMs: number;
}

export interface HealthCheckConfig {
  readonly type:
    | {
        readonly kind: 'http';
        readonly path: string;
        /** Inclusive ranges: `200` = 200–200, `2xx` = 200–299, `200-399`. */
        readonly expectedStatus: readonly (readonly [from: number, to: number])[];
        /** `Host` of the probe; null = the target's address. */
        readonly host: string | null;
        /** Text that the body must contain within its first 64 KiB. */
        readonly expectedBody: string | null;
      }
    | { readonly kind: 'tcp' }
    /** `grpc.health.v1.Health/Check` for this service; empty = the server as a whole. */
    | { readonly kind: 'grpc'; readonly service: string };
  readonly intervalMs: number;
  /** Never longer than the interval. */
  readonly timeoutMs: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export interface PassiveHealthConfig {
  /** Percent of the last `windowRequests` requests. */
  readonly failureRate: number;
  readonly windowRequests: number;
  /** First ejection; each further one lasts as much longer, until the target has behaved for a while. */
  readonly ejectMs: number;
  readonly maxEjectedPercent: number;
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
  /** Per address, IPv6 per /64. */
  readonly maxConnectionsPerClient: number;
  readonly maxRequestsPerSecondGlobal: number;
  /** Per address, IPv6 per /64. */
  readonly maxRequestsPerSecondPerClient: number;
  /** Resident memory of the process above which new requests are refused. */
  readonly maxMemoryBytes: number;
  readonly maxInFlightRequests: number;
  /** Requests waiting for an upstream connection, over all targets. */
  readonly maxQueuedRequests: number;
  readonly maxHeaderCount: number;
  readonly maxHeaderBytes: number;
  readonly maxHeaderNameBytes: number;
  readonly maxHeaderValueBytes: number;
  readonly maxUriBytes: number;
  /** What routes and listeners have that say nothing stricter; they hold what is in force there. */
  readonly maxBodyBytes: number;
  readonly maxRequestsPerConnection: number;
}

export interface SecurityConfig {
  readonly challengeMode: 'off' | 'enabled' | 'always';
  /** Requests a minute of one client above which `enabled` asks for a pass. */
  readonly challengeThreshold: number;
  /** Leading zero bits of the proof of work. */
  readonly challengeDifficulty: number;
  /** How long a pass is good. */
  readonly challengeTtlMs: number;
  /** CIDRs or single addresses. */
  readonly block: readonly string[];
  /** One CIDR a line. */
  readonly blockFile: string | null;
  /** Never blocked, limited or challenged. */
  readonly allow: readonly string[];
}

export interface ObservabilityConfig {
  /** `enabled: false` = the TCP address for metrics and admin is not opened at all. */
  readonly metrics: { readonly enabled: boolean; readonly address: SocketAddress; readonly path: string };
  /** `socket: null` = decided at run time (`base/run-files.ts`). */
  readonly admin: { readonly socket: string | null; readonly tokens: readonly AdminToken[] };
  readonly logging: LoggingConfig;
  /** Null = nothing is exported. */
  readonly tracing: TracingConfig | null;
}

export interface TracingConfig {
  readonly backend: {
    readonly kind: 'otlp';
    /** `http://` or `https://`; spans go to `/v1/traces` below it. */
    readonly endpoint: string;
    /** Sent with every request; may be secrets. */
    readonly headers: readonly (readonly [name: string, value: string])[];
  };
  /** Of the traces that begin here, 0–1. */
  readonly samplingRate: number;
  readonly serviceName: string;
}

export type AdminRole = 'viewer' | 'operator' | 'admin';

export interface AdminToken {
  readonly name: string;
  readonly role: AdminRole;
  /** Lower-case hex of SHA-256 of the bearer token. */
  readonly sha256: string;
}
