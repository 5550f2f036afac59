/**
 * A target as one worker sees it: what may be sent to it now, its pool, and those who are told how its tries end. Built
 * with the runtime, asked by balancing policies, told by tries. Decides nothing about other targets.
 */
import type { PassiveHealthConfig } from '../../config/model.ts';
import type { Breaker } from '../shared/breaker.ts';
import { admission, bump, type Cell, targetFields, targetStateFields } from '../shared/cells.ts';
import type { WorkerSaid } from '../shared/messages.ts';
import { readWindow, recordOutcome } from '../shared/outcome-window.ts';
import type { PlanTarget } from '../shared/plan.ts';
import type { Candidate } from './upstream/balance/balancer.ts';
import type { LatencyAverage } from './upstream/balance/latency-average.ts';
import type { Pool } from './upstream/channel.ts';

export interface TargetParts {
  readonly cell: Cell;
  readonly durations: Cell;
  /** This target's lane of every worker, for counts that must be read whole. */
  readonly lanes: readonly Float64Array[];
  readonly pool: Pool;
  readonly state: Cell;
  readonly breaker: Breaker | null;
  readonly window: Cell | null;
  readonly passive: PassiveHealthConfig | null;
  readonly say: (said: WorkerSaid) => void;
}

export class TargetRuntime implements Candidate {
  readonly plan: PlanTarget;
  readonly id: string;
  readonly fullWeight: number;
  readonly pool: Pool;
  readonly cell: Cell;
  /** A histogram: from a try being sent to the head of its answer. */
  readonly durations: Cell;
  readonly breaker: Breaker | null;
  readonly #lanes: readonly Float64Array[];
  readonly #state: Int32Array;
  readonly #window: Cell | null;
  readonly #failureRate: number;
  readonly #say: (said: WorkerSaid) => void;

  constructor(plan: PlanTarget, parts: TargetParts) {
    this.plan = plan;
    this.id = plan.id;
    this.fullWeight = plan.weight;
    this.cell = parts.cell;
    this.durations = parts.durations;
    this.pool = parts.pool;
    this.breaker = parts.breaker;
    this.#lanes = parts.lanes;
    this.#state = parts.state.shared;
    this.#window = parts.passive === null ? null : parts.window;
    this.#failureRate = parts.passive?.failureRate ?? 0;
    this.#say = parts.say;
  }

  /** @inheritdoc */
  get latency(): LatencyAverage {
    return this.pool.latency;
  }

  /** @inheritdoc */
  get weight(): number {
    const full = this.fullWeight;
    if (full === 0 || Atomics.load(this.#state, targetStateFields.admission) !== 0) return 0;
    const withheld = Atomics.load(this.#state, targetStateFields.withheld);
    return withheld === 0 ? full : (full * (1000 - withheld)) / 1000;
  }

  /** An operator keeps it out of traffic. */
  get draining(): boolean {
    return (Atomics.load(this.#state, targetStateFields.admission) & admission.draining) !== 0;
  }

  inFlight(): number {
    let total = 0;
    for (const lane of this.#lanes) total += lane[targetFields.inFlight] as number;
    return total;
  }

  /** One try of it is over because its client left: that says nothing of the target, but it had the request. */
  left(): void {
    bump(this.cell, targetFields.requests);
  }

  /** One try of it is over: counts it and tells passive health. */
  ended(failed: boolean): void {
    bump(this.cell, targetFields.requests);
    if (failed) bump(this.cell, targetFields.errors);
    const window = this.#window;
    if (window === null || !recordOutcome(window, failed, this.#failureRate)) return;
    const { failures, requests } = readWindow(window);
    this.#say({ kind: 'failing', target: this.plan.id, failures, requests });
  }
}
