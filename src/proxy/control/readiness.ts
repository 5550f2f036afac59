/** What `/ready` answers, on traffic listeners and on the admin server: the same words everywhere. Pure. */
import type { Certificates } from './certificates/certificates.ts';
import type { DaemonState } from './daemon-state.ts';
import type { Health } from './health/health.ts';
import type { LaneState } from './lane.ts';

export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  /** What does not stop it from serving, but should be known: workers being replaced, upstreams with too few targets, certificates that have ended. */
  readonly degraded: readonly string[];
  /** JSON, one line. */
  readonly body: string;
}

/**
 * Ready = configuration applied, at least one worker serving, not draining. A worker that is being replaced is named but does
 * not make it unready: the others serve. Nor does an upstream that is down, or a certificate that has ended: it would pull
 * every node out of the balancer.
 */
export function readinessOf(
  state: DaemonState,
  lanes: readonly LaneState[],
  health: Pick<Health, 'degraded'>,
  certificates: Pick<Certificates, 'ended'>,
): Readiness {
  const places = lanes.filter((lane) => !lane.leaving);
  const down = places.filter((lane) => !lane.serving).map((lane) => lane.worker);
  const reasons = [
    ...(state.phase === 'starting' ? ['starting'] : []),
    ...(state.phase === 'draining' ? ['draining'] : []),
    ...(down.length === places.length ? ['no worker serves'] : []),
  ];
  const ready = reasons.length === 0;
  const impaired = [...health.degraded, ...certificates.ended.map(({ words }) => words)];
  const degraded = ready ? [...down.map((worker) => `worker ${worker} is being replaced`), ...impaired] : [];
  const said = { ready, ...(ready ? {} : { reasons }), ...(degraded.length === 0 ? {} : { degraded }) };
  return { ready, reasons, degraded, body: `${JSON.stringify(said)}\n` };
}
