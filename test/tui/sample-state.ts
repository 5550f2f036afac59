/**
 * Readings and states of the screen as values, for tests: a daemon with two upstreams, routes, requests, clients, certificates. Whatever a
 * test is about is given; everything else is well.
 */
import type { CertState } from '../../src/admin/contract/cert-shapes.ts';
import type { ClientState } from '../../src/admin/contract/client-shapes.ts';
import type { EventState } from '../../src/admin/contract/event-shapes.ts';
import type { InflightRequest, RequestRecord } from '../../src/admin/contract/request-shapes.ts';
import type { RouteState, StatusReply } from '../../src/admin/contract/shapes.ts';
import type { WindowState, WindowStates } from '../../src/admin/contract/traffic-shapes.ts';
import type { BreakerState, TargetState, UpstreamState } from '../../src/admin/contract/upstream-shapes.ts';
import type { Verdict } from '../../src/diagnosis/judgement.ts';
import type { FeedNews, Parts, Reading } from '../../src/tui/feed/reading.ts';
import { type Beginning, initialState, reduce } from '../../src/tui/store/reduce.ts';
import type { State } from '../../src/tui/store/state.ts';

/** By the clock of the sample daemon, when `nowMs` is 0. */
export const sampleAtMs = Date.parse('2026-11-20T14:03:07.000Z');

export function sampleTime(msAgo = 0): string {
  return new Date(sampleAtMs - msAgo).toISOString();
}

export function sampleWindow(given: Partial<WindowState> = {}): WindowState {
  return {
    covered_ms: 10_000,
    requests: 2070,
    requests_per_s: 207,
    errors: 0,
    error_ratio: 0,
    causes: [],
    sources: { client: 0, proxy: 0, upstream: 0 },
    bytes_in: 12_000,
    bytes_out: 480_000,
    p50_ms: 11,
    p95_ms: 40,
    p99_ms: 95,
    ...given,
  };
}

/** The same in all windows. */
export function sampleWindows(given: Partial<WindowState> = {}): WindowStates {
  return {
    '10s': sampleWindow(given),
    '1m': sampleWindow({ covered_ms: 60_000, ...given }),
    '5m': sampleWindow({ covered_ms: 300_000, ...given }),
  };
}

export function sampleTarget(address: string, given: Partial<TargetState> = {}): TargetState {
  return {
    address,
    written: address,
    verdict: 'healthy',
    why: 'its last check passed',
    since: sampleTime(12 * 86_400_000),
    last_check: {
      ok: true,
      code: 'L7OK',
      status: 200,
      words: 'answered 200',
      latency_ms: 4,
      at: sampleTime(3000),
      run: 900,
    },
    checks: { passed: 900, failed: 0 },
    ejection: null,
    share: 1,
    breaker: 'closed',
    drain: null,
    weight: 1,
    in_flight: 41,
    connections: 44,
    idle: 3,
    pending: 0,
    acquired_total: 100_000,
    reused_total: 99_000,
    opened_total: 1000,
    windows: sampleWindows(),
    ...given,
  };
}

/** A target that refuses connections, its breaker open. */
export function downTarget(address: string, given: Partial<TargetState> = {}): TargetState {
  return sampleTarget(address, {
    verdict: 'unhealthy',
    why: 'connect ECONNREFUSED, 3 times in a row',
    since: sampleTime(131_000),
    last_check: {
      ok: false,
      code: 'L4CON',
      status: null,
      words: 'connect ECONNREFUSED',
      latency_ms: 1,
      at: sampleTime(4000),
      run: 3,
    },
    breaker: 'open',
    in_flight: 0,
    connections: 0,
    idle: 0,
    windows: sampleWindows({
      requests: 0,
      requests_per_s: 0,
      error_ratio: null,
      p50_ms: null,
      p95_ms: null,
      p99_ms: null,
    }),
    ...given,
  });
}

export function drainingTarget(address: string, given: Partial<TargetState> = {}): TargetState {
  return sampleTarget(address, {
    drain: {
      id: 'd-1f2e3d',
      state: 'draining',
      actor: 'oncall',
      reason: 'kernel patch',
      since: sampleTime(62_000),
      deadline_at: sampleTime(-238_000),
      overdue: false,
      expires_at: null,
      eta_ms: 20_000,
    },
    in_flight: 6,
    ...given,
  });
}

