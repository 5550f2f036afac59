/**
 * The retries of one request under its route's policy: which failures may be repeated, the pause before, and a place in the
 * upstream's budget, held until the outcome is known. Asked by `tries.ts`; there is none where the route has no policy.
 */
import type { Stoppable } from '../../../base/clock.ts';
import type { RetryConfig } from '../../../config/model.ts';
import { acquire, bump, release, upstreamFields } from '../../shared/cells.ts';
import type { UpstreamRuntime } from '../runtime.ts';
import { isIdempotent } from './idempotent.ts';

/** So many retries may be under way at once however few requests there have been. */
const LEAST_RETRIES = 3;

export class Retries {
  readonly #policy: RetryConfig;
  /** Whether the method may go out twice at all. */
  readonly #repeatable: boolean;
  /** Whose budget a place is held in. */
  #held: UpstreamRuntime | null = null;
  #pause: Stoppable | null = null;

  constructor(policy: RetryConfig, method: string) {
    this.#policy = policy;
    this.#repeatable = policy.retryNonIdempotent || isIdempotent(method);
  }

  /** 0 = no bound. */
  get perTryMs(): number {
    return this.#policy.perTryTimeoutMs;
  }

  /** Whether the body is worth keeping. */
  get repeatable(): boolean {
    return this.#repeatable;
  }

  /** Whether an answer with this status counts as a failure. */
  lists(status: number): boolean {
    return this.#policy.retryableStatusCodes.includes(status);
  }

  /** Whether the policy allows a try after so many that were sent. */
  allows(sent: number): boolean {
    return this.#repeatable && sent < this.#policy.maxAttempts;
  }

  /**
   * Takes a place in the budget of an upstream: a share of its traffic, so that retries never multiply that of an upstream
   * which fails. Beyond it there are still as many as make few under way over all workers. False, and counted, when there
   * is none.
   */
  begin(upstream: UpstreamRuntime, now: number): boolean {
    const most = upstream.retryBudget.take(now, this.#policy.budgetPercent) ? 0 : LEAST_RETRIES;
    if (!acquire(upstream.counts, upstreamFields.retrying, most)) {
      bump(upstream.counts, upstreamFields.retriesOverBudget);
      return false;
    }
    this.#held = upstream;
    return true;
  }

  /** Gives the place back, if one is held. @param succeeded Null = it is not known, the client has left. */
  ended(succeeded: boolean | null): void {
    const upstream = this.#held;
    if (upstream === null) return;
    this.#held = null;
    release(upstream.counts, upstreamFields.retrying);
    if (succeeded !== null) {
      bump(upstream.counts, succeeded ? upstreamFields.retriesSucceeded : upstreamFields.retriesFailed);
    }
  }

  /** Length of the pause after so many tries: up to twice as long each time, spread evenly from nothing ("full jitter"). */
  pauseMs(sent: number, random: number): number {
    const { backoffBaseMs, backoffMaxMs } = this.#policy;
    return random * Math.min(backoffMaxMs, backoffBaseMs * 2 ** (sent - 1));
  }

  pause(clock: { after(ms: number, task: () => void): Stoppable }, ms: number, then: () => void): void {
    this.#pause = clock.after(ms, () => {
      this.#pause = null;
      then();
    });
  }

  /** The request is given up. */
  stop(): void {
    this.#pause?.stop();
    this.#pause = null;
    this.ended(null);
  }
}
