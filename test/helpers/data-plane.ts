/** A data plane inside the test: real listeners and sockets, one lane of cells, no threads. */
import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import type {
  Config,
  ListenerConfig,
  LoadBalancing,
  LoadBalancingConfig,
  RateLimitConfig,
  RouteConfig,
  RoutePolicies,
  SocketAddress,
  UpstreamConfig,
} from '../../src/config/model.ts';
import { ClientTable } from '../../src/proxy/control/client-table.ts';
import { compilePlan } from '../../src/proxy/control/compile-plan.ts';
import { LiveParts, type LiveSources } from '../../src/proxy/control/live-parts.ts';
import { LabelRegistry } from '../../src/proxy/control/labels.ts';
import { DataPlane } from '../../src/proxy/data/data-plane.ts';
import { TraceIds } from '../../src/proxy/data/trace-ids.ts';
import { CellRegistry, workerFields } from '../../src/proxy/shared/cells.ts';
import { type Cause, causeIndex, rejectReasons } from '../../src/proxy/shared/causes.ts';
import type { WorkerSaid } from '../../src/proxy/shared/messages.ts';
import { LogRing, newLogRing } from '../../src/proxy/shared/log-ring.ts';
import type { Plan } from '../../src/proxy/shared/plan.ts';
import { newRecordRings, type RecordRings } from '../../src/proxy/shared/record-rings.ts';
import { newSpanRing } from '../../src/proxy/shared/span-ring.ts';
import {
  methodLabels,
  newRequestCounts,
  RequestCounter,
  readRequestCounts,
} from '../../src/proxy/shared/request-counts.ts';

const noOperations = { rename: [], remove: [], set: [], add: [] };

export const defaultPolicies: RoutePolicies = {
  timeoutMs: 0,
  maxBodyBytes: 10_485_760,
  requestHeaders: noOperations,
  responseHeaders: noOperations,
  rewrite: { stripPrefix: null, prefix: null },
  hostHeader: { kind: 'preserve' },
  forwarded: 'x-forwarded',
  failureMode: 'closed',
  bufferRequests: false,
  websocket: true,
  websocketIdleMs: 3_600_000,
  rateLimit: null,
};

const loopback: SocketAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 };

export function listener(overrides: Partial<ListenerConfig> = {}): ListenerConfig {
  return {
    id: 'http',
    address: loopback,
    bodyIdleTimeoutMs: 60_000,
    headerTimeoutMs: 10_000,
    keepaliveTimeoutMs: 75_000,
    maxRequestsPerConnection: 0,
    defaultRoute: null,
    backlog: 511,
    trustedProxies: [],
    proxyProtocol: false,
    maxConcurrentStreams: 100,
    tls: null,
    ...overrides,
  };
}

export function route(
  overrides: Omit<Partial<RouteConfig>, 'policies'> & { policies?: Partial<RoutePolicies> } = {},
): RouteConfig {
  return {
    id: 'all',
    enabled: true,
    priority: 50,
    matches: { paths: [], hosts: [], methods: [], headers: [], queryParams: [], clientIps: [] },
    upstream: 'origin',
    fallbackUpstream: null,
    circuitBreaker: null,
    retry: null,
    ...overrides,
    policies: { ...defaultPolicies, ...overrides.policies },
  };
}

/** One request a second for each client, refused above it. */
export function rateLimit(overrides: Partial<RateLimitConfig> = {}): RateLimitConfig {
  return {
    requestsPerSecond: 1,
    burst: 1,
    key: { kind: 'client_ip' },
    action: 'block',
    statusCode: 429,
    maxDelayMs: 5000,
    maxKeys: 1000,
    backend: { kind: 'local' },
    ...overrides,
  };
}

/** A balancing policy with nothing special. */
export function balancing(policy: LoadBalancing): LoadBalancingConfig {
  return { policy, key: { kind: 'client_ip' }, cookie: { name: 'sentinel-target', ttlMs: 0 } };
}

/** An upstream whose targets are ports of loopback. */
export function upstream(ports: readonly number[], overrides: Partial<UpstreamConfig> = {}): UpstreamConfig {
  return {
    name: 'origin',
    builtin: false,
    targets: ports.map((port) => ({
      address: `127.0.0.1:${port}`,
      socket: { kind: 'tcp', host: '127.0.0.1', port },
      weight: 1,
    })),
    discover: null,
    static: null,
    loadBalancing: balancing('round_robin'),
    minHealthy: { count: 1 },
    slowStartMs: 0,
    healthCheck: null,
    passiveHealth: null,
    circuitBreaker: null,
    tls: null,
    httpVersion: '1.1',
    pool: { maxConnections: 200, maxIdle: 50, idleTimeoutMs: 120_000, maxLifetimeMs: 300_000, maxPending: 1000 },
    timeouts: { connectMs: 5000, requestMs: 30_000, readMs: 15_000, writeMs: 15_000 },
    ...overrides,
  };
}

