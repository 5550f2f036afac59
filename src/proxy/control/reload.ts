/**
 * Changes of the configuration: one at a time. Reloads that are asked for while one is under way become one more; every other
 * change is made for itself. A bad configuration changes nothing and says why in the log, in the counters and to whoever
 * asked. Certificates alone are reloaded in the same turn.
 */
import { resolve } from 'node:path';
import type { ReloadRecord, ReloadResult } from '../../admin/contract/shapes.ts';
import type { Clock } from '../../base/clock.ts';
import type { ErrorCode } from '../../base/codes.ts';
import { SentinelError } from '../../base/errors.ts';
import type { LoadResult } from '../../config/load.ts';
import { verified } from '../../routing/expectations.ts';
import type { Applier } from './applier.ts';
import type { Certificates, SwapOutcome } from './certificates/certificates.ts';
import { CertificateFaults } from './certificates/faults.ts';
import { redactText } from '../../base/redaction.ts';
import { rfc3339 } from '../../base/units.ts';
import type { Change, ChangeListener } from './change.ts';
import { type ConfigLoader, problemsOf, shortLine } from './config-source.ts';
import type { DaemonState } from './daemon-state.ts';
import type { Log } from './logging.ts';

export interface ReloadOutcome {
  readonly result: ReloadResult;
  readonly generation: number;
  readonly digest: string;
  readonly durationMs: number;
  /** Why not; empty when completed. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** `SNT-P010`, `SNT-P011` …; `SNT-P013` for a file that could not be read or is wrong; `null` when completed. */
  readonly code: ErrorCode | null;
  readonly hint: string | undefined;
}

export interface ReloaderOptions {
  /** Reads what is on disk. */
  readonly load: ConfigLoader;
  readonly applier: Applier;
  readonly state: DaemonState;
  /** Those who keep, or watch, what comes of changes. */
  readonly listeners: readonly ChangeListener[];
  /** Asked in the turn of each change, before anything is read: throws the reason why it may not be made now. */
  readonly gate?: (change: Change) => void;
  readonly log: Log;
  readonly clock: Clock;
  readonly certificates: Pick<Certificates, 'swap' | 'review'>;
}

/** Nothing is wrong with the configuration, but it may not be put in force now. */
const refusals: ReadonlySet<ErrorCode> = new Set(['SNT-A007', 'SNT-P010', 'SNT-P023']);

type Verdict = Pick<ReloadOutcome, 'result' | 'problems' | 'warnings' | 'code' | 'hint'>;

export class Reloader {
  readonly #options: ReloaderOptions;
  #running: Promise<ReloadOutcome> | null = null;
  #waiting: Promise<ReloadOutcome> | null = null;
  /** The change under way, of whichever kind. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ReloaderOptions) {
    this.#options = options;
  }

  /** Reads the configuration again and applies it. Resolves with what came of it; never rejects. */
  request(actor: string, reason: string | null): Promise<ReloadOutcome> {
    if (this.#waiting !== null) return this.#waiting;
    if (this.#running === null) return this.#start(actor, reason);
    // The one under way may have read the file before the change that this caller made.
    this.#waiting = this.#running.then(() => {
      this.#waiting = null;
      return this.#start(actor, reason);
    });
    return this.#waiting;
  }

