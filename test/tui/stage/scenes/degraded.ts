/**
 * The night for which the screen is made: one of three targets refuses connections and its breaker is open, another is drained, errors
 * and latency are up, a certificate ends soon. Every standing that there is, is seen.
 */
import {
  ago,
  certificate,
  client,
  event,
  inflight,
  logOf,
  refusing,
  request,
  route,
  target,
  upstream,
} from '../pieces.ts';
import { type Plot, told } from '../told.ts';
import { healthyPlot } from './healthy.ts';

const apiBefore = { rps: 412, err: 0.001, p: [12, 41, 96] as const };
const api = {
  rps: 412,
  err: 0.13,
  p: [12, 310, 810] as const,
  causes: [
    { cause: 'connect_refused', source: 'upstream', ratio: 0.101 },
    { cause: 'no_healthy_target', source: 'proxy', ratio: 0.029 },
  ] as const,
};
const web = { rps: 640, err: 0, p: [6, 18, 44] as const };
const auth = { rps: 210, err: 0, p: [9, 22, 61] as const };
const search = { rps: 22, err: 0.002, p: [180, 640, 890] as const };

const before = { rps: 1284, err: 0.0004, p: [9, 38, 97] as const };
const now = {
  rps: 1284,
  err: 0.042,
  p: [11, 210, 810] as const,
  causes: [
    { cause: 'connect_refused', source: 'upstream', ratio: 0.032 },
    { cause: 'no_healthy_target', source: 'proxy', ratio: 0.01 },
  ] as const,
};

const drain = {
  id: 'd-9f2c41',
  state: 'draining' as const,
  actor: 'oncall',
  reason: 'kernel patch',
  since: ago(62),
  deadline_at: ago(-238),
  overdue: false,
  expires_at: null,
  eta_ms: 20_000,
};

const reload = event(402, 147, {
  kind: 'reload',
  words: 'Configuration reloaded',
  actor: 'oncall',
  reason: 'timeouts',
});
const down = event(403, 131, {
  kind: 'health',
  severity: 'warn',
  words: 'Target unhealthy',
  subject: 'api-backend/10.1.1.12:8080',
  detail: 'connection refused (ECONNREFUSED)',
});
const tripped = event(404, 129, {
  kind: 'breaker',
  severity: 'warn',
  words: 'Circuit breaker open',
  subject: 'api-backend/10.1.1.12:8080',
  detail: 'connect_refused ×5',
});
const drained = event(405, 62, {
  kind: 'drain_begin',
  words: 'Drain began',
  subject: '10.1.1.11:8080',
  actor: 'oncall',
  reason: 'kernel patch',
});
const slowAnswers = event(406, 9, {
  kind: 'standing_warning',
  severity: 'warn',
  words: 'Standing warning',
  subject: 'upstream api-backend',
  detail: '1 of 3 targets take requests, min-healthy is 2',
  count: 3,
});
const events = [...healthyPlot.events, reload, down, tripped, drained, slowAnswers];

const refused = (number: number, seconds: number, path: string, attempts: number) =>
  request(number, seconds, {
    path,
    status: attempts === 3 ? 503 : 502,
    cause: attempts === 3 ? 'no_healthy_target' : 'connect_refused',
    target: '10.1.1.12:8080',
    duration_ms: 3.1 * attempts,
    connect_ms: 0.8,
    first_byte_ms: 0,
    transfer_ms: 0,
    attempts,
    bytes_out: 251,
    tries: Array.from({ length: attempts }, (_, index) => ({
      kind: index === 0 ? ('first' as const) : ('failover' as const),
      upstream: 'api-backend',
      target: '10.1.1.12:8080',
      start_ms: 3 * index,
      duration_ms: 0.9,
      queue_ms: 0,
      connect_ms: 0.8,
      first_byte_ms: 0,
      status: 0,
      cause: 'connect_refused',
    })),
  });

