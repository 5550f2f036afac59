/**
 * Keeps as many worker threads alive as the plan wants, each in a lane of its own: starts them, replaces the dead and the stuck,
 * lets new ones take the place of old ones, carries the two phases of a reload and the drain to all of them. Gives back what a
 * dead worker held. Knows nothing of configuration or HTTP.
 */
import type { Clock } from '../../base/clock.ts';
import { SentinelError } from '../../base/errors.ts';
import type { CellRegistry } from '../shared/cells.ts';
import { recoverRing } from '../shared/log-ring.ts';
import type { BoundListener, DrainOrder, InheritedSocket, WorkerFault, WorkerSaid } from '../shared/messages.ts';
import type { Plan } from '../shared/plan.ts';
import type { Answered, Question, QuestionKind, QuestionShapes } from '../shared/questions.ts';
import type { RecordRings } from '../shared/record-rings.ts';
import { removeSocketFile } from '../shared/socket-file.ts';
import { laneGauges } from './compile-plan.ts';
import { DeathBudget, stableMs } from './death-budget.ts';
import { Heartbeats } from './heartbeats.ts';
import { type Lane, type LaneState, newLane } from './lane.ts';
import type { LoopClock } from './runtime/load-watch.ts';
import type { Log } from './logging.ts';
import { StandingOrders } from './standing-orders.ts';
import { type PrepareOutcome, WorkerThread } from './worker-thread.ts';

const PREPARE_LIMIT_MS = 10_000;
const COMMIT_LIMIT_MS = 5_000;
/** Somebody waits for the answer; a worker that cannot spare a moment in this time has other troubles. */
const ASK_LIMIT_MS = 1_000;
/** How long after the deadline of a drain a worker may take to say so. */
const DRAIN_GRACE_MS = 2_000;

export interface SupervisorOptions {
  readonly entry: URL;
  /** Most workers at once, with those that are leaving. */
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

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #lanes: readonly Lane[];
  readonly #budget = new DeathBudget();
  readonly #heartbeats: Heartbeats;
  /** What workers are told, those too that start later. */
  readonly orders: StandingOrders;
  #plan: Plan | null = null;
  #participants: readonly Lane[] = [];
  /** What they have bound for the plan that they prepared. */
  readonly #prepared = new Map<Lane, readonly BoundListener[]>();
  /** Has the listeners of which there can be one only. */
  #sole = 0;
  #listeners: readonly BoundListener[] = [];
  #ending = false;

