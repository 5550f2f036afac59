/**
 * The targets that operators have taken out of traffic: begins drains, watches them until nothing is in flight, minds their
 * deadlines, ends them, and keeps them over reloads and restarts. Whether a drain may begin was judged before
 * (`drain-orders.ts`). Plans ask it what is drained; health is told, so that it holds for requests under way too.
 */
import type { Clock, Stoppable } from '../../../base/clock.ts';
import type { DrainEnd } from '../../../admin/contract/drain-shapes.ts';
import type { Config } from '../../../config/model.ts';
import type { CellRegistry } from '../../shared/cells.ts';
import type { Plan } from '../../shared/plan.ts';
import type { Change, ChangeListener } from '../change.ts';
import type { Health } from '../health/health.ts';
import type { Log } from '../logging.ts';
import type { StandingWarnings } from '../standing-warnings.ts';
import type { Supervisor } from '../supervisor.ts';
import { Drain } from './drain.ts';
import { type CoveredTarget, covers, type DrainOrder, type DrainRecord } from './drain-record.ts';
import type { FollowUp } from './follow-up.ts';
import type { KeptDrains } from './kept-drains.ts';
import { isNamed, planTargets } from './members.ts';

/** Shortly after the last answer somebody may want to switch the machine off. */
const LOOK_MS = 100;
/** How soon after a cut what is still there is cut again. */
const AGAIN_MS = 1_000;
/** The latest that ended stay visible: whoever waits for one learns how it ended. */
const ENDED_KEPT = 50;
/** How long after a target has left a rollback that brings it back finds it drained. */
const LEFT_KEPT_MS = 3_600_000;

export const drainResults = ['drained', 'cut', 'waited', 'restored', 'cancelled', 'gone'] as const;
/** What a drain came to, counted once: `waited` = its deadline passed and it goes on. */
export type DrainResult = (typeof drainResults)[number];

export interface DrainsOptions {
  readonly clock: Clock;
  /** For names of drains. */
  readonly newId: () => string;
  readonly log: Log;
  readonly warnings: StandingWarnings;
  readonly registry: CellRegistry;
  readonly kept: KeptDrains;
  readonly followUp: FollowUp;
  health(): Health;
  ask: Supervisor['ask'];
  /** Whether the configuration may be changed now: not before the start is over, and not when the end has begun. */
  mayChange(): boolean;
  /** Puts weights in force. */
  refresh(reason: string): Promise<boolean>;
  /** Something that is shown has changed. */
  touch(): void;
}

/** Also a listener of changes: a rollback brings back what was drained as it was, and not into traffic. */
export class Drains implements ChangeListener {
  readonly #options: DrainsOptions;
  readonly #results = new Map<DrainResult, number>();
  #inForce: readonly Drain[] = [];
  #ended: readonly Drain[] = [];
  /** Drained targets that have left the configuration: a rollback may bring them back. */
  #left: readonly DrainRecord[] = [];
  #plan: Plan | null = null;
  #watch: Stoppable | null = null;
  /** What follows drains, under way. */
  readonly #following = new Map<Drain, Promise<void>>();

  constructor(options: DrainsOptions) {
    this.#options = options;
    const { records, lost } = options.kept.load();
    this.#inForce = records
      .filter(({ leftMs }) => leftMs === null)
      .map((record) => new Drain(record, options.registry));
    this.#left = records.filter(({ leftMs }) => leftMs !== null);
    // Of a change that was never confirmed the start is the rollback.
    this.#recall();
    // As long as nobody drains anything: whoever looks for what was drained before has to know.
    if (lost !== null) options.warnings.set('drains', `drains of the process before are lost: ${lost}`);
  }

  /** The oldest first. */
  get inForce(): readonly Drain[] {
    return this.#inForce;
  }

  /** The newest first. */
  get ended(): readonly Drain[] {
    return this.#ended;
  }

