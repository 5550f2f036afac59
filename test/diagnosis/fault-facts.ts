/** What the probes would report of each fault of `expected.ts`: healthy facts with what the fault changes. Data of the judge's tests. */
import type { OverrideState } from '../../src/admin/contract/override-shapes.ts';
import type { RequestRecord } from '../../src/admin/contract/request-shapes.ts';
import type { TargetDrain } from '../../src/admin/contract/drain-shapes.ts';
import type { Procedure } from '../../src/diagnosis/causes.ts';
import type { FaultName } from './expected.ts';
import {
  ago,
  answers,
  bad,
  type Change,
  change,
  clients,
  configPath,
  good,
  now,
  runRecord,
  target,
  targetProbe,
  traffic,
  unknown,
  upstream,
  upstreams,
} from './fact-values.ts';

export interface FaultFacts {
  readonly changes: readonly Change[];
  readonly symptom?: Procedure;
}

/** No process: what only a living daemon can tell is not known. */
const gone: readonly Change[] = [
  unknown('daemon', 'threads', 'traffic', 'clients', 'changes'),
  change('process', (value) => ({
    ...value,
    pid: null,
    found_by: 'none' as const,
    name: null,
    kernel_state: null,
    started_at: null,
    uptime_ms: null,
    pid_files: [],
  })),
  change('endpoints', (value) => ({
    ...value,
    listeners: value.listeners.map((one) => ({
      ...one,
      health: answers({ good: 0, refused: 10, why: 'connection refused (ECONNREFUSED)' }),
      ready: answers({ good: 0, refused: 10, why: 'connection refused (ECONNREFUSED)' }),
    })),
    admin: { reached: false, by: null, took_ms: 1, why: 'nobody listens on /run/sentinel/admin.sock' },
  })),
  change('ports', (value) => ({
    ...value,
    wanted: value.wanted.map((one) => ({ ...one, holders: [], accept_queue: null })),
    listening: [],
  })),
];

const noRecord = change('death', (value) => ({ ...value, last_run: null }));

const refusedStart = (code: string, words: string, problems: readonly string[] = []): Change =>
  change('death', (value) => ({
    ...value,
    last_run: null,
    refused_start: { at: ago(30), pid: 900, code, words, hint: null, problems },
  }));

const ended = (more: Partial<NonNullable<ReturnType<typeof runRecord>['ended']>>): Change =>
  change('death', (value) => ({
    ...value,
    last_run: runRecord({ ended: { at: ago(20), exit_code: 0, signal: null, code: null, words: 'it ended', ...more } }),
  }));

const brokenFile = (code: string, words: string): Change =>
  change('config', (value) => ({
    ...value,
    loads: 'no' as const,
    problems: [{ code, words, place: `${configPath}:3:1` }],
    problem_count: 1,
    modified_at: ago(60),
  }));

const holder = (what: string, address: string): Change =>
  change('ports', (value) => ({
    ...value,
    wanted: [
      {
        what,
        address,
        holders: [{ pid: 4711, name: 'nginx', daemon: false }],
        held_by_unseen: false,
        accept_queue: null,
      },
    ],
  }));

const fullDisk = change('disk', (value) => ({
  ...value,
  places: value.places.map((one) => ({ ...one, free_bytes: 0, used_ratio: 1, writable: false })),
}));

const health = (more: Parameters<typeof answers>[0]): Change =>
  change('endpoints', (value) => ({
    ...value,
    listeners: value.listeners.map((one) => ({ ...one, health: answers(more) })),
  }));

const silentWorkers = (...workers: readonly number[]): readonly Change[] => [
  change('threads', (value) => ({
    ...value,
    workers: value.workers.map((one) =>
      workers.includes(one.worker)
        ? { worker: one.worker, loop_utilization: 1, loop_delay: null, heap: null, gc: null }
        : one,
    ),
    unknown: Object.fromEntries(
      workers.map((one) => [`workers.${one}.heap`, 'the worker is down, or gave no answer within a second']),
    ),
  })),
  change('clients', (value) => ({ ...value, by_address: { ...value.by_address, unanswered: workers } })),
];

const addresses = ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'];

const refusedTarget = (address: string) =>
  target(address, {
    verdict: 'unhealthy',
    why: 'check failed 3 times: connect ECONNREFUSED',
    since: ago(130),
    last_check: {
      ok: false,
      code: 'L4CON',
      status: null,
      words: 'connect ECONNREFUSED',
      latency_ms: 1,
      at: ago(4),
      run: 3,
    },
  });
