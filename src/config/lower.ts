/**
 * From the settled tree to `Config`: the operator's words become the program's, seconds become milliseconds, once and
 * here. Everything is checked by now.
 */
import type { CheckContext } from './check-values.ts';
import type {
  Config,
  HeaderOperations,
  LimitsConfig,
  ListenerConfig,
  ObservabilityConfig,
  PathMatch,
  RouteConfig,
  RouteMatches,
  RoutePolicies,
  StaticResponse,
  UpstreamConfig,
} from './model.ts';
import { addressText } from './schema/network-types.ts';
import type { Root } from './schema/root.ts';
import type { NamedSetting, PairSetting, Setting, Settled } from './tree.ts';

type Tree = Settled<Root>;
type Route = Tree['routes'][number]['keys'];
type Upstream = Tree['upstreams'][number]['keys'];
type StaticBlock = NonNullable<Upstream['static']>;

/** @param isBuiltin Says of an upstream's name whether the file left it to us. */
export function lower(context: CheckContext, tree: Tree, isBuiltin: (name: Setting<string>) => boolean): Config {
  return deepFreeze({
    server: lowerServer(tree.server),
    listeners: tree.listeners.map(({ id, keys }) => lowerListener(id?.value ?? '', keys)),
    routes: tree.routes.map(({ id, keys }) => lowerRoute(id?.value ?? '', keys)),
    upstreams: tree.upstreams.map(({ id, keys }) => ({
      name: id?.value ?? '',
      builtin: id !== null && isBuiltin(id),
      ...lowerUpstream(context, keys),
    })),
    limits: lowerLimits(tree),
    security: unsaid.security,
    stateDir: null,
    observability: lowerObservability(tree.observability),
  });
}

/** What the language has no words for yet. */
const unsaid = {
  security: {
    challengeMode: 'off',
    challengeThreshold: 100,
    challengeDifficulty: 16,
    challengeTtlMs: 3_600_000,
    block: [],
    blockFile: null,
    allow: [],
  },
  route: { fallbackUpstream: null, circuitBreaker: null, retry: null },
  policies: { failureMode: 'closed', bufferRequests: false, rateLimit: null },
  upstream: {
    discover: null,
    loadBalancing: { policy: 'round_robin', key: { kind: 'client_ip' }, cookie: { name: '', ttlMs: 0 } },
    minHealthy: { count: 1 },
    slowStartMs: 0,
    healthCheck: null,
    passiveHealth: null,
    circuitBreaker: null,
  },
  limits: {
    maxConnectionsPerClient: 0,
    maxRequestsPerSecondGlobal: 0,
    maxRequestsPerSecondPerClient: 0,
    maxMemoryBytes: 0,
  },
} as const;

/** Seconds as written, with up to three decimals, to whole milliseconds. */
function milliseconds({ value }: Setting<number>): number {
  return Math.round(value * 1000);
}

function values<T>(settings: readonly Setting<T>[]): T[] {
  return settings.map(({ value }) => value);
}

function lowerServer(server: Tree['server']): Config['server'] {
  return {
    workerThreads: server['worker-threads'].value,
    gracefulShutdownTimeoutMs: milliseconds(server['graceful-shutdown-timeout-secs']),
    pidFile: server['pid-file'].value,
    healthPath: server['health-path'].value,
    readyPath: server['ready-path'].value,
    serverHeader: server['server-header'].value,
  };
}

function lowerListener(id: string, listener: Tree['listeners'][number]['keys']): ListenerConfig {
  return {
    id,
    address: listener.address.value,
    bodyIdleTimeoutMs: milliseconds(listener['request-timeout-secs']),
    headerTimeoutMs: milliseconds(listener['header-timeout-secs']),
    keepaliveTimeoutMs: milliseconds(listener['keepalive-timeout-secs']),
    maxRequestsPerConnection: listener['keepalive-max-requests'].value ?? 0,
    defaultRoute: listener['default-route'].value,
    backlog: listener.backlog.value,
    trustedProxies: values(listener['trusted-proxies']),
    proxyProtocol: false,
  };
}

function lowerRoute(id: string, route: Route): RouteConfig {
  return {
    id,
    enabled: route.enabled.value,
    priority: route.priority.value,
    matches: lowerMatches(route.matches),
    upstream: route.upstream.value,
    policies: lowerPolicies(route.policies),
    ...unsaid.route,
  };
}

function lowerMatches(matches: Route['matches']): RouteMatches {
  const paths: PathMatch[] = [
    ...values(matches.path).map((path) => ({ kind: 'exact', path }) as const),
    ...values(matches['path-prefix']).map((path) => ({ kind: 'prefix', path }) as const),
    ...values(matches['path-regex']).map((source) => ({ kind: 'regex', source }) as const),
  ];
  return {
    paths,
    hosts: values(matches.host).map((host) => host.toLowerCase()),
    methods: values(matches.method),
    headers: mergeNamed(matches.header, (name) => name.toLowerCase()),
    queryParams: mergeNamed(matches['query-param'], (name) => name),
    clientIps: values(matches['client-ip']),
  };
}