  constructor(options: SupervisorOptions) {
    const { laneCount, registry, clock } = options;
    this.#options = options;
    this.#lanes = Array.from({ length: laneCount }, (_, worker) => newLane(worker, registry, clock));
    this.orders = new StandingOrders(this.#lanes);
    this.#heartbeats = new Heartbeats(clock, registry, this.#lanes);
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

  /** The workers, those included that are being replaced or that are leaving. */
  get lanes(): readonly LaneState[] {
    return this.#lanes.flatMap(({ worker, phase, serving, restarts, sinceMs, lastDeath }) =>
      phase === 'free' || phase === 'arriving'
        ? []
        : [{ worker, serving, leaving: phase === 'leaving', restarts, sinceMs, lastDeath }],
    );
  }

  /** What a worker listens on. */
  socketsOf(worker: number): readonly BoundListener[] {
    return this.#lanes[worker]?.listeners ?? [];
  }

  /** Most workers that there can be: one lane stays free for those that take a place. */
  get most(): number {
    return this.#lanes.length - 1;
  }

  /**
   * Starts every worker on the first plan.
   * @param inherited Listening sockets that are there already, by worker
   * @throws SNT-P007 when one of them cannot; none is left then
   */
  async start(plan: Plan, inherited: readonly (readonly InheritedSocket[])[] = []): Promise<void> {
    for (const lane of this.#lanes.slice(0, plan.workerCount)) {
      lane.phase = 'active';
      this.#spawn(lane);
    }
    const faults = await this.prepare(plan, inherited);
    if (faults.length > 0) {
      await this.stop();
      throw new SentinelError('SNT-P007', `the workers could not start: ${faults.join('; ')}`);
    }
    await this.commit(plan);
  }

  /** First phase of a reload: one sentence per worker that cannot take the plan; empty when all can. */
  async prepare(plan: Plan, inherited: readonly (readonly InheritedSocket[])[] = []): Promise<readonly string[]> {
    const active = this.#lanes.filter(({ phase }) => phase === 'active');
    const more = Math.max(0, plan.workerCount - active.length);
    const free = this.#lanes.filter(({ phase }) => phase === 'free').slice(0, more);
    if (free.length < more) {
      const leaving = this.#lanes.filter(({ phase }) => phase === 'leaving').length;
      return [`${more} more workers have no place yet: ${leaving} still finish what they have`];
    }
    for (const lane of free) {
      lane.phase = 'arriving';
      this.#spawn(lane);
    }
    // A worker that is down now will start on whatever plan is in force then.
    const present = active.filter(({ thread, serving }) => thread !== null && (serving || this.#plan === null));
    this.#participants = [...present, ...free];
    const outcomes = await Promise.all(
      this.#participants.map(async (lane) => {
        const thread = lane.thread as WorkerThread;
        const outcome = await this.#prepareIn(lane, thread, plan, inherited[lane.worker] ?? []);
        // Stuck: its late answer would be taken for that to the next plan.
        if (!outcome.ok && outcome.silent) void thread.terminate(`did not prepare within ${PREPARE_LIMIT_MS / 1000} s`);
        return { lane, outcome };
      }),
    );
    // The same fault in every worker is one fault.
    return [...new Set(outcomes.flatMap(({ lane, outcome }) => (outcome.ok ? [] : [faultWords(lane, outcome)])))];
  }

  /** Second phase: from here on the plan is in force, also for workers that start later. */
  async commit(plan: Plan): Promise<void> {
    this.#plan = plan;
    const known = new Map(
      [...this.#listeners, ...[...this.#prepared.values()].flat()].map((bound) => [bound.id, bound]),
    );
    this.#listeners = plan.listeners.flatMap(({ id }) => known.get(id) ?? []);
    await Promise.all(
      this.#lanes.map(async (lane) => {
        const thread = lane.thread;
        if (thread === null || lane.phase === 'leaving') return;
        if (this.#participants.includes(lane)) await this.#commitTo(lane, thread, plan);
        else if (lane.serving) await this.#bringUp(lane, thread);
      }),
    );
    this.#participants = [];
    this.#prepared.clear();
  }

  /** Second phase when a worker could not prepare: nothing has changed. */
  abandon(plan: Plan): void {
    for (const lane of this.#participants) {
      if (lane.phase === 'arriving') void lane.thread?.terminate('not needed');
      else lane.thread?.post({ kind: 'abandon', serial: plan.serial });
    }
    this.#participants = [];
    this.#prepared.clear();
  }

  /** Lets go of the workers that the plan in force has no use for. Does not wait for them. */
  shrink(order: DrainOrder): void {
    const active = this.#lanes.filter(({ phase }) => phase === 'active');
    const surplus = active.length - (this.#plan?.workerCount ?? active.length);
    if (surplus <= 0) return;
    // Those that are down first, then the last ones; who has the sole listeners stays.
    const choice = active
      .filter(({ worker }) => worker !== this.#sole)
      .sort((a, b) => Number(a.serving) - Number(b.serving) || b.worker - a.worker);
    for (const { worker } of choice.slice(0, surplus)) void this.leave(worker, order);
  }

  /**
   * A new thread in a free lane takes the place of a worker: it serves with the same listening sockets when this resolves with
   * its number. The old one serves too, until it is told to `leave`. No plan may be changed meanwhile.
   * @throws SNT-P026 it could not; nothing has changed then
   */
  async succeed(worker: number): Promise<number> {
    const old = this.#lanes[worker] as Lane;
    const lane = this.#lanes.find(({ phase }) => phase === 'free');
    const plan = this.#plan;
    if (lane === undefined || plan === null || old.phase !== 'active') {
      const why = old.phase === 'active' ? 'all lanes are taken by workers that still finish' : 'it is leaving already';
      throw new SentinelError('SNT-P026', `worker ${worker} cannot be replaced: ${why}`, {
        hint: 'sentinel restart --workers',
      });
    }
    lane.phase = 'arriving';
    const thread = this.#spawn(lane);
    const before = this.#sole;
    if (before === worker) this.#sole = lane.worker;
    const inherited = old.listeners.map(({ key, fd }) => ({ key, fd, shared: true }));
    const outcome = await this.#prepareIn(lane, thread, plan, inherited);
    if (outcome.ok) await this.#commitTo(lane, thread, plan);
    this.#prepared.delete(lane);
    if (lane.thread === thread && lane.serving) return lane.worker;
    this.#sole = before;
    await thread.terminate('it could not start');
    const why = outcome.ok ? (lane.lastDeath ?? 'it did not confirm the configuration') : faultWords(lane, outcome);
    throw new SentinelError('SNT-P026', `the thread that was to replace worker ${worker} could not start: ${why}`, {
      hint: 'sentinel logs --level error',
    });
  }

  /**
   * Lets a worker finish and ends it; nobody comes in its place. Resolves with the number of requests that the deadline cut; null
   * = it died before.
   */
  async leave(worker: number, order: DrainOrder): Promise<number | null> {
    const lane = this.#lanes[worker] as Lane;
    lane.phase = 'leaving';
    // It closes them: their numbers may be those of something else soon.
    lane.listeners = [];
    lane.restart?.stop();
    const { thread } = lane;
    if (thread === null) {
      lane.phase = 'free';
      return null;
    }
    this.#options.onChange();
    const cut = await thread.drain(order, order.deadlineMs + DRAIN_GRACE_MS);
    await thread.terminate('it has left');
    return cut;
  }

  /** Asks every worker; those that are down, or do not answer within a second, have no answer. */
  async ask<K extends QuestionKind>(question: Question & { readonly kind: K }): Promise<readonly Answered<K>[]> {
    return await Promise.all(
      this.#lanes.filter(isPresent).map(async ({ worker, serving, thread }) => {
        const answer = serving ? ((await thread?.ask(question, ASK_LIMIT_MS)) ?? null) : null;
        return { worker, answer: answer as QuestionShapes[K]['answer'] | null };
      }),
    );
  }

  /** Each worker collects its own heap and logs what that gave back. */
  collectGarbage(): void {
    for (const lane of this.#lanes) lane.thread?.post({ kind: 'collect-garbage' });
  }

  reopenLogs(): void {
    for (const lane of this.#lanes) lane.thread?.post({ kind: 'reopen-logs' });
  }

  /** Lets every worker finish, those included that are leaving. Resolves with the number of requests that the deadline cut. */
  async drain(order: DrainOrder): Promise<number> {
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
        return (await lane.thread.drain(order, order.deadlineMs + DRAIN_GRACE_MS)) ?? 1;
      }),
    );
    return cuts.reduce((sum, cut) => sum + cut, 0);
  }

