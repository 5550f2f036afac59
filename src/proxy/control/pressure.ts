/**
 * Measures the memory of the process against `limits.max-memory-bytes` and says to the workers how much they must refuse.
 * Looks a few times a second; costs nothing where there is no limit. What is refused is the workers' business (`admit.ts`).
 */
import type { Clock, Stoppable } from '../../base/clock.ts';
import { type CellRegistry, pressureFields, shedding } from '../shared/cells.ts';
import type { Plan } from '../shared/plan.ts';
import type { Log } from './logging.ts';
import type { StandingWarnings } from './standing-warnings.ts';

const LOOK_MS = 250;
/** Refusing everything makes no garbage that would be collected by itself: so often it is collected on purpose. */
const RELIEF_MS = 10_000;

/** Shares of the limit at which a level begins, and below which it ends: apart, so that it does not flutter. */
const bounds = {
  [shedding.connections]: { on: 0.9, off: 0.85 },
  [shedding.requests]: { on: 1, off: 0.95 },
} as const;

type Level = (typeof shedding)[keyof typeof shedding];

const words: Readonly<Record<Level, string>> = {
  [shedding.nothing]: 'Memory is below its limit again',
  [shedding.connections]: 'Memory is close to its limit: connections are closed after their answers',
  [shedding.requests]: 'Memory is above its limit: new requests are refused',
};

export interface PressureOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: CellRegistry;
  readonly warnings: StandingWarnings;
  /** Bytes of memory that the process has resident. */
  readonly resident: () => number;
  /** Makes every thread give back what it does not need. */
  readonly relieve: () => void;
}

export class Pressure {
  readonly #options: PressureOptions;
  #limit = 0;
  #state: Int32Array | null = null;
  #level: Level = shedding.nothing;
  #watch: Stoppable | null = null;
  #relievedAt = -Infinity;

  constructor(options: PressureOptions) {
    this.#options = options;
  }

  /** 0 = nothing is refused, 1 = connections are not kept, 2 = new requests are refused. */
  get level(): number {
    return this.#level;
  }

  /** A plan is in force: its limit holds from now on. */
  follow(plan: Plan): void {
    const { registry, clock } = this.#options;
    this.#state = registry.view(plan.cells.pressure, 0).shared;
    this.#limit = plan.limits.maxMemoryBytes;
    if (this.#limit === 0) {
      this.stop();
      this.#set(shedding.nothing, 0);
      return;
    }
    this.#watch ??= clock.every(LOOK_MS, () => this.#look());
    this.#look();
  }

  stop(): void {
    this.#watch?.stop();
    this.#watch = null;
  }

  #look(): void {
    const { clock, resident, relieve } = this.#options;
    const used = resident();
    const share = used / this.#limit;
    let level: Level = shedding.nothing;
    for (const one of [shedding.connections, shedding.requests] as const) {
      const { on, off } = bounds[one];
      if (share >= (this.#level >= one ? off : on)) level = one;
    }
    const risen = level > this.#level;
    this.#set(level, used);
    const now = clock.now();
    if (risen || (level === shedding.requests && now - this.#relievedAt >= RELIEF_MS)) {
      this.#relievedAt = now;
      relieve();
    }
  }

  #set(level: Level, used: number): void {
    const before = this.#level;
    if (this.#state !== null) Atomics.store(this.#state, pressureFields.shedding, level);
    if (level === before) return;
    this.#level = level;
    const { log, warnings } = this.#options;
    const facts = { event: 'memory_pressure', level, rss_bytes: used, limit_bytes: this.#limit };
    log[level > before ? 'warn' : 'info'](words[level], facts);
    warnings.set(
      'memory',
      level === shedding.nothing
        ? null
        : `memory is ${level === shedding.requests ? 'above' : 'close to'} limits.max-memory-bytes (${this.#limit}); ${
            level === shedding.requests ? 'new requests get 503' : 'connections are closed after each answer'
          } until it falls`,
    );
  }
}