export function sampleUpstream(
  name: string,
  targets: readonly TargetState[],
  given: Partial<UpstreamState> = {},
): UpstreamState {
  const available = targets.filter(({ verdict, drain }) => verdict === 'healthy' && drain === null).length;
  const state = available === targets.length ? 'up' : available === 0 ? 'down' : 'degraded';
  return {
    name,
    kind: 'targets',
    state,
    why: state === 'up' ? null : `${available} of ${targets.length} targets take requests`,
    available,
    min_healthy: 1,
    check: 'http /health every 10 s',
    targets,
    names: [],
    builtin: false,
    load_balancing: 'round-robin',
    routes: [name.replace(/-backend$/, '')],
    requests_total: 1_000_000,
    server_errors_total: 12,
    windows: sampleWindows(),
    ...given,
  };
}

export function sampleRoute(id: string, given: Partial<RouteState> = {}): RouteState {
  return {
    id,
    priority: 0,
    enabled: true,
    ranks: [1],
    hosts: [],
    paths: [`path-prefix /${id}`],
    methods: [],
    headers: [],
    query_params: [],
    client_ips: [],
    upstream: `${id}-backend`,
    requests_total: 1_000_000,
    server_errors_total: 12,
    windows: sampleWindows(),
    ...given,
  };
}

export function sampleRequest(id: string, given: Partial<RequestRecord> = {}): RequestRecord {
  return {
    time: sampleTime(5000),
    correlation_id: `c0ffee-${id}`,
    trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    client_ip: '10.9.0.4',
    listener: 'http',
    method: 'GET',
    host: 'api.example.com',
    path: '/api/users',
    query: '',
    protocol: 'HTTP/1.1',
    status: 503,
    cause: 'no_healthy_target',
    duration_ms: 120,
    queue_ms: 1,
    connect_ms: 2,
    first_byte_ms: 100,
    transfer_ms: 17,
    tls_version: '',
    route: 'api',
    upstream: 'api-backend',
    target: '10.1.1.10:8080',
    attempts: 2,
    bytes_in: 0,
    bytes_out: 512,
    user_agent: 'curl/8.5.0',
    referer: '',
    id,
    kept: 'error',
    last_try: 'retry',
    tries: [
      {
        kind: 'first',
        upstream: 'api-backend',
        target: '10.1.1.12:8080',
        start_ms: 0.4,
        duration_ms: 1,
        queue_ms: 0.1,
        connect_ms: 0.9,
        first_byte_ms: 0,
        status: 0,
        cause: 'connect_refused',
      },
    ],
    tries_omitted: 0,
    ...given,
  };
}

export function sampleInflight(id: string, given: Partial<InflightRequest> = {}): InflightRequest {
  return {
    id,
    correlation_id: `f00d-${id}`,
    trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    age_ms: 190_000,
    phase: 'wait',
    client_ip: '10.9.0.4',
    listener: 'http',
    method: 'GET',
    host: 'api.example.com',
    path: '/export',
    protocol: 'HTTP/1.1',
    user_agent: 'curl/8.5.0',
    route: 'api',
    upstream: 'api-backend',
    target: '10.1.1.10:8080',
    attempts: 1,
    status: 0,
    bytes_in: 0,
    bytes_out: 0,
    tries: [],
    ...given,
  };
}

export function sampleClient(key: string, given: Partial<ClientState> = {}): ClientState {
  return {
    key,
    requests: 1200,
    at_least: 1200,
    at_most: 1200,
    share: 0.1,
    requests_per_s: 20,
    error_ratio: 0.01,
    client_error_ratio: 0,
    bytes_out: 1_200_000,
    blocked: false,
    ...given,
  };
}

export function sampleCert(name: string, given: Partial<CertState> = {}): CertState {
  return {
    fingerprint: 'ab'.repeat(32),
    serial: '01',
    subject: 'CN=api.example.com',
    issuer: 'CN=Example CA',
    not_before: '2026-08-31T00:00:00.000Z',
    not_after: '2026-11-29T14:00:00.000Z',
    name,
    source: 'listener',
    files: { certificate: '/etc/ssl/api.pem', key: '/etc/ssl/api.key' },
    names: ['api.example.com'],
    key_type: 'EC P-256',
    chain: [],
    days_left: 9,
    standing: 'warning',
    served_by: [name],
    loaded_at: sampleTime(86_400_000),
    same_as_disk: true,
    disk_why: null,
    ...given,
  };
}

