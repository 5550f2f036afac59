/** Makes of what a scene is about every reply that its daemon would give, so that no reply contradicts another. Pure. */
import type { CertState } from '../../../src/admin/contract/cert-shapes.ts';
import { type ClientSort, clientSorts, type ClientState } from '../../../src/admin/contract/client-shapes.ts';
import type { Role } from '../../../src/admin/contract/roles.ts';
import type { EventState } from '../../../src/admin/contract/event-shapes.ts';
import type { LogLineState } from '../../../src/admin/contract/log-shapes.ts';
import type { OverrideState } from '../../../src/admin/contract/override-shapes.ts';
import type { InflightRequest, RequestRecord, RequestsReply } from '../../../src/admin/contract/request-shapes.ts';
import type { RuntimeReply } from '../../../src/admin/contract/runtime-shapes.ts';
import type { ConfigReply, RouteState, StatusReply } from '../../../src/admin/contract/shapes.ts';
import type { BreakerState, UpstreamState } from '../../../src/admin/contract/upstream-shapes.ts';
import { ago, breakersOf, type Course, days, points, seriesOf, steady, windowsOf } from './pieces.ts';
import type { Replies, Scene } from './scene.ts';

/** What a scene is about. */
export interface Plot {
  readonly generation: number;
  readonly revision: number;
  readonly role: Role;
  readonly upstreams: readonly UpstreamState[];
  readonly breakers?: Readonly<Record<string, Partial<BreakerState>>>;
  readonly routes: readonly RouteState[];
  readonly total: Course;
  /** How routes came to where they are; the others have always been so. */
  readonly courses?: Readonly<Record<string, Course>>;
  readonly errors: readonly RequestRecord[];
  readonly slow?: readonly RequestRecord[];
  readonly inflight: readonly InflightRequest[];
  readonly inFlightTotal: number;
  readonly clients: Readonly<Record<ClientSort, readonly ClientState[]>>;
  readonly certificates: readonly CertState[];
  readonly events: readonly EventState[];
  readonly logs: readonly LogLineState[];
  readonly overrides?: readonly OverrideState[];
  readonly openConnections: number;
  readonly rssBytes: number;
  readonly loopMs: number;
  readonly uptimeS: number;
}

const digest = '5e1f0c2d'.repeat(8);
const boot = 'c0ffee11';
const limits = { 'max-total-connections': 50_000, 'max-in-flight-requests': 10_000, 'max-memory-bytes': 0 };
const alerts = {
  'error-rate-percent': 1,
  'p99-ms': 1_000,
  'connections-percent': 80,
  'breaker-trips-per-minute': 10,
  'memory-percent': 80,
  'cert-warn-days': 30,
  'cert-critical-days': 7,
};

export function told(plot: Plot): Scene {
  const at = ago(0);
  return {
    at,
    generation: plot.generation,
    revision: plot.revision,
    replies: {
      identity: { actor: 'user oncall', role: plot.role, via: 'socket' },
      ...traffic(plot),
      status: statusOf(plot),
      upstreams: { upstreams: plot.upstreams },
      routes: { routes: plot.routes },
      breakers: { breakers: breakersOf(plot.upstreams, plot.breakers) },
      inflight: {
        at,
        requests: plot.inflight,
        matching: plot.inFlightTotal,
        total: plot.inFlightTotal,
        unanswered: [],
      },
      certs: { certificates: plot.certificates, problems: [] },
      events: { at, events: plot.events, omitted: 0, kept_since: ago(12 * days), resume: `${boot};events=400` },
      logs: {
        at,
        lines: plot.logs,
        omitted: 0,
        kept_since: ago(2 * days),
        resume: `${boot};logs=9000`,
        log_file: null,
        access_log: null,
      },
      runtime: runtimeOf(plot),
      overrides: { overrides: plot.overrides ?? [] },
      workers: { workers: statusOf(plot).workers, restart: null },
      drains: { drains: [], ended: [] },
      blocks: { blocks: [], configured: [], allow: [], file: null },
      'config-history': { generations: [], unreadable: [], folder: null, keep: null },
    },
  };
}

