/** Every key that the language accepts arrives in the checked configuration: the value, in the right place and unit. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { loadConfigText } from '../../src/config/load.ts';
import type { Config, ListenerConfig, RouteConfig, UpstreamConfig } from '../../src/config/model.ts';
import { referenceSections } from '../../src/config/schema/reference.ts';
import { loadCase } from './case-files.ts';

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
const standard = load(
  'listener "http" { address "127.0.0.1:1" }; route "r" { upstream "u" }; upstream "u" { target "a:1" }',
);

const [listener, socket, six] = config.listeners as [ListenerConfig, ListenerConfig, ListenerConfig];
const [api, fallback] = config.routes as [RouteConfig, RouteConfig];
const [backend, sorry] = config.upstreams as [UpstreamConfig, UpstreamConfig];
const { policies, matches } = api;
const { requestHeaders } = policies;
const { metrics, admin, logging } = config.observability;

/** For each key of the manual: what it became, and what was expected. The file is `cases/ok/every-key.kdl`. */
const observed: Readonly<Record<string, readonly [actual: unknown, expected: unknown]>> = {
  'server.worker-threads': [config.server.workerThreads, 4],
  'server.max-connections': [config.limits.maxTotalConnections, 50_000],
  'server.graceful-shutdown-timeout-secs': [config.server.gracefulShutdownTimeoutMs, 45_000],
  'server.pid-file': [config.server.pidFile, '/run/sentinel/sentinel.pid'],
  'server.health-path': [config.server.healthPath, '/-/health'],
  'server.ready-path': [config.server.readyPath, '/-/ready'],
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
  'upstreams.upstream.load-balancing': [backend.loadBalancing, 'least_connections'],
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
  'upstreams.upstream.static.status': [sorry.static?.status, 503],
  'upstreams.upstream.static.content-type': [sorry.static?.headers[0], ['Content-Type', 'text/html']],
  'upstreams.upstream.static.body': [bodyOf(sorry), '<h1>Sorry</h1>'],
  'upstreams.upstream.static.body-file': [bodyOf(pageUpstream()), '<h1>Back soon</h1>\n'],
  'upstreams.upstream.static.headers': [sorry.static?.headers[1], ['Retry-After', '900']],
  'limits.max-total-connections': [load('limits { max-total-connections 7 }').limits.maxTotalConnections, 7],
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
  'observability.logging.audit-log.enabled': [
    load('observability { logging { audit-log { enabled #false } } }').observability.logging.auditLog.enabled,
    false,
  ],
  'observability.logging.audit-log.file': [logging.auditLog.file, '/var/log/sentinel/audit.log'],
};

/** One value is allowed, so that there is nothing to observe. */
const withoutEffect = ['schema-version', 'listeners.listener.protocol'];

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
    pidFile: null,
    healthPath: '/health',
    readyPath: '/ready',
    serverHeader: 'sentinel',
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
  });
  assert.deepEqual(route, {
    id: 'r',
    enabled: true,
    priority: 50,
    matches: { paths: [], hosts: [], methods: [], headers: [], queryParams: [], clientIps: [] },
    upstream: 'u',
    policies: {
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
    loadBalancing: 'round_robin',
    pool: { maxConnections: 200, maxIdle: 50, idleTimeoutMs: 120_000, maxLifetimeMs: 300_000, maxPending: 1000 },
    timeouts: { connectMs: 5000, requestMs: 30_000, readMs: 15_000, writeMs: 15_000 },
  });
  assert.deepEqual(standard.limits, {
    maxTotalConnections: 10_000,
    maxInFlightRequests: 10_000,
    maxQueuedRequests: 1000,
    maxHeaderCount: 100,
    maxHeaderBytes: 16_384,
    maxHeaderNameBytes: 256,
    maxHeaderValueBytes: 8192,
    maxUriBytes: 8192,
  });
  assert.deepEqual(standard.observability, {
    metrics: { enabled: true, address: { kind: 'tcp', host: '0.0.0.0', port: 9090 }, path: '/metrics' },
    admin: { socket: null, tokens: [] },
    logging: {
      level: 'info',
      format: 'json',
      file: null,
      accessLog: { enabled: false, file: null, format: 'json', sample: 1 },
      auditLog: { enabled: true, file: null },
    },
  });
});

test('aliases mean the same as the names that they stand for', () => {
  assert.equal(load('system { worker-threads 3 }').server.workerThreads, 3);
  assert.equal(load('limits { max-connections 3 }').limits.maxTotalConnections, 3);
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
