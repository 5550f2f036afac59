/** Facts as values: those of a daemon that is well under a light load, and what changes them one thing at a time. For tests of the judge. */
import type { WindowState, WindowStates } from '../../src/admin/contract/traffic-shapes.ts';
import type { BreakerState, TargetState, UpstreamState } from '../../src/admin/contract/upstream-shapes.ts';
import type { RunRecord } from '../../src/history/run-record.ts';
import { sectionNames } from '../../src/diagnosis/collect.ts';
import type { Facts, Known, SectionName, Sections } from '../../src/diagnosis/facts.ts';
import type { EndpointAnswers, ProbeStep, TargetProbe } from '../../src/diagnosis/facts/network.ts';
import type { ValueOf } from '../../src/diagnosis/probe.ts';

export const now = '2026-11-20T14:03:10.000Z';
/** So long before. */
export const ago = (seconds: number): string => new Date(Date.parse(now) - seconds * 1000).toISOString();

export type Change = (facts: Facts) => Facts;

export function factsWith(...changes: readonly Change[]): Facts {
  return changes.reduce((facts, change) => change(facts), healthyFacts());
}

type Values = { readonly [K in SectionName]: ValueOf<K> };

/** Changes the value of one section. */
export function change<K extends SectionName>(section: K, edit: (value: Values[K]) => Values[K]): Change {
  return (facts) => {
    const known = facts.sections[section] as Known<Values[K]>;
    if (known.state !== 'known') throw new Error(`${section} is not known`);
    return withSection(facts, section, { ...known, value: edit(known.value) } as unknown as Sections[K]);
  };
}

/** The probe could not find out. */
export function unknown(...sections: readonly SectionName[]): Change {
  return (facts) =>
    sections.reduce(
      (left, section) =>
        withSection(left, section, { state: 'unknown', at: now, took_ms: 5, why: 'not readable', tried: [section] }),
      facts,
    );
}

function withSection<K extends SectionName>(facts: Facts, section: K, known: Sections[K]): Facts {
  return { ...facts, sections: { ...facts.sections, [section]: known } };
}

const known = <T>(value: T): Known<T> => ({ state: 'known', at: now, took_ms: 5, value });

