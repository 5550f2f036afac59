/**
 * Restarts the workers one by one: a new thread serves with the listening sockets of the old one before that finishes what it
 * has. One restart at a time; the first failure ends it and leaves the rest as they are. Asked for by the admin API.
 */
import type { RestartStepState, RestartTimeout } from '../../../admin/contract/worker-shapes.ts';
import type { Clock } from '../../../base/clock.ts';
import { SentinelError } from '../../../base/errors.ts';
import type { Applier } from '../applier.ts';
import type { DaemonState } from '../daemon-state.ts';
import type { Log } from '../logging.ts';
import type { Supervisor } from '../supervisor.ts';

export interface RestartOrder {
  readonly actor: string;
  readonly reason: string | null;
  /** How long each worker may take to finish what it has. */
  readonly timeoutMs: number;
  readonly onTimeout: RestartTimeout;
}

/** One worker that is to be restarted. */
export interface Step {
  readonly worker: number;
  state: RestartStepState;
  successor: number | null;
  drainingSinceMs: number | null;
  cut: number;
}

export interface Restart extends RestartOrder {
  readonly startedMs: number;
  readonly steps: readonly Step[];
  state: 'running' | 'done' | 'overdue' | 'failed';
  endedMs: number | null;
  problem: SentinelError | null;
}

export interface WorkerRestartOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly state: DaemonState;
  readonly supervisor: Supervisor;
  readonly applier: Pick<Applier, 'exclusively'>;
}

export class WorkerRestart {
  readonly #options: WorkerRestartOptions;
  #last: Restart | null = null;

  constructor(options: WorkerRestartOptions) {
    this.#options = options;
  }

  /** The one under way, or the last one. */
  get last(): Restart | null {
    return this.#last;
  }

  /**
   * Begins; `last` shows how far it is.
   * @throws SNT-P027 one is under way · SNT-P026 the daemon starts or ends
   */
  begin(order: RestartOrder): void {
    const { clock, log, state, supervisor } = this.#options;
    if (this.#last?.state === 'running') {
      throw new SentinelError('SNT-P027', `workers are being restarted already, by ${this.#last.actor}`, {
        hint: 'sentinel restart --workers --follow',
      });
    }
    if (state.phase !== 'running') {
      throw new SentinelError('SNT-P026', `workers are not restarted while the daemon is ${state.phase}`, {
        hint: 'sentinel status',
      });
    }
    const steps = supervisor.lanes
      .filter(({ leaving }) => !leaving)
      .map(({ worker }): Step => ({ worker, state: 'waiting', successor: null, drainingSinceMs: null, cut: 0 }));
    const { actor, reason, timeoutMs, onTimeout } = order;
    const startedMs = clock.wallMs();
    const restart: Restart = {
      ...{ actor, reason, timeoutMs, onTimeout, startedMs, steps },
      state: 'running',
      endedMs: null,
      problem: null,
    };
    this.#last = restart;
    log.info('Restarting workers', {
      ...{ event: 'workers_restart', actor, reason, workers: steps.length },
      ...{ timeout_ms: timeoutMs, on_timeout: onTimeout },
    });
    void this.#run(restart);
  }

  async #run(restart: Restart): Promise<void> {
    const { clock, log } = this.#options;
    for (const step of restart.steps) {
      try {
        await this.#replace(restart, step);
      } catch (error) {
        if (!(error instanceof SentinelError)) throw error;
        step.state = 'failed';
        restart.problem = error;
      }
      if (step.state !== 'done') break;
    }
    restart.endedMs = clock.wallMs();
    const last = restart.steps.find(({ state }) => state !== 'done');
    restart.state = last === undefined ? 'done' : last.state === 'overdue' ? 'overdue' : 'failed';
    const cut = restart.steps.reduce((sum, step) => sum + step.cut, 0);
    const facts = { event: 'workers_restarted', result: restart.state, cut, actor: restart.actor };
    if (restart.state === 'done') log.info('Workers restarted', facts);
    else log.warn('Workers not all restarted', { ...facts, ...said(restart.problem) });
  }

  /** @throws SNT-P026 */
  async #replace({ timeoutMs, onTimeout }: Restart, step: Step): Promise<void> {
    const { applier, clock, log, state, supervisor } = this.#options;
    const lane = () => supervisor.lanes.find(({ worker }) => worker === step.worker);
    // A reload may have let it go meanwhile.
    if (lane()?.leaving !== false) {
      step.state = 'done';
      return;
    }
    step.state = 'starting';
    // In the turn of a change: the sockets that are handed on stay what they are.
    const handed = await applier.exclusively(async () => {
      if (state.phase !== 'running') return null;
      step.successor = await supervisor.succeed(step.worker);
      const left = supervisor.leave(step.worker, {
        deadlineMs: onTimeout === 'close' ? timeoutMs : Number.POSITIVE_INFINITY,
        idleMs: Math.min(state.applied.config.server.drainIdleMs, timeoutMs),
        handedOn: true,
        ending: false,
      });
      return { left };
    });
    if (handed === null) throw new SentinelError('SNT-P026', `worker ${step.worker} was not replaced: the daemon ends`);
    log.info('Worker replaced', { event: 'worker_replaced', worker: step.successor, replaces: step.worker });
    step.state = 'draining';
    step.drainingSinceMs = clock.wallMs();
    const { promise: late, resolve } = Promise.withResolvers<'late'>();
    const timer = onTimeout === 'wait' ? clock.after(timeoutMs, () => resolve('late')) : null;
    const end = await Promise.race([handed.left, late]);
    timer?.stop();
    step.state = end === 'late' ? 'overdue' : 'done';
    if (typeof end === 'number') step.cut = end;
  }
}

function said(problem: SentinelError | null): Readonly<Record<string, string>> {
  return problem === null ? {} : { code: problem.code, problem: problem.message };
}
