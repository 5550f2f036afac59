/**
 * Guarded changes of the configuration: one at a time is in force on trial until it is confirmed, runs out of time, is stopped by
 * a guard, or is rolled back. Every step goes through `Reloader.change`; the file on disk is written when a change is confirmed.
 * Asked by `admin/commit-handlers.ts`; keeps other changes out while one is on trial.
 */
import type { DiskResult, PendingChange, PendingReply, RollbackCause } from '../../../admin/contract/commit-shapes.ts';
import type { Clock, Stoppable } from '../../../base/clock.ts';
import type { SentinelError } from '../../../base/errors.ts';
import { rfc3339 } from '../../../base/units.ts';
import type { LoadResult } from '../../../config/load.ts';
import type { Boot } from '../../../history/boot.ts';
import type { GenerationFile } from '../../../history/generation.ts';
import type { Certificates } from '../certificates/certificates.ts';
import type { Change, ChangeListener } from '../change.ts';
import type { Applied, DaemonState } from '../daemon-state.ts';
import type { StandingWarnings } from '../standing-warnings.ts';
import type { GuardLimits } from './guard-limits.ts';
import type { GuardWatch } from './guard-watch.ts';
import type { Outcomes } from './outcomes.ts';
import type { Done, OwnChanges } from './own-changes.ts';
import { checkWindow, notPending, notWritten, pendingAlready, waiting } from './refusals.ts';
import { confirmedOf, filesOf, guardState, hasBaseline, pemOf, pendingView, type Trial } from './trial.ts';
import type { TrialDisk } from './trial-disk.ts';

export interface CommitOptions {
  readonly clock: Clock;
  readonly warnings: StandingWarnings;
  readonly state: DaemonState;
  readonly own: OwnChanges;
  /** Hex digits for ids. */
  readonly random: () => string;
  readonly watch: GuardWatch;
  readonly certificates: Pick<Certificates, 'bytes'>;
  readonly disk: TrialDisk;
  readonly outcomes: Outcomes;
}

export interface ApplyOrder {
  readonly actor: string;
  readonly reason: string | null;
  /** Why what the operator was looking at is no longer so; null while it is. */
  readonly outdated: () => SentinelError | null;
  readonly text: string;
  /** Null = confirmed at once. */
  readonly windowMs: number | null;
  readonly limits: GuardLimits;
  readonly stack: boolean;
}

export interface WentBack extends Done {
  /** Of the change on trial that has ended by it; null when none was. */
  readonly id: string | null;
  /** The generation whose text is in force again. */
  readonly restored: number;
}

const ownActor = 'sentinel';
const stillSo = () => null;
/** Where a change cannot be undone just now: how long after that it is tried again. */
const LOOK_AGAIN_MS = 1_000;
const youngWords =
  'less than 30 s are known of the time before the change: errors and TLS handshakes are held against absolute bounds, p99 against nothing';