  /** Ends every thread at once. */
  async stop(): Promise<void> {
    this.#ending = true;
    this.#heartbeats.stop();
    await Promise.all(
      this.#lanes.map(async (lane) => {
        lane.restart?.stop();
        await lane.thread?.terminate('stopped');
      }),
    );
  }

  #spawn(lane: Lane): WorkerThread {
    const { clock, dataLog, registry, entry, stdoutPrefix } = this.#options;
    lane.sinceMs = clock.wallMs();
    this.#heartbeats.begin(lane);
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

  async #prepareIn(
    lane: Lane,
    thread: WorkerThread,
    plan: Plan,
    inherited: readonly InheritedSocket[],
  ): Promise<PrepareOutcome> {
    const { segments } = this.#options.registry;
    const sole = lane.worker === this.#sole;
    const outcome = await thread.prepare({ plan, segments, sole, inherited }, PREPARE_LIMIT_MS);
    if (outcome.ok) this.#prepared.set(lane, outcome.listeners);
    return outcome;
  }

  /** Brings a thread to the plan in force, however often that changes meanwhile. */
  async #bringUp(lane: Lane, thread: WorkerThread): Promise<void> {
    for (let plan: Plan | null = null; plan !== this.#plan; ) {
      plan = this.#plan as Plan;
      const outcome = await this.#prepareIn(lane, thread, plan, []);
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
    lane.phase = 'active';
    lane.serving = true;
    lane.beaten = true;
    lane.listeners = this.#prepared.get(lane) ?? lane.listeners;
    this.orders.repeatTo(thread);
    this.#options.onChange();
  }

  #ended(lane: Lane, reason: string): void {
    const { clock, log, registry, reclaim, onRecoveredLines, onChange, onExhausted } = this.#options;
    const now = clock.now();
    const servedMs = lane.serving ? now - lane.servingSince : 0;
    const { phase } = lane;
    lane.thread = null;
    lane.serving = false;
    for (const { address, inode } of lane.listeners) removeSocketFile(address.slice('unix:'.length), inode);
    lane.listeners = [];
    registry.reclaimLane(lane.worker, laneGauges);
    reclaim(lane.worker);
    const lines = recoverRing(lane.logRing);
    if (lines.length > 0) onRecoveredLines(lines);
    if (this.#ending) return;

    if (phase !== 'active') {
      lane.phase = 'free';
      lane.lastDeath = reason.split('\n')[0] as string;
      if (phase === 'leaving') log.info('Worker left', { event: 'worker_left', worker: lane.worker });
      onChange();
      return;
    }
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
}

/** Somebody serves there, or should. */
function isPresent({ phase }: Lane): boolean {
  return phase === 'active' || phase === 'leaving';
}

function faultWords(lane: Lane, outcome: Extract<PrepareOutcome, { ok: false }>): string {
  const fault: WorkerFault = outcome.fault;
  if (fault.listener !== undefined) return `listener "${fault.listener}": ${fault.message}`;
  return outcome.silent ? `worker ${lane.worker}: ${fault.message}` : fault.message;
}