/** Lines of one name become one condition; a line without values takes any value, and so do all of its name. */
function mergeNamed(entries: readonly NamedSetting[], normalise: (name: string) => string): RouteMatches['headers'] {
  const merged = new Map<string, string[] | 'any'>();
  for (const { name, values: written } of entries) {
    const key = normalise(name.value);
    const known = merged.get(key) ?? [];
    merged.set(key, written.length === 0 || known === 'any' ? 'any' : [...known, ...values(written)]);
  }
  return [...merged].map(([name, known]) => ({ name, values: known === 'any' ? [] : known }));
}

function lowerPolicies(policies: Route['policies']): RoutePolicies {
  const host = policies['host-header'].value;
  return {
    timeoutMs: milliseconds(policies['timeout-secs']),
    maxBodyBytes: policies['max-body-size'].value ?? 0,
    requestHeaders: lowerHeaders(policies['request-headers']),
    responseHeaders: lowerHeaders(policies['response-headers']),
    rewrite: { stripPrefix: policies.rewrite['strip-prefix'].value, prefix: policies.rewrite.prefix.value },
    hostHeader: host === 'preserve' || host === 'upstream' ? { kind: host } : { kind: 'literal', value: host },
    forwarded: policies.forwarded.value,
    ...unsaid.policies,
  };
}

function lowerHeaders(operations: Route['policies']['request-headers']): HeaderOperations {
  return {
    rename: lowerPairs(operations.rename),
    remove: values(operations.remove),
    set: lowerPairs(operations.set),
    add: lowerPairs(operations.add),
  };
}

function lowerPairs(written: readonly PairSetting[]): (readonly [string, string])[] {
  return written.map(({ name, value }) => [name.value, value.value] as const);
}

function lowerUpstream(context: CheckContext, upstream: Upstream): Omit<UpstreamConfig, 'name' | 'builtin'> {
  const { 'connection-pool': pool, timeouts } = upstream;
  return {
    targets: upstream.targets.map(({ keys }) => ({
      address: addressText(keys.address.value),
      socket: keys.address.value,
      weight: keys.weight.value,
    })),
    static: upstream.static === null ? null : lowerStatic(context, upstream.static),
    ...unsaid.upstream,
    loadBalancing: { ...unsaid.upstream.loadBalancing, policy: upstream['load-balancing'].value },
    pool: {
      maxConnections: pool['max-connections'].value,
      maxIdle: pool['max-idle'].value,
      idleTimeoutMs: milliseconds(pool['idle-timeout-secs']),
      maxLifetimeMs: milliseconds(pool['max-lifetime-secs']),
      maxPending: pool['max-pending'].value,
    },
    timeouts: {
      connectMs: milliseconds(timeouts['connect-secs']),
      requestMs: milliseconds(timeouts['request-secs']),
      readMs: milliseconds(timeouts['read-secs']),
      writeMs: milliseconds(timeouts['write-secs']),
    },
  };
}

function lowerStatic(context: CheckContext, fixed: StaticBlock): StaticResponse {
  const status = fixed.status.value;
  const bodiless = status === 204 || status === 304;
  const body = bodiless ? Buffer.alloc(0) : staticBody(context, fixed);
  const headers = lowerPairs(fixed.headers);
  const named = headers.some(([name]) => name.toLowerCase() === 'content-type');
  const type = fixed['content-type'].value ?? (body.length > 0 && !named ? 'text/plain; charset=utf-8' : null);
  return {
    status,
    headers: type === null ? headers : [['Content-Type', type], ...headers],
    bodyBase64: Buffer.from(body).toString('base64'),
  };
}

function staticBody(context: CheckContext, fixed: StaticBlock): Uint8Array {
  const file = fixed['body-file'].value;
  return file === null ? Buffer.from(fixed.body.value ?? '') : context.readBody(file);
}

function lowerLimits({ limits, server }: Tree): LimitsConfig {
  return {
    maxTotalConnections: server['max-connections'].value ?? 0,
    ...unsaid.limits,
    maxInFlightRequests: limits['max-in-flight-requests'].value,
    maxQueuedRequests: limits['max-queued-requests'].value,
    maxHeaderCount: limits['max-header-count'].value,
    maxHeaderBytes: limits['max-header-size-bytes'].value,
    maxHeaderNameBytes: limits['max-header-name-bytes'].value,
    maxHeaderValueBytes: limits['max-header-value-bytes'].value,
    maxUriBytes: limits['max-uri-bytes'].value,
  };
}

function lowerObservability({ metrics, admin, logging }: Tree['observability']): ObservabilityConfig {
  const access = logging['access-log'];
  const audit = logging['audit-log'];
  return {
    metrics: { enabled: metrics.enabled.value, address: metrics.address.value, path: metrics.path.value },
    admin: {
      socket: admin.socket.value,
      tokens: admin.token.map(({ id, keys }) => ({
        name: id?.value ?? '',
        role: keys.role.value,
        sha256: keys.hash.value,
      })),
    },
    logging: {
      level: logging.level.value,
      format: logging.format.value,
      file: logging.file.value,
      accessLog: {
        enabled: access.enabled.value && access.file.value !== null,
        file: access.file.value,
        format: access.format.value,
        sample: access.sample.value,
      },
      auditLog: { enabled: audit.enabled.value, file: audit.file.value },
    },
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) deepFreeze(child);
    Object.freeze(value);
  }
  return value;
}
