/**
 * How long a target's answers take: a moving average that jumps up at once when an answer is slow and comes down over
 * seconds ("peak EWMA"). One per worker and target; told by the tries at the end of each, read by `peak_ewma`.
 */

/** After this long without news, what was known counts for a third. */
const DECAY_MS = 10_000;
/** A try that failed counts as an answer that took at least so long: failing fast must not attract requests. */
const FAILURE_MS = 1000;

export class LatencyAverage {
  #value = 0;
  /** When `#value` was true; -1 = never. */
  #at = -1;
  /** When a first answer was asked for. */
  #askedAt = -Infinity;

  /** Whether anything is known at all. */
  get known(): boolean {
    return this.#at !== -1;
  }

  /** A request is on its way there, and nothing is known yet. */
  asked(now: number): void {
    this.#askedAt = now;
  }

  /** Nothing is known, and no request is on its way to find out; one that never came back is forgotten after a while. */
  unasked(now: number): boolean {
    return this.#at === -1 && now - this.#askedAt > DECAY_MS;
  }

  /** An answer came `ms` after its request was sent. */
  record(ms: number, now: number): void {
    const kept = this.read(now);
    // Between news the average falls by itself, so what is left of it is what counts besides the new answer.
    const weight = this.#at === -1 ? 0 : Math.exp(-Math.max(0, now - this.#at) / DECAY_MS);
    this.#value = ms > kept ? ms : this.#value * weight + ms * (1 - weight);
    this.#at = now;
  }

  /** A try ended without an answer that counts, after `ms`. */
  failed(ms: number, now: number): void {
    this.record(Math.max(ms, FAILURE_MS), now);
  }

  /** Milliseconds; falls while nothing is heard, so that a target that was slow is tried again. 0 when nothing is known. */
  read(now: number): number {
    return this.#at === -1 ? 0 : this.#value * Math.exp(-Math.max(0, now - this.#at) / DECAY_MS);
  }
}
