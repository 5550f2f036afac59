/** Nothing behind the proxy answers any more: every target of every upstream is down. */
import { certificate, client, event, inflight, logOf, refusing, request, route, target, upstream } from '../pieces.ts';
import { type Plot, told } from '../told.ts';
import { healthyPlot } from './healthy.ts';

const before = { rps: 1284, err: 0.0004, p: [9, 38, 97] as const };
const causes = [{ cause: 'no_healthy_target', source: 'proxy', ratio: 1 }] as const;
const gone = (rps: number) => ({ rps, err: 1, p: [1, 1, 2] as const, causes });
const now = gone(1310);

const fell = (seq: number, seconds: number, subject: string) =>
  event(seq, seconds, {
    kind: 'health',
    severity: 'warn',
    words: 'Target unhealthy',
    subject,
    detail: 'connection refused (ECONNREFUSED)',
  });
const events = [
  ...healthyPlot.events,
  fell(410, 48, 'api-backend/10.1.1.10:8080'),
  fell(411, 47, 'api-backend/10.1.1.11:8080'),
  fell(412, 47, 'web/10.1.2.10:8080'),
  event(413, 46, {
    kind: 'upstream',
    severity: 'error',
    words: 'Upstream down',
    subject: 'web',
    detail: '0 of 2 targets healthy',
  }),
];

export const deadPlot: Plot = {
  ...healthyPlot,
  revision: 31,
  upstreams: [
    upstream('api-backend', [refusing('10.1.1.10:8080', 48, 5), refusing('10.1.1.11:8080', 47, 5)], {
      load: gone(430),
      routes: ['api'],
      min_healthy: 2,
      state: 'down',
      why: '0 of 2 targets healthy',
    }),
    upstream('web', [refusing('10.1.2.10:8080', 47, 5)], {
      load: gone(640),
      routes: ['web'],
      state: 'down',
      why: '0 of 1 targets healthy',
    }),
    upstream(
      'auth',
      [
        target('10.1.3.10:9000', {
          verdict: 'unhealthy',
          why: 'no answer within 5 s ×4',
          since: healthyPlot.events[2]?.at ?? '',
          last_check: {
            ok: false,
            code: 'L7TMOUT',
            status: null,
            words: 'no answer within 5 s',
            latency_ms: 5_000,
            at: healthyPlot.events[2]?.at ?? '',
            run: 4,
          },
        }),
      ],
      { load: gone(210), routes: ['login'], state: 'down', why: '0 of 1 targets healthy' },
    ),
  ],
  breakers: {
    'web/10.1.2.10:8080': { count: 5, trips_total: 1, open_for_ms: 46_000, retry_in_ms: 0, why: 'connect_refused ×5' },
  },
  routes: [
    route('api', gone(430), { ranks: [1], upstream: 'api-backend' }),
    route('login', gone(210), { ranks: [2], upstream: 'auth' }),
    route('web', gone(640), { ranks: [3], upstream: 'web', paths: [] }),
  ],
  total: { before, now, since: 47 },
  courses: {},
  errors: Array.from({ length: 40 }, (_, index) =>
    request(100 + index, 1 + Math.floor(index / 4), {
      path: index % 3 === 0 ? '/' : `/api/cart/${7_700 + index}`,
      route: index % 3 === 0 ? 'web' : 'api',
      upstream: index % 3 === 0 ? 'web' : 'api-backend',
      status: 503,
      cause: 'no_healthy_target',
      target: '',
      attempts: 0,
      duration_ms: 0.4,
      first_byte_ms: 0,
      transfer_ms: 0,
      bytes_out: 251,
      client_ip: `203.0.113.${index}`,
    }),
  ),
  inflight: [inflight(51, 2, { path: '/', phase: 'guard', route: '', upstream: '', target: '' })],
  inFlightTotal: 1,
  clients: { ...healthyPlot.clients, ip: [client('203.0.113.77', 390, 1310, { error_ratio: 1 })] },
  certificates: [certificate('shop.example', 71), certificate('api.shop.example', 58)],
  events,
  logs: events.map((one) => logOf(one, 'health')),
};

export const dead = told(deadPlot);
