/** Routes from the settled tree to `Config`. Called by `lower.ts`; everything is checked by now. */
import { lowerBreaker } from './lower-upstream.ts';
import type {
  HeaderOperations,
  PathMatch,
  RateLimitConfig,
  RetryConfig,
  RouteConfig,
  RouteMatches,
  RoutePolicies,
} from './model.ts';
import type { Root } from './schema/root.ts';
import { milliseconds, pairsOf, valuesOf } from './setting-values.ts';
import type { NamedSetting, Settled } from './tree.ts';

type Route = Settled<Root>['routes'][number]['keys'];

/** One route of the settled tree. */
export function lowerRoute(id: string, route: Route): RouteConfig {
  return {
    id,
    enabled: route.enabled.value,
    priority: route.priority.value,
    matches: lowerMatches(route.matches),
    upstream: route.upstream.value,
    policies: lowerPolicies(route.policies),
    fallbackUpstream: route['fallback-upstream'].value,
    circuitBreaker: route['circuit-breaker'] === null ? null : lowerBreaker(route['circuit-breaker']),
    retry: route['retry-policy'] === null ? null : lowerRetry(route['retry-policy']),
  };
}

function lowerMatches(matches: Route['matches']): RouteMatches {
  const paths: PathMatch[] = [
    ...valuesOf(matches.path).map((path) => ({ kind: 'exact', path }) as const),
    ...valuesOf(matches['path-prefix']).map((path) => ({ kind: 'prefix', path }) as const),
    ...valuesOf(matches['path-regex']).map((source) => ({ kind: 'regex', source }) as const),
  ];
  return {
    paths,
    hosts: valuesOf(matches.host).map((host) => host.toLowerCase()),
    methods: valuesOf(matches.method),
    headers: mergeNamed(matches.header, (name) => name.toLowerCase()),
    queryParams: mergeNamed(matches['query-param'], (name) => name),
    clientIps: valuesOf(matches['client-ip']),
  };
}

/** Lines of one name become one condition; a line without values takes any value, and so do all of its name. */
function mergeNamed(entries: readonly NamedSetting[], normalise: (name: string) => string): RouteMatches['headers'] {
  const merged = new Map<string, string[] | 'any'>();
  for (const { name, values: written } of entries) {
    const key = normalise(name.value);
    const known = merged.get(key) ?? [];
    merged.set(key, written.length === 0 || known === 'any' ? 'any' : [...known, ...valuesOf(written)]);
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
    failureMode: policies['failure-mode'].value,
    bufferRequests: policies['buffer-requests'].value,
    websocket: policies.websocket.value,
    websocketIdleMs: milliseconds(policies['websocket-idle-secs']),
    rateLimit: lowerRateLimit(policies['rate-limit']),
  };
}

function lowerHeaders(operations: Route['policies']['request-headers']): HeaderOperations {
  return {
    rename: pairsOf(operations.rename),
    remove: valuesOf(operations.remove),
    set: pairsOf(operations.set),
    add: pairsOf(operations.add),
  };
}

function lowerRetry(policy: NonNullable<Route['retry-policy']>): RetryConfig {
  return {
    maxAttempts: policy['max-attempts'].value,
    perTryTimeoutMs: policy['per-try-timeout-ms'].value,
    backoffBaseMs: policy['backoff-base-ms'].value,
    backoffMaxMs: policy['backoff-max-ms'].value,
    retryableStatusCodes: valuesOf(policy['retryable-status-codes']),
    retryNonIdempotent: policy['retry-non-idempotent'].value,
    budgetPercent: policy['budget-percent'].value,
  };
}

function lowerRateLimit(limit: Route['policies']['rate-limit']): RateLimitConfig | null {
  if (limit === null || !limit.enabled.value) return null;
  const perSecond = limit['requests-per-second'].value;
  const { backend } = limit;
  return {
    requestsPerSecond: perSecond,
    burst: limit.burst.value ?? Math.max(1, Math.floor(perSecond)),
    key: limit.key.value,
    action: limit.action.value,
    statusCode: limit['status-code'].value,
    maxDelayMs: limit['max-delay-ms'].value,
    maxKeys: limit['max-keys'].value,
    backend: backend.kind === 'redis' ? { kind: 'redis', url: backend.keys.url.value } : { kind: 'local' },
  };
}