const refusedProbe = (name: string, address: string) =>
  targetProbe(name, address, {
    tcp: bad('ECONNREFUSED', 'connect ECONNREFUSED'),
    http: null,
    host_answers: true,
    hops: null,
    proxy_verdict: 'unhealthy',
  });

/** Of upstream `api`: so many targets are well, then those that are not. */
function api(
  wellTargets: number,
  ill: readonly (readonly [Parameters<typeof target>[1], Parameters<typeof targetProbe>[2]])[],
): Change {
  const all = addresses.slice(0, wellTargets + ill.length);
  return upstreams(
    [
      upstream(
        'api',
        all.map((address, index) => target(address, ill[index - wellTargets]?.[0] ?? {})),
      ),
    ],
    all.map((address, index) => targetProbe('api', address, ill[index - wellTargets]?.[1] ?? {})),
  );
}

const down = { verdict: 'unhealthy', why: 'check failed', since: ago(130) } as const;
const failedCheck = (code: string, words: string, status: number | null = null) => ({
  ok: false,
  code,
  status,
  words,
  latency_ms: 2,
  at: ago(2),
  run: 5,
});
const noConnection = {
  tcp: bad('ECONNREFUSED', 'connect ECONNREFUSED'),
  http: null,
  host_answers: true,
  hops: null,
  proxy_verdict: 'unhealthy',
} as const;
const refusing = [{ ...down, last_check: failedCheck('L4CON', 'connect ECONNREFUSED') }, noConnection] as const;
const drain: TargetDrain = {
  id: 'd-1',
  state: 'drained',
  actor: 'ann',
  reason: null,
  since: ago(4000),
  deadline_at: ago(3700),
  overdue: false,
  expires_at: null,
  eta_ms: null,
};

export const record = (more: Partial<RequestRecord>): RequestRecord => ({
  time: ago(3),
  correlation_id: 'c-1',
  trace_id: '',
  client_ip: '10.9.0.1',
  listener: 'http',
  method: 'GET',
  host: 'localhost',
  path: '/x',
  query: '',
  protocol: 'HTTP/1.1',
  status: 502,
  cause: 'upstream_reset',
  duration_ms: 12,
  queue_ms: 0,
  connect_ms: 1,
  first_byte_ms: 0,
  transfer_ms: 0,
  tls_version: '',
  route: 'all',
  upstream: 'api',
  target: '10.0.0.1:80',
  attempts: 1,
  bytes_in: 0,
  bytes_out: 100,
  user_agent: '',
  referer: '',
  id: '0-1',
  kept: 'error',
  last_try: 'first',
  tries: [],
  tries_omitted: 0,
  ...more,
});

/** A share of 6000 requests a minute fails so. */
const failing = (cause: string, ratio: number, status: number, target = '10.0.0.1:80'): readonly Change[] => [
  traffic({ requests: 6000, errors: status >= 500 ? 6000 * ratio : 0, causes: { [cause]: 6000 * ratio } }),
  change('traffic', (value) => ({ ...value, errors: [record({ cause, status, target })] })),
];

const override = (more: Partial<OverrideState>): Change =>
  change('daemon', (value) => {
    const one: OverrideState = {
      kind: 'timeout',
      subject: 'all',
      key: 'timeout-secs',
      value: '1s',
      replaces: '30s',
      loosens: false,
      dormant: null,
      actor: 'ann',
      reason: null,
      set_at: ago(300),
      expires_at: null,
      expires_in_ms: null,
      undo: 'sentinel override clear timeout all',
      ...more,
    };
    const maintenance = one.kind === 'maintenance' ? [one] : [];
    return {
      ...value,
      overrides: { overrides: [one] },
      status: { ...value.status, overrides: { counts: [{ kind: one.kind, count: 1 }], maintenance } },
    };
  });

