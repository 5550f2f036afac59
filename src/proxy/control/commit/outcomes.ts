/** What became of changes on trial: events, counts, and the last few that ended, for whoever asks later. Decides nothing. */
import type { EndedChange, RollbackCause } from '../../../admin/contract/commit-shapes.ts';
import { rfc3339 } from '../../../base/units.ts';
import type { Log } from '../logging.ts';
import type { Trial } from './trial.ts';

const KEPT = 20;

interface RolledBack {
  /** Null = it was not on trial. */
  readonly id: string | null;
  readonly generation: number;
  /** The number under which the one before is in force again. */
  readonly inForce: number;
  readonly cause: RollbackCause;
  readonly why: string | null;
  readonly at: string;
  readonly actor: string;
}

export class Outcomes {
  /** `failed`: a rollback that could not be carried out. */
  readonly rollbacks: Record<RollbackCause | 'failed', number> = {
    timer: 0,
    guard: 0,
    operator: 0,
    boot: 0,
    failed: 0,
  };
  readonly #log: Log;
  #ended: readonly EndedChange[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  /** Newest first. */
  get ended(): readonly EndedChange[] {
    return this.#ended;
  }

  find(id: string): EndedChange | null {
    return this.#ended.find((one) => one.id === id) ?? null;
  }

  pending({ id, generation, base, actor, reason, deadline, limits }: Trial): void {
    this.#log.info('Configuration applied on trial', {
      event: 'config_pending',
      id,
      generation,
      from: base.generation,
      actor,
      ...(reason === null ? {} : { reason }),
      deadline: rfc3339(deadline.wallMs),
      guards: limits,
      next: `sentinel config confirm ${id}`,
    });
  }

  extended({ id, generation, deadline }: Trial, actor: string): void {
    this.#log.info('Configuration has longer to be confirmed', {
      event: 'config_extended',
      id,
      generation,
      actor,
      deadline: rfc3339(deadline.wallMs),
    });
  }

  confirmed({
    id,
    generation,
    at,
    actor,
    why,
  }: Pick<RolledBack, 'generation' | 'at' | 'actor' | 'why'> & { id: string }): void {
    this.#log.info('Configuration confirmed', {
      event: 'config_confirmed',
      id,
      generation,
      actor,
      ...(why === null ? {} : { reason: why }),
    });
    this.#keep({ id, generation, result: 'confirmed', cause: null, why, at, in_force: null });
  }

  replaced({ id, generation }: Trial, at: string): void {
    this.#keep({
      id,
      generation,
      result: 'replaced',
      cause: null,
      why: 'another change took its place',
      at,
      in_force: null,
    });
  }

  rolledBack({ id, generation, inForce, cause, why, at, actor }: RolledBack): void {
    this.rollbacks[cause]++;
    const facts = {
      event: 'config_rollback',
      ...(id === null ? {} : { id }),
      cause,
      generation,
      in_force: inForce,
      actor,
      why: why ?? 'no reason was given',
    };
    if (cause === 'operator') this.#log.warn('Configuration rolled back', facts);
    else this.#log.error('Configuration rolled back', facts);
    if (id !== null) this.#keep({ id, generation, result: 'rolled_back', cause, why, at, in_force: inForce });
  }

  /** The worst case: what was to be undone runs on. */
  stuck(
    { id, generation, base, problem }: Trial,
    cause: RollbackCause,
    why: string | null,
    hint: string | undefined,
  ): void {
    this.rollbacks.failed++;
    this.#log.error('Configuration could not be rolled back and runs on', {
      event: 'config_rollback_failed',
      code: 'SNT-P024',
      id,
      generation,
      to: base.generation,
      cause,
      ...(why === null ? {} : { why }),
      problem,
      next: hint ?? `sentinel config rollback ${id}`,
    });
  }

  #keep(ended: EndedChange): void {
    this.#ended = [ended, ...this.#ended].slice(0, KEPT);
  }
}