function traffic(plot: Plot): Pick<Replies, 'traffic' | 'requests' | 'clients' | 'config'> {
  const { total, courses = {} } = plot;
  const at = ago(0);
  const kept = { records: plot.errors.length, complete_since: null, skipped: 0 };
  const requests = (list: readonly RequestRecord[]): RequestsReply => ({
    at,
    requests: list,
    more: false,
    slow_ms: 1_000,
    kept: { errors: kept, slow: { ...kept, records: plot.slow?.length ?? 0 }, sample: { ...kept, records: 600 } },
  });
  const asked = (key: ClientSort): NonNullable<Replies['clients']>[ClientSort] => ({
    at,
    by: key,
    window_ms: 60_000,
    covered_ms: 60_000,
    requests: Math.round(total.now.rps * 60),
    requests_per_s: total.now.rps,
    stride: 1,
    keys: plot.clients[key].length === 0 ? 0 : 1_870,
    new_keys: plot.clients[key].length === 0 ? 0 : 31,
    before_ms: 240_000,
    unanswered: [],
    clients: plot.clients[key],
  });
  const settings = (block: string, values: Readonly<Record<string, number>>): ConfigReply => ({
    generation: plot.generation,
    digest,
    form: 'json',
    text: '',
    settings: Object.entries(values).map(([key, value]) => ({
      path: `${block}.${key}`,
      text: String(value),
      origin: null,
    })),
  });
  return {
    traffic: {
      at,
      total: { windows: windowsOf(total.now), series: seriesOf(total) },
      unrouted: { windows: windowsOf({ rps: 0 }) },
      routes: plot.routes.map(({ id, windows }) => ({
        id,
        windows,
        series: seriesOf(courses[id] ?? steady(loadOf(windows))),
      })),
      upstreams: plot.upstreams.map(({ name, windows, targets }) => ({
        name,
        windows,
        series: seriesOf(courses[name] ?? steady(loadOf(windows))),
        targets: targets.map((target) => ({ address: target.address, windows: target.windows })),
      })),
      points,
    },
    requests: { errors: requests(plot.errors), slow: requests(plot.slow ?? []), all: requests(plot.errors) },
    clients: Object.fromEntries(clientSorts.map((key) => [key, asked(key)])) as NonNullable<Replies['clients']>,
    config: { limits: settings('limits', limits), alerts: settings('alerts', alerts) },
  };
}

function loadOf(windows: ReturnType<typeof windowsOf>): Course['now'] {
  const window = windows['1m'];
  return {
    rps: window?.requests_per_s ?? 0,
    err: window?.error_ratio ?? 0,
    p: [window?.p50_ms ?? 0, window?.p95_ms ?? 0, window?.p99_ms ?? 0],
  };
}

