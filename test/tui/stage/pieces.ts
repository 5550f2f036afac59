/**
 * Parts that scenes are made of: windows, series, targets, upstreams, routes, requests of a daemon in a time that stands still. Pure,
 * without chance: the same screen comes of it every time.
 */
import type { EventState } from '../../../src/admin/contract/event-shapes.ts';
import type { InflightRequest, RequestRecord } from '../../../src/admin/contract/request-shapes.ts';
import type { RouteState } from '../../../src/admin/contract/shapes.ts';
import type { CauseShare, SeriesState, WindowState, WindowStates } from '../../../src/admin/contract/traffic-shapes.ts';
import type { BreakerState, TargetState, UpstreamState } from '../../../src/admin/contract/upstream-shapes.ts';
import type { CertState } from '../../../src/admin/contract/cert-shapes.ts';
import type { ClientState } from '../../../src/admin/contract/client-shapes.ts';

/** When all of it is: 20 November 2026, 14:03:07. */
export const nowMs = Date.UTC(2026, 10, 20, 14, 3, 7);

/** So many seconds ago, as the admin API writes times. */
export function ago(seconds: number): string {
  return new Date(nowMs - seconds * 1000).toISOString();
}

export const days = 86_400;

/** What a route, an upstream or a target does: a rate, the share of errors, three percentiles. */
export interface Load {
  readonly rps: number;
  /** 0–1. */
  readonly err?: number;
  readonly p?: readonly [p50: number, p95: number, p99: number];
  readonly causes?: readonly Omit<CauseShare, 'count'>[];
}

const noLoad: Load = { rps: 0 };

/** @param of A target tells neither causes nor bytes. */
export function windowsOf(load: Load, of: 'target' | 'other' = 'other'): WindowStates {
  return { '10s': windowOf(load, of, 10), '1m': windowOf(load, of, 60), '5m': windowOf(load, of, 300) };
}

function windowOf({ rps, err = 0, p, causes = [] }: Load, of: 'target' | 'other', seconds: number): WindowState {
  const requests = Math.round(rps * seconds);
  const errors = Math.round(requests * err);
  const bySource = (source: CauseShare['source']): number =>
    causes.filter((cause) => cause.source === source).reduce((sum, { ratio }) => sum + ratio, 0);
  return {
    covered_ms: seconds * 1000,
    requests,
    requests_per_s: rps,
    errors,
    error_ratio: requests === 0 ? null : err,
    causes: of === 'target' ? [] : causes.map((cause) => ({ ...cause, count: Math.round(requests * cause.ratio) })),
    sources:
      of === 'target' || requests === 0
        ? null
        : { client: bySource('client'), proxy: bySource('proxy'), upstream: bySource('upstream') },
    bytes_in: of === 'target' ? null : requests * 412,
    bytes_out: of === 'target' ? null : requests * 8_310,
    p50_ms: requests === 0 ? null : (p?.[0] ?? null),
    p95_ms: requests === 0 ? null : (p?.[1] ?? null),
    p99_ms: requests === 0 ? null : (p?.[2] ?? null),
  };
}

/** The last 15 minutes: a point a second for two minutes, one for ten seconds before that. The oldest first; seconds ago. */
export const pointAges: readonly number[] = [
  ...Array.from({ length: 78 }, (_, index) => 120 + 10 * (77 - index)),
  ...Array.from({ length: 120 }, (_, index) => 119 - index),
];

export const points = {
  at: pointAges.map(ago),
  covered_ms: pointAges.map((age) => (age >= 120 ? 10_000 : 1_000)),
};

/** What was so in the past: up to `since` seconds ago as `before`, from then on as `now`. */
export interface Course {
  readonly before: Load;
  readonly now: Load;
  readonly since: number;
}

export function seriesOf({ before, now, since }: Course): SeriesState {
  const samples = pointAges.map((age, index) => {
    const load = age > since ? before : now;
    const seconds = age >= 120 ? 10 : 1;
    // Traffic is never even: up and down by a tenth, the same each time.
    const wave = 1 + 0.1 * Math.sin(index / 3) * Math.cos(index / 7);
    const requests = Math.round(load.rps * seconds * wave);
    return {
      requests,
      errors: Math.round(requests * (load.err ?? 0)),
      p50: requests === 0 ? null : (load.p?.[0] ?? null),
      p99: requests === 0 || load.p === undefined ? null : Math.round(load.p[2] * wave),
    };
  });
  return {
    requests: samples.map(({ requests }) => requests),
    errors: samples.map(({ errors }) => errors),
    p50_ms: samples.map(({ p50 }) => p50),
    p99_ms: samples.map(({ p99 }) => p99),
  };
}

