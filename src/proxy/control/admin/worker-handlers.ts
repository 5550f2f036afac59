/** What the endpoints of workers do. Who may call them was decided before. */
import type { InflightRequest } from '../../../admin/contract/request-shapes.ts';
import type { RestartState, RestartStep, WorkerLeft, WorkersReply } from '../../../admin/contract/worker-shapes.ts';
import { SentinelError } from '../../../base/errors.ts';
import { rfc3339 } from '../../../base/units.ts';
import { everything } from '../../../filter/filter.ts';
import { proxyFields, routeFields } from '../../shared/cells.ts';
import type { Restart, Step, WorkerRestart } from '../restart/worker-restart.ts';
import type { Supervisor } from '../supervisor.ts';
import type { Call, Handlers } from './call.ts';
import { AdminProblem } from './problem.ts';
import { type ViewContext, workerStates } from './views.ts';

/** How long a worker may take to finish when nobody says. */
const TIMEOUT_MS = 300_000;
/** How much of what is left is named. */
const NAMED = 5;

export interface WorkerContext {
  readonly view: ViewContext;
  readonly supervisor: Supervisor;
  readonly workerRestart: WorkerRestart;
}

export function makeWorkerHandlers(context: WorkerContext): Pick<Handlers, 'workers' | 'workers-restart'> {
  return {
    workers: () => workersView(context),
    'workers-restart': (call) => restart(context, call),
  };
}

async function restart(context: WorkerContext, { body, actor, reason, note }: Call): Promise<WorkersReply> {
  const { checkRestartRequest } = await import('../../../admin/contract/bodies.ts');
  const checked = checkRestartRequest(body);
  if (!checked.ok) {
    throw new AdminProblem(400, 'SNT-A008', `this is not a restart: ${checked.problems.join('; ')}`, {
      problems: checked.problems,
    });
  }
  const { timeout_ms: timeoutMs = TIMEOUT_MS, on_timeout: onTimeout = 'wait' } = checked.value;
  note({ timeout_ms: timeoutMs, on_timeout: onTimeout });
  try {
    context.workerRestart.begin({ actor, reason, timeoutMs, onTimeout });
  } catch (error) {
    if (!(error instanceof SentinelError)) throw error;
    throw new AdminProblem(409, error.code, error.message, error.hint === undefined ? {} : { hint: error.hint });
  }
  return await workersView(context);
}

async function workersView({ view, supervisor, workerRestart }: WorkerContext): Promise<WorkersReply> {
  const { last } = workerRestart;
  return { workers: workerStates(view), restart: last === null ? null : await restartState(last, view, supervisor) };
}

async function restartState(last: Restart, view: ViewContext, supervisor: Supervisor): Promise<RestartState> {
  const leaving = last.steps.some(isLeaving);
  const answers = leaving ? await supervisor.ask({ kind: 'inflight', filter: everything, limit: NAMED }) : [];
  const steps = last.steps.map((step): RestartStep => {
    const seen = answers.find(({ worker }) => worker === step.worker)?.answer ?? null;
    return {
      worker: step.worker,
      state: step.state,
      successor: step.successor,
      draining_since: step.drainingSinceMs === null ? null : rfc3339(step.drainingSinceMs),
      cut: step.cut,
      left: isLeaving(step) ? leftOf(step.worker, view, seen?.requests ?? []) : null,
    };
  });
  return {
    state: last.state,
    actor: last.actor,
    reason: last.reason,
    started_at: rfc3339(last.startedMs),
    ended_at: last.endedMs === null ? null : rfc3339(last.endedMs),
    timeout_ms: last.timeoutMs,
    on_timeout: last.onTimeout,
    steps,
    problem: last.problem === null ? null : { code: last.problem.code, detail: last.problem.message },
  };
}

function isLeaving({ state }: Step): boolean {
  return state === 'draining' || state === 'overdue';
}

function leftOf(worker: number, { state, registry }: ViewContext, requests: readonly InflightRequest[]): WorkerLeft {
  const { cells, routes } = state.applied.plan;
  const own = (field: number) => registry.laneValue(cells.proxy, field, worker);
  return {
    connections: own(proxyFields.connections),
    in_flight: own(proxyFields.inFlight),
    websockets: routes.reduce((sum, { counts }) => sum + registry.laneValue(counts, routeFields.websockets, worker), 0),
    waiting_on: requests.map(({ method, path, client_ip, phase, age_ms }) => ({
      method,
      path,
      client_ip,
      websocket: phase === 'websocket',
      age_ms,
    })),
  };
}
