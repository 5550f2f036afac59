/** What `/ready` answers, on traffic listeners and on the admin server: the same words everywhere. Pure. */
import type { DaemonState } from './daemon-state.ts';
import type { LaneState } from './supervisor.ts';

export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  /** JSON, one line. */
  readonly body: string;
}

/** Ready = configuration applied, at least one worker serving, not draining. A worker that is being replaced is named but does not make it unready: the others serve. */
export function readinessOf(state: DaemonState, lanes: readonly LaneState[]): Readiness {
  const down = lanes.filter((lane) => !lane.serving).map((lane) => lane.worker);
  const reasons = [
    ...(state.phase === 'starting' ? ['starting'] : []),
    ...(state.phase === 'draining' ? ['draining'] : []),
    ...(down.length === lanes.length ? ['no worker serves'] : []),
  ];
  const ready = reasons.length === 0;
  const degraded =
    ready && down.length > 0 ? { degraded: down.map((worker) => `worker ${worker} is being replaced`) } : {};
  return { ready, reasons, body: `${JSON.stringify({ ready, ...(ready ? {} : { reasons }), ...degraded })}\n` };
}
