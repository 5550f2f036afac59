/** The ramp of a target that comes back: the part of its weight that is withheld falls from nine tenths to nothing. */
import type { Clock, Stoppable } from '../../../base/clock.ts';

/** Per mille that is withheld at first. */
const FIRST_WITHHELD = 900;
const STEP_MS = 100;
const MAX_STEPS = 100;

export class SlowStart {
  readonly #clock: Clock;
  readonly #write: (withheld: number) => void;
  #timer: Stoppable | null = null;
  #withheld = 0;

  /** @param write Gets per mille, at each step. */
  constructor(clock: Clock, write: (withheld: number) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  /** Per mille of its weight that the target does not get yet. */
  get withheld(): number {
    return this.#withheld;
  }

  /** @param durationMs Until the whole weight; 0 = at once. */
  start(durationMs: number): void {
    this.stop();
    if (durationMs <= 0) return;
    const startedAt = this.#clock.now();
    this.#set(FIRST_WITHHELD);
    const step = (): void => {
      const left = 1 - (this.#clock.now() - startedAt) / durationMs;
      if (left <= 0) this.stop();
      else this.#set(Math.ceil(FIRST_WITHHELD * left));
    };
    this.#timer = this.#clock.every(Math.max(STEP_MS, durationMs / MAX_STEPS), step);
  }

  /** The whole weight, now. */
  stop(): void {
    this.#timer?.stop();
    this.#timer = null;
    if (this.#withheld !== 0) this.#set(0);
  }

  #set(withheld: number): void {
    this.#withheld = withheld;
    this.#write(withheld);
  }
}
