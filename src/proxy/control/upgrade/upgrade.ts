/**
 * The hand-over to a new process, from the side of the one that goes: start the heir with the listening sockets, wait until its
 * workers serve, let go of what there is one of, stand by for a moment in which the heir could still fail, then leave. Whatever
 * goes wrong before that, this process goes on as before. One at a time; asked for by the admin API.
 */
import type {
  UpgradeParty,
  UpgradePhase,
  UpgradeProblem,
  UpgradeReply,
} from '../../../admin/contract/upgrade-shapes.ts';
import type { Clock, Stoppable } from '../../../base/clock.ts';
import type { Environment } from '../../../base/environment.ts';
import { SentinelError } from '../../../base/errors.ts';
import { rfc3339 } from '../../../base/units.ts';
import type { Log } from '../logging.ts';
import type { Estate } from './estate.ts';
import { Heir } from './heir.ts';
import { HeirFailure } from './heir-failure.ts';
import { findProgram, type Origin } from './program.ts';
import type { Predecessor } from './predecessor.ts';

/** How long a new process may take to become ready where nobody says otherwise. */
export const defaultTimeoutMs = 60_000;
/** How long both serve, with the new one in charge: what fails at once under traffic is taken back without a connection lost. */
const SETTLE_MS = 2_000;
const PROGRESS_MS = 250;

/** What an upgrade does with the process that it happens in. */
export interface UpgradeHost {
  /** Why this process cannot be followed by another; null = it can. */
  objection(): string | null;
  /** From now on nothing is changed that the heir reads. */
  freeze(): void;
  /** All is as before. */
  thaw(): void;
  /** What it leaves, when no change is under way any more. */
  estate(): Promise<Estate>;
  /** The heir is in charge: nothing more is written that outlives a process. */
  relinquish(heir: UpgradeParty): void;
  /** The heir is gone: admin socket, pid file and all the rest are this process's again. */
  takeBack(): Promise<void>;
  /** Finishes what it has; resolves with the number of requests that the deadline cut. */
  leave(): Promise<number>;
  /** Requests that it has in flight now. */
  inFlight(): Promise<number | null>;
  /** Everything has been said: ends the process. */
  end(cut: number): Promise<void>;
}

export interface UpgradesOptions {
  readonly host: UpgradeHost;
  readonly origin: Origin | null;
  readonly predecessor: Predecessor | null;
  readonly environment: Environment;
  readonly self: UpgradeParty;
  readonly uid: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Tests shorten it. */
  readonly settleMs?: number;
}

export interface UpgradeOrder {
  readonly binary: string | null;
  readonly timeoutMs: number;
  readonly actor: string;
  readonly reason: string | null;
}

interface Attempt {
  phase: Exclude<UpgradePhase, 'none'>;
  readonly startedAtMs: number;
  to: UpgradeParty | null;
  inFlight: number | null;
  cut: number | null;
  problem: UpgradeProblem | null;
}

export class Upgrades {
  readonly #options: UpgradesOptions;
  #attempt: Attempt | null = null;
  #heir: Heir | null = null;

  constructor(options: UpgradesOptions) {
    this.#options = options;
  }

  /** One is being decided, or has been and this process is leaving. */
  get underWay(): boolean {
    return this.#attempt !== null && this.#attempt.phase !== 'failed';
  }

  get state(): UpgradeReply {
    const { self, predecessor } = this.#options;
    const attempt = this.#attempt;
    if (attempt !== null) {
      const { phase, startedAtMs, to, inFlight, cut, problem } = attempt;
      return {
        phase,
        pid: self.pid,
        started_at: rfc3339(startedAtMs),
        from: self,
        to,
        in_flight: inFlight,
        cut,
        problem,
      };
    }
    if (predecessor !== null) return { pid: self.pid, ...predecessor.state };
    const nothing = { started_at: null, from: null, to: null, in_flight: null, cut: null, problem: null };
    return { phase: 'none', pid: self.pid, ...nothing };
  }