export const steady = (load: Load): Course => ({ before: load, now: load, since: 0 });

export interface TargetPart extends Partial<Omit<TargetState, 'windows' | 'address'>> {
  readonly load?: Load;
}

/** A target that is healthy, where nothing else is said. */
export function target(address: string, { load = noLoad, ...rest }: TargetPart = {}): TargetState {
  return {
    address,
    written: address,
    verdict: 'healthy',
    why: 'answered 200',
    since: ago(12 * days),
    last_check: {
      ok: true,
      code: 'L7OK',
      status: 200,
      words: 'answered 200',
      latency_ms: 4.2,
      at: ago(2),
      run: 103_680,
    },
    checks: { passed: 103_680, failed: 2 },
    ejection: null,
    share: 1,
    breaker: 'closed',
    drain: null,
    weight: 1,
    in_flight: Math.round(load.rps / 5),
    connections: Math.round(load.rps / 4),
    idle: Math.round(load.rps / 4) - Math.round(load.rps / 5),
    pending: 0,
    acquired_total: Math.round(load.rps * 10_000),
    reused_total: Math.round(load.rps * 9_900),
    opened_total: Math.round(load.rps * 100),
    windows: windowsOf(load, 'target'),
    ...rest,
  };
}

/** One that refuses connections. */
export function refusing(address: string, seconds: number, run: number): TargetState {
  return target(address, {
    verdict: 'unhealthy',
    why: `connection refused (ECONNREFUSED) ×${run}`,
    since: ago(seconds),
    last_check: {
      ok: false,
      code: 'L4CON',
      status: null,
      words: 'connection refused (ECONNREFUSED)',
      latency_ms: 0.8,
      at: ago(4),
      run,
    },
    checks: { passed: 103_540, failed: run },
    breaker: 'open',
    load: noLoad,
  });
}

export interface UpstreamPart extends Partial<Omit<UpstreamState, 'windows' | 'name' | 'targets'>> {
  readonly load: Load;
}

/** One of which all is well, where nothing else is said. */
export function upstream(
  name: string,
  targets: readonly TargetState[],
  { load, ...rest }: UpstreamPart,
): UpstreamState {
  const open = targets.filter(
    ({ verdict, drain, breaker, weight }) =>
      verdict !== 'unhealthy' && verdict !== 'ejected' && drain === null && breaker !== 'open' && weight > 0,
  );
  return {
    name,
    kind: 'targets',
    state: 'up',
    why: null,
    available: open.length,
    min_healthy: 1,
    check: 'http /health every 10 s',
    targets,
    names: [],
    builtin: false,
    load_balancing: 'round_robin',
    routes: [name],
    requests_total: Math.round(load.rps * 40_000),
    server_errors_total: Math.round(load.rps * 40_000 * (load.err ?? 0)),
    windows: windowsOf(load),
    ...rest,
  };
}

export function route(id: string, load: Load, rest: Partial<Omit<RouteState, 'id' | 'windows'>> = {}): RouteState {
  return {
    id,
    priority: 50,
    enabled: true,
    ranks: [1],
    hosts: ['shop.example'],
    paths: [`path-prefix /${id}`],
    methods: [],
    headers: [],
    query_params: [],
    client_ips: [],
    upstream: id,
    requests_total: Math.round(load.rps * 40_000),
    server_errors_total: Math.round(load.rps * 40_000 * (load.err ?? 0)),
    windows: rest.enabled === false ? {} : windowsOf(load),
    ...rest,
  };
}

/** Of each target, closed or as it is said. */
export function breakersOf(
  upstreams: readonly UpstreamState[],
  said: Readonly<Record<string, Partial<BreakerState>>> = {},
): BreakerState[] {
  return upstreams.flatMap(({ name, targets }) =>
    targets.map(({ address, breaker }) => ({
      id: `${name}/${address}`,
      kind: 'target' as const,
      upstream: name,
      target: address,
      state: breaker ?? 'closed',
      count: 0,
      failure_threshold: 5,
      success_threshold: 2,
      trips_total: 0,
      open_for_ms: null,
      retry_in_ms: null,
      why: null,
      ...said[`${name}/${address}`],
    })),
  );
}