function statusOf(plot: Plot): StatusReply {
  const { upstreams, certificates, total } = plot;
  const standing = upstreams.filter(({ kind }) => kind === 'targets');
  const targets = standing.flatMap((one) => one.targets);
  const low = standing.filter(({ available, min_healthy: least }) => available < least);
  const words = low.map(({ name, why }) => `upstream ${name}: ${why}`);
  return {
    pid: 812,
    name: 'sentinel',
    version: '0.1.0',
    node: '24.21.0',
    started_at: ago(plot.uptimeS),
    uptime_ms: plot.uptimeS * 1000,
    state: 'ready',
    reasons: [],
    degraded: words,
    generation: plot.generation,
    revision: plot.revision,
    config: {
      source: 'file',
      path: '/etc/sentinel/sentinel.kdl',
      digest_running: digest,
      digest_disk: digest,
      disk_matches_running: true,
      applied_at: ago(147),
      last_reload: { at: ago(147), actor: 'oncall', result: 'completed', problems: [] },
      problems: [],
    },
    pending: null,
    workers: [0, 1].map((worker) => ({
      worker,
      alive: true,
      leaving: false,
      restarts: 0,
      since: ago(plot.uptimeS),
      last_death: null,
    })),
    listeners: [
      { id: 'http', address: '0.0.0.0:80' },
      { id: 'https', address: '0.0.0.0:443' },
    ],
    admin: { socket: '/run/sentinel/admin.sock', address: '127.0.0.1:9090' },
    upstreams: {
      total: standing.length,
      up: standing.length - low.length,
      targets: targets.length,
      targets_down: targets.filter(({ verdict, breaker }) => verdict === 'unhealthy' || breaker === 'open').length,
      targets_unknown: targets.filter(({ verdict }) => verdict === 'unknown' || verdict === 'unchecked').length,
      problems: words.map((sentence) => ({ code: 'SNT-U002', words: sentence })),
    },
    overrides: {
      counts: counted(plot.overrides ?? []),
      maintenance: (plot.overrides ?? []).filter(({ kind }) => kind === 'maintenance'),
    },
    drains: standing.flatMap(({ name, targets: of }) =>
      of.flatMap(({ address, drain }) => (drain === null ? [] : [{ ...drain, target: address, upstreams: [name] }])),
    ),
    certificates: {
      loaded: certificates.map(({ name, source, standing: how, days_left, not_after, same_as_disk }) => ({
        name,
        source,
        standing: how,
        days_left,
        not_after,
        same_as_disk,
      })),
      problems: [],
    },
    counts: {
      open_connections: plot.openConnections,
      connections_limit: 50_000,
      in_flight_requests: plot.inFlightTotal,
      pending_requests: 0,
      connections_total: 9_120_331,
      requests_total: 812_440_912,
      server_errors_total: 41_220,
      rejected_requests_total: 1_204,
      log_dropped_total: 0,
    },
    windows: windowsOf(total.now),
    memory: { rss_bytes: plot.rssBytes, heap_used_bytes: 64 << 20 },
    contacts: {
      primary: 'oncall@shop.example',
      secondary: null,
      management: [],
      infrastructure: null,
      security: null,
      channel: '#ops',
      docs_url: null,
    },
    incidents: { dir: '/var/lib/sentinel/incidents', service: 'shop' },
    warnings: [],
  };
}

function counted(overrides: readonly OverrideState[]): StatusReply['overrides']['counts'] {
  const kinds = [...new Set(overrides.map(({ kind }) => kind))];
  return kinds.map((kind) => ({ kind, count: overrides.filter((one) => one.kind === kind).length }));
}

function runtimeOf({ rssBytes, loopMs, uptimeS }: Plot): RuntimeReply {
  const thread = (delayMs: number): RuntimeReply['main'] => ({
    loop_utilization: 0.22,
    loop_delay: { window_ms: 10_000, p50_ms: 0.2, p99_ms: delayMs, max_ms: delayMs + 4 },
    heap: { used_bytes: 40 << 20, total_bytes: 64 << 20, limit_bytes: 4096 * 1_048_576, external_bytes: 8 << 20 },
    gc: { window_ms: 10_000, count: 12, pause_ms: 24, max_pause_ms: 6 },
  });
  return {
    at: ago(0),
    process: {
      pid: 812,
      uptime_ms: uptimeS * 1000,
      node: '24.21.0',
      v8: '13.6.233.17-node.53',
      rss_bytes: rssBytes,
      threads: 13,
      descriptors: { open: 3_180, limit: 65_536 },
      cpu_used: 0.61,
    },
    memory: { limit_bytes: 512 << 20, limit_source: 'cgroup', shed_above_bytes: null },
    cgroup: {
      memory: { current_bytes: rssBytes, limit_bytes: 512 << 20, oom_kills: 0 },
      cpu: { limit: 2, throttled_ms: 0 },
    },
    pressure: {
      source: 'cgroup',
      cpu: { some: 0.01, full: 0 },
      memory: { some: 0, full: 0 },
      io: { some: 0, full: 0 },
    },
    main: thread(loopMs),
    workers: [0, 1].map((worker) => ({ worker, ...thread(loopMs) })),
    unknown: {},
  };
}
