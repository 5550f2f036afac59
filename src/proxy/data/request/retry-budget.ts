/**
 * How many requests of one upstream a worker may send again: a share of those that it has taken in the last ten seconds.
 * Traffic, not what is in flight at this moment, is what retries are held against: when a target dies, a third of what is
 * in flight may fail at once, and an upstream that fails for good still gets no more than its share on top. Asked by `retries.ts`.
 */

const SLOTS = 10;
const SLOT_MS = 1000;

export class RetryBudget {
  readonly #requests = new Uint32Array(SLOTS);
  readonly #retries = new Uint32Array(SLOTS);
  /** Number of the present slot since the clock's beginning. */
  #slot = 0;

  /** A request has come. */
  count(now: number): void {
    const at = this.#turn(now);
    this.#requests[at] = (this.#requests[at] as number) + 1;
  }

  /** Takes one retry. False when `percent` of the last ten seconds' requests have been retried in that time. */
  take(now: number, percent: number): boolean {
    const at = this.#turn(now);
    let requests = 0;
    let retries = 0;
    for (let slot = 0; slot < SLOTS; slot++) {
      requests += this.#requests[slot] as number;
      retries += this.#retries[slot] as number;
    }
    if ((retries + 1) * 100 > requests * percent) return false;
    this.#retries[at] = (this.#retries[at] as number) + 1;
    return true;
  }

  /** The place of the present slot; those whose time is over are emptied. */
  #turn(now: number): number {
    const slot = Math.floor(now / SLOT_MS);
    const passed = Math.min(slot - this.#slot, SLOTS);
    for (let step = 0; step < passed; step++) {
      const at = (slot - step) % SLOTS;
      this.#requests[at] = 0;
      this.#retries[at] = 0;
    }
    if (passed > 0) this.#slot = slot;
    return this.#slot % SLOTS;
  }
}

/** Those of one worker, by the name of the upstream: they outlive plans. */
export class RetryBudgets {
  readonly #budgets = new Map<string, RetryBudget>();

  of(upstream: string): RetryBudget {
    const budget = this.#budgets.get(upstream) ?? new RetryBudget();
    this.#budgets.set(upstream, budget);
    return budget;
  }
}
