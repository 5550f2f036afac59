/** Upstreams from the settled tree to `Config`. Called by `lower.ts`; everything is checked by now. */
import type { CheckContext } from './check-values.ts';
import { lowerUpstreamTls } from './lower-tls.ts';
import type {
  BreakerConfig,
  DiscoverConfig,
  HealthCheckConfig,
  LoadBalancingConfig,
  PassiveHealthConfig,
  StaticResponse,
  UpstreamConfig,
} from './model.ts';
import type { breakerKeys } from './schema/health.ts';
import { addressText } from './schema/network-types.ts';
import type { Root } from './schema/root.ts';
import { milliseconds, pairsOf, valuesOf } from './setting-values.ts';
import type { Settled } from './tree.ts';

type Upstream = Settled<Root>['upstreams'][number]['keys'];
type StaticBlock = NonNullable<Upstream['static']>;

/** One upstream of the settled tree, but for its name. */
export function lowerUpstream(context: CheckContext, upstream: Upstream): Omit<UpstreamConfig, 'name' | 'builtin'> {
  const { 'connection-pool': pool, timeouts, 'passive-health': passive, 'circuit-breaker': breaker } = upstream;
  const fixed = upstream.static;
  return {
    targets: upstream.targets.map(({ keys }) => ({
      address: addressText(keys.address.value),
      socket: keys.address.value,
      weight: keys.weight.value,
    })),
    discover: lowerDiscover(upstream.discover),
    static: fixed === null ? null : lowerStatic(context, fixed),
    loadBalancing: lowerBalancing(upstream['load-balancing']),
    minHealthy: upstream['min-healthy'].value,
    slowStartMs: milliseconds(upstream['slow-start-secs']),
    // What answers from the configuration itself cannot fail.
    healthCheck: fixed === null ? lowerHealthCheck(upstream['health-check']) : null,
    passiveHealth: fixed === null && passive.enabled.value ? lowerPassive(passive) : null,
    circuitBreaker: fixed === null && breaker.enabled.value ? lowerBreaker(breaker) : null,
    pool: {
      maxConnections: pool['max-connections'].value,
      maxIdle: pool['max-idle'].value,
      idleTimeoutMs: milliseconds(pool['idle-timeout-secs']),
      maxLifetimeMs: milliseconds(pool['max-lifetime-secs']),
      maxPending: pool['max-pending'].value,
    },
    tls: fixed === null && upstream.tls !== null ? lowerUpstreamTls(upstream.tls) : null,
    httpVersion: upstream['http-version'].value,
    timeouts: {
      connectMs: milliseconds(timeouts['connect-secs']),
      requestMs: milliseconds(timeouts['request-secs']),
      readMs: milliseconds(timeouts['read-secs']),
      writeMs: milliseconds(timeouts['write-secs']),
    },
  };
}

function lowerDiscover(discover: Upstream['discover']): DiscoverConfig | null {
  if (discover === null) return null;
  const { kind, keys } = discover;
  return {
    kind,
    name: keys.name.value,
    port: kind === 'dns' ? discover.keys.port.value : 0,
    intervalMs: milliseconds(keys['interval-secs']),
  };
}

function lowerBalancing(balancing: Upstream['load-balancing']): LoadBalancingConfig {
  return {
    policy: balancing.kind,
    key: balancing.kind === 'consistent_hash' ? balancing.keys.key.value : { kind: 'client_ip' },
    cookie:
      balancing.kind === 'sticky'
        ? { name: balancing.keys.cookie.value, ttlMs: milliseconds(balancing.keys['ttl-secs']) }
        : { name: '', ttlMs: 0 },
  };
}

function lowerHealthCheck(check: Upstream['health-check']): HealthCheckConfig | null {
  if (check === null || !check.enabled.value) return null;
  const intervalMs = milliseconds(check['interval-secs']);
  const timeout = check['timeout-secs'].value;
  return {
    type: lowerProbe(check.type),
    intervalMs,
    timeoutMs: timeout === null ? Math.min(usualProbeTimeoutMs, intervalMs) : Math.round(timeout * 1000),
    healthyThreshold: check['healthy-threshold'].value,
    unhealthyThreshold: check['unhealthy-threshold'].value,
  };
}

/** Where nothing is written, and the interval is not shorter. */
const usualProbeTimeoutMs = 5000;

function lowerProbe(type: NonNullable<Upstream['health-check']>['type']): HealthCheckConfig['type'] {
  if (type.kind === 'tcp') return { kind: 'tcp' };
  if (type.kind === 'grpc') return { kind: 'grpc', service: type.keys.service.value };
  return {
    kind: 'http',
    path: type.keys.path.value,
    expectedStatus: valuesOf(type.keys['expected-status']),
    host: type.keys.host.value,
    expectedBody: type.keys['expected-body'].value,
  };
}

function lowerPassive(passive: Upstream['passive-health']): PassiveHealthConfig {
  return {
    failureRate: passive['failure-rate'].value,
    windowRequests: passive['window-requests'].value,
    ejectMs: milliseconds(passive['eject-secs']),
    maxEjectedPercent: passive['max-ejected-percent'].value,
  };
}

/** A breaker of a target or of a route. */
export function lowerBreaker(breaker: Settled<typeof breakerKeys>): BreakerConfig {
  return {
    failureThreshold: breaker['failure-threshold'].value,
    successThreshold: breaker['success-threshold'].value,
    timeoutMs: milliseconds(breaker['timeout-secs']),
    halfOpenMaxRequests: breaker['half-open-max-requests'].value,
  };
}

function lowerStatic(context: CheckContext, fixed: StaticBlock): StaticResponse {
  const status = fixed.status.value;
  const bodiless = status === 204 || status === 304;
  const body = bodiless ? Buffer.alloc(0) : staticBody(context, fixed);
  const headers = pairsOf(fixed.headers);
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
