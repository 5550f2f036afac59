/** Every key that the language accepts arrives in the checked configuration: the value, in the right place and unit. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type LoadedConfig, loadConfigText } from '../../src/config/load.ts';
import type { Config, ListenerConfig, RouteConfig, UpstreamConfig } from '../../src/config/model.ts';
import { referenceSections } from '../../src/config/schema/reference.ts';
import { expectationsOf } from '../../src/routing/expectations.ts';
import { balancingPolicies } from '../helpers/balancing-policies.ts';
import { caseFiles, loadCase } from './case-files.ts';

function load(text: string): Config {
  const result = loadConfigText(text);
  assert.equal(result.kind, 'ok', JSON.stringify(result));
  return (result as Extract<typeof result, { kind: 'ok' }>).config;
}

function loadEveryKey(): Config {
  const result = loadCase('ok', 'every-key');
  assert.equal(result.kind, 'ok');
  return (result as Extract<typeof result, { kind: 'ok' }>).config;
}

const config = loadEveryKey();
const tests = expectationsOf(loadCase('ok', 'every-key') as LoadedConfig);
const standard = load(
  'listener "http" { address "127.0.0.1:1" }; route "r" { upstream "u" }; upstream "u" { target "a:1" }',
);

const [listener, socket, six, secure] = config.listeners as [
  ListenerConfig,
  ListenerConfig,
  ListenerConfig,
  ListenerConfig,
];
const tls = secure.tls;
const [api, fallback] = config.routes as [RouteConfig, RouteConfig];
const [backend, service, sorry] = config.upstreams as [UpstreamConfig, UpstreamConfig, UpstreamConfig];

const { healthCheck, passiveHealth, circuitBreaker: targetBreaker } = backend;
const probe = healthCheck?.type.kind === 'http' ? healthCheck.type : null;
const { security } = config;
const { policies, matches } = api;
const { requestHeaders, rateLimit } = policies;
const { metrics, admin, logging, tracing } = config.observability;

/** For each key of the manual: what it became, and what was expected. The file is `cases/ok/every-key.kdl`. */
const observed: Readonly<Record<string, readonly [actual: unknown, expected: unknown]>> = {
  'server.worker-threads': [config.server.workerThreads, 4],
  'server.max-connections': [config.limits.maxTotalConnections, 50_000],
  'server.graceful-shutdown-timeout-secs': [config.server.gracefulShutdownTimeoutMs, 45_000],
  'server.shutdown-lag-secs': [config.server.shutdownLagMs, 5_000],
  'server.drain-idle-secs': [config.server.drainIdleMs, 3_000],
  'server.pid-file': [config.server.pidFile, '/run/sentinel/sentinel.pid'],
  'server.health-path': [config.server.healthPath, '/-/health'],
  'server.ready-path': [config.server.readyPath, '/-/ready'],
  'server.auto-reload': [config.server.autoReload, true],
  'server.server-header': [config.server.serverHeader, 'edge'],
  'listeners.listener.address': [
    [listener.address, socket.address, six.address],
    [
      { kind: 'tcp', host: '0.0.0.0', port: 8080 },
      { kind: 'unix', path: '/run/sentinel/http.sock' },
      { kind: 'tcp', host: '::1', port: 8081 },
    ],
  ],
  'listeners.listener.request-timeout-secs': [listener.bodyIdleTimeoutMs, 61_000],
  'listeners.listener.header-timeout-secs': [listener.headerTimeoutMs, 11_000],
  'listeners.listener.keepalive-timeout-secs': [listener.keepaliveTimeoutMs, 76_000],
  'listeners.listener.keepalive-max-requests': [listener.maxRequestsPerConnection, 1000],
  'listeners.listener.default-route': [listener.defaultRoute, 'fallback'],
  'listeners.listener.backlog': [listener.backlog, 512],
  'listeners.listener.trusted-proxies': [listener.trustedProxies, ['10.0.0.0/8', 'fd00::/8', '192.0.2.7']],
  'listeners.listener.protocol': [
    [listener.tls === null, secure.tls === null],
    [true, false],
  ],
  'listeners.listener.max-concurrent-streams': [secure.maxConcurrentStreams, 101],
  'listeners.listener.tls.cert-file': [tls?.pair?.certFile, '/case/tls/site.crt'],
  'listeners.listener.tls.key-file': [tls?.pair?.keyFile, '/case/tls/site.key'],
  'listeners.listener.tls.sni.hostnames': [
    tls?.sni.map(({ hostnames }) => hostnames),
    [['api.example.com', '*.example.com'], ['other.example']],
  ],
  'listeners.listener.tls.sni.cert-file': [
    tls?.sni.map(({ pair }) => pair.certFile),
    ['/case/tls/api.crt', '/case/tls/other.crt'],
  ],
  'listeners.listener.tls.sni.key-file': [
    tls?.sni.map(({ pair }) => pair.keyFile),
    ['/case/tls/api.key', '/case/tls/other.key'],
  ],
  'listeners.listener.tls.min-version': [tls?.minVersion, 'TLSv1.3'],
  'listeners.listener.tls.max-version': [
    [
      tls?.maxVersion,
      tlsOf('cert-file "/case/tls/site.crt"; key-file "/case/tls/site.key"; max-version "TLS1.2"')?.maxVersion,
    ],
    ['TLSv1.3', 'TLSv1.2'],
  ],
  'listeners.listener.tls.cipher-suites': [tls?.cipherSuites, ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384']],
  'listeners.listener.tls.client-auth': [tls?.clientAuth, 'require'],
  'listeners.listener.tls.ca-file': [tls?.caFile, '/case/tls/clients-ca.crt'],
  'listeners.listener.tls.crl-file': [tls?.crlFile, '/case/tls/clients.crl'],
  'listeners.listener.tls.subject-header': [tls?.subjectHeader, 'X-Client-Subject'],
  'listeners.listener.tls.session-resumption': [tls?.sessionResumption, false],
  'routes.route.expect.request': [
    tests.map(({ method, url }) => [method, url]),
    [
      ['GET', 'https://API.example.com:8443/tested?page=2'],
      ['GET', '/x?debug=1&trace'],
    ],
  ],
  'routes.route.expect.host': [tests.map(({ host }) => host), ['api.example.com', 'api.example.com']],
  'routes.route.expect.header': [
    tests[1]?.headers,
    [
      ['X-Env', 'prod'],
      ['X-Any', '1'],
    ],
  ],
  'routes.route.expect.client-ip': [tests.map(({ clientIp }) => clientIp), [null, '10.1.2.3']],
  'routes.route.expect.listener': [tests.map(({ listener: name }) => name), ['https', null]],
  'routes.route.expect.route': [tests.map(({ route }) => route), ['tested', 'api']],
  'routes.route.expect.upstream': [tests.map(({ upstream }) => upstream), [null, 'api-backend']],
  'routes.route.expect.status': [tests.map(({ status }) => status), [503, null]],
  'routes.route.priority': [
    [api.priority, fallback.priority],
    [100, 7],
  ],
  'routes.route.upstream': [api.upstream, 'api-backend'],
  'routes.route.enabled': [
    [api.enabled, fallback.enabled],
    [true, false],
  ],
  'routes.route.matches.path': [
    matches.paths.filter(({ kind }) => kind === 'exact'),
    [
      { kind: 'exact', path: '/x' },
      { kind: 'exact', path: '/y' },
    ],
  ],
  'routes.route.matches.path-prefix': [
    matches.paths.filter(({ kind }) => kind === 'prefix'),
    [{ kind: 'prefix', path: '/api/' }],
  ],
  'routes.route.matches.path-regex': [
    matches.paths.filter(({ kind }) => kind === 'regex'),
    [{ kind: 'regex', source: '^/v\\d+/' }],
  ],
  'routes.route.matches.host': [matches.hosts, ['api.example.com', '*.example.com', '192.0.2.1', '[2001:db8::1]']],
  'routes.route.matches.method': [matches.methods, ['GET', 'PURGE']],
  'routes.route.matches.header': [
    matches.headers,
    [
      { name: 'x-env', values: ['prod', 'stage'] },
      { name: 'x-any', values: [] },
    ],
  ],
  'routes.route.matches.query-param': [
    matches.queryParams,
    [
      { name: 'debug', values: ['1'] },
      { name: 'trace', values: [] },
    ],
  ],
  'routes.route.matches.client-ip': [matches.clientIps, ['10.0.0.0/8', '::1']],
  'routes.route.policies.timeout-secs': [policies.timeoutMs, 12_500],
  'routes.route.policies.max-body-size': [policies.maxBodyBytes, 10_000_000],
  'routes.route.policies.forwarded': [policies.forwarded, 'both'],
  'routes.route.policies.host-header': [
    [policies.hostHeader, fallback.policies.hostHeader],
    [{ kind: 'literal', value: 'backend.internal:8443' }, { kind: 'upstream' }],
  ],
  'routes.route.policies.request-headers.rename': [requestHeaders.rename, [['X-Old', 'X-New']]],
  'routes.route.policies.request-headers.remove': [requestHeaders.remove, ['Cookie', 'X-Debug']],
  'routes.route.policies.request-headers.set': [
    requestHeaders.set,
    [
      ['X-A', '1'],
      ['X-B', 'two'],
    ],
  ],
  'routes.route.policies.request-headers.add': [requestHeaders.add, [['Via-Team', 'edge']]],
  'routes.route.policies.response-headers.rename': [
    load('route "r" { upstream "emergency-static"; policies { response-headers { rename { "A" "B" } } } }').routes[0]
      ?.policies.responseHeaders.rename,
    [['A', 'B']],
  ],
  'routes.route.policies.response-headers.remove': [policies.responseHeaders.remove, ['Server']],
  'routes.route.policies.response-headers.set': [policies.responseHeaders.set, [['X-Frame-Options', 'DENY']]],
  'routes.route.policies.response-headers.add': [
    load('route "r" { upstream "emergency-static"; policies { response-headers { add { "A" "B" } } } }').routes[0]
      ?.policies.responseHeaders.add,
    [['A', 'B']],
  ],
  'routes.route.policies.rewrite.strip-prefix': [policies.rewrite.stripPrefix, '/api'],
  'routes.route.policies.rewrite.prefix': [policies.rewrite.prefix, '/v2'],
  'listeners.listener.proxy-protocol': [
    [listener.proxyProtocol, socket.proxyProtocol],
    [false, true],
  ],
  'routes.route.fallback-upstream': [
    [api.fallbackUpstream, fallback.fallbackUpstream],
    ['sorry', null],
  ],
  'routes.route.circuit-breaker.failure-threshold': [api.circuitBreaker?.failureThreshold, 6],
  'routes.route.circuit-breaker.success-threshold': [api.circuitBreaker?.successThreshold, 3],
  'routes.route.circuit-breaker.timeout-secs': [api.circuitBreaker?.timeoutMs, 31_000],
  'routes.route.circuit-breaker.half-open-max-requests': [api.circuitBreaker?.halfOpenMaxRequests, 4],
  'routes.route.retry-policy.max-attempts': [api.retry?.maxAttempts, 4],
  'routes.route.retry-policy.per-try-timeout-ms': [api.retry?.perTryTimeoutMs, 5001],
  'routes.route.retry-policy.backoff-base-ms': [api.retry?.backoffBaseMs, 101],
  'routes.route.retry-policy.backoff-max-ms': [api.retry?.backoffMaxMs, 2001],
  'routes.route.retry-policy.retryable-status-codes': [api.retry?.retryableStatusCodes, [500, 502, 504]],
  'routes.route.retry-policy.retry-non-idempotent': [api.retry?.retryNonIdempotent, true],
  'routes.route.retry-policy.budget-percent': [api.retry?.budgetPercent, 21],
  'routes.route.policies.failure-mode': [policies.failureMode, 'open'],
  'routes.route.policies.buffer-requests': [policies.bufferRequests, true],
  'routes.route.policies.websocket': [policies.websocket, false],
  'routes.route.policies.websocket-idle-secs': [policies.websocketIdleMs, 61_000],
  'routes.route.policies.rate-limit.enabled': [
    load(
      'rate-limit { requests-per-second 1 }; route "r" { upstream "emergency-static"; policies { rate-limit { enabled #false } } }',
    ).routes[0]?.policies.rateLimit,
    null,
  ],
  'routes.route.policies.rate-limit.requests-per-second': [rateLimit?.requestsPerSecond, 10.5],
  'routes.route.policies.rate-limit.burst': [rateLimit?.burst, 20],
  'routes.route.policies.rate-limit.key': [rateLimit?.key, { kind: 'header', name: 'x-tenant' }],
  'routes.route.policies.rate-limit.action': [rateLimit?.action, 'delay'],
  'routes.route.policies.rate-limit.status-code': [rateLimit?.statusCode, 503],
  'routes.route.policies.rate-limit.max-delay-ms': [rateLimit?.maxDelayMs, 5001],
  'routes.route.policies.rate-limit.max-keys': [rateLimit?.maxKeys, 100_001],
  'routes.route.policies.rate-limit.backend': [rateLimit?.backend.kind, 'redis'],
  'routes.route.policies.rate-limit.backend "redis".url': [
    rateLimit?.backend,
    { kind: 'redis', url: 'redis://:s3cr3t-from-environment@127.0.0.1:6379/2' },
  ],
  'upstreams.upstream.discover': [
    [backend.discover?.kind, service.discover?.kind, sorry.discover],
    ['dns', 'srv', null],
  ],
  'upstreams.upstream.discover "dns".name': [backend.discover?.name, 'api.internal'],
  'upstreams.upstream.discover "dns".port': [backend.discover?.port, 8080],
  'upstreams.upstream.discover "dns".interval-secs': [backend.discover?.intervalMs, 11_000],
  'upstreams.upstream.discover "srv".name': [service.discover?.name, '_http._tcp.service.internal'],
  'upstreams.upstream.discover "srv".interval-secs': [service.discover?.intervalMs, 13_000],
  'upstreams.upstream.load-balancing': [
    [...balancingPolicies.map(balancingOf), backend.loadBalancing.policy],
    [...balancingPolicies, 'sticky'],
  ],
  'upstreams.upstream.load-balancing "consistent_hash".key': [
    service.loadBalancing.key,
    { kind: 'cookie', name: 'session' },
  ],
  'upstreams.upstream.load-balancing "sticky".cookie': [backend.loadBalancing.cookie.name, 'srv'],
  'upstreams.upstream.load-balancing "sticky".ttl-secs': [backend.loadBalancing.cookie.ttlMs, 3_600_000],
  'upstreams.upstream.min-healthy': [
    [backend.minHealthy, load('upstream "u" { target "a:1"; min-healthy 2 }').upstreams[0]?.minHealthy],
    [{ percent: 50 }, { count: 2 }],
  ],
  'upstreams.upstream.slow-start-secs': [backend.slowStartMs, 30_000],
  'upstreams.upstream.health-check.enabled': [
    load('health-check {}; upstream "u" { target "a:1"; health-check { enabled #false } }').upstreams[0]?.healthCheck,
    null,
  ],
  'upstreams.upstream.health-check.type': [
    [
      healthCheck?.type.kind,
      load('upstream "u" { target "a:1"; health-check { type "tcp" } }').upstreams[0]?.healthCheck?.type,
    ],
    ['http', { kind: 'tcp' }],
  ],
  'upstreams.upstream.health-check.type "http".path': [probe?.path, '/health?full=1'],
  'upstreams.upstream.health-check.type "http".expected-status': [
    probe?.expectedStatus,
    [
      [200, 200],
      [200, 299],
      [300, 399],
    ],
  ],
  'upstreams.upstream.health-check.type "http".host': [probe?.host, 'api.example.com'],
  'upstreams.upstream.health-check.type "http".expected-body': [probe?.expectedBody, 'ok'],
  'upstreams.upstream.health-check.type "grpc".service': [
    service.healthCheck?.type,
    { kind: 'grpc', service: 'shop.Cart' },
  ],
  'upstreams.upstream.health-check.interval-secs': [healthCheck?.intervalMs, 12_000],
  'upstreams.upstream.health-check.timeout-secs': [healthCheck?.timeoutMs, 6000],
  'upstreams.upstream.health-check.healthy-threshold': [healthCheck?.healthyThreshold, 4],
  'upstreams.upstream.health-check.unhealthy-threshold': [healthCheck?.unhealthyThreshold, 5],
  'upstreams.upstream.passive-health.enabled': [
    load('upstream "u" { target "a:1"; passive-health { enabled #false } }').upstreams[0]?.passiveHealth,
    null,
  ],
  'upstreams.upstream.passive-health.failure-rate': [passiveHealth?.failureRate, 51],
  'upstreams.upstream.passive-health.window-requests': [passiveHealth?.windowRequests, 101],
  'upstreams.upstream.passive-health.eject-secs': [passiveHealth?.ejectMs, 31_000],
  'upstreams.upstream.passive-health.max-ejected-percent': [passiveHealth?.maxEjectedPercent, 51],
  'upstreams.upstream.circuit-breaker.enabled': [
    load('upstream "u" { target "a:1"; circuit-breaker { enabled #false } }').upstreams[0]?.circuitBreaker,
    null,
  ],
  'upstreams.upstream.circuit-breaker.failure-threshold': [targetBreaker?.failureThreshold, 7],
  'upstreams.upstream.circuit-breaker.success-threshold': [targetBreaker?.successThreshold, 4],
  'upstreams.upstream.circuit-breaker.timeout-secs': [targetBreaker?.timeoutMs, 32_000],
  'upstreams.upstream.circuit-breaker.half-open-max-requests': [targetBreaker?.halfOpenMaxRequests, 5],
  'upstreams.upstream.targets.target.address': [
    backend.targets.map(({ address, socket: where }) => [address, where]),
    [
      ['10.1.1.10:8080', { kind: 'tcp', host: '10.1.1.10', port: 8080 }],
      ['[fd00::10]:8080', { kind: 'tcp', host: 'fd00::10', port: 8080 }],
      ['app.internal:8080', { kind: 'tcp', host: 'app.internal', port: 8080 }],
      ['unix:/run/app.sock', { kind: 'unix', path: '/run/app.sock' }],
    ],
  ],
  'upstreams.upstream.targets.target.weight': [backend.targets.map(({ weight }) => weight), [3, 0, 1, 1]],
  'upstreams.upstream.connection-pool.max-connections': [backend.pool.maxConnections, 201],
  'upstreams.upstream.connection-pool.max-idle': [backend.pool.maxIdle, 51],
  'upstreams.upstream.connection-pool.idle-timeout-secs': [backend.pool.idleTimeoutMs, 121_000],
  'upstreams.upstream.connection-pool.max-lifetime-secs': [backend.pool.maxLifetimeMs, 0],
  'upstreams.upstream.connection-pool.max-pending': [backend.pool.maxPending, 0],
  'upstreams.upstream.timeouts.connect-secs': [backend.timeouts.connectMs, 250],
  'upstreams.upstream.timeouts.request-secs': [backend.timeouts.requestMs, 31_000],
  'upstreams.upstream.timeouts.read-secs': [backend.timeouts.readMs, 16_000],
  'upstreams.upstream.timeouts.write-secs': [backend.timeouts.writeMs, 0],
  'upstreams.upstream.tls.sni': [backend.tls?.sni, 'api.internal'],
  'upstreams.upstream.tls.ca-file': [backend.tls?.caFile, '/case/tls/targets-ca.crt'],
  'upstreams.upstream.tls.client-cert': [backend.tls?.clientPair?.certFile, '/case/tls/proxy.crt'],
  'upstreams.upstream.tls.client-key': [backend.tls?.clientPair?.keyFile, '/case/tls/proxy.key'],
  'upstreams.upstream.tls.insecure-skip-verify': [backend.tls?.insecureSkipVerify, true],
  'upstreams.upstream.http-version': [backend.httpVersion, '2'],
  'upstreams.upstream.static.status': [sorry.static?.status, 503],
  'upstreams.upstream.static.content-type': [sorry.static?.headers[0], ['Content-Type', 'text/html']],
  'upstreams.upstream.static.body': [bodyOf(sorry), '<h1>Sorry</h1>'],
  'upstreams.upstream.static.body-file': [bodyOf(pageUpstream()), '<h1>Back soon</h1>\n'],
  'upstreams.upstream.static.headers': [sorry.static?.headers[1], ['Retry-After', '900']],
  'limits.max-total-connections': [load('limits { max-total-connections 7 }').limits.maxTotalConnections, 7],
  'limits.max-connections-per-client': [config.limits.maxConnectionsPerClient, 51],
  'limits.max-requests-per-second-global': [config.limits.maxRequestsPerSecondGlobal, 5000],
  'limits.max-requests-per-second-per-client': [config.limits.maxRequestsPerSecondPerClient, 100],
  'limits.max-memory-bytes': [config.limits.maxMemoryBytes, 2_000_000_000],
  'security.challenge-mode': [security.challengeMode, 'enabled'],
  'security.challenge-threshold': [security.challengeThreshold, 101],
  'security.challenge-difficulty': [security.challengeDifficulty, 17],
  'security.challenge-ttl-secs': [security.challengeTtlMs, 3_601_000],
  'security.block': [security.block, ['203.0.113.0/24', '2001:db8::/32', '198.51.100.7']],
  'security.block-file': [security.blockFile, '/cases/files/block.txt'],
  'security.allow': [security.allow, ['10.0.0.0/8']],
  'contacts.primary': [config.contacts.primary, 'PagerDuty'],
  'contacts.secondary': [config.contacts.secondary, 'team lead'],
  'contacts.management.contact': [
    config.contacts.management.map(({ contact }) => contact),
    ['director', 'head of operations'],
  ],
  'contacts.management.after-mins': [config.contacts.management.map(({ afterMs }) => afterMs), [1_860_000, 1_800_000]],
  'contacts.infrastructure': [config.contacts.infrastructure, 'infra on call'],
  'contacts.security': [config.contacts.security, 'security on call'],
  'contacts.channel': [config.contacts.channel, '#sentinel-ops'],
  'contacts.docs-url': [config.contacts.docsUrl, 'https://wiki.internal/sentinel'],
  'history.keep': [config.history.keep, 201],
  'incidents.dir': [config.incidents.dir, '/var/log/edge/incidents'],
  'incidents.service': [config.incidents.service, 'payments'],
  'alerts.error-rate-percent': [config.alerts.errorRatePercent, 0.5],
  'alerts.p99-ms': [config.alerts.p99Ms, 1500],
  'alerts.connections-percent': [config.alerts.connectionsPercent, 81],
  'alerts.breaker-trips-per-minute': [config.alerts.breakerTripsPerMinute, 11],
  'alerts.memory-percent': [config.alerts.memoryPercent, 82],
  'alerts.cert-warn-days': [config.alerts.certWarnDays, 31],
  'alerts.cert-critical-days': [config.alerts.certCriticalDays, 8],
  'state-dir': [config.stateDir, '/var/lib/sentinel/state'],
  'limits.max-requests-per-connection': [six.maxRequestsPerConnection, 2000],
  'limits.max-in-flight-requests': [config.limits.maxInFlightRequests, 20_000],
  'limits.max-queued-requests': [config.limits.maxQueuedRequests, 2001],
  'limits.max-header-count': [config.limits.maxHeaderCount, 101],
  'limits.max-header-size-bytes': [config.limits.maxHeaderBytes, 16_385],
  'limits.max-header-name-bytes': [config.limits.maxHeaderNameBytes, 257],
  'limits.max-header-value-bytes': [config.limits.maxHeaderValueBytes, 8193],
  'limits.max-uri-bytes': [config.limits.maxUriBytes, 8194],
  'limits.max-body-size-bytes': [fallback.policies.maxBodyBytes, 20_000_000],
  'observability.metrics.enabled': [
    load('observability { metrics { enabled #false } }').observability.metrics.enabled,
    false,
  ],
  'observability.metrics.address': [metrics.address, { kind: 'tcp', host: '127.0.0.1', port: 9191 }],
  'observability.metrics.path': [metrics.path, '/prometheus'],
  'observability.admin.socket': [admin.socket, '/run/sentinel/other.sock'],
  'observability.admin.token.role': [admin.tokens.map(({ name, role }) => [name, role]), [['oncall', 'operator']]],
  'observability.admin.token.hash': [
    admin.tokens.map(({ sha256 }) => sha256),
    ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
  ],
  'observability.logging.level': [logging.level, 'debug'],
  'observability.logging.format': [logging.format, 'pretty'],
  'observability.logging.file': [logging.file, '/var/log/sentinel/sentinel.log'],
  'observability.logging.access-log.enabled': [
    load('observability { logging { access-log { enabled #false; file "stdout" } } }').observability.logging.accessLog
      .enabled,
    false,
  ],
  'observability.logging.access-log.file': [logging.accessLog.file, '/var/log/sentinel/access.log'],
  'observability.logging.access-log.format': [logging.accessLog.format, 'combined'],
  'observability.logging.access-log.sample': [logging.accessLog.sample, 0.25],
  'observability.logging.access-log.capture-request-header': [logging.accessLog.captureRequest, ['x-tenant']],
  'observability.logging.access-log.capture-response-header': [logging.accessLog.captureResponse, ['x-cache']],
  'observability.logging.audit-log.enabled': [
    load('observability { logging { audit-log { enabled #false } } }').observability.logging.auditLog.enabled,
    false,
  ],
  'observability.logging.audit-log.file': [logging.auditLog.file, '/var/log/sentinel/audit.log'],
  'observability.tracing.backend': [
    [tracing?.backend.kind, standard.observability.tracing],
    ['otlp', null],
  ],
  'observability.tracing.backend "otlp".endpoint': [tracing?.backend.endpoint, 'https://collector.internal:4318/otlp'],
  'observability.tracing.backend "otlp".headers': [tracing?.backend.headers, [['X-Tenant', 'ops']]],
  'observability.tracing.sampling-rate': [tracing?.samplingRate, 0.5],
  'observability.tracing.service-name': [tracing?.serviceName, 'edge'],
};

/** One value is allowed, so that there is nothing to observe. */
const withoutEffect = ['schema-version'];

function tlsOf(keys: string): ListenerConfig['tls'] | undefined {
  const text = `listener "https" { address "127.0.0.1:1"; protocol "https"; tls { ${keys} } }`;
  const result = loadConfigText(text, { files: caseFiles });
  assert.equal(result.kind, 'ok', JSON.stringify(result));
  return result.kind === 'ok' ? result.config.listeners[0]?.tls : undefined;
}

function balancingOf(policy: string): string | undefined {
  return load(`upstream "u" { target "a:1"; load-balancing "${policy}" }`).upstreams[0]?.loadBalancing.policy;
}

function pageUpstream(): UpstreamConfig {
  const result = loadCase('ok', 'built-in-upstreams');
  assert.equal(result.kind, 'ok');
  return (result as Extract<typeof result, { kind: 'ok' }>).config.upstreams[0] as UpstreamConfig;
}

function bodyOf(upstream: UpstreamConfig): string {
  return Buffer.from(upstream.static?.bodyBase64 ?? '', 'base64').toString();
}

for (const [key, [actual, expected]] of Object.entries(observed)) {
  test(`${key} arrives in the configuration`, () => {
    assert.deepEqual(actual, expected);
  });
}

test('every key of the language is observed', () => {
  const all = referenceSections().flatMap(({ path, keys }) => keys.map(({ name }) => [...path, name].join('.')));
  assert.deepEqual(all.sort(), [...Object.keys(observed), ...withoutEffect].sort());
});

test('what is not written has the default of the manual', () => {
  const [route] = standard.routes as [RouteConfig];
  const [upstream] = standard.upstreams as [UpstreamConfig];
  const [first] = standard.listeners as [ListenerConfig];
  assert.deepEqual(standard.server, {
    workerThreads: 0,
    gracefulShutdownTimeoutMs: 30_000,
    shutdownLagMs: 0,
    drainIdleMs: 2_000,
    pidFile: null,
    healthPath: '/health',
    readyPath: '/ready',
    serverHeader: 'sentinel',
    autoReload: false,
  });
  assert.deepEqual(first, {
    id: 'http',
    address: { kind: 'tcp', host: '127.0.0.1', port: 1 },
    bodyIdleTimeoutMs: 60_000,
    headerTimeoutMs: 10_000,
    keepaliveTimeoutMs: 75_000,
    maxRequestsPerConnection: 0,
    defaultRoute: null,
    backlog: 4096,
    trustedProxies: [],
    proxyProtocol: false,
    maxConcurrentStreams: 100,
    tls: null,
  });
  assert.deepEqual(route, {
    id: 'r',
    enabled: true,
    priority: 50,
    matches: { paths: [], hosts: [], methods: [], headers: [], queryParams: [], clientIps: [] },
    upstream: 'u',
    fallbackUpstream: null,
    circuitBreaker: null,
    retry: null,
    policies: {
      failureMode: 'closed',
      bufferRequests: false,
      websocket: true,
      websocketIdleMs: 3_600_000,
      rateLimit: null,
      timeoutMs: 0,
      maxBodyBytes: 10_485_760,
      requestHeaders: { rename: [], remove: [], set: [], add: [] },
      responseHeaders: { rename: [], remove: [], set: [], add: [] },
      rewrite: { stripPrefix: null, prefix: null },
      hostHeader: { kind: 'preserve' },
      forwarded: 'x-forwarded',
    },
  });
  assert.deepEqual(upstream, {
    name: 'u',
    builtin: false,
    targets: [{ address: 'a:1', socket: { kind: 'tcp', host: 'a', port: 1 }, weight: 1 }],
    static: null,
    discover: null,
    loadBalancing: { policy: 'round_robin', key: { kind: 'client_ip' }, cookie: { name: '', ttlMs: 0 } },
    minHealthy: { count: 1 },
    slowStartMs: 0,
    healthCheck: null,
    passiveHealth: { failureRate: 50, windowRequests: 100, ejectMs: 30_000, maxEjectedPercent: 50 },
    circuitBreaker: { failureThreshold: 5, successThreshold: 2, timeoutMs: 30_000, halfOpenMaxRequests: 3 },
    tls: null,
    httpVersion: '1.1',
    pool: { maxConnections: 200, maxIdle: 50, idleTimeoutMs: 120_000, maxLifetimeMs: 300_000, maxPending: 1000 },
    timeouts: { connectMs: 5000, requestMs: 30_000, readMs: 15_000, writeMs: 15_000 },
  });
  assert.deepEqual(standard.limits, {
    maxTotalConnections: 10_000,
    maxConnectionsPerClient: 0,
    maxRequestsPerSecondGlobal: 0,
    maxRequestsPerSecondPerClient: 0,
    maxMemoryBytes: 0,
    maxInFlightRequests: 10_000,
    maxQueuedRequests: 1000,
    maxHeaderCount: 100,
    maxHeaderBytes: 16_384,
    maxHeaderNameBytes: 256,
    maxHeaderValueBytes: 8192,
    maxUriBytes: 8192,
    maxBodyBytes: 10_485_760,
    maxRequestsPerConnection: 0,
  });
  assert.deepEqual(standard.security, {
    challengeMode: 'off',
    challengeThreshold: 100,
    challengeDifficulty: 16,
    challengeTtlMs: 3_600_000,
    block: [],
    blockFile: null,
    allow: [],
  });
  assert.deepEqual(standard.alerts, {
    errorRatePercent: 1,
    p99Ms: 1000,
    connectionsPercent: 80,
    breakerTripsPerMinute: 10,
    memoryPercent: 80,
    certWarnDays: 30,
    certCriticalDays: 7,
  });
  assert.equal(standard.stateDir, null);
  assert.deepEqual(standard.observability, {
    metrics: { enabled: true, address: { kind: 'tcp', host: '0.0.0.0', port: 9090 }, path: '/metrics' },
    admin: { socket: null, tokens: [] },
    logging: {
      level: 'info',
      format: 'json',
      file: null,
      accessLog: { enabled: false, file: null, format: 'json', sample: 1, captureRequest: [], captureResponse: [] },
      auditLog: { enabled: true, file: null },
    },
    tracing: null,
  });
});

test('blocks that are on by being written have the defaults of the manual', () => {
  const {
    routes: [route],
    upstreams: [first, second],
  } = load(`
    route "r" { upstream "a"; circuit-breaker {}; retry-policy {}; policies { rate-limit { requests-per-second 20 } } }
    upstream "a" { target "a:1"; health-check {}; load-balancing "sticky" }
    upstream "b" { target "b:1"; health-check { type "grpc"; interval-secs 2 } }
  `);
  assert.deepEqual(route?.circuitBreaker, {
    failureThreshold: 5,
    successThreshold: 2,
    timeoutMs: 30_000,
    halfOpenMaxRequests: 3,
  });
  assert.deepEqual(route?.retry, {
    maxAttempts: 3,
    perTryTimeoutMs: 5000,
    backoffBaseMs: 100,
    backoffMaxMs: 2000,
    retryableStatusCodes: [502, 503, 504],
    retryNonIdempotent: false,
    budgetPercent: 20,
  });
  assert.deepEqual(route?.policies.rateLimit, {
    requestsPerSecond: 20,
    burst: 20,
    key: { kind: 'client_ip' },
    action: 'block',
    statusCode: 429,
    maxDelayMs: 5000,
    maxKeys: 100_000,
    backend: { kind: 'local' },
  });
  assert.deepEqual(first?.healthCheck, {
    type: { kind: 'http', path: '/health', expectedStatus: [[200, 200]], host: null, expectedBody: null },
    intervalMs: 10_000,
    timeoutMs: 5000,
    healthyThreshold: 2,
    unhealthyThreshold: 3,
  });
  assert.deepEqual(first?.loadBalancing.cookie, { name: 'sentinel-target', ttlMs: 0 });
  assert.deepEqual(second?.healthCheck?.type, { kind: 'grpc', service: '' });
  assert.equal(second?.healthCheck?.timeoutMs, 2000, 'a check is never longer than its interval');
});

test('what answers from the configuration itself is never checked, ejected or cut off', () => {
  const { upstreams } = load(
    'health-check {}; upstream "page" { static { status 200 } }; upstream "u" { target "a:1" }',
  );
  const isOn = (one: UpstreamConfig): boolean[] =>
    [one.healthCheck, one.passiveHealth, one.circuitBreaker].map((way) => way !== null);
  assert.deepEqual(upstreams.map(isOn), [
    [false, false, false],
    [true, true, true],
    [false, false, false],
    [false, false, false],
  ]);
});

test('a rate below one a second still lets one request pass at once', () => {
  const burstOf = (rate: number): number | undefined =>
    load(`rate-limit { requests-per-second ${rate} }; route "r" { upstream "emergency-static" }`).routes[0]?.policies
      .rateLimit?.burst;
  assert.deepEqual([0.1, 1, 2.5, 50].map(burstOf), [1, 1, 2, 50]);
});

test('aliases mean the same as the names that they stand for', () => {
  assert.equal(load('system { worker-threads 3 }').server.workerThreads, 3);
  assert.equal(load('limits { max-connections 3 }').limits.maxTotalConnections, 3);
  const breaker = 'upstream "u" { target "a:1"; circuit-breaker { timeout-seconds 3 } }';
  assert.equal(load(breaker).upstreams[0]?.circuitBreaker?.timeoutMs, 3000);
});

test('priorities by name are the numbers that they stand for', () => {
  const names = { low: 10, normal: 50, high: 100, critical: 1000 };
  for (const [name, number] of Object.entries(names)) {
    const [route] = load(`route "r" { priority "${name}"; upstream "emergency-static" }`).routes;
    assert.equal(route?.priority, number);
  }
});

test('sizes with a unit are counted in bytes', () => {
  const sizes = { '10MB': 10_000_000, '512KiB': 524_288, '1.5 MiB': 1_572_864, '7B': 7, '2gb': 2_000_000_000 };
  for (const [written, bytes] of Object.entries(sizes)) {
    const [route] = load(`route "r" { upstream "emergency-static"; policies { max-body-size "${written}" } }`).routes;
    assert.equal(route?.policies.maxBodyBytes, bytes, written);
  }
});

test('the configuration is frozen all the way down', () => {
  const check = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    assert.ok(Object.isFrozen(value));
    for (const child of Object.values(value)) check(child);
  };
  check(config);
});