export function sampleEvent(seq: number, given: Partial<EventState> = {}): EventState {
  return {
    seq,
    at: sampleTime(60_000 - seq),
    last_at: sampleTime(60_000 - seq),
    count: 1,
    kind: 'target_down',
    severity: 'error',
    subject: 'api-backend/10.1.1.12:8080',
    actor: null,
    reason: null,
    words: 'target takes no requests any more',
    detail: 'connect ECONNREFUSED, 3 times in a row',
    generation: 41,
    fields: { upstream: 'api-backend', target: '10.1.1.12:8080' },
    ...given,
  };
}

export function sampleBreaker(upstream: string, target: string, given: Partial<BreakerState> = {}): BreakerState {
  return {
    id: `${upstream}/${target}`,
    kind: 'target',
    upstream,
    target,
    state: 'open',
    count: 0,
    failure_threshold: 5,
    success_threshold: 2,
    trips_total: 1,
    open_for_ms: 129_000,
    retry_in_ms: 11_000,
    why: '5 failures in a row',
    ...given,
  };
}

export function sampleStatus(given: Partial<StatusReply> = {}): StatusReply {
  return {
    pid: 812,
    name: 'sentinel',
    version: '0.1.0',
    node: 'v24.21.0',
    started_at: sampleTime(12 * 86_400_000),
    uptime_ms: 12 * 86_400_000,
    state: 'ready',
    reasons: [],
    degraded: [],
    generation: 41,
    revision: 7,
    config: {
      source: 'file',
      path: '/etc/sentinel/sentinel.kdl',
      digest_running: 'd1',
      digest_disk: 'd1',
      disk_matches_running: true,
      applied_at: sampleTime(86_400_000),
      last_reload: null,
      problems: [],
    },
    pending: null,
    workers: [{ worker: 1, alive: true, leaving: false, restarts: 0, since: sampleTime(86_400_000), last_death: null }],
    listeners: [{ id: 'http', address: '0.0.0.0:80' }],
    admin: { socket: '/run/sentinel/admin.sock', address: null },
    upstreams: { total: 2, up: 2, targets: 4, targets_down: 0, targets_unknown: 0, problems: [] },
    overrides: { counts: [], maintenance: [] },
    drains: [],
    certificates: { loaded: [], problems: [] },
    counts: {
      open_connections: 3102,
      in_flight_requests: 88,
      pending_requests: 0,
      connections_total: 1_000_000,
      requests_total: 10_000_000,
      server_errors_total: 1200,
      rejected_requests_total: 0,
      log_dropped_total: 0,
    },
    windows: sampleWindows({ requests: 12_840, requests_per_s: 1284 }),
    memory: { rss_bytes: 212 * 1024 * 1024, heap_used_bytes: 80 * 1024 * 1024 },
    contacts: {
      primary: null,
      secondary: null,
      management: [],
      infrastructure: null,
      security: null,
      channel: null,
      docs_url: null,
    },
    incidents: { dir: null, service: null },
    warnings: [],
    ...given,
  };
}

/** Two upstreams, all well: `api-backend` with three targets, `web-backend` with one. */
export function healthyUpstreams(): readonly UpstreamState[] {
  return [
    sampleUpstream('api-backend', [
      sampleTarget('10.1.1.10:8080'),
      sampleTarget('10.1.1.11:8080'),
      sampleTarget('10.1.1.12:8080'),
    ]),
    sampleUpstream('web-backend', [sampleTarget('10.1.2.10:8080')]),
  ];
}

/** The same with one target down and one that drains. */
export function degradedUpstreams(): readonly UpstreamState[] {
  return [
    sampleUpstream(
      'api-backend',
      [sampleTarget('10.1.1.10:8080'), drainingTarget('10.1.1.11:8080'), downTarget('10.1.1.12:8080')],
      { windows: sampleWindows({ requests: 4120, requests_per_s: 412, errors: 173, error_ratio: 0.042, p99_ms: 810 }) },
    ),
    sampleUpstream('web-backend', [sampleTarget('10.1.2.10:8080')]),
  ];
}