export function healthyFacts(): Facts {
  return {
    schema: 'sentinel.facts/1',
    at: now,
    took_ms: 900,
    subject: { host: 'edge-1', daemon: 'local', config_path: configPath },
    sections: {
      process: known<ValueOf<'process'>>({
        pid: 812,
        found_by: 'admin',
        name: 'sentinel',
        user: 'sentinel',
        kernel_state: 'S',
        started_at: ago(3600),
        uptime_ms: 3_600_000,
        pid_files: [{ path: '/run/sentinel.pid', pid: 812, alive: true }],
        systemd: null,
      }),
      death: known<ValueOf<'death'>>({
        last_run: runRecord(),
        refused_start: null,
        kernel_lines: [],
        oom_kills_since_start: 0,
        booted_at: ago(86_400),
        boot_id: 'boot-1',
        last_errors: [],
        crash_files: [],
        unread: [],
      }),
      config: known<ValueOf<'config'>>({
        path: configPath,
        found: true,
        loads: 'yes',
        digest: 'd1',
        modified_at: ago(3700),
        problems: [],
        problem_count: 0,
        listeners: [{ id: 'http', address: '0.0.0.0:8080', tls: false }],
        admin_address: '127.0.0.1:9090',
        health_path: '/health',
        ready_path: '/ready',
        backup: null,
        contacts: null,
        alerts: null,
        places: { state_dir: null, pid_file: null, admin_socket: null, log_files: [], files: [] },
      }),
      ports: known<ValueOf<'ports'>>({
        wanted: [
          {
            what: 'listener http',
            address: '0.0.0.0:8080',
            holders: [{ pid: 812, name: 'sentinel', daemon: true }],
            held_by_unseen: false,
            accept_queue: { waiting: 0, most: 511 },
          },
        ],
        listening: ['0.0.0.0:8080'],
        listen_overflows: { total: 0, during_probe: 0 },
        reachable_addresses: ['10.0.0.5'],
      }),
      permissions: known<ValueOf<'permissions'>>({
        user: 'sentinel',
        judged_for_uid: 999,
        files: [
          { path: configPath, what: 'config', needs: 'read', allowed: true, owner: 'root', mode: '0644', why: null },
        ],
      }),
      disk: known<ValueOf<'disk'>>({
        places: [
          {
            path: '/var/lib/sentinel',
            what: 'state',
            mount: '/',
            total_bytes: 1e11,
            free_bytes: 5e10,
            used_ratio: 0.5,
            inodes_used_ratio: 0.1,
            read_only: false,
            writable: null,
          },
        ],
        unread: [],
      }),
      memory: known<ValueOf<'memory'>>({
        rss_bytes: 2e8,
        machine_total_bytes: 8e9,
        machine_available_bytes: 5e9,
        swap_used_bytes: 0,
        cgroup: {
          version: 2,
          path: '/system.slice/sentinel.service',
          current_bytes: 2.2e8,
          reclaimable_bytes: 0,
          limit_bytes: null,
          oom_kills: 0,
        },
        limit_bytes: 8e9,
        limit_source: 'machine',
        used_ratio: 0.025,
      }),
      descriptors: known<ValueOf<'descriptors'>>({
        open: 60,
        soft_limit: 65_535,
        hard_limit: 65_535,
        machine: { open: 2000, limit: 800_000 },
        local_ports: { first: 32_768, last: 60_999, in_use: 40, time_wait: 10, busiest: null, complete: true },
      }),
      kernel: known<ValueOf<'kernel'>>({
        settings: [],
        pressure: { cpu: 0, memory: 0, io: 0 },
        load_1m: 0.3,
        cores: 4,
      }),
      firewall: known<ValueOf<'firewall'>>({ source: 'nft', rules: [] }),
      clock: known<ValueOf<'clock'>>({
        now,
        synchronized: true,
        source: 'systemd-timesyncd',
        daemon_skew_ms: 1,
        behind_files_ms: null,
      }),
      endpoints: known<ValueOf<'endpoints'>>({
        listeners: [
          { id: 'http', address: '0.0.0.0:8080', tls: false, health: answers(), ready: answers({ path: '/ready' }) },
        ],
        admin: { reached: true, by: '/run/sentinel/admin.sock', took_ms: 3, why: null },
        metrics: { address: '127.0.0.1:9090', status: 200, took_ms: 2, why: null },
      }),
      daemon: known(
        daemonState([upstream('api', [target('10.0.0.1:80'), target('10.0.0.2:80'), target('10.0.0.3:80')])]),
      ),
      threads: known<ValueOf<'threads'>>({
        at: now,
        process: {
          pid: 812,
          uptime_ms: 3_600_000,
          node: '24.21.0',
          v8: '13',
          rss_bytes: 2e8,
          threads: 12,
          descriptors: { open: 60, limit: 65_535 },
          cpu_used: 0.1,
        },
        memory: { limit_bytes: 8e9, limit_source: 'machine', shed_above_bytes: null },
        cgroup: {
          memory: { current_bytes: 2.2e8, limit_bytes: null, oom_kills: 0 },
          cpu: { limit: null, throttled_ms: null },
        },
        pressure: {
          source: 'cgroup',
          cpu: { some: 0, full: 0 },
          memory: { some: 0, full: 0 },
          io: { some: 0, full: 0 },
        },
        main: thread(),
        workers: [
          { worker: 0, ...thread() },
          { worker: 1, ...thread() },
        ],
        unknown: {},
      }),
      traffic: known<ValueOf<'traffic'>>({
        traffic: {
          at: now,
          total: { windows: windows({ requests: 6000 }) },
          unrouted: { windows: windows({ requests: 0 }) },
          routes: [{ id: 'all', windows: windows({ requests: 6000 }) }],
          upstreams: [{ name: 'api', windows: windows({ requests: 6000 }), targets: [] }],
        },
        errors: [],
        slow: [],
        phases: null,
        error_onset: null,
        latency_onset: null,
      }),
      clients: known<ValueOf<'clients'>>({
        by_address: clients('ip', [
          ['10.9.0.1', 0.02],
          ['10.9.0.2', 0.02],
        ]),
        by_network: clients('prefix', [['10.9.0.0/24', 0.1]]),
        by_path: clients('path', [['/', 0.4]]),
        by_agent: clients('user-agent', [['curl/8', 0.4]]),
        requests_per_s: 100,
        usual_requests_per_s: 95,
        addresses: 60,
        new_addresses_ratio: 0.05,
        path_entropy: 0.4,
        refused_ratio: 0,
      }),
      targets: known<ValueOf<'targets'>>({
        targets: ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'].map((address) => targetProbe('api', address)),
        omitted: 0,
      }),
      certificates: known<ValueOf<'certificates'>>({ certificates: [], failed_handshakes: [] }),
      changes: known<ValueOf<'changes'>>({ events: [], generations: [], unread: [] }),
    },
  };
}

export const configPath = '/etc/sentinel/config.kdl';

