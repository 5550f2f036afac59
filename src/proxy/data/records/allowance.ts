/** So many in each piece of time, whenever within it they come. Asked on the hot path: one comparison in most cases. */
export class Allowance {
  readonly #most: number;
  readonly #periodMs: number;
  #left = 0;
  #until = -Infinity;

  constructor(most: number, periodMs: number) {
    this.#most = most;
    this.#periodMs = periodMs;
  }

  /** True when there was one left. @param now Milliseconds, never less than before. */
  take(now: number): boolean {
    if (now >= this.#until) {
      this.#until = now + this.#periodMs;
      this.#left = this.#most;
    }
    return this.#left > 0 && this.#left-- > 0;
  }
}