  /** Reads the certificate files of the configuration in force again. Resolves with what came of it; never rejects. */
  certificates(actor: string, reason: string | null): Promise<SwapOutcome & { readonly durationMs: number }> {
    const { certificates, clock, state } = this.#options;
    return this.#inTurn(async () => {
      const began = clock.now();
      const outcome: SwapOutcome =
        state.phase === 'running'
          ? await certificates.swap(actor, reason)
          : { kind: 'failed', error: notNow(state, 'takes over no certificates') };
      state.touch();
      return { ...outcome, durationMs: Math.round(clock.now() - began) };
    });
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(change, change);
    this.#turn = turn;
    return turn;
  }

  /** Makes one change, after those asked for before. Resolves with what came of it; never rejects. */
  change(change: Change): Promise<ReloadOutcome> {
    return this.#inTurn(() => this.#carryOut(change));
  }

  #start(actor: string, reason: string | null): Promise<ReloadOutcome> {
    const running = this.change({ origin: 'reload', actor, reason, load: this.#options.load }).finally(() => {
      if (this.#running === running) this.#running = null;
    });
    this.#running = running;
    return running;
  }

  async #carryOut(change: Change): Promise<ReloadOutcome> {
    const { state, log, clock, listeners } = this.#options;
    const { actor, reason, origin } = change;
    const began = clock.now();
    const before = state.generation === 0 ? null : state.applied;
    for (const listener of listeners) listener.begins?.(change);
    const attempted = await this.#attempt(change);
    // They show lines of the file, and go to whoever may see the status.
    const verdict = { ...attempted, problems: attempted.problems.map(redactText) };
    const { digest, generation } = state.applied;
    const durationMs = Math.round(clock.now() - began);
    const record: ReloadRecord = {
      at: rfc3339(clock.wallMs()),
      actor,
      result: verdict.result,
      problems: verdict.problems,
    };
    state.reloads[verdict.result]++;
    state.lastReload = record;
    state.touch();
    const facts = {
      event: 'reload',
      actor,
      origin,
      ...(reason === null ? {} : { reason }),
      generation,
      digest,
      duration_ms: durationMs,
    };
    if (verdict.result === 'completed') log.info('Configuration reload completed', facts);
    else log.error('Configuration reload failed', { ...facts, result: verdict.result, problems: verdict.problems });
    for (const listener of listeners) {
      if (verdict.result === 'completed') await listener.applied?.(state.applied, before, change);
      else await listener.failed?.(verdict.problems, verdict.code, change);
    }
    return { ...verdict, generation, digest, durationMs };
  }

  async #attempt(change: Change): Promise<Verdict> {
    try {
      if (this.#options.state.phase !== 'running') throw notNow(this.#options.state, 'takes no new configuration');
      this.#options.gate?.(change);
      const read = change.load();
      // A rollback is the way out, whatever the tests of that time say.
      const loaded = change.origin === 'rollback' ? read : verified(read);
      if (loaded.kind !== 'ok') {
        if (loaded.kind === 'invalid' && loaded.unservable !== null)
          this.#options.certificates.review(loaded.unservable);
        return {
          result: 'failed',
          problems: problemsOf(loaded),
          warnings: [],
          code: 'SNT-P013',
          hint: nextAfter(loaded),
        };
      }
      await this.#options.applier.reload(loaded);
      const warnings = loaded.diagnostics.filter(({ level }) => level === 'warning').map(shortLine);
      return { result: 'completed', problems: [], warnings, code: null, hint: undefined };
    } catch (error) {
      if (error instanceof SentinelError) {
        const result = refusals.has(error.code) ? 'refused' : 'failed';
        const problems = error instanceof CertificateFaults ? error.problems : [error.message];
        return { result, problems, warnings: [], code: error.code, hint: error.hint };
      }
      this.#options.log.error('Reload met an internal error', {
        event: 'internal_error',
        error: error instanceof Error ? error.stack : String(error),
      });
      return { result: 'failed', problems: [String(error)], warnings: [], code: 'SNT-P070', hint: undefined };
    }
  }
}

function notNow({ phase }: DaemonState, what: string): SentinelError {
  const is = phase === 'handing-over' ? 'handing over to a new process' : phase;
  return new SentinelError('SNT-P011', `the daemon is ${is} and ${what}`);
}

/** What to type next: the command that shows every mistake in its place, from whatever folder it is typed. */
function nextAfter(refused: Exclude<LoadResult, { kind: 'ok' }>): string | undefined {
  if (refused.kind === 'unreadable') return refused.error.hint;
  const [first] = refused.sources;
  return first === undefined ? undefined : `sentinel validate ${resolve(first.file)}`;
}