type Certificate = {
  file: string;
  uses: readonly string[];
  subject: string;
  not_before: string;
  not_after: string;
  days_left: number;
  problems: readonly { code: string; words: string; severity: 'error' | 'warning' }[];
  in_use: boolean | null;
  served_not_after: string | null;
};
const inDays = (days: number): string => new Date(Date.parse(now) + days * 86_400_000).toISOString();
const certificate = (more: Partial<Certificate>): Change =>
  change('certificates', (value) => ({
    ...value,
    certificates: [
      {
        file: '/etc/sentinel/certs/server.crt',
        uses: ['listener https'],
        subject: 'CN=edge',
        not_before: inDays(-60),
        not_after: inDays(60),
        days_left: 60,
        problems: [],
        in_use: true,
        served_not_after: inDays(60),
        ...more,
      },
    ],
  }));
const expired = certificate({
  not_after: inDays(-1),
  days_left: -1,
  served_not_after: inDays(-1),
  problems: [{ code: 'SNT-T010', words: 'ended', severity: 'error' }],
});

const reloaded = (result: 'failed' | 'refused', problem: string): Change =>
  change('daemon', (value) => ({
    ...value,
    status: {
      ...value.status,
      config: {
        ...value.status.config,
        digest_disk: 'd2',
        disk_matches_running: false,
        last_reload: { at: ago(60), actor: 'ann', result, problems: [problem] },
      },
    },
  }));
const differs = change('daemon', (value) => ({
  ...value,
  status: { ...value.status, config: { ...value.status.config, digest_disk: 'd2', disk_matches_running: false } },
}));
const generations = change('changes', (value) => ({
  ...value,
  generations: [
    { number: 1, at: ago(3600), actor: 'start', reason: null, summary: null },
    { number: 2, at: ago(60), actor: 'ann', reason: 'tidy', summary: '- route api' },
  ],
}));
const slow = (p99: number): Change => traffic({ requests: 600, p99 });
const phases = (more: {
  readonly first_byte_ms: number;
  readonly proxy_ms: number;
  readonly target?: number;
}): Change =>
  change('traffic', (value) => ({
    ...value,
    phases: {
      requests: 300,
      total_ms: more.first_byte_ms + more.proxy_ms + 3,
      queue_ms: 0,
      connect_ms: 1,
      first_byte_ms: more.first_byte_ms,
      transfer_ms: 2,
      proxy_ms: more.proxy_ms,
      targets: [{ target: '10.0.0.2:80', requests: 100, first_byte_ms: more.target ?? more.first_byte_ms }],
    },
  }));

const nothing: FaultFacts = { changes: [] };