export class Commit implements ChangeListener {
  readonly #options: CommitOptions;
  #trial: Trial | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: CommitOptions) {
    this.#options = options;
  }

  /** What is on trial; null when nothing is. */
  get pending(): PendingChange | null {
    const { clock, watch } = this.#options;
    return this.#trial === null ? null : pendingView(this.#trial, watch.readings ?? [], clock.now());
  }

  /** Rollbacks by cause, and `failed` ones. */
  get rollbacks(): Outcomes['rollbacks'] {
    return this.#options.outcomes.rollbacks;
  }

  view(): PendingReply {
    const { pending } = this;
    const { watch, outcomes } = this.#options;
    const watched = pending === null && watch.readings !== null ? watch.readings.map(guardState) : null;
    return { pending, ended: outcomes.ended, watched };
  }

  /** Before each change, in its turn. @throws SNT-P023 while another one is on trial */
  gate(change: Change): void {
    if (this.#trial !== null && this.#options.own.following(change) === null) throw waiting(this.#trial);
    this.#options.watch.capture();
  }

  /** The first configuration is in force: the one before one on trial, where the process before has ended without a decision. */
  began({ generation }: Applied, boot: Boot | null): void {
    const { outcomes, watch } = this.#options;
    watch.warnOf(generation, null, 'quiet');
    if (boot?.choice.kind !== 'previous') return;
    const { id, generation: tried } = boot.choice.pending;
    const why = boot.words ?? 'the process ended before anybody confirmed it';
    outcomes.rolledBack({
      id,
      generation: tried,
      inForce: generation,
      cause: 'boot',
      why,
      at: this.#at(),
      actor: ownActor,
    });
  }

  applied(applied: Applied, before: Applied | null, change: Change): void {
    const { watch } = this.#options;
    if (before === null) return this.began(applied, null);
    const follow = this.#options.own.following(change);
    if (follow !== null) return follow(applied, before);
    watch.warnOf(applied.generation, before.digest === applied.digest ? null : undoOf(before.generation));
  }

  /**
   * Puts a configuration in force: on trial, or for good. What is wrong with it is in the outcome.
   * @throws SNT-A020, A022, A023, A024
   */
  apply(order: ApplyOrder): Promise<Done> {
    return this.#inTurn(async () => {
      const { disk } = this.#options;
      const file = { path: disk.path, text: order.text };
      const replaced = this.#trial;
      if (replaced !== null && !order.stack) throw pendingAlready(replaced);
      if (order.windowMs !== null) checkWindow(order.windowMs);
      disk.checkWritable();
      return order.windowMs === null
        ? await this.#applyForGood(order, file, replaced)
        : await this.#applyOnTrial(order, file, replaced, order.windowMs);
    });
  }

  /** Keeps what is on trial, and writes its file. @throws SNT-A021, P025 */
  confirm(
    id: string,
    actor: string,
    reason: string | null,
  ): Promise<{ readonly generation: number; readonly already: boolean; readonly disk: DiskResult }> {
    return this.#inTurn(async () => {
      const { disk, outcomes, state, watch } = this.#options;
      const trial = this.#trial;
      const ended = outcomes.find(id);
      if (trial === null && ended?.result === 'confirmed') {
        // The reply to the first time was lost.
        const { generation } = ended;
        return { generation, already: true, disk: { written: true, path: disk.path, problem: null } };
      }
      if (trial?.id !== id) throw notPending(id, trial, ended);
      const { generation, base } = trial;
      const written = disk.write(trial.files, `${id} was confirmed`);
      if (written.problem !== null) throw notWritten(written.problem, trial);
      this.#leave(trial);
      watch.settle(undoOf(base.generation));
      outcomes.confirmed({ id, generation, at: this.#at(), actor, why: reason });
      state.touch();
      return { generation, already: false, disk: written };
    });
  }

  /** Gives it this long from now on; never less than it has. @throws SNT-A021, A022 */
  extend(id: string, byMs: number, actor: string): Promise<PendingChange> {
    return this.#inTurn(async () => {
      const { clock, disk, outcomes, state } = this.#options;
      let trial = this.#trial;
      if (trial?.id !== id || trial.problem !== null) throw notPending(id, trial, outcomes.find(id));
      checkWindow(byMs);
      if (clock.now() + byMs > trial.deadline.at) {
        disk.mark(trial, clock.wallMs() + byMs);
        trial.timer?.stop();
        trial = { ...trial, ...this.#timed(id, byMs) };
        this.#trial = trial;
        state.touch();
      }
      outcomes.extended(trial, actor);
      return this.pending as PendingChange;
    });
  }

  /**
   * Ends what is on trial, or goes back to a kept generation: to the one that is named, else to the one before.
   * @throws SNT-A020, A021, A023, A024, A025, P018
   */
  rollback(
    to: { readonly id?: string; readonly generation?: number },
    { actor, reason, outdated = stillSo }: Pick<ApplyOrder, 'actor' | 'reason'> & Partial<Pick<ApplyOrder, 'outdated'>>,
  ): Promise<WentBack> {
    return this.#inTurn(async () => {
      const { disk, outcomes, own, state, watch } = this.#options;
      const trial = this.#trial;
      if (to.id !== undefined && trial?.id !== to.id) throw notPending(to.id, trial, outcomes.find(to.id));
      if (trial !== null) {
        const { generation } = trial.base;
        if (to.generation !== undefined && to.generation !== generation) throw pendingAlready(trial);
        return { ...(await this.#goBack(trial, 'operator', reason, actor)), id: trial.id, restored: generation };
      }
      disk.checkWritable();
      const { number, files } = disk.kept(to.generation, state.applied);
      const why = reason ?? `back to generation ${number}`;
      const done = await own.restore({ actor, reason: why, outdated }, files, null, (applied, before) => {
        watch.warnOf(applied.generation, undoOf(before.generation));
        const facts = { id: null, generation: before.generation, inForce: applied.generation, actor };
        outcomes.rolledBack({ ...facts, cause: 'operator', why, at: this.#at() });
        return disk.write(files, why);
      });
      return { ...done, id: null, restored: number };
    });
  }

  /** Nothing happens by itself any more: what is on trial is decided by the next start. */
  close(): void {
    this.#trial?.timer?.stop();
    this.#options.watch.close();
  }

  async #applyForGood(order: ApplyOrder, file: GenerationFile, replaced: Trial | null): Promise<Done> {
    const { disk, own, state, watch } = this.#options;
    const { actor, reason, outdated } = order;
    const from = replaced?.base ?? confirmedOf(state.applied);
    let written: DiskResult | null = null;
    const outcome = await own.make({ origin: 'apply', actor, reason, outdated }, this.#candidate(file), (applied) => {
      // In the turn of the change: a reload after it has to find the new text.
      written = disk.write(filesOf(applied.loaded), `generation ${applied.generation} was applied`);
      if (replaced !== null) this.#replace(replaced);
      watch.warnOf(applied.generation, undoOf(from.generation));
    });
    return { outcome, disk: written, from: from.generation, remarks: [] };
  }

  async #applyOnTrial(
    order: ApplyOrder,
    file: GenerationFile,
    replaced: Trial | null,
    windowMs: number,
  ): Promise<Done> {
    const { certificates, clock, disk, outcomes, own, state, watch } = this.#options;
    const { actor, reason, limits, outdated } = order;
    const base = replaced?.base ?? confirmedOf(state.applied);
    const id = this.#newId();
    const remarks: string[] = [];
    const candidate = this.#candidate(file);
    const pemBefore = replaced?.pem.before ?? certificates.bytes;
    let restore: Trial['restore'] = replaced?.restore ?? [];
    const load = () => {
      const result = candidate();
      if (result.kind !== 'ok') return result;
      restore = [...restore, ...disk.heldAlready(base, filesOf(result))];
      disk.mark({ id, generation: state.generation + 1, base, actor, reason, restore }, clock.wallMs() + windowMs);
      return result;
    };
    const outcome = await own.make({ origin: 'apply', actor, reason, outdated }, load, (applied) => {
      if (replaced !== null) this.#replace(replaced);
      const { generation } = applied;
      const baseline = watch.tryOut({
        generation,
        limits,
        ...(replaced === null ? {} : { baseline: replaced.baseline }),
        onComplaint: (complaints) => void this.#byItself(id, 'guard', complaints.join('; ')),
      });
      const files = filesOf(applied.loaded);
      const appliedAtMs = clock.wallMs();
      const pem = { before: pemBefore, first: certificates.bytes };
      const facts = { id, generation, base, actor, reason, files, restore, pem, limits, baseline, appliedAtMs };
      this.#trial = { ...facts, ...this.#timed(id, windowMs), problem: null };
      state.trial = { id, generation };
      if (!hasBaseline(baseline)) remarks.push(youngWords);
      outcomes.pending(this.#trial);
    });
    if (outcome.result !== 'completed') {
      if (replaced === null) disk.unmark();
      else disk.mark(replaced, replaced.deadline.wallMs);
    }
    return { outcome, disk: null, from: base.generation, remarks };
  }

  /** By the timer, or by a guard; what was decided meanwhile stands. */
  #byItself(id: string, cause: 'timer' | 'guard', why: string): Promise<void> {
    return this.#inTurn(async () => {
      const { clock, state } = this.#options;
      const trial = this.#trial;
      if (trial?.id !== id || trial.problem !== null || state.phase === 'draining') return;
      const leftMs = cause === 'timer' ? trial.deadline.at - clock.now() : 0;
      if (leftMs > 0 || state.phase !== 'running') {
        // It was given more time, or a process that was to take over may give back what it took: undecided it must not stay.
        trial.timer?.stop();
        this.#trial = { ...trial, timer: this.#timer(id, Math.max(leftMs, LOOK_AGAIN_MS)) };
        return;
      }
      await this.#goBack(trial, cause, why, ownActor);
    });
  }

  async #goBack(trial: Trial, cause: RollbackCause, why: string | null, actor: string): Promise<Done> {
    const { certificates, disk, outcomes, own, state, warnings, watch } = this.#options;
    const { id, base, generation } = trial;
    const reason = why ?? `${id} was rolled back`;
    const pem = () => pemOf(trial, certificates.bytes);
    const done = await own.restore({ actor, reason, outdated: stillSo }, base.files, pem, (applied) => {
      this.#leave(trial);
      watch.warnOf(applied.generation, null, 'quiet');
      outcomes.rolledBack({ id, generation, inForce: applied.generation, cause, why, at: this.#at(), actor });
      return disk.putBack(trial, reason);
    });
    const { result, problems, hint } = done.outcome;
    if (result !== 'completed' && state.phase === 'running') {
      trial.timer?.stop();
      const problem = problems.join('; ');
      this.#trial = { ...trial, timer: null, problem };
      outcomes.stuck(this.#trial, cause, why, hint);
      const words = `generation ${generation} (${id}) was to be rolled back to ${base.generation} and could not: ${problem}`;
      warnings.set('rollback', `${words}; it runs on, confirmed by nobody. Next: sentinel config rollback ${id}`);
    }
    return done;
  }

  #candidate(file: GenerationFile): () => LoadResult {
    return () => this.#options.disk.load([file], false);
  }

  #timed(id: string, windowMs: number): Pick<Trial, 'deadline' | 'timer'> {
    const { clock } = this.#options;
    return {
      deadline: { at: clock.now() + windowMs, wallMs: clock.wallMs() + windowMs },
      timer: this.#timer(id, windowMs),
    };
  }

  #timer(id: string, delayMs: number): Stoppable {
    return this.#options.clock.after(delayMs, () => void this.#byItself(id, 'timer', 'nobody confirmed it in time'));
  }

  /** It is no longer on trial. */
  #leave(trial: Trial): void {
    const { state, warnings } = this.#options;
    trial.timer?.stop();
    this.#trial = null;
    state.trial = null;
    warnings.set('rollback', null);
  }

  #replace(trial: Trial): void {
    this.#leave(trial);
    this.#options.outcomes.replaced(trial, this.#at());
  }

  #newId(): string {
    for (;;) {
      const id = `c-${this.#options.random()}`;
      if (this.#options.outcomes.find(id) === null && this.#trial?.id !== id) return id;
    }
  }

  #at(): string {
    return rfc3339(this.#options.clock.wallMs());
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(step);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

function undoOf(generation: number): string {
  return `sentinel config rollback ${generation} --confirm=${generation}`;
}
