/** A shop of which all is well: what `top` looks like on a quiet night. */
import { certificate, client, event, inflight, logOf, request, route, steady, target, upstream } from '../pieces.ts';
import { type Plot, told } from '../told.ts';

const api = { rps: 412, err: 0.001, p: [12, 41, 96] as const };
const web = { rps: 640, err: 0, p: [6, 18, 44] as const };
const auth = { rps: 210, err: 0, p: [9, 22, 61] as const };
const reports = { rps: 22, err: 0, p: [180, 640, 890] as const };
const total = { rps: 1284, err: 0.0004, p: [9, 38, 97] as const };

const events = [
  event(391, 12 * 86_400, { kind: 'ready', words: 'Ready', generation: 40 }),
  event(394, 7_200, {
    kind: 'certs_reload',
    words: 'Certificates reloaded',
    actor: 'certbot',
    detail: 'api.shop.example',
    generation: 40,
  }),
  event(397, 3_610, {
    kind: 'reload',
    words: 'Configuration reloaded',
    actor: 'oncall',
    reason: 'timeouts',
    generation: 41,
  }),
];

export const healthyPlot: Plot = {
  generation: 41,
  revision: 7,
  role: 'operator',
  upstreams: [
    upstream(
      'api-backend',
      ['10.1.1.10:8080', '10.1.1.11:8080', '10.1.1.12:8080'].map((address) =>
        target(address, { load: { ...api, rps: 137 } }),
      ),
      { load: api, routes: ['api'], min_healthy: 2 },
    ),
    upstream(
      'web',
      ['10.1.2.10:8080', '10.1.2.11:8080'].map((address) => target(address, { load: { ...web, rps: 320 } })),
      { load: web, routes: ['web'] },
    ),
    upstream(
      'auth',
      ['10.1.3.10:9000', '10.1.3.11:9000'].map((address) => target(address, { load: { ...auth, rps: 105 } })),
      { load: auth, routes: ['login'] },
    ),
    upstream(
      'reports',
      [
        target('reports.internal:8080', {
          verdict: 'unchecked',
          why: 'no check is configured',
          last_check: null,
          checks: { passed: 0, failed: 0 },
          breaker: null,
          load: reports,
        }),
      ],
      { load: reports, routes: ['reports'], check: null },
    ),
    upstream('pages', [], { load: { rps: 0.2, p: [1, 1, 1] }, kind: 'static', check: null, routes: ['status-page'] }),
  ],
  routes: [
    route('api', api, { ranks: [1], upstream: 'api-backend' }),
    route('login', auth, { ranks: [2], upstream: 'auth', methods: ['GET', 'POST'] }),
    route('reports', reports, { ranks: [3], upstream: 'reports' }),
    route('status-page', { rps: 0.2, p: [1, 1, 1] }, { ranks: [4], upstream: 'pages', paths: ['path /status'] }),
    route('web', web, { ranks: [5], upstream: 'web', paths: [] }),
    route('beta', { rps: 0 }, { ranks: [], upstream: 'web', enabled: false }),
  ],
  total: steady(total),
  errors: [
    request(11, 611, {
      path: '/api/cart/7781',
      status: 499,
      cause: 'client_closed',
      duration_ms: 2_031,
      target: '10.1.1.11:8080',
    }),
  ],
  inflight: [
    inflight(21, 1_240, {
      path: '/reports/2026-10.csv',
      phase: 'relay',
      status: 200,
      route: 'reports',
      upstream: 'reports',
      target: 'reports.internal:8080',
      bytes_out: 8_412_004,
    }),
    inflight(22, 38, { path: '/api/search', client_ip: '203.0.113.77' }),
    inflight(23, 12, {
      path: '/api/cart/7790',
      method: 'POST',
      phase: 'send',
      bytes_in: 2_048,
      target: '10.1.1.12:8080',
    }),
    inflight(24, 4, { path: '/', route: 'web', upstream: 'web', target: '10.1.2.10:8080', phase: 'connect' }),
  ],
  inFlightTotal: 4,
  clients: {
    ip: [
      client('203.0.113.77', 84, 1284),
      client('198.51.100.23', 61, 1284),
      client('192.0.2.200', 12, 1284, { client_error_ratio: 0.02 }),
      client('2001:db8:4:17::9', 7, 1284),
    ],
    prefix: [client('203.0.113.0/24', 161, 1284), client('198.51.100.0/24', 92, 1284)],
    path: [client('/', 402, 1284), client('/api/search', 220, 1284)],
    'user-agent': [client('shop-app/4.1', 690, 1284), client('Mozilla/5.0 (X11; Linux x86_64)', 401, 1284)],
  },
  certificates: [
    certificate('shop.example', 71, { names: ['shop.example', 'www.shop.example'] }),
    certificate('api.shop.example', 58),
    certificate('internal authorities', 900, {
      source: 'upstream_ca',
      served_by: [],
      files: { certificate: '/etc/sentinel/tls/ca.pem', key: null },
    }),
  ],
  events,
  logs: events.map((one) => logOf(one, one.kind === 'certs_reload' ? 'certificates' : 'daemon')),
  openConnections: 3_102,
  rssBytes: 212 << 20,
  loopMs: 3,
  uptimeS: 12 * 86_400 + 3 * 3_600,
};

export const healthy = told(healthyPlot);