  /**
   * Begins one; what becomes of it is told by `state`.
   * @throws SNT-P033 one is under way · SNT-P034 this process cannot hand over
   */
  begin(order: UpgradeOrder): void {
    const { host, origin, predecessor, clock, log } = this.#options;
    if (this.underWay) {
      throw new SentinelError('SNT-P033', 'an upgrade is under way already', { hint: 'sentinel upgrade --follow' });
    }
    if (predecessor?.present === true) {
      const { pid } = predecessor.estate.from;
      throw new SentinelError('SNT-P033', `the process before this one (pid ${pid}) is still finishing what it has`, {
        hint: 'sentinel upgrade --follow',
      });
    }
    const objection = host.objection() ?? (origin === null ? 'it was not started by `sentinel run`' : null);
    if (objection !== null) {
      throw new SentinelError('SNT-P034', `this process cannot hand over: ${objection}`, {
        hint: 'docs/upgrading.md says what to do instead',
      });
    }
    const startedAtMs = clock.wallMs();
    this.#attempt = { phase: 'starting', startedAtMs, to: null, inFlight: null, cut: null, problem: null };
    host.freeze();
    const { actor, reason, binary } = order;
    log.info('Upgrade begun', { event: 'upgrade', actor, reason, binary });
    void this.#carryOut(this.#attempt, order, origin as Origin);
  }

  /** The daemon is to stop: the new process ends first. Once that is in charge it stays. */
  abandon(): void {
    if (this.#attempt?.phase === 'starting') void this.#heir?.end();
  }

  async #carryOut(attempt: Attempt, order: UpgradeOrder, origin: Origin): Promise<void> {
    const { host, clock, log } = this.#options;
    let heir: Heir | null = null;
    let relinquished = false;
    try {
      heir = await this.#start(attempt, order, origin);
      const deadline = clock.now() + order.timeoutMs;
      await heir.expect('carrying', deadline);
      host.relinquish(attempt.to as UpgradeParty);
      relinquished = true;
      await heir.say({ kind: 'yours' });
      await heir.expect('ready', deadline);
      attempt.phase = 'settling';
      await this.#settle(heir);
    } catch (error) {
      await heir?.end();
      attempt.problem = problemOf(error);
      if (relinquished) await host.takeBack();
      host.thaw();
      attempt.phase = 'failed';
      const { detail, code, output } = attempt.problem;
      log.error('Upgrade failed, this process goes on', { event: 'upgrade_failed', code, problem: detail, output });
      return;
    }
    await this.#leave(attempt, heir);
  }

  async #start(attempt: Attempt, order: UpgradeOrder, origin: Origin): Promise<Heir> {
    const { host, environment, clock, self, uid, log } = this.#options;
    const program = await findProgram({ origin, binary: order.binary, environment, uid, pid: self.pid });
    const heir = await Heir.start({ program, environment, estate: await host.estate(), clock });
    this.#heir = heir;
    attempt.to = { pid: heir.pid, version: program.version };
    log.info('New process started', { event: 'upgrade_started', heir: heir.pid, version: program.version });
    return heir;
  }

  /** @throws HeirFailure when it ends meanwhile */
  async #settle(heir: Heir): Promise<void> {
    const { clock, settleMs = SETTLE_MS } = this.#options;
    let limit: Stoppable | null = null;
    const over = new Promise<null>((resolve) => {
      limit = clock.after(settleMs, () => resolve(null));
    });
    const failure = await Promise.race([heir.ended, over]);
    (limit as Stoppable | null)?.stop();
    if (failure !== null) throw failure;
  }

  async #leave(attempt: Attempt, heir: Heir): Promise<void> {
    const { host, clock, log, self } = this.#options;
    attempt.phase = 'draining';
    heir.release();
    log.info('Handed over', { event: 'handed_over', pid: self.pid, heir: heir.pid });
    const tell = async () => {
      attempt.inFlight = await host.inFlight();
      await heir.say({ kind: 'draining', in_flight: attempt.inFlight });
    };
    await heir.say({ kind: 'draining', in_flight: null });
    const progress = clock.every(PROGRESS_MS, () => void tell());
    const cut = await host.leave();
    progress.stop();
    attempt.cut = cut;
    attempt.phase = 'done';
    await heir.say({ kind: 'ended', cut });
    await host.end(cut);
  }
}

function problemOf(error: unknown): UpgradeProblem {
  if (error instanceof SentinelError) {
    const output = error instanceof HeirFailure ? error.output : [];
    return { code: error.code, detail: error.message, hint: error.hint ?? null, output };
  }
  const detail = `the upgrade met an internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  return { code: 'SNT-P070', detail, hint: null, output: [] };
}
