/** The process is there and its health path is not answered as it should be. */
import { type Case, seen, suspect } from '../case.ts';
import { word } from '../command-words.ts';
import type { EndpointAnswers, EndpointsState } from '../facts/network.ts';
import type { Suspicion } from '../judgement.ts';
import { isFrozen, isShuttingDown, noAnswer, type StillWorkers, stillWorkers } from '../standstill.ts';

export function healthCheckFailure(of: Case): readonly Suspicion[] {
  if (of.process?.pid === null) return [];
  return [...frozen(of), ...shuttingDown(of), ...stuck(of), ...overridden(of), ...controlPlane(of)];
}

function frozen(of: Case): readonly Suspicion[] {
  if (!isFrozen(of)) return [];
  const pid = of.process?.pid;
  return [
    suspect({
      cause: 'process-frozen',
      strength: 0.99,
      detail: `the process (pid ${pid}) is stopped by a signal: the kernel still takes connections, and nobody answers`,
      resource: { kind: 'process', name: String(pid) },
      evidence: [
        seen('process', `/proc says state ${of.process?.kernel_state}`, { value: of.process?.kernel_state ?? 'T' }),
      ],
      impact: 'outage',
      next: [`kill -CONT ${pid}`],
    }),
  ];
}

function shuttingDown(of: Case): readonly Suspicion[] {
  if (!isShuttingDown(of)) return [];
  const event = of.changes?.events.findLast(({ kind }) => kind === 'drain');
  const counts = of.daemon?.status.counts;
  return [
    suspect({
      cause: 'shutting-down',
      strength: 0.97,
      detail: `the daemon was told to end and waits for ${counts?.in_flight_requests ?? '?'} requests in flight`,
      evidence: [
        seen('daemon', `state draining: ${of.daemon?.status.reasons.join('; ')}`, {
          value: 'draining',
          at: event?.at ?? null,
        }),
      ],
      impact: 'outage',
      since: event?.at ?? null,
      next: ['sentinel inflight', 'systemctl start sentinel'],
    }),
  ];
}

function stuck(of: Case): readonly Suspicion[] {
  const still = stillWorkers(of);
  if (still === null || isShuttingDown(of) || of.process === null) return [];
  const { silent, workers, unansweredRatio, evidence } = still;
  const all = unansweredRatio === 1 || ((silent.length >= workers || workers === 1) && unansweredRatio > 0);
  const pid = of.process.pid;
  return [
    suspect({
      cause: 'worker-stuck',
      strength: stuckStrength(still),
      detail: all
        ? `no worker answers${silent.length > 0 ? ` (${silent.length} of ${workers} stand still)` : ''}`
        : silent.length > 0
          ? `${silent.length} of ${workers} workers ${silent.length === 1 ? 'stands' : 'stand'} still: connections that the kernel gives to ${silent.length === 1 ? 'it' : 'them'} wait`
          : 'some connections get no answer, as those of a worker that stands still',
      resource: silent.length === 1 ? { kind: 'worker', name: String(silent[0]) } : null,
      evidence,
      impact: all ? 'outage' : 'partial',
      next: [
        'sentinel restart --workers',
        ...(of.daemon === null && pid !== null ? [`kill -9 ${pid}`] : ['sentinel status --runtime']),
      ],
    }),
  ];
}

/** Silent for the main thread and for clients is stuck; silent for one of them alone may be busy. */
function stuckStrength({ silent, unansweredRatio, allAnswer }: StillWorkers): number {
  if (silent.length > 0) return unansweredRatio > 0 ? 0.96 : 0.6;
  if (unansweredRatio === 0) return 0.45;
  if (allAnswer) return unansweredRatio === 1 ? 0.6 : 0.4;
  return 0.8;
}

/** Refusals that the proxy makes before it looks at a path. */
const beforeRoutes = new Set([
  'connection_limit',
  'memory_shed',
  'in_flight_limit',
  'bad_request',
  'draining',
  'blocked',
  'client_certificate',
  'misdirected',
  'request_timeout',
]);

/** The proxy itself answered: as it should, or that it has no room; what it has no room for is another question's business. */
export function answeredItself({ good, others }: EndpointAnswers): number {
  return others.reduce(
    (sum, { by, cause, count }) => sum + (by === 'proxy' && cause !== null && beforeRoutes.has(cause) ? count : 0),
    good,
  );
}

type Listener = EndpointsState['listeners'][number];

function overridden(of: Case): readonly Suspicion[] {
  const met = (of.endpoints?.listeners ?? []).flatMap(({ id, health }: Listener) =>
    health.others
      .filter(({ by, cause }) => by === 'upstream' || (by === 'proxy' && cause !== null && !beforeRoutes.has(cause)))
      .map((other) => ({ id, path: health.path, other })),
  );
  const [first] = met;
  if (first === undefined || isShuttingDown(of)) return [];
  const who = first.other.by === 'upstream' ? 'by a target' : `on the way to one (${first.other.cause})`;
  return [
    suspect({
      cause: 'health-path-overridden',
      strength: 0.96,
      detail: `${first.path} on listener ${first.id} is answered with ${first.other.status} ${who}, not by the proxy itself: a route takes it`,
      resource: { kind: 'listener', name: first.id },
      evidence: met.map(({ id, path, other }) =>
        seen('endpoints', `GET ${path} on ${id}: ${other.status} ${other.by}`, { value: other.status, threshold: 200 }),
      ),
      impact: 'degraded',
      next: [`sentinel route explain GET ${word(first.path)}`],
    }),
  ];
}

/** Traffic goes on, and nobody can be asked about it. */
function controlPlane(of: Case): readonly Suspicion[] {
  const { endpoints } = of;
  if (endpoints === null || endpoints.admin.reached || of.daemon !== null || isFrozen(of) || of.process === null)
    return [];
  const good = endpoints.listeners.some(({ health }) => health.good > 0 && noAnswer(health) === 0);
  const why = endpoints.admin.why ?? '';
  const silent = /within|in time|timed? ?out|no answer|did not answer/i.test(why);
  if (!good || !silent) return [];
  return [
    suspect({
      cause: 'control-plane-stuck',
      strength: 0.85,
      detail: `clients are served, and the admin API does not answer: ${why}`,
      resource: { kind: 'process', name: String(of.process.pid) },
      evidence: [seen('endpoints', `admin API: ${why}`, { value: endpoints.admin.took_ms })],
      impact: 'degraded',
      next: ['sentinel upgrade', 'journalctl -u sentinel -n 50'],
    }),
  ];
}
