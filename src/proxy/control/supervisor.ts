/**
 * Keeps one worker thread per lane alive: starts them on a plan, replaces the dead and the stuck, carries the two phases
 * of a reload and the drain to all of them. Gives back what a dead worker held. Knows nothing of configuration or HTTP.
 */
import type { Clock, Stoppable } from '../../base/clock.ts';
import { SentinelError } from '../../base/errors.ts';
import type { Filter } from '../../filter/filter.ts';
import { type CellRef, type CellRegistry, workerFields } from '../shared/cells.ts';
import { newLogRing, recoverRing } from '../shared/log-ring.ts';
import type { BoundListener, ToWorker, WorkerFault, WorkerSaid } from '../shared/messages.ts';
import type { Plan } from '../shared/plan.ts';
import type { Answered, Question, QuestionKind, QuestionShapes } from '../shared/questions.ts';
import { newRecordRings, type RecordRings } from '../shared/record-rings.ts';
import { newSpanRing } from '../shared/span-ring.ts';
import { newRequestCounts } from '../shared/request-counts.ts';
import { laneGauges } from './compile-plan.ts';
import { DeathBudget, stableMs } from './death-budget.ts';
import type { LoopClock } from './runtime/load-watch.ts';
import type { Log } from './logging.ts';
import { type PrepareOutcome, WorkerThread } from './worker-thread.ts';

/** A beat that stands still this long means that the thread is stuck: the kernel keeps handing it connections. */
const SILENCE_MS = 5_000;
/** A thread that has just been started loads its modules first. */
const FIRST_BEAT_MS = 15_000;
const CHECK_MS = 1_000;
const PREPARE_LIMIT_MS = 10_000;
const COMMIT_LIMIT_MS = 5_000;
/** Somebody waits for the answer; a worker that cannot spare a moment in this time has other troubles. */
const ASK_LIMIT_MS = 1_000;
/** How long after the deadline of a drain a worker may take to say so. */
const DRAIN_GRACE_MS = 2_000;

export interface SupervisorOptions {
  readonly entry: URL;
  readonly laneCount: number;
  readonly registry: CellRegistry;
  readonly clock: Clock;
  readonly log: Log;
  /** What stands before each access-log line on standard output: under the journal its priority. */
  readonly stdoutPrefix: string;
  /** Of what workers report. */
  readonly dataLog: Log;
  /** Gives back what a dead worker held outside the cells. */
  readonly reclaim: (lane: number) => void;
  /** Lines that a dead worker had not written yet. */
  readonly onRecoveredLines: (lines: Buffer) => void;
  /** What workers notice of targets, breakers and limits. */
  readonly onSaid: (said: Exclude<WorkerSaid, { kind: 'log' }>) => void;
  /** The set of serving workers has changed. */
  readonly onChange: () => void;
  /** Workers keep dying and none stays up. */
  readonly onExhausted: () => void;
}

/** One worker as it is seen from outside. */
export interface LaneState {
  readonly worker: number;
  readonly serving: boolean;
  readonly restarts: number;
  /** When the present thread started, or the last one ended; wall clock. */
  readonly sinceMs: number;
  readonly lastDeath: string | null;
}