export function runRecord(more: Partial<RunRecord> = {}): RunRecord {
  return {
    pid: 812,
    started_at: ago(3600),
    boot_id: 'boot-1',
    version: '1.0.0',
    user: 'sentinel',
    uid: 999,
    config_path: configPath,
    generation: 1,
    pid_file: '/run/sentinel.pid',
    admin_socket: '/run/sentinel/admin.sock',
    admin_address: '127.0.0.1:9090',
    listeners: [{ id: 'http', address: '0.0.0.0:8080', tls: false }],
    log_files: [],
    incidents_dir: null,
    cgroup: null,
    oom_kills_at_start: 0,
    stopping: null,
    ended: null,
    ...more,
  };
}

export function answers(more: Partial<EndpointAnswers> = {}): EndpointAnswers {
  const base = {
    path: '/health',
    asked: 10,
    good: 10,
    refused: 0,
    timed_out: 0,
    reset: 0,
    others: [],
    p50_ms: 2,
    max_ms: 4,
    why: null,
  };
  return { ...base, ...more };
}

function thread() {
  return {
    loop_utilization: 0.1,
    loop_delay: { window_ms: 10_000, p50_ms: 0.2, p99_ms: 2, max_ms: 9 },
    heap: { used_bytes: 2e7, total_bytes: 4e7, limit_bytes: 4e9, external_bytes: 1e6 },
    gc: { window_ms: 10_000, count: 5, pause_ms: 20, max_pause_ms: 5 },
  };
}

/** Causes by count; the windows of ten seconds and five minutes in proportion. */
export function windows(
  of: {
    readonly requests: number;
    readonly errors?: number;
    readonly causes?: Readonly<Record<string, number>>;
    readonly p99?: number;
  },
  sources: WindowState['sources'] = null,
): WindowStates {
  const { requests, errors = 0, causes = {}, p99 = 40 } = of;
  const make = (factor: number, covered: number): WindowState => ({
    covered_ms: covered,
    requests: Math.round(requests * factor),
    requests_per_s: (requests * factor) / (covered / 1000),
    errors: Math.round(errors * factor),
    error_ratio: requests === 0 ? null : errors / requests,
    causes: Object.entries(causes)
      .map(([cause, count]) => ({
        cause,
        source: 'proxy' as const,
        count: Math.round(count * factor),
        ratio: count / Math.max(1, requests),
      }))
      .sort((a, b) => b.count - a.count),
    sources,
    bytes_in: 0,
    bytes_out: 0,
    p50_ms: p99 / 4,
    p95_ms: p99 / 2,
    p99_ms: requests === 0 ? null : p99,
  });
  return { '10s': make(1 / 6, 10_000), '1m': make(1, 60_000), '5m': make(5, 300_000) };
}

/** All client traffic, over one route to one upstream; `notFound` took no route. */
export function traffic(of: Parameters<typeof windows>[0] & { readonly unrouted?: boolean }): Change {
  return change('traffic', (value) => ({
    ...value,
    traffic: {
      ...value.traffic,
      total: { windows: windows(of) },
      unrouted: {
        windows:
          of.unrouted === true ? windows({ ...of, requests: of.causes?.['no_route'] ?? 0 }) : windows({ requests: 0 }),
      },
      routes: [{ id: 'all', windows: windows(of) }],
      upstreams: [{ name: 'api', windows: windows(of), targets: [] }],
    },
  }));
}

export function target(address: string, more: Partial<TargetState> = {}): TargetState {
  return {
    address,
    written: address,
    verdict: 'healthy',
    why: 'passes its check',
    since: ago(3600),
    last_check: { ok: true, code: 'L7OK', status: 200, words: 'answered 200', latency_ms: 2, at: ago(1), run: 100 },
    checks: { passed: 100, failed: 0 },
    ejection: null,
    share: 1,
    breaker: 'closed',
    drain: null,
    weight: 1,
    in_flight: 1,
    connections: 2,
    idle: 1,
    pending: 0,
    acquired_total: 100,
    reused_total: 98,
    opened_total: 2,
    windows: windows({ requests: 2000 }),
    ...more,
  };
}

export function upstream(
  name: string,
  targets: readonly TargetState[],
  more: Partial<UpstreamState> = {},
): UpstreamState {
  const available = targets.filter(
    ({ verdict, breaker, drain, weight }) =>
      verdict !== 'unhealthy' &&
      verdict !== 'ejected' &&
      breaker !== 'open' &&
      breaker !== 'forced_open' &&
      drain === null &&
      weight > 0,
  ).length;
  return {
    name,
    kind: 'targets',
    state: available === 0 ? 'down' : 'up',
    why: available === 0 ? `0 of ${targets.length} targets take requests` : null,
    available,
    min_healthy: 1,
    check: 'http /health every 10 s',
    targets,
    names: [],
    builtin: false,
    load_balancing: 'round_robin',
    routes: ['all'],
    requests_total: 1000,
    server_errors_total: 0,
    windows: windows({ requests: 6000 }),
    ...more,
  };
}