/** @param number Makes the ids, which differ and stay the same. */
export function request(number: number, seconds: number, rest: Partial<RequestRecord>): RequestRecord {
  return {
    time: ago(seconds),
    ...idsOf(number),
    client_ip: '198.51.100.23',
    listener: 'https',
    method: 'GET',
    host: 'shop.example',
    path: '/',
    query: '',
    protocol: 'HTTP/2.0',
    status: 200,
    cause: '',
    duration_ms: 12.4,
    queue_ms: 0,
    connect_ms: 0,
    first_byte_ms: 11.2,
    transfer_ms: 1.2,
    tls_version: 'TLSv1.3',
    route: 'api',
    upstream: 'api-backend',
    target: '10.1.1.10:8080',
    attempts: 1,
    bytes_in: 0,
    bytes_out: 2_104,
    user_agent: 'shop-app/4.1',
    referer: '',
    kept: 'error',
    last_try: 'first',
    tries: [],
    tries_omitted: 0,
    ...rest,
  };
}

export function inflight(number: number, ageMs: number, rest: Partial<InflightRequest>): InflightRequest {
  return {
    ...idsOf(number),
    age_ms: ageMs,
    phase: 'wait',
    client_ip: '198.51.100.23',
    listener: 'https',
    method: 'GET',
    host: 'shop.example',
    path: '/',
    protocol: 'HTTP/2.0',
    user_agent: 'shop-app/4.1',
    route: 'api',
    upstream: 'api-backend',
    target: '10.1.1.10:8080',
    attempts: 1,
    status: 0,
    bytes_in: 0,
    bytes_out: 0,
    tries: [],
    ...rest,
  };
}

function idsOf(number: number): { id: string; correlation_id: string; trace_id: string } {
  const hex = (number * 2_654_435_761).toString(16).padStart(12, '0').slice(-12);
  return {
    id: `${number % 2}-${4_000 + number}`,
    correlation_id: hex + hex,
    trace_id: `${hex}${hex}${hex.slice(0, 8)}`,
  };
}

export function event(
  seq: number,
  seconds: number,
  rest: Partial<EventState> & Pick<EventState, 'kind' | 'words'>,
): EventState {
  return {
    seq,
    at: ago(seconds),
    last_at: ago(seconds),
    count: 1,
    severity: 'info',
    subject: null,
    actor: null,
    reason: null,
    detail: null,
    generation: 41,
    fields: {},
    ...rest,
  };
}

/** The line of the log that an event is. */
export function logOf(
  { at, kind, severity, words, subject, detail }: EventState,
  module: string,
): Record<string, unknown> {
  return {
    level: severity.toUpperCase(),
    time: at,
    module,
    event: kind,
    ...(subject === null ? {} : { subject }),
    ...(detail === null ? {} : { detail }),
    message: words,
  };
}

export function client(key: string, rps: number, of: number, rest: Partial<ClientState> = {}): ClientState {
  const requests = Math.round(rps * 60);
  return {
    key,
    requests,
    at_least: requests,
    at_most: requests,
    share: rps / of,
    requests_per_s: rps,
    error_ratio: 0,
    client_error_ratio: 0,
    bytes_out: requests * 8_310,
    blocked: false,
    ...rest,
  };
}

export function certificate(name: string, daysLeft: number, rest: Partial<CertState> = {}): CertState {
  return {
    name,
    source: 'sni',
    files: { certificate: `/etc/sentinel/tls/${name}.crt`, key: `/etc/sentinel/tls/${name}.key` },
    fingerprint: Buffer.from(name.padEnd(32, '·')).toString('hex').slice(0, 64),
    serial: '0a51c3',
    subject: `CN=${name}`,
    issuer: 'CN=Example Authority R3',
    not_before: ago((daysLeft > 80 ? 400 : 90 - daysLeft) * days),
    not_after: ago(-daysLeft * days),
    names: [name],
    key_type: 'EC P-256',
    chain: [],
    days_left: daysLeft,
    standing: 'ok',
    served_by: ['https'],
    loaded_at: ago(12 * days),
    same_as_disk: true,
    disk_why: null,
    ...rest,
  };
}