export function config(overrides: Partial<Config>): Config {
  return {
    server: {
      workerThreads: 1,
      gracefulShutdownTimeoutMs: 30_000,
      shutdownLagMs: 0,
      drainIdleMs: 1_000,
      pidFile: '',
      healthPath: '/health',
      readyPath: '/ready',
      serverHeader: 'sentinel',
      autoReload: false,
    },
    listeners: [listener()],
    routes: [route()],
    upstreams: [],
    limits: {
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
    },
    security: {
      challengeMode: 'off',
      challengeThreshold: 100,
      challengeDifficulty: 16,
      challengeTtlMs: 3_600_000,
      block: [],
      blockFile: null,
      allow: [],
    },
    stateDir: null,
    observability: {
      metrics: { enabled: false, address: loopback, path: '/metrics' },
      admin: { socket: null, tokens: [] },
      logging: {
        level: 'info',
        format: 'json',
        file: null,
        accessLog: { enabled: false, file: null, format: 'json', sample: 1, captureRequest: [], captureResponse: [] },
        auditLog: { enabled: false, file: null },
      },
      tracing: null,
    },
    history: { keep: 200 },
    contacts: {
      primary: null,
      secondary: null,
      management: [],
      infrastructure: null,
      security: null,
      channel: null,
      docsUrl: null,
    },
    incidents: { dir: null, service: null },
    alerts: {
      errorRatePercent: 1,
      p99Ms: 1000,
      connectionsPercent: 80,
      breakerTripsPerMinute: 10,
      memoryPercent: 80,
      certWarnDays: 30,
      certCriticalDays: 7,
    },
    ...overrides,
  };
}

export interface TestPlane {
  readonly plane: DataPlane;
  readonly registry: CellRegistry;
  /** Port of the first listener. */
  readonly port: number;
  /** Of all listeners, in their order. */
  readonly ports: readonly number[];
  readonly plan: Plan;
  /** Puts another configuration in force, as a reload does. */
  apply(next: Config): Promise<void>;
  /** The first half of `apply`; `plane.commit()` is the other. */
  prepare(next: Config): Promise<void>;
  errors(cause: Cause): number;
  rejects(reason: (typeof rejectReasons)[number]): number;
  /** What `requests_total` would show; empty names where there is no route or upstream. */
  requests(): CountedRequests[];
  /** Lines that went to the main thread's log. */
  readonly reports: string[];
  /** What else the main thread was told. */
  readonly events: Exclude<WorkerSaid, { kind: 'log' }>[];
  readonly log: LogRing;
  readonly records: RecordRings;
  /** Ring of trace records. */
  readonly spans: SharedArrayBuffer;
}

export interface CountedRequests {
  readonly route: string;
  readonly upstream: string;
  readonly method: string;
  readonly status: number;
  readonly count: number;
}

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

/** Starts a data plane under `initial` and closes it after the test. */
export async function startPlane(
  t: Cleanup,
  initial: Config,
  clock: Clock = systemClock,
  ids: TraceIds = new TraceIds((bytes) => randomBytes(bytes).toString('hex')),
  sources: Partial<LiveSources> = {},
): Promise<TestPlane> {
  const [plane] = await startPlanes(t, initial, 1, clock, ids, sources);
  return plane as TestPlane;
}

/** Starts several data planes that share their cells, as the workers of one daemon do. */
export async function startPlanes(
  t: Cleanup,
  initial: Config,
  workerCount: number,
  clock: Clock = systemClock,
  ids: TraceIds = new TraceIds((bytes) => randomBytes(bytes).toString('hex')),
  sources: Partial<LiveSources> = {},
): Promise<TestPlane[]> {
  const live = new LiveParts({ clients: new ClientTable(workerCount, () => 1), ...sources });
  const registry = new CellRegistry(workerCount);
  const labels = { routeLabels: new LabelRegistry(), upstreamLabels: new LabelRegistry() };
  let generation = 0;
  const compile = (next: Config): Plan =>
    compilePlan(next, {
      serial: ++generation,
      generation,
      digest: '',
      daemonId: 'feedbeef',
      workerCount,
      registry,
      ...labels,
      live: live.of(next),
    });
  const plan = compile(initial);
  const start = async (worker: number): Promise<TestPlane> => {
    const counts = newRequestCounts();
    const reports: string[] = [];
    const events: TestPlane['events'] = [];
    const log = new LogRing(newLogRing());
    const records = newRecordRings();
    const spans = newSpanRing();
    const cell = registry.cell(`worker/${worker}`, workerFields.laneLength, workerFields.sharedLength, 0);
    const plane = new DataPlane({
      worker,
      cell: registry.view(cell, worker),
      records,
      spans,
      clock,
      random: Math.random,
      ids,
      counter: new RequestCounter(counts),
      logRing: log,
      stdoutPrefix: '',
      report: (said) => {
        if (said.kind === 'log') reports.push(`${said.message} ${JSON.stringify(said.fields)}`);
        else events.push(said);
      },
    });
    t.after(() => plane.close());
    const bound = await plane.prepare(plan, registry.segments);
    plane.commit();
    return {
      plane,
      registry,
      plan,
      log,
      records,
      spans,
      reports,
      events,
      port: Number(bound[0]?.address.split(':').at(-1)),
      ports: bound.map(({ address }) => Number(address.split(':').at(-1))),
      async prepare(next) {
        await plane.prepare(compile(next), registry.segments);
      },
      async apply(next) {
        await plane.prepare(compile(next), registry.segments);
        plane.commit();
      },
      errors: (cause) => registry.sum(plan.cells.errors, causeIndex[cause]),
      rejects: (reason) => registry.sum(plan.cells.rejects, rejectReasons.indexOf(reason)),
      requests: () =>
        [...readRequestCounts([counts])].map(({ key, count }) => ({
          route: labels.routeLabels.name(key.route),
          upstream: labels.upstreamLabels.name(key.upstream),
          method: methodLabels[key.method] ?? '',
          status: key.status,
          count,
        })),
    };
  };
  return Promise.all(Array.from({ length: workerCount }, (_, worker) => start(worker)));
}