export const degradedPlot: Plot = {
  ...healthyPlot,
  revision: 12,
  upstreams: [
    upstream(
      'api-backend',
      [
        target('10.1.1.10:8080', { load: { rps: 207, err: 0.001, p: [11, 40, 95] }, in_flight: 41 }),
        target('10.1.1.11:8080', { load: { rps: 0, p: [12, 44, 99] }, in_flight: 6, since: ago(62), drain }),
        refusing('10.1.1.12:8080', 131, 33),
      ],
      {
        load: api,
        routes: ['api'],
        min_healthy: 2,
        state: 'degraded',
        why: '1 of 3 targets take requests, min-healthy is 2',
      },
    ),
    upstream(
      'auth',
      [
        target('10.1.3.10:9000', { load: { ...auth, rps: 105 } }),
        target('10.1.3.11:9000', {
          verdict: 'ejected',
          why: 'ejected: 5 failures in a row',
          since: ago(17),
          ejection: { ends_in_ms: 13_000, times: 1 },
          load: { ...auth, rps: 0 },
          breaker: 'half_open',
        }),
      ],
      { load: auth, routes: ['login'] },
    ),
    upstream(
      'search',
      [
        target('search-1.internal:8080', {
          verdict: 'unknown',
          why: 'no check has ended yet',
          since: ago(3),
          last_check: null,
          checks: { passed: 0, failed: 0 },
          load: search,
        }),
      ],
      { load: search, routes: ['search'] },
    ),
    upstream(
      'web',
      ['10.1.2.10:8080', '10.1.2.11:8080'].map((address) => target(address, { load: { ...web, rps: 320 } })),
      { load: web, routes: ['web', 'beta'] },
    ),
    upstream('pages', [], { load: { rps: 0.2, p: [1, 1, 1] }, kind: 'static', check: null, routes: ['status-page'] }),
  ],
  breakers: {
    'api-backend/10.1.1.12:8080': {
      count: 5,
      trips_total: 3,
      open_for_ms: 129_000,
      retry_in_ms: 11_000,
      why: 'connect_refused ×5',
    },
    'auth/10.1.3.11:9000': { count: 1, trips_total: 1, why: 'half-open after 30 s' },
  },
  routes: [
    route('api', api, { ranks: [1], upstream: 'api-backend' }),
    route('login', auth, { ranks: [2], upstream: 'auth', methods: ['GET', 'POST'] }),
    route('search', search, { ranks: [3], upstream: 'search' }),
    route('status-page', { rps: 0.2, p: [1, 1, 1] }, { ranks: [4], upstream: 'pages', paths: ['path /status'] }),
    route('web', web, { ranks: [5], upstream: 'web', paths: [] }),
    route('beta', { rps: 0 }, { ranks: [6], upstream: 'web' }),
  ],
  total: { before, now, since: 131 },
  courses: {
    api: { before: apiBefore, now: api, since: 131 },
    'api-backend': { before: apiBefore, now: api, since: 131 },
  },
  errors: [
    refused(31, 1, '/api/cart/7781/items', 3),
    refused(32, 1, '/api/search', 1),
    refused(33, 2, '/api/cart/7790', 1),
    refused(34, 4, '/api/orders', 3),
    request(35, 34, {
      path: '/api/export',
      status: 504,
      cause: 'response_timeout',
      duration_ms: 30_004,
      target: '10.1.1.10:8080',
      client_ip: '10.9.0.4',
    }),
    refused(36, 8, '/api/cart/7791', 1),
    request(37, 12, { path: '/api/orders/88', status: 500, cause: 'upstream_status', duration_ms: 41 }),
    ...healthyPlot.errors,
  ],
  slow: [request(38, 22, { path: '/api/report', status: 200, duration_ms: 4_120, kept: 'slow' })],
  inflight: [
    inflight(41, 7_200_000, {
      path: '/live',
      phase: 'websocket',
      status: 101,
      protocol: 'HTTP/1.1',
      target: '10.1.1.11:8080',
      bytes_out: 91_220_431,
    }),
    inflight(42, 190_000, {
      path: '/api/export',
      client_ip: '10.9.0.4',
      phase: 'relay',
      status: 200,
      target: '10.1.1.11:8080',
      bytes_out: 412_000_112,
    }),
    inflight(43, 4_012, { path: '/api/orders', method: 'POST', target: '10.1.1.10:8080', bytes_in: 18_220 }),
    inflight(44, 812, {
      path: '/api/cart/7790',
      attempts: 2,
      tries: [
        {
          kind: 'first',
          upstream: 'api-backend',
          target: '10.1.1.12:8080',
          start_ms: 0,
          duration_ms: 0.9,
          queue_ms: 0,
          connect_ms: 0.8,
          first_byte_ms: 0,
          status: 0,
          cause: 'connect_refused',
        },
      ],
    }),
    inflight(45, 44, { path: '/api/suche?q=größe 漢字', phase: 'queue', target: '' }),
    inflight(46, 3, { path: '/', route: 'web', upstream: 'web', target: '10.1.2.10:8080', phase: 'connect' }),
  ],
  inFlightTotal: 88,
  clients: {
    ...healthyPlot.clients,
    ip: [
      client('203.0.113.77', 390, 1284, { error_ratio: 0.11 }),
      client('198.51.100.23', 61, 1284, { error_ratio: 0.04 }),
      client('192.0.2.200', 12, 1284, { client_error_ratio: 0.62, blocked: true }),
      client('2001:db8:4:17::9', 7, 1284, { error_ratio: null, client_error_ratio: null, at_least: 0 }),
    ],
  },
  certificates: [
    certificate('shop.example', 71, { names: ['shop.example', 'www.shop.example'] }),
    certificate('api.shop.example', 9, { standing: 'warning' }),
    certificate('internal authorities', 900, {
      source: 'upstream_ca',
      served_by: [],
      files: { certificate: '/etc/sentinel/tls/ca.pem', key: null },
      same_as_disk: null,
      disk_why: 'permission denied',
    }),
  ],
  events,
  logs: events.map((one) => logOf(one, one.kind === 'health' || one.kind === 'breaker' ? 'health' : 'daemon')),
  overrides: [
    {
      kind: 'maintenance',
      subject: 'beta',
      key: null,
      value: 'page',
      replaces: null,
      loosens: false,
      dormant: null,
      actor: 'oncall',
      reason: 'migration',
      set_at: ago(600),
      expires_at: ago(-1_200),
      expires_in_ms: 1_200_000,
      undo: 'sentinel maintenance off --route beta',
    },
  ],
};

export const degraded = told(degradedPlot);
