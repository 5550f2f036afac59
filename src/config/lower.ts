/**
 * From the settled tree to `Config`: the operator's words become the program's, seconds become milliseconds, once and
 * here. Everything is checked by now.
 */
import type { CheckContext } from './check-values.ts';
import { lowerListenerTls } from './lower-tls.ts';
import { lowerRoute } from './lower-route.ts';
import { lowerUpstream } from './lower-upstream.ts';
import type {
  Config,
  LimitsConfig,
  ListenerConfig,
  ObservabilityConfig,
  SecurityConfig,
  TracingConfig,
} from './model.ts';
import type { Root } from './schema/root.ts';
import { milliseconds, pairsOf, valuesOf } from './setting-values.ts';
import type { Setting, Settled } from './tree.ts';

type Tree = Settled<Root>;

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
    security: lowerSecurity(tree.security),
    stateDir: tree['state-dir'].value,
    history: { keep: tree.history.keep.value },
    incidents: { dir: tree.incidents.dir.value, service: tree.incidents.service.value },
    alerts: {
      errorRatePercent: tree.alerts['error-rate-percent'].value,
      p99Ms: tree.alerts['p99-ms'].value,
      connectionsPercent: tree.alerts['connections-percent'].value,
      breakerTripsPerMinute: tree.alerts['breaker-trips-per-minute'].value,
      memoryPercent: tree.alerts['memory-percent'].value,
      certWarnDays: tree.alerts['cert-warn-days'].value,
      certCriticalDays: tree.alerts['cert-critical-days'].value,
    },
    contacts: lowerContacts(tree.contacts),
    observability: lowerObservability(tree.observability),
  });
}

function lowerContacts(contacts: Tree['contacts']): Config['contacts'] {
  return {
    primary: contacts.primary.value,
    secondary: contacts.secondary.value,
    management: contacts.management.map(({ keys }) => ({
      contact: keys.contact.value,
      afterMs: keys['after-mins'].value * 60_000,
    })),
    infrastructure: contacts.infrastructure.value,
    security: contacts.security.value,
    channel: contacts.channel.value,
    docsUrl: contacts['docs-url'].value,
  };
}

function lowerServer(server: Tree['server']): Config['server'] {
  return {
    workerThreads: server['worker-threads'].value,
    gracefulShutdownTimeoutMs: milliseconds(server['graceful-shutdown-timeout-secs']),
    shutdownLagMs: milliseconds(server['shutdown-lag-secs']),
    drainIdleMs: milliseconds(server['drain-idle-secs']),
    pidFile: server['pid-file'].value,
    healthPath: server['health-path'].value,
    readyPath: server['ready-path'].value,
    serverHeader: server['server-header'].value,
    autoReload: server['auto-reload'].value,
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
    trustedProxies: valuesOf(listener['trusted-proxies']),
    proxyProtocol: listener['proxy-protocol'].value,
    maxConcurrentStreams: listener['max-concurrent-streams'].value,
    tls: listener.tls === null ? null : lowerListenerTls(listener.tls),
  };
}

function lowerLimits({ limits, server }: Tree): LimitsConfig {
  return {
    maxTotalConnections: server['max-connections'].value ?? 0,
    maxConnectionsPerClient: limits['max-connections-per-client'].value,
    maxRequestsPerSecondGlobal: limits['max-requests-per-second-global'].value,
    maxRequestsPerSecondPerClient: limits['max-requests-per-second-per-client'].value,
    maxMemoryBytes: limits['max-memory-bytes'].value,
    maxInFlightRequests: limits['max-in-flight-requests'].value,
    maxQueuedRequests: limits['max-queued-requests'].value,
    maxHeaderCount: limits['max-header-count'].value,
    maxHeaderBytes: limits['max-header-size-bytes'].value,
    maxHeaderNameBytes: limits['max-header-name-bytes'].value,
    maxHeaderValueBytes: limits['max-header-value-bytes'].value,
    maxUriBytes: limits['max-uri-bytes'].value,
    maxBodyBytes: limits['max-body-size-bytes'].value,
    maxRequestsPerConnection: limits['max-requests-per-connection'].value,
  };
}

function lowerSecurity(security: Tree['security']): SecurityConfig {
  return {
    challengeMode: security['challenge-mode'].value,
    challengeThreshold: security['challenge-threshold'].value,
    challengeDifficulty: security['challenge-difficulty'].value,
    challengeTtlMs: milliseconds(security['challenge-ttl-secs']),
    block: valuesOf(security.block),
    blockFile: security['block-file'].value,
    allow: valuesOf(security.allow),
  };
}

function lowerObservability({ metrics, admin, logging, tracing }: Tree['observability']): ObservabilityConfig {
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
        captureRequest: capturedNames(access['capture-request-header']),
        captureResponse: capturedNames(access['capture-response-header']),
      },
      auditLog: { enabled: audit.enabled.value, file: audit.file.value },
    },
    tracing: tracing === null ? null : lowerTracing(tracing),
  };
}

function lowerTracing(tracing: NonNullable<Tree['observability']['tracing']>): TracingConfig {
  const { endpoint, headers } = tracing.backend.keys;
  return {
    backend: { kind: 'otlp', endpoint: endpoint.value, headers: pairsOf(headers) },
    samplingRate: tracing['sampling-rate'].value,
    serviceName: tracing['service-name'].value,
  };
}

/** Each once, whatever its case. */
function capturedNames(names: readonly Setting<string>[]): readonly string[] {
  return [...new Set(valuesOf(names).map((name) => name.toLowerCase()))];
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) deepFreeze(child);
    Object.freeze(value);
  }
  return value;
}
