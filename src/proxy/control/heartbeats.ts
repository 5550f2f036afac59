/** Watches the beat of every worker: one that stands still is stuck, while the kernel keeps handing it connections. It is ended. */
import type { Clock, Stoppable } from '../../base/clock.ts';
import { type CellRegistry, workerFields } from '../shared/cells.ts';
import type { Lane } from './lane.ts';

const SILENCE_MS = 5_000;
/** A thread that has just been started loads its modules first. */
const FIRST_BEAT_MS = 15_000;
const CHECK_MS = 1_000;

export class Heartbeats {
  readonly #clock: Clock;
  readonly #registry: CellRegistry;
  readonly #lanes: readonly Lane[];
  readonly #timer: Stoppable;
  #checkedAt: number;

  constructor(clock: Clock, registry: CellRegistry, lanes: readonly Lane[]) {
    this.#clock = clock;
    this.#registry = registry;
    this.#lanes = lanes;
    this.#checkedAt = clock.now();
    this.#timer = clock.every(CHECK_MS, () => this.#check());
  }

  /** A thread begins in this lane. */
  begin(lane: Lane): void {
    lane.beat = this.#registry.shared(lane.cell, workerFields.beat);
    lane.beatAt = this.#clock.now();
    lane.beaten = false;
  }

  stop(): void {
    this.#timer.stop();
  }

  #check(): void {
    const now = this.#clock.now();
    // If this thread itself stood still (a suspended machine), so did the workers: they get their time again.
    const slept = now - this.#checkedAt > 2 * CHECK_MS;
    this.#checkedAt = now;
    for (const lane of this.#lanes) {
      if (lane.thread === null) continue;
      const beat = this.#registry.shared(lane.cell, workerFields.beat);
      if (beat !== lane.beat || slept) {
        lane.beaten ||= beat !== lane.beat;
        lane.beat = beat;
        lane.beatAt = now;
      } else if (now - lane.beatAt >= (lane.beaten ? SILENCE_MS : FIRST_BEAT_MS)) {
        lane.beatAt = now;
        void lane.thread.terminate(`no heartbeat for ${(lane.beaten ? SILENCE_MS : FIRST_BEAT_MS) / 1000} s`);
      }
    }
  }
}