export function daemonState(upstreams: readonly UpstreamState[]): ValueOf<'daemon'> {
  const workers = [0, 1].map((worker) => ({
    worker,
    alive: true,
    leaving: false,
    restarts: 0,
    since: ago(3600),
    last_death: null,
  }));
  const config = {
    source: 'file' as const,
    path: configPath,
    digest_running: 'd1',
    digest_disk: 'd1',
    disk_matches_running: true,
    applied_at: ago(3600),
    last_reload: null,
    problems: [],
  };
  return {
    status: {
      pid: 812,
      name: 'sentinel',
      version: '1.0.0',
      node: '24.21.0',
      started_at: ago(3600),
      uptime_ms: 3_600_000,
      state: 'ready',
      reasons: [],
      degraded: [],
      generation: 1,
      revision: 1,
      config,
      pending: null,
      workers,
      listeners: [{ id: 'http', address: '0.0.0.0:8080' }],
      admin: { socket: '/run/sentinel/admin.sock', address: '127.0.0.1:9090' },
      upstreams: {
        total: upstreams.length,
        up: upstreams.length,
        targets: 3,
        targets_down: 0,
        targets_unknown: 0,
        problems: [],
      },
      overrides: { counts: [], maintenance: [] },
      drains: [],
      certificates: { loaded: [], problems: [] },
      counts: {
        open_connections: 20,
        in_flight_requests: 2,
        pending_requests: 0,
        connections_total: 500,
        requests_total: 9000,
        server_errors_total: 0,
        rejected_requests_total: 0,
        log_dropped_total: 0,
      },
      windows: windows({ requests: 6000 }),
      memory: { rss_bytes: 2e8, heap_used_bytes: 4e7 },
      incidents: { dir: null, service: null },
      contacts: {
        primary: null,
        secondary: null,
        management: [],
        infrastructure: null,
        security: null,
        channel: null,
        docs_url: null,
      },
      warnings: [],
    },
    upstreams: { upstreams },
    breakers: { breakers: [] as readonly BreakerState[] },
    overrides: { overrides: [] },
    certs: { certificates: [], problems: [] },
    workers,
    limits: { max_total_connections: 50_000, max_in_flight_requests: 0, max_memory_bytes: 0 },
    alerts: null,
  };
}

/** What the daemon says, and what asking targets has shown, of other upstreams than the one of a healthy daemon. */
export function upstreams(states: readonly UpstreamState[], probes: readonly TargetProbe[]): Change {
  return (facts) =>
    change('targets', (value) => ({ ...value, targets: probes }))(
      change('daemon', (value) => ({ ...value, upstreams: { upstreams: states } }))(facts),
    );
}

export function good(words = 'connected'): ProbeStep {
  return { ok: true, took_ms: 1, code: null, words };
}

export function bad(code: string, words: string): ProbeStep {
  return { ok: false, took_ms: 1, code, words };
}

export function targetProbe(upstreamName: string, address: string, more: Partial<TargetProbe> = {}): TargetProbe {
  return {
    upstream: upstreamName,
    written: address,
    address,
    dns: null,
    tcp: good(),
    tls: null,
    http: { ...good('answered 200'), path: '/health', status: 200 },
    other_path_answers: null,
    host_answers: null,
    hops: null,
    proxy_verdict: 'healthy',
    ...more,
  };
}

export function clients(
  by: 'ip' | 'prefix' | 'path' | 'user-agent',
  shares: readonly (readonly [key: string, share: number, clientErrors?: number])[],
): ValueOf<'clients'>['by_address'] {
  return {
    at: now,
    by,
    window_ms: 60_000,
    covered_ms: 60_000,
    requests: 6000,
    requests_per_s: 100,
    stride: 1,
    keys: shares.length,
    new_keys: 0,
    before_ms: 240_000,
    unanswered: [],
    clients: shares.map(([key, share, clientErrors = 0]) => ({
      key,
      requests: share * 6000,
      at_least: share * 6000,
      at_most: share * 6000,
      share,
      requests_per_s: share * 100,
      error_ratio: 0,
      client_error_ratio: clientErrors,
      bytes_out: 1000,
      blocked: false,
    })),
  };
}

/** Lists of every section turned around: their order says nothing. */
export function reversed(facts: Facts): Facts {
  const turn = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turn).reverse();
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, turn(one)]));
  };
  return {
    ...facts,
    sections: {
      ...facts.sections,
      ...(turn({
        targets: facts.sections.targets,
        ports: facts.sections.ports,
        disk: facts.sections.disk,
        certificates: facts.sections.certificates,
      }) as object),
    },
  };
}

export const allSections = sectionNames;