/** Every part, with a few things each. */
export function sampleParts(given: Partial<Parts> = {}): Parts {
  const at = sampleTime();
  const kept = { records: 10, complete_since: null, skipped: 0 };
  const thread = {
    loop_utilization: 0.2,
    loop_delay: { window_ms: 10_000, p50_ms: 1, p99_ms: 3, max_ms: 9 },
    heap: null,
    gc: null,
  };
  return {
    routes: { routes: [sampleRoute('api'), sampleRoute('web')] },
    breakers: { breakers: [] },
    traffic: {
      at,
      total: { windows: sampleWindows(), series: sampleSeries(90) },
      unrouted: { windows: {} },
      routes: ['api', 'web'].map((id) => ({ id, windows: sampleWindows(), series: sampleSeries(90) })),
      upstreams: ['api-backend', 'web-backend'].map((name) => ({
        name,
        targets: [],
        windows: sampleWindows(),
        series: sampleSeries(90),
      })),
      points: {
        at: Array.from({ length: 90 }, (_, index) => sampleTime((89 - index) * 10_000)),
        covered_ms: Array.from({ length: 90 }, () => 10_000),
      },
    },
    errors: {
      at,
      requests: [
        sampleRequest('1-30', { time: sampleTime(3000) }),
        sampleRequest('1-20', { time: sampleTime(9000), status: 200, cause: 'ok', kept: 'slow', duration_ms: 2100 }),
        sampleRequest('2-10', { time: sampleTime(20_000), status: 504, cause: 'upstream_timeout' }),
      ],
      more: false,
      slow_ms: 1000,
      kept: { errors: kept, slow: kept, sample: kept },
    },
    inflight: {
      at,
      requests: [sampleInflight('1-40'), sampleInflight('2-41', { age_ms: 1200, phase: 'relay' })],
      matching: 2,
      total: 2,
      unanswered: [],
    },
    clients: {
      at,
      by: 'ip',
      window_ms: 60_000,
      covered_ms: 60_000,
      requests: 12_000,
      requests_per_s: 200,
      stride: 1,
      keys: 2,
      new_keys: 0,
      before_ms: 240_000,
      unanswered: [],
      clients: [sampleClient('10.9.0.4', { share: 0.4 }), sampleClient('10.9.0.5')],
    },
    certs: { certificates: [sampleCert('https')], problems: [] },
    runtime: {
      at,
      process: {
        pid: 812,
        uptime_ms: 12 * 86_400_000,
        node: 'v24.21.0',
        v8: '13.6',
        rss_bytes: 212 * 1024 * 1024,
        threads: 12,
        descriptors: { open: 3100, limit: 65_536 },
        cpu_used: 0.4,
      },
      memory: { limit_bytes: 512 * 1024 * 1024, limit_source: 'cgroup', shed_above_bytes: null },
      cgroup: {
        memory: { current_bytes: 220 * 1024 * 1024, limit_bytes: 512 * 1024 * 1024, oom_kills: 0 },
        cpu: { limit: null, throttled_ms: 0 },
      },
      pressure: { source: null, cpu: null, memory: null, io: null },
      main: thread,
      workers: [{ ...thread, worker: 1 }],
      unknown: {},
    },
    ...given,
  };
}

/** The same number each time. */
export function sampleSeries(
  points: number,
  requests = 2070,
  errors = 0,
): NonNullable<Parts['traffic']['total']['series']> {
  const each = <T>(value: T): readonly T[] => Array.from({ length: points }, () => value);
  return { requests: each(requests), errors: each(errors), p50_ms: each(11), p99_ms: each(95) };
}

/** @param given `atMs` and `receivedMs` belong together: `atMs` is `sampleAtMs` where `receivedMs` is 0 */
export function sampleReading(given: Partial<Reading> = {}): Reading {
  const receivedMs = given.receivedMs ?? 0;
  return {
    node: 'local',
    atMs: sampleAtMs + receivedMs,
    receivedMs,
    tookMs: 4,
    generation: 41,
    etag: '"41-7"',
    status: sampleStatus(),
    upstreams: healthyUpstreams(),
    parts: sampleParts(),
    unread: {},
    identity: { actor: 'oncall', role: 'admin' },
    ...given,
  };
}

export const okVerdict: Verdict = {
  status: 'ok',
  exit_code: 0,
  procedure: null,
  path: [],
  causes: [],
  notices: [],
  severity: null,
  respond_within: null,
  page: [],
  next: [],
  unknown: [],
};

/** A state that has heard the news, in order; `nowMs` is that of the last reading, or 0. */
export function sampleState(news: readonly FeedNews[] = [readingNews()], options: Partial<Beginning> = {}): State {
  const begun = initialState({ nodes: ['local'], size: { columns: 120, rows: 34 }, nowMs: 0, ...options });
  return news.reduce<State>((state, one) => {
    const nowMs = one.kind === 'reading' ? one.reading.receivedMs : state.nowMs;
    return reduce(state, { kind: 'news', news: one, nowMs }).state;
  }, begun);
}

export function readingNews(given: Partial<Reading> = {}): FeedNews {
  return { kind: 'reading', reading: sampleReading(given) };
}