interface Lane {
  readonly worker: number;
  readonly cell: CellRef;
  readonly requestCounts: SharedArrayBuffer;
  readonly logRing: SharedArrayBuffer;
  readonly records: RecordRings;
  readonly spans: SharedArrayBuffer;
  thread: WorkerThread | null;
  /** It has committed a plan and takes connections. */
  serving: boolean;
  servingSince: number;
  sinceMs: number;
  restarts: number;
  lastDeath: string | null;
  beat: number;
  beatAt: number;
  /** It has shown signs of life: from now on silence means that it is stuck, no longer that it loads. */
  beaten: boolean;
  restart: Stoppable | null;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #lanes: readonly Lane[];
  readonly #budget = new DeathBudget();
  readonly #heartbeat: Stoppable;
  #plan: Plan | null = null;
  #participants: readonly Lane[] = [];
  #readiness: ToWorker | null = null;
  #tap: ToWorker = { kind: 'tap', filters: [] };
  #debug: ToWorker = { kind: 'debug', on: false };
  #listeners: readonly BoundListener[] = [];
  /** Where the workers bound the listeners of the plan that they prepared. */
  #prepared: readonly BoundListener[] = [];
  #ending = false;
  #checkedAt: number;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#lanes = Array.from({ length: options.laneCount }, (_, worker) => ({
      worker,
      cell: options.registry.cell(`worker/${worker}`, workerFields.laneLength, workerFields.sharedLength, 0),
      requestCounts: newRequestCounts(),
      logRing: newLogRing(),
      records: newRecordRings(),
      spans: newSpanRing(),
      thread: null,
      serving: false,
      servingSince: 0,
      sinceMs: options.clock.wallMs(),
      restarts: 0,
      lastDeath: null,
      beat: 0,
      beatAt: 0,
      beaten: false,
      restart: null,
    }));
    this.#checkedAt = options.clock.now();
    this.#heartbeat = options.clock.every(CHECK_MS, () => this.#checkHeartbeats());
  }

  get requestCounts(): readonly SharedArrayBuffer[] {
    return this.#lanes.map((lane) => lane.requestCounts);
  }

  /** Finished requests, by worker. They can be read whether the worker lives or not. */
  get records(): readonly RecordRings[] {
    return this.#lanes.map((lane) => lane.records);
  }

  /** How long the event loops of the workers have worked and waited; null = it is down. */
  get loops(): readonly (LoopClock | null)[] {
    return this.#lanes.map(({ thread }) => thread?.loop ?? null);
  }

  /** Rings of trace records. */
  get spans(): readonly SharedArrayBuffer[] {
    return this.#lanes.map((lane) => lane.spans);
  }

  /** Where the listeners of the present plan really are. */
  get listeners(): readonly BoundListener[] {
    return this.#listeners;
  }

  get lanes(): readonly LaneState[] {
    return this.#lanes.map(({ worker, serving, restarts, sinceMs, lastDeath }) => ({
      worker,
      serving,
      restarts,
      sinceMs,
      lastDeath,
    }));
  }

  /**
   * Starts every worker on the first plan.
   * @throws SNT-P007 when one of them cannot; none is left then
   */
  async start(plan: Plan): Promise<void> {
    for (const lane of this.#lanes) this.#spawn(lane);
    const faults = await this.prepare(plan);
    if (faults.length > 0) {
      await this.stop();
      throw new SentinelError('SNT-P007', `the workers could not start: ${faults.join('; ')}`);
    }
    await this.commit(plan);
  }

  /** First phase of a reload: one sentence per worker that cannot take the plan; empty when all can. */
  async prepare(plan: Plan): Promise<readonly string[]> {
    // A worker that is down now will start on whatever plan is in force then.
    this.#participants = this.#lanes.filter((lane) => lane.thread !== null && (lane.serving || this.#plan === null));
    const outcomes = await Promise.all(
      this.#participants.map(async (lane) => {
        const thread = lane.thread as WorkerThread;
        const outcome = await thread.prepare(plan, this.#options.registry.segments, PREPARE_LIMIT_MS);
        // Stuck: its late answer would be taken for that to the next plan.
        if (!outcome.ok && outcome.silent) void thread.terminate(`did not prepare within ${PREPARE_LIMIT_MS / 1000} s`);
        return { lane, outcome };
      }),
    );
    this.#prepared = outcomes.flatMap(({ outcome }) => (outcome.ok ? outcome.listeners : []));
    // The same fault in every worker is one fault.
    return [...new Set(outcomes.flatMap(({ lane, outcome }) => (outcome.ok ? [] : [faultWords(lane, outcome)])))];
  }

  /** Second phase: from here on the plan is in force, also for workers that start later. */
  async commit(plan: Plan): Promise<void> {
    this.#plan = plan;
    const known = new Map([...this.#listeners, ...this.#prepared].map((listener) => [listener.id, listener]));
    this.#listeners = plan.listeners.flatMap(({ id }) => known.get(id) ?? []);
    await Promise.all(
      this.#lanes.map(async (lane) => {
        const thread = lane.thread;
        if (thread === null) return;
        if (this.#participants.includes(lane)) await this.#commitTo(lane, thread, plan);
        else if (lane.serving) await this.#bringUp(lane, thread);
      }),
    );
    this.#participants = [];
  }

  /** Second phase when a worker could not prepare: nothing has changed. */
  abandon(plan: Plan): void {
    for (const lane of this.#participants) lane.thread?.post({ kind: 'abandon', serial: plan.serial });
    this.#participants = [];
  }

  /** Asks every worker; those that are down, or do not answer within a second, have no answer. */
  async ask<K extends QuestionKind>(question: Question & { readonly kind: K }): Promise<readonly Answered<K>[]> {
    return await Promise.all(
      this.#lanes.map(async ({ worker, serving, thread }) => {
        const answer = serving ? ((await thread?.ask(question, ASK_LIMIT_MS)) ?? null) : null;
        return { worker, answer: answer as QuestionShapes[K]['answer'] | null };
      }),
    );
  }

  /** Tells every worker what `/ready` answers; workers that start later are told too. */
  announce(ready: boolean, body: string): void {
    this.#readiness = { kind: 'readiness', ready, body };
    for (const lane of this.#lanes) if (lane.serving) lane.thread?.post(this.#readiness);
  }

  /** Which finished requests workers show in their tap rings; workers that start later are told too. */
  tap(filters: readonly Filter[]): void {
    this.#tap = { kind: 'tap', filters };
    for (const lane of this.#lanes) lane.thread?.post(this.#tap);
  }

  /** Whether workers tell what only debugging needs; workers that start later are told too. */
  setDebug(on: boolean): void {
    this.#debug = { kind: 'debug', on };
    for (const lane of this.#lanes) if (lane.serving) lane.thread?.post(this.#debug);
  }

  /** Each worker collects its own heap and logs what that gave back. */
  collectGarbage(): void {
    for (const lane of this.#lanes) lane.thread?.post({ kind: 'collect-garbage' });
  }

  reopenLogs(): void {
    for (const lane of this.#lanes) lane.thread?.post({ kind: 'reopen-logs' });
  }

  /** Lets every worker finish. Resolves with the number of requests that the deadline cut. */
  async drain(deadlineMs: number): Promise<number> {
    this.#ending = true;
    const cuts = await Promise.all(
      this.#lanes.map(async (lane) => {
        lane.restart?.stop();
        if (lane.thread === null) return 0;
        if (!lane.serving) {
          await lane.thread.terminate('stopped before it served');
          return 0;
        }
        // A worker that died or went silent has cut whatever it held.
        return (await lane.thread.drain(deadlineMs, deadlineMs + DRAIN_GRACE_MS)) ?? 1;
      }),
    );
    return cuts.reduce((sum, cut) => sum + cut, 0);
  }

  /** Ends every thread at once. */
  async stop(): Promise<void> {
    this.#ending = true;
    this.#heartbeat.stop();
    await Promise.all(
      this.#lanes.map(async (lane) => {
        lane.restart?.stop();
        await lane.thread?.terminate('stopped');
      }),
    );
  }

  #spawn(lane: Lane): WorkerThread {
    const { clock, dataLog, registry, entry, stdoutPrefix } = this.#options;
    const now = clock.now();
    lane.sinceMs = clock.wallMs();
    lane.beat = registry.shared(lane.cell, workerFields.beat);
    lane.beatAt = now;
    lane.beaten = false;
    const { worker, cell, requestCounts, logRing, records, spans } = lane;
    const thread = new WorkerThread({
      entry,
      clock,
      start: { worker, segments: registry.segments, cell, requestCounts, logRing, stdoutPrefix, records, spans },
      onSaid: (said) => {
        if (said.kind === 'log') dataLog[said.level](said.message, { worker, ...said.fields });
        else this.#options.onSaid(said);
      },
      onEnd: (reason) => this.#ended(lane, reason),
    });
    lane.thread = thread;
    return thread;
  }

  /** Brings a thread to the plan in force, however often that changes meanwhile. */
  async #bringUp(lane: Lane, thread: WorkerThread): Promise<void> {
    for (let plan: Plan | null = null; plan !== this.#plan; ) {
      plan = this.#plan as Plan;
      const outcome = await thread.prepare(plan, this.#options.registry.segments, PREPARE_LIMIT_MS);
      if (lane.thread !== thread) return;
      if (!outcome.ok) {
        await thread.terminate(`could not take over the configuration: ${outcome.fault.message}`);
        return;
      }
      await this.#commitTo(lane, thread, plan);
      if (lane.thread !== thread) return;
    }
  }

  async #commitTo(lane: Lane, thread: WorkerThread, plan: Plan): Promise<void> {
    const confirmed = await thread.commit(plan.serial, COMMIT_LIMIT_MS);
    if (lane.thread !== thread) return;
    if (!confirmed) {
      await thread.terminate(`did not take over generation ${plan.generation} within ${COMMIT_LIMIT_MS / 1000} s`);
      return;
    }
    if (!lane.serving) lane.servingSince = this.#options.clock.now();
    lane.serving = true;
    lane.beaten = true;
    if (this.#readiness !== null) thread.post(this.#readiness);
    thread.post(this.#debug);
    thread.post(this.#tap);
    this.#options.onChange();
  }

  #ended(lane: Lane, reason: string): void {
    const { clock, log, registry, reclaim, onRecoveredLines, onChange, onExhausted } = this.#options;
    const now = clock.now();
    const servedMs = lane.serving ? now - lane.servingSince : 0;
    lane.thread = null;
    lane.serving = false;
    registry.reclaimLane(lane.worker, laneGauges);
    reclaim(lane.worker);
    const lines = recoverRing(lane.logRing);
    if (lines.length > 0) onRecoveredLines(lines);
    if (this.#ending) return;

    lane.lastDeath = reason.split('\n')[0] as string;
    lane.sinceMs = clock.wallMs();
    const facts = { event: 'worker_death', worker: lane.worker, reason, served_ms: Math.round(servedMs) };
    // A death before the first plan is in force fails the start; nobody comes in its place.
    if (this.#plan === null) {
      log.error('Worker died', facts);
      return;
    }
    const delayMs = this.#budget.died(lane.worker, now, servedMs);
    log.error('Worker died', { ...facts, restart_in_ms: delayMs });
    onChange();
    const steady = this.#lanes.some((other) => other.serving && now - other.servingSince >= stableMs);
    if (!this.#budget.exhausted(now, steady)) {
      lane.restart = clock.after(delayMs, () => void this.#replace(lane));
      return;
    }
    this.#ending = true;
    onExhausted();
  }

  async #replace(lane: Lane): Promise<void> {
    lane.restart = null;
    lane.restarts++;
    const thread = this.#spawn(lane);
    await this.#bringUp(lane, thread);
    if (lane.thread !== thread || !lane.serving) return;
    const { worker, restarts } = lane;
    this.#options.log.info('Worker replaced', { event: 'worker_replaced', worker, restarts });
  }

  #checkHeartbeats(): void {
    const { clock, registry } = this.#options;
    const now = clock.now();
    // If this thread itself stood still (a suspended machine), so did the workers: they get their time again.
    const slept = now - this.#checkedAt > 2 * CHECK_MS;
    this.#checkedAt = now;
    for (const lane of this.#lanes) {
      if (lane.thread === null) continue;
      const beat = registry.shared(lane.cell, workerFields.beat);
      if (beat !== lane.beat || slept) {
        lane.beaten ||= beat !== lane.beat;
        lane.beat = beat;
        lane.beatAt = now;
      } else if (now - lane.beatAt >= (lane.beaten ? SILENCE_MS : FIRST_BEAT_MS)) {
        lane.beatAt = now;
        void lane.thread.terminate(`no heartbeat for ${(lane.beaten ? SILENCE_MS : FIRST_BEAT_MS) / 1000} s`);
      }
    }
  }
}

function faultWords(lane: Lane, outcome: Extract<PrepareOutcome, { ok: false }>): string {
  const fault: WorkerFault = outcome.fault;
  if (fault.listener !== undefined) return `listener "${fault.listener}": ${fault.message}`;
  return outcome.silent ? `worker ${lane.worker}: ${fault.message}` : fault.message;
}