  find(id: string): Drain | undefined {
    return [...this.#inForce, ...this.#ended].find((drain) => drain.record.id === id);
  }

  /** The drain that keeps a target out; undefined while none does. */
  of(target: CoveredTarget): Drain | undefined {
    return this.#inForce.find(({ record }) => covers(record, target));
  }

  /** How many drains came to that since the start. */
  count(result: DrainResult): number {
    return this.#results.get(result) ?? 0;
  }

  begins({ origin }: Change): void {
    if (origin === 'rollback') this.#recall();
  }

  applied(): void {
    this.#forget();
  }

  failed(): void {
    this.#forget();
  }

  /** A plan is in force, made of that configuration. */
  follow(config: Config, plan: Plan): void {
    const first = this.#plan === null;
    this.#plan = plan;
    const targets = planTargets(plan);
    // What somebody has brought back otherwise is meant to serve.
    const left = this.#left.filter((record) => !isNamed(config, record));
    const fewer = left.length < this.#left.length;
    this.#left = left;
    for (const drain of this.#inForce) {
      const members = targets.filter((target) => covers(drain.record, target));
      const named = isNamed(config, drain.record);
      // What has left may still be working: that is waited for.
      if (named || members.length > 0) drain.adopt(members);
      else this.#leave(drain);
      for (const { id } of members) this.#options.health().of(id)?.drain(true);
    }
    if (first) this.#forget();
    if (fewer) this.#save();
    this.#look();
  }

  /**
   * Begins one: from here on nothing new goes there, in any worker.
   * @returns resolves when all workers have closed what was idle, or with false when they cannot just now
   */
  begin(order: DrainOrder): { readonly drain: Drain; readonly inForce: Promise<boolean> } {
    const { newId, registry, log, touch } = this.#options;
    const record: DrainRecord = {
      ...order,
      id: newId(),
      state: 'draining',
      drainedMs: null,
      overdueMs: null,
      atStart: { inFlight: 0, websockets: 0, idle: 0 },
      counted: false,
      cut: 0,
      followed: null,
      weights: [],
      leftMs: null,
    };
    const drain = new Drain(record, registry);
    drain.adopt(planTargets(this.#plan as Plan).filter((target) => covers(record, target)));
    drain.change({ atStart: { ...drain.counts, websockets: 0 } });
    this.#inForce = [...this.#inForce, drain];
    this.#hold(drain, true);
    const { deadlineMs, startedMs, onTimeout } = record;
    log.info('Target draining', {
      event: 'drain_begin',
      ...subjectOf(drain),
      in_flight: drain.counts.inFlight,
      idle: drain.counts.idle,
      deadline_ms: deadlineMs - startedMs,
      on_timeout: onTimeout,
    });
    this.#save();
    touch();
    this.#look();
    return { drain, inForce: this.#settle(drain, `drain of ${record.target}`) };
  }

  /** Takes its targets back, slowly where their upstream says so. Resolves when that is in force. */
  async end(drain: Drain, result: DrainEnd, actor: string, reason: string | null): Promise<void> {
    if (drain.result !== null) return;
    this.#close(drain, result);
    if (result === 'cancelled') this.#count(drain, 'cancelled');
    this.#options.log.info(result === 'expired' ? 'Drain expired' : 'Target undrained', {
      event: 'undrain',
      ...subjectOf(drain),
      actor,
      reason,
      result,
      in_flight: drain.counts.inFlight,
    });
    // The ramp begins before the weight comes back: not even the first request meets the whole of it.
    this.#hold(drain, false);
    await this.#options.refresh(`end of the drain of ${drain.record.target}`);
  }

  /** Resolves when nothing that follows it is under way: what that has written can be put back then. */
  async settled(drain: Drain): Promise<void> {
    await this.#following.get(drain);
  }

  stop(): void {
    this.#watch?.stop();
    this.#watch = null;
  }

  async #settle(drain: Drain, reason: string): Promise<boolean> {
    const inForce = await this.#options.refresh(reason);
    const answers = await this.#options.ask({ kind: 'work', targets: drain.ids, limit: 0 });
    const websockets = answers
      .flatMap(({ answer }) => answer?.targets ?? [])
      .reduce((sum, one) => sum + one.websockets, 0);
    // A request that was on its way when the drain began counts as one that was there.
    const { atStart } = drain.record;
    const inFlight = Math.max(atStart.inFlight, drain.counts.inFlight);
    drain.change({ atStart: { ...atStart, inFlight, websockets } });
    this.#save();
    this.#look();
    return inForce;
  }

  /** Looks after all that waits for something; watches while there is anything to wait for. */
  #look(): void {
    const { clock } = this.#options;
    for (const drain of this.#inForce) {
      drain.look(clock.now());
      this.#judge(drain, clock.wallMs());
    }
    const waits = this.#inForce.some(
      (drain) => drain.record.state === 'draining' || drain.record.expiresMs !== null || this.#isToFollow(drain),
    );
    if (!waits) this.stop();
    else this.#watch ??= clock.every(LOOK_MS, () => this.#look());
  }

  #judge(drain: Drain, nowMs: number): void {
    const { record } = drain;
    if (record.expiresMs !== null && nowMs >= record.expiresMs) {
      void this.end(drain, 'expired', 'sentinel', 'its time is over');
    } else if (record.state === 'draining' && drain.empty) {
      this.#drained(drain, nowMs);
    } else if (record.state === 'draining' && nowMs >= record.deadlineMs && record.overdueMs === null) {
      void this.#overdue(drain, nowMs);
    } else if (record.state === 'draining' && record.overdueMs !== null && record.onTimeout === 'close') {
      // A worker may not have answered, or a client that was cut had its request on the way.
      if (nowMs - record.overdueMs >= AGAIN_MS) void this.#cut(drain, nowMs);
    }
    if (this.#isToFollow(drain) && this.#options.mayChange()) this.#following.set(drain, this.#followUp(drain));
  }

  /** It is drained, and what is to follow has not begun. */
  #isToFollow(drain: Drain): boolean {
    const { state, persist, remove, followed } = drain.record;
    if (drain.result !== null || state !== 'drained' || followed !== null) return false;
    return (persist || remove) && !this.#following.has(drain);
  }

  #drained(drain: Drain, nowMs: number): void {
    const { log, touch } = this.#options;
    const { record } = drain;
    drain.change({ state: 'drained', drainedMs: nowMs });
    this.#count(drain, record.cut > 0 ? 'cut' : drain.gone ? 'gone' : 'drained');
    log.info('Target drained', {
      event: 'drain_done',
      ...subjectOf(drain),
      took_ms: nowMs - record.startedMs,
      finished: drain.finished,
      cut: record.cut,
    });
    if (drain.gone) this.#closeLeft(drain);
    this.#save();
    touch();
  }

  async #overdue(drain: Drain, nowMs: number): Promise<void> {
    const { log, touch } = this.#options;
    const { record } = drain;
    const { onTimeout } = record;
    drain.change({ overdueMs: nowMs });
    log.warn('Drain deadline passed', {
      event: 'drain_timeout',
      ...subjectOf(drain),
      in_flight: drain.counts.inFlight,
      on_timeout: onTimeout,
    });
    touch();
    if (onTimeout === 'restore') {
      this.#count(drain, 'restored');
      return this.end(drain, 'restored', 'sentinel', 'its deadline passed with work left');
    }
    if (onTimeout === 'wait') {
      this.#count(drain, 'waited');
      return this.#save();
    }
    return this.#cut(drain, nowMs);
  }

  async #cut(drain: Drain, nowMs: number): Promise<void> {
    drain.change({ overdueMs: nowMs });
    const answers = await this.#options.ask({ kind: 'cut', targets: drain.ids });
    const cut = answers.reduce((sum, { answer }) => sum + (answer?.cut ?? 0), 0);
    drain.change({ cut: drain.record.cut + cut });
    this.#options.log.warn('Requests cut', { event: 'drain_cut', ...subjectOf(drain), cut });
    this.#save();
    this.#look();
  }

  async #followUp(drain: Drain): Promise<void> {
    const { log, followUp, touch } = this.#options;
    const { persist, remove } = drain.record;
    const done = await followUp.carryOut(drain, (weights) => {
      drain.change({ weights });
      this.#save();
    });
    this.#following.delete(drain);
    drain.change({ followed: { ok: done.ok, lines: done.lines }, weights: done.weights });
    const facts = { event: 'drain_follow_up', ...subjectOf(drain), persist, remove, lines: done.lines.join('; ') };
    if (done.ok) log.info('What was to follow the drain is done', facts);
    else log.error('What was to follow the drain could not be done', facts);
    this.#save();
    touch();
  }

  /** The configuration has it no more. */
  #leave(drain: Drain): void {
    if (drain.gone) return;
    drain.leave();
    const { log } = this.#options;
    const removed = drain.record.remove && drain.record.state === 'drained';
    const facts = { event: 'drain_gone', ...subjectOf(drain), in_flight: drain.counts.inFlight };
    log.info('A draining target left the configuration', facts);
    if (removed) this.#close(drain, 'removed');
    else if (drain.record.state === 'drained') this.#closeLeft(drain);
    this.#save();
  }

  #closeLeft(drain: Drain): void {
    const leftMs = this.#options.clock.wallMs();
    this.#left = [{ ...drain.record, leftMs }, ...this.#left].slice(0, ENDED_KEPT);
    this.#close(drain, 'gone');
  }

  /** Drains what has left in case it is about to come back: not even the first request may go there. */
  #recall(): void {
    const nowMs = this.#options.clock.wallMs();
    const fresh = this.#left.filter(({ leftMs }) => leftMs !== null && Math.abs(nowMs - leftMs) < LEFT_KEPT_MS);
    this.#left = [];
    for (const record of fresh) {
      // Somebody may have drained it again.
      if (this.#inForce.some((drain) => overlap(drain.record, record))) continue;
      const drain = new Drain(record, this.#options.registry);
      drain.leave();
      this.#inForce = [...this.#inForce, drain];
    }
  }

  /** What has not come back is as it was; what has is in force again. */
  #forget(): void {
    const [away, back] = [[], []] as [Drain[], Drain[]];
    for (const drain of this.#inForce) if (drain.record.leftMs !== null) (drain.gone ? away : back).push(drain);
    if (away.length + back.length === 0) return;
    this.#inForce = this.#inForce.filter((drain) => !away.includes(drain));
    this.#left = [...away.map(({ record }) => record), ...this.#left];
    for (const drain of back) {
      drain.change({ leftMs: null });
      this.#ended = this.#ended.filter(({ record }) => record.id !== drain.record.id);
      this.#options.log.info('Target is back and drained as before', { event: 'drain_back', ...subjectOf(drain) });
    }
    this.#save();
    this.#options.touch();
  }

  #close(drain: Drain, result: DrainEnd): void {
    drain.close(result, this.#options.clock.wallMs());
    this.#inForce = this.#inForce.filter((one) => one !== drain);
    this.#ended = [drain, ...this.#ended].slice(0, ENDED_KEPT);
    this.#save();
    this.#options.touch();
  }

  #hold(drain: Drain, on: boolean): void {
    for (const id of drain.ids) this.#options.health().of(id)?.drain(on);
  }

  #count(drain: Drain, result: DrainResult): void {
    if (drain.record.counted) return;
    drain.change({ counted: true });
    this.#results.set(result, this.count(result) + 1);
  }

  #save(): void {
    const { kept, warnings } = this.#options;
    warnings.set('drains', kept.save([...this.#inForce.map(({ record }) => record), ...this.#left]));
  }
}

function overlap(one: DrainRecord, other: DrainRecord): boolean {
  return one.target === other.target && one.upstreams.some((name) => other.upstreams.includes(name));
}

function subjectOf({ record, ids }: Drain) {
  const { id, target, upstreams, actor, reason } = record;
  return { drain: id, target, upstreams: upstreams.join(', '), targets: ids.join(', '), actor, reason };
}