export const faultFacts: Readonly<Record<FaultName, FaultFacts>> = {
  'never-started': { changes: [...gone, noRecord] },
  'kill-9': { changes: gone },
  'kill-9-under-load': { changes: gone },
  'kill-abrt': { changes: gone },
  'start-syntax-error': {
    changes: [
      ...gone,
      refusedStart('SNT-C100', 'the configuration is not valid'),
      brokenFile('SNT-C001', 'a brace is missing'),
    ],
  },
  'start-unknown-key': {
    changes: [
      ...gone,
      refusedStart('SNT-C104', 'unknown node `matchs`'),
      brokenFile('SNT-C104', 'unknown node `matchs`'),
    ],
  },
  'config-broken-then-killed': { changes: [...gone, brokenFile('SNT-C001', 'a brace is missing')] },
  'port-taken': {
    changes: [...gone, refusedStart('SNT-P003', '0.0.0.0:8080 is in use'), holder('listener http', '0.0.0.0:8080')],
  },
  'metrics-port-taken': {
    changes: [...gone, refusedStart('SNT-P003', '127.0.0.1:9090 is in use'), holder('metrics', '127.0.0.1:9090')],
  },
  'disk-full': { changes: [...gone, fullDisk] },
  'start-key-mismatch': {
    changes: [
      ...gone,
      refusedStart('SNT-T007', 'the key does not match'),
      brokenFile('SNT-T007', 'the key does not match'),
      certificate({
        problems: [{ code: 'SNT-T007', words: 'the key does not match', severity: 'error' }],
        in_use: null,
        served_not_after: null,
      }),
    ],
  },
  'start-certificate-missing': {
    changes: [
      ...gone,
      refusedStart('SNT-T001', 'server.crt is not there'),
      brokenFile('SNT-T001', 'server.crt is not there'),
    ],
  },
  'start-not-readable': {
    changes: [
      ...gone,
      refusedStart('SNT-C101', `reading ${configPath}: EACCES: permission denied`),
      change('permissions', (value) => ({
        ...value,
        files: [
          {
            path: configPath,
            what: 'config' as const,
            needs: 'read' as const,
            allowed: false,
            owner: 'root',
            mode: '0600',
            why: 'sentinel may not read it',
          },
        ],
      })),
    ],
  },
  'oom-kernel-log': {
    changes: [
      ...gone,
      change('death', (value) => ({
        ...value,
        kernel_lines: [
          { source: 'dmesg', at: ago(25), line: 'Out of memory: Killed process 812 (sentinel) total-vm:9GB' },
        ],
      })),
    ],
  },
  'oom-cgroup': { changes: [...gone, change('death', (value) => ({ ...value, oom_kills_since_start: 1 }))] },
  stopped: { changes: [...gone, ended({ signal: 'SIGTERM', words: 'stopped by SIGTERM' })] },
  rebooted: { changes: [...gone, change('death', (value) => ({ ...value, boot_id: 'boot-2', booted_at: ago(600) }))] },
  'crash-loop': { changes: [...gone, ended({ exit_code: 1, code: 'SNT-P008', words: 'workers keep dying' })] },

  'only-worker-stuck': {
    changes: [health({ good: 0, timed_out: 10, why: 'connected, no answer within 1500 ms' }), ...silentWorkers(0, 1)],
  },
  'one-of-two-workers-stuck': {
    changes: [health({ good: 5, timed_out: 5, why: 'connected, no answer within 1500 ms' }), ...silentWorkers(1)],
  },
  'process-frozen': {
    changes: [
      unknown('daemon', 'threads', 'traffic', 'clients', 'changes'),
      change('process', (value) => ({ ...value, kernel_state: 'T', found_by: 'pid-file' as const })),
      health({ good: 0, timed_out: 10, why: 'connected, no answer within 1500 ms' }),
      change('endpoints', (value) => ({
        ...value,
        admin: { reached: false, by: null, took_ms: 1500, why: 'no answer within 1500 ms' },
      })),
    ],
  },
  'health-path-overridden': {
    changes: [
      health({
        good: 0,
        others: [{ status: 500, by: 'upstream', cause: null, count: 10 }],
        why: 'GET /health answered 500, from a route',
      }),
      traffic({ requests: 40, errors: 20, causes: { upstream_status: 20 } }),
      change('traffic', (value) => ({
        ...value,
        errors: [record({ path: '/health', cause: 'upstream_status', status: 500 })],
      })),
    ],
  },
  'shutting-down': {
    changes: [
      change('daemon', (value) => ({
        ...value,
        status: { ...value.status, state: 'draining' as const, reasons: ['told to stop by SIGTERM'] },
      })),
      health({ good: 0, refused: 10, why: 'connection refused (ECONNREFUSED)' }),
    ],
  },

  'listening-elsewhere': {
    changes: [
      change('config', (value) => ({ ...value, listeners: [{ id: 'http', address: '0.0.0.0:8081', tls: false }] })),
      differs,
    ],
  },
  'loopback-only': {
    symptom: 'connection-refused',
    changes: [
      change('config', (value) => ({ ...value, listeners: [{ id: 'http', address: '127.0.0.1:8080', tls: false }] })),
      change('daemon', (value) => ({
        ...value,
        status: { ...value.status, listeners: [{ id: 'http', address: '127.0.0.1:8080' }] },
      })),
    ],
  },
  'connection-limit': {
    changes: [
      change('daemon', (value) => ({ ...value, limits: { ...value.limits, max_total_connections: 20 } })),
      health({
        good: 0,
        others: [{ status: 503, by: 'proxy', cause: 'connection_limit', count: 10 }],
        why: 'GET /health answered 503',
      }),
    ],
  },
  'descriptor-limit': {
    changes: [
      unknown('daemon', 'threads', 'traffic', 'clients', 'changes'),
      change('descriptors', (value) => ({ ...value, open: 128, soft_limit: 128 })),
      health({ good: 0, timed_out: 10, why: 'connected, no answer within 1500 ms' }),
    ],
  },
  'accept-queue': {
    changes: [
      change('ports', (value) => ({
        ...value,
        wanted: value.wanted.map((one) => ({ ...one, accept_queue: { waiting: 129, most: 128 } })),
        listen_overflows: { total: 900, during_probe: 12 },
      })),
    ],
  },
  firewall: {
    changes: [change('firewall', (value) => ({ ...value, rules: [{ port: 8080, rule: 'tcp dport 8080 drop' }] }))],
  },

  'one-target-refused': { changes: [api(2, [refusing])] },
  'one-target-refused-unchecked': {
    changes: [
      api(1, [
        [
          { verdict: 'unchecked', last_check: null },
          { tcp: bad('ECONNREFUSED', 'connect ECONNREFUSED'), http: null, proxy_verdict: 'unchecked' },
        ],
      ]),
    ],
  },
  'all-targets-refused': { changes: [api(0, [refusing, refusing]), ...failing('no_healthy_target', 1, 503, '')] },
  'one-upstream-of-two-down': {
    changes: [
      upstreams(
        [
          upstream('api', [refusedTarget('10.0.0.1:80'), refusedTarget('10.0.0.2:80')]),
          upstream('shop', [target('10.0.1.1:80')], { routes: ['shop'] }),
        ],
        [refusedProbe('api', '10.0.0.1:80'), refusedProbe('api', '10.0.0.2:80'), targetProbe('shop', '10.0.1.1:80')],
      ),
      ...failing('no_healthy_target', 0.5, 503, ''),
    ],
  },
  'dns-gone': {
    changes: [
      upstreams(
        [
          upstream('api', [], {
            names: [
              {
                name: 'api.internal:80',
                addresses: [],
                resolved_at: null,
                failure: { code: 'no_such_name', words: 'no such name', since: ago(90) },
              },
            ],
          }),
        ],
        [
          targetProbe('api', 'api.internal:80', {
            address: null,
            dns: bad('ENOTFOUND', 'no such name'),
            tcp: null,
            http: null,
            proxy_verdict: null,
          }),
        ],
      ),
    ],
  },
  'dns-gone-for-one': {
    changes: [
      upstreams(
        [upstream('api', [target('10.0.0.1:80', { written: 'a.internal:80' })])],
        [
          targetProbe('api', '10.0.0.1:80', { written: 'a.internal:80', dns: good() }),
          targetProbe('api', 'b.internal:80', {
            address: null,
            dns: bad('ENOTFOUND', 'no such name'),
            tcp: null,
            http: null,
            proxy_verdict: null,
          }),
        ],
      ),
    ],
  },
  'target-speaks-no-tls': {
    changes: [
      api(1, [
        [
          { ...down, last_check: failedCheck('L6TLS', 'wrong version number') },
          { tls: bad('EPROTO', 'wrong version number'), http: null, proxy_verdict: 'unhealthy' },
        ],
      ]),
    ],
  },
  'target-certificate-expired': {
    changes: [
      api(0, [
        [
          { ...down, last_check: failedCheck('L6TLS', 'certificate has expired') },
          { tls: bad('CERT_HAS_EXPIRED', 'certificate has expired'), http: null, proxy_verdict: 'unhealthy' },
        ],
      ]),
    ],
  },
  'target-black-holed': {
    changes: [
      api(1, [
        [
          { ...down, last_check: failedCheck('L4TMOUT', 'no connection within 1 s') },
          { tcp: bad('timeout', 'no answer within 1000 ms'), http: null, proxy_verdict: 'unhealthy' },
        ],
      ]),
    ],
  },
  'target-check-500': {
    changes: [
      api(1, [
        [
          { ...down, last_check: failedCheck('L7STS', 'answered 500', 500) },
          {
            http: { ...bad('status', 'answered 500'), path: '/health', status: 500 },
            other_path_answers: true,
            proxy_verdict: 'unhealthy',
          },
        ],
      ]),
    ],
  },
  'check-path-wrong': {
    changes: [
      api(
        0,
        [0, 1].map(
          () =>
            [
              { ...down, last_check: failedCheck('L7STS', 'answered 404', 404) },
              {
                http: { ...bad('status', 'answered 404'), path: '/helth', status: 404 },
                other_path_answers: true,
                proxy_verdict: 'unhealthy',
              },
            ] as const,
        ),
      ),
    ],
  },
  'target-ejected': {
    changes: [
      api(1, [
        [
          { verdict: 'ejected', why: '60 of the last 100 requests failed', since: ago(15), last_check: null },
          { proxy_verdict: 'ejected' },
        ],
      ]),
      ...failing('upstream_status', 0.2, 500, '10.0.0.2:80'),
    ],
  },
  'breaker-open': {
    changes: [
      api(0, [
        [
          { verdict: 'unchecked', breaker: 'open', why: '5 failures in a row', last_check: null },
          { http: { ...bad('status', 'answered 500'), path: '/', status: 500 }, proxy_verdict: 'unchecked' },
        ],
      ]),
      ...failing('breaker_open', 0.9, 503, ''),
    ],
  },
  'breaker-open-for-one': {
    changes: [
      api(1, [
        [
          { verdict: 'unchecked', breaker: 'open', why: '5 failures in a row', last_check: null },
          { proxy_verdict: 'unchecked' },
        ],
      ]),
    ],
  },
  'drain-left-on': { changes: [api(0, [[{ drain }, {}]]), ...failing('draining', 1, 503, '')] },
  'held-down-by-operator': {
    changes: [api(0, [[{ breaker: 'forced_open', why: 'opened by ann' }, {}]]), ...failing('breaker_open', 1, 503, '')],
  },

  'garbage-502': { changes: failing('upstream_protocol_error', 0.5, 502) },
  'resets-502': { changes: failing('upstream_reset', 0.5, 502) },
  'slow-504': { changes: failing('response_timeout', 1, 504) },
  'upstream-500': { changes: failing('upstream_status', 1 / 3, 500) },
  'upstream-500-few': { changes: failing('upstream_status', 0.04, 500) },
  'proxy-500': { changes: failing('internal', 0.5, 500, '') },
  'pool-exhausted': { changes: failing('queue_full', 0.4, 503, '') },
  'rate-limit-too-low': { changes: failing('rate_limited', 0.7, 429, '') },
  'in-flight-limit': { changes: failing('in_flight_limit', 0.4, 503, '') },
  'override-left-on': { changes: [...failing('response_timeout', 1, 504), override({})] },
  'route-lost': { changes: [traffic({ requests: 6000, causes: { no_route: 4800 }, unrouted: true }), generations] },
  'rates-store-gone': { changes: failing('guard_failed', 0.9, 503, '') },
  'maintenance-left-on': {
    changes: [
      override({ kind: 'maintenance', subject: '*', key: null, value: 'on', undo: 'sentinel maintenance off' }),
      ...failing('maintenance', 1, 503, ''),
    ],
  },

  'memory-shedding': {
    changes: [
      change('daemon', (value) => ({ ...value, limits: { ...value.limits, max_memory_bytes: 1e8 } })),
      change('memory', (value) => ({
        ...value,
        limit_bytes: 1e8,
        limit_source: 'configuration' as const,
        used_ratio: 2,
      })),
      health({
        good: 0,
        others: [{ status: 503, by: 'proxy', cause: 'memory_shed', count: 10 }],
        why: 'GET /health answered 503',
      }),
      ...failing('memory_shed', 0.9, 503, ''),
    ],
  },
  'memory-high': {
    changes: [
      change('memory', (value) => ({
        ...value,
        cgroup: { ...value.cgroup, current_bytes: 9e8, limit_bytes: 1e9 },
        limit_bytes: 1e9,
        limit_source: 'cgroup' as const,
        used_ratio: 0.9,
      })),
    ],
  },

  'certificate-expired': { changes: [expired] },
  'certificate-expires-soon': {
    changes: [certificate({ not_after: inDays(3), days_left: 3, served_not_after: inDays(3) })],
  },
  'key-mismatch': {
    changes: [
      certificate({
        problems: [{ code: 'SNT-T007', words: 'the key does not match', severity: 'error' }],
        in_use: null,
      }),
      reloaded('failed', 'SNT-T007 the key does not match'),
      brokenFile('SNT-T007', 'the key does not match'),
    ],
  },
  'certificate-not-in-use': { changes: [certificate({ in_use: false, served_not_after: inDays(20) })] },

  'reload-refused': {
    changes: [reloaded('failed', `${configPath}:3:1 SNT-C104 unknown node`), brokenFile('SNT-C104', 'unknown node')],
  },
  'disk-differs': { changes: [differs] },
  'broken-on-disk': { changes: [differs, brokenFile('SNT-C001', 'a brace is missing')] },
  'reload-needs-restart': { changes: [reloaded('refused', 'SNT-P010 state-dir')] },
  'config-removed': {
    changes: [
      change('config', (value) => ({
        ...value,
        found: false,
        loads: 'missing' as const,
        digest: null,
        modified_at: null,
        listeners: [],
      })),
      change('daemon', (value) => ({
        ...value,
        status: { ...value.status, config: { ...value.status.config, digest_disk: null, disk_matches_running: null } },
      })),
    ],
  },

  'attack-from-one': {
    changes: [
      ...failing('rate_limited', 0.6, 429, ''),
      change('clients', (value) => ({
        ...value,
        by_address: clients('ip', [
          ['10.66.0.1', 0.85, 0.7],
          ['10.9.0.1', 0.01],
        ]),
        by_network: clients('prefix', [['10.66.0.0/24', 0.85, 0.7]]),
        refused_ratio: 0.6,
      })),
    ],
  },
  'attack-from-many': {
    changes: [
      traffic({ requests: 60_000, causes: { no_route: 50_000 }, unrouted: true }),
      change('clients', (value) => ({
        ...value,
        by_address: clients('ip', [
          ['10.66.0.1', 0.001],
          ['10.66.0.2', 0.001],
        ]),
        requests_per_s: 1000,
        usual_requests_per_s: 95,
        addresses: 3000,
        new_addresses_ratio: 0.97,
        path_entropy: 0.98,
      })),
    ],
  },

  'upstream-slow': { changes: [slow(1600), phases({ first_byte_ms: 1500, proxy_ms: 2 })] },
  'one-target-slow': { changes: [slow(2100), phases({ first_byte_ms: 5, proxy_ms: 2, target: 2000 })] },
  'proxy-cpu-bound': {
    changes: [
      slow(1400),
      phases({ first_byte_ms: 600, proxy_ms: 700 }),
      change('threads', (value) => ({
        ...value,
        workers: value.workers.map((one) => ({
          ...one,
          loop_utilization: 0.98,
          loop_delay: { window_ms: 10_000, p50_ms: 100, p99_ms: 400, max_ms: 600 },
        })),
      })),
    ],
  },
  'cpu-throttled': {
    changes: [
      slow(1400),
      phases({ first_byte_ms: 700, proxy_ms: 700 }),
      change('threads', (value) => ({
        ...value,
        process: { ...value.process, uptime_ms: 60_000, cpu_used: 0.1 },
        cgroup: { ...value.cgroup, cpu: { limit: 0.1, throttled_ms: 50_000 } },
      })),
    ],
  },

  'target-and-certificate': { changes: [api(2, [refusing]), expired] },
  'target-and-reload': {
    changes: [api(2, [refusing]), reloaded('failed', 'SNT-C104 unknown node'), brokenFile('SNT-C104', 'unknown node')],
  },
  'drain-and-refused': { changes: [api(0, [[{ drain }, {}], refusing]), ...failing('no_healthy_target', 1, 503, '')] },
  'killed-and-port-taken': { changes: [...gone, holder('listener http', '0.0.0.0:8080')] },

  idle: {
    changes: [
      traffic({ requests: 0 }),
      change('clients', (value) => ({
        ...value,
        by_address: clients('ip', []),
        by_network: clients('prefix', []),
        requests_per_s: 0,
        usual_requests_per_s: null,
        addresses: 0,
        new_addresses_ratio: null,
        path_entropy: null,
        refused_ratio: null,
      })),
    ],
  },
  busy: nothing,
  'few-errors': { changes: failing('upstream_status', 1 / 500, 500) },
  'scanner-404': {
    changes: [
      traffic({ requests: 6000, causes: { no_route: 3600 }, unrouted: true }),
      change('clients', (value) => ({
        ...value,
        by_address: clients('ip', [
          ['10.66.0.9', 0.6, 1],
          ['10.9.0.1', 0.02],
        ]),
        path_entropy: 0.9,
      })),
      generations,
    ],
  },
  'planned-drain': { changes: [api(2, [[{ drain: { ...drain, reason: 'kernel patch' } }, {}]])] },
  'just-reloaded': {
    changes: [
      generations,
      change('daemon', (value) => ({
        ...value,
        status: {
          ...value.status,
          generation: 2,
          config: {
            ...value.status.config,
            last_reload: { at: ago(5), actor: 'ann', result: 'completed' as const, problems: [] },
          },
        },
      })),
    ],
  },
  'one-busy-client': {
    changes: [
      change('clients', (value) => ({
        ...value,
        by_address: clients('ip', [
          ['10.9.0.1', 0.95],
          ['10.9.0.2', 0.01],
        ]),
        by_network: clients('prefix', [['10.9.0.0/24', 0.96]]),
      })),
    ],
  },
};
