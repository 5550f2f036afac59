/** Drains as the admin API shows them: counts from cells, and what they wait for from the workers. Reads, changes nothing. */
import type { DrainState, DrainWork, TargetDrain } from '../../../admin/contract/drain-shapes.ts';
import { rfc3339 } from '../../../base/units.ts';
import type { TargetWork } from '../../shared/questions.ts';
import type { Drain } from '../drains/drain.ts';
import type { Supervisor } from '../supervisor.ts';

/** More help nobody who waits. */
const SHOWN = 20;

/** What workers say that they have in flight to the targets of some drains. */
export interface WorkSeen {
  readonly targets: readonly TargetWork[];
  readonly unanswered: readonly number[];
}

export const nothingSeen: WorkSeen = { targets: [], unanswered: [] };

export async function seeWork(ask: Supervisor['ask'], targets: readonly string[]): Promise<WorkSeen> {
  if (targets.length === 0) return nothingSeen;
  const answers = await ask({ kind: 'work', targets, limit: SHOWN });
  return {
    targets: answers.flatMap(({ answer }) => answer?.targets ?? []),
    unanswered: answers.filter(({ answer }) => answer === null).map(({ worker }) => worker),
  };
}

export function websocketsAt({ targets }: WorkSeen, ids: readonly string[]): number {
  return targets.filter(({ target }) => ids.includes(target)).reduce((sum, { websockets }) => sum + websockets, 0);
}

export function drainState(drain: Drain, seen: WorkSeen): DrainState {
  const { record, result, ids, endedMs, etaMs } = drain;
  const { atStart, deadlineMs, startedMs, drainedMs, expiresMs } = record;
  const { inFlight, idle } = drain.counts;
  const over = result !== null;
  return {
    id: record.id,
    target: record.target,
    upstreams: record.upstreams,
    targets: ids,
    state: over ? 'ended' : record.state,
    result,
    actor: record.actor,
    reason: record.reason,
    started_at: rfc3339(startedMs),
    drained_at: drainedMs === null ? null : rfc3339(drainedMs),
    ended_at: endedMs === null ? null : rfc3339(endedMs),
    timeout_ms: deadlineMs - startedMs,
    deadline_at: rfc3339(deadlineMs),
    on_timeout: record.onTimeout,
    overdue: record.overdueMs !== null,
    expires_at: expiresMs === null ? null : rfc3339(expiresMs),
    at_start: { in_flight: atStart.inFlight, websockets: atStart.websockets, idle: atStart.idle },
    now: { in_flight: inFlight, websockets: over ? 0 : Math.min(inFlight, websocketsAt(seen, ids)), idle },
    finished: drain.finished,
    cut: record.cut,
    idle_closed: drain.idleClosed,
    eta_ms: etaMs === null ? null : Math.round(etaMs),
    waiting_on: over ? [] : workOf(seen, ids),
    unanswered: over ? [] : seen.unanswered,
    follow_up: followUpOf(drain),
  };
}

export function targetDrain({ record, etaMs }: Drain): TargetDrain {
  const { id, state, actor, reason, startedMs, deadlineMs, overdueMs, expiresMs } = record;
  return {
    id,
    state,
    actor,
    reason,
    since: rfc3339(startedMs),
    deadline_at: rfc3339(deadlineMs),
    overdue: overdueMs !== null,
    expires_at: expiresMs === null ? null : rfc3339(expiresMs),
    eta_ms: etaMs === null ? null : Math.round(etaMs),
  };
}

function followUpOf({ record: { persist, remove, followed } }: Drain): DrainState['follow_up'] {
  if (!persist && !remove) return null;
  const state = followed === null ? 'waiting' : followed.ok ? 'done' : 'failed';
  return { persist, remove, state, lines: followed?.lines ?? [] };
}

function workOf({ targets }: WorkSeen, ids: readonly string[]): readonly DrainWork[] {
  return targets
    .filter(({ target }) => ids.includes(target))
    .flatMap(({ oldest }) => oldest)
    .sort((a, b) => b.age_ms - a.age_ms)
    .slice(0, SHOWN)
    .map(({ id, method, path, client_ip, age_ms, phase }) => ({
      id,
      method,
      path,
      client_ip,
      age_ms,
      websocket: phase === 'websocket',
    }));
}
