/**
 * The process whose place this one takes, as this one holds it: what it leaves, what it says, and whether it is still there. When
 * it dies before it has let go, this one takes over all the same: somebody has to.
 */
import type { UpgradeProblem, UpgradeReply } from '../../../admin/contract/upgrade-shapes.ts';
import type { Clock, Stoppable } from '../../../base/clock.ts';
import type { Environment } from '../../../base/environment.ts';
import { SentinelError } from '../../../base/errors.ts';
import { rfc3339 } from '../../../base/units.ts';
import type { ProcessHandle } from '../signals.ts';
import type { FromHeir, ToHeir } from './channel.ts';
import { type Estate, readEstate } from './estate.ts';

export interface PredecessorOptions {
  readonly parent: ProcessHandle;
  readonly estate: Estate;
  readonly clock: Clock;
  readonly version: string;
}

export class Predecessor {
  readonly estate: Estate;
  readonly #options: PredecessorOptions;
  readonly #startedAtMs: number;
  readonly #free = Promise.withResolvers<void>();
  #gone = false;
  #draining = false;
  #inFlight: number | null = null;
  #cut: number | null = null;

  constructor(options: PredecessorOptions) {
    this.#options = options;
    this.estate = options.estate;
    this.#startedAtMs = options.clock.wallMs();
    const { parent } = options;
    parent.on('message', (message) => this.#hear(message as ToHeir));
    parent.on('disconnect', () => {
      this.#gone = true;
      this.#free.resolve();
    });
    if (parent.connected !== true) {
      this.#gone = true;
      this.#free.resolve();
    }
    // A listener to messages would keep this process alive.
    parent.channel?.unref();
  }

  /** Whether it is still there. */
  get present(): boolean {
    return !this.#gone;
  }

  /** The workers serve: waits until this process may take over what there is one of. @throws SNT-P035 */
  async letGo(limitMs: number): Promise<void> {
    await this.#say({ kind: 'carrying' });
    let limit: Stoppable | null = null;
    const late = new Promise<never>((_, reject) => {
      limit = this.#options.clock.after(limitMs, () =>
        reject(
          new SentinelError(
            'SNT-P035',
            `the process that this one was to take over from (pid ${this.estate.from.pid}) did not let go within ${limitMs / 1000} s`,
            { hint: 'it goes on as before; see its log, then run `sentinel upgrade` again' },
          ),
        ),
      );
    });
    try {
      await Promise.race([this.#free.promise, late]);
    } finally {
      (limit as Stoppable | null)?.stop();
    }
  }

  ready(): Promise<void> {
    return this.#say({ kind: 'ready' });
  }

  refused(problem: UpgradeProblem): Promise<void> {
    return this.#say({ kind: 'refused', ...problem });
  }

  get state(): Omit<UpgradeReply, 'pid'> {
    const { parent, version } = this.#options;
    return {
      phase: this.#gone ? 'done' : this.#draining ? 'draining' : 'settling',
      started_at: rfc3339(this.#startedAtMs),
      from: this.estate.from,
      to: { pid: parent.pid, version },
      in_flight: this.#gone ? 0 : this.#inFlight,
      cut: this.#cut,
      problem:
        this.#gone && this.#cut === null
          ? {
              code: 'SNT-P031',
              detail: `the old process (pid ${this.estate.from.pid}) ended before it had finished what it had`,
              hint: null,
              output: [],
            }
          : null,
    };
  }

  #hear(message: ToHeir): void {
    switch (message.kind) {
      case 'yours':
        return this.#free.resolve();
      case 'draining':
        this.#draining = true;
        this.#inFlight = message.in_flight;
        return;
      case 'ended':
        this.#cut = message.cut;
        return;
    }
  }

  #say(message: FromHeir): Promise<void> {
    const { parent } = this.#options;
    return new Promise((resolve) => {
      if (this.#gone || parent.connected !== true) return resolve();
      parent.send?.(message, () => resolve());
    });
  }
}

/** Null when this process was not started to take over. */
export function findPredecessor(
  parent: ProcessHandle,
  environment: Environment,
  clock: Clock,
  version: string,
): Predecessor | null {
  const estate = readEstate(environment);
  // A variable alone is not enough: it may have come down from a process that had a predecessor.
  if (estate === null || parent.send === undefined) return null;
  return new Predecessor({ parent, estate, clock, version });
}
