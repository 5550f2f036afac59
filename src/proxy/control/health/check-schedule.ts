/**
 * When which target is probed: each at its own pace, start to start, spread out by chance, never twice at once, and only so
 * many at the same time over all targets. Knows tasks by key; what a task does is not its business.
 */
import type { Clock, Stoppable } from '../../../base/clock.ts';

export interface CheckTask {
  /** Longest time from the start of one run to the start of the next; asked after each run. */
  paceMs(): number;
  /** One run. Must settle by itself; must not reject. */
  run(): Promise<void>;
}

export interface CheckScheduleOptions {
  readonly clock: Clock;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Runs at the same time. */
  readonly concurrency: number;
}

/** The first round comes this soon, however long the interval: nobody wants to know nothing for a minute. */
const FIRST_WITHIN_MS = 1_000;
/** Share of the pace that chance takes off, so that targets drift apart and a pace is never exceeded. */
const JITTER = 0.1;
/** After the first round, which came close together, up to this share: one interval spreads it out. */
const FIRST_JITTER = 0.9;

interface Entry {
  readonly task: CheckTask;
  timer: Stoppable | null;
  running: Promise<void> | null;
  rounds: number;
  gone: boolean;
}

export class CheckSchedule {
  readonly #options: CheckScheduleOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #queue: (() => void)[] = [];
  #busy = 0;

  constructor(options: CheckScheduleOptions) {
    this.#options = options;
  }

  /** Begins to run a task. */
  add(key: string, task: CheckTask): void {
    this.remove(key);
    const entry: Entry = { task, timer: null, running: null, rounds: 0, gone: false };
    this.#entries.set(key, entry);
    const { random } = this.#options;
    this.#startAfter(entry, random() * Math.min(FIRST_WITHIN_MS, task.paceMs()));
  }

  /** Runs it no more; a run under way ends by itself. */
  remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.gone = true;
    entry.timer?.stop();
    this.#entries.delete(key);
  }

  /** Runs it now, or waits for the run under way; the pace starts anew. Nothing for a key that is not known. */
  async now(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry !== undefined) await this.#start(entry);
  }

  stop(): void {
    for (const key of [...this.#entries.keys()]) this.remove(key);
    for (const give of this.#queue.splice(0)) give();
  }

  /** Does `work` when one of the places is free. */
  async withPlace<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy >= this.#options.concurrency) await new Promise<void>((give) => this.#queue.push(give));
    else this.#busy++;
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      // The place goes from hand to hand.
      if (next === undefined) this.#busy--;
      else next();
    }
  }

  #start(entry: Entry): Promise<void> {
    if (entry.running !== null) return entry.running;
    entry.timer?.stop();
    entry.timer = null;
    entry.running = this.#run(entry);
    return entry.running;
  }

  async #run(entry: Entry): Promise<void> {
    const { clock } = this.#options;
    let startedAt = clock.now();
    await this.withPlace(async () => {
      startedAt = clock.now();
      if (!entry.gone) await entry.task.run();
    });
    entry.running = null;
    if (entry.gone) return;
    const { random } = this.#options;
    const jitter = entry.rounds++ === 0 ? FIRST_JITTER : JITTER;
    const pace = entry.task.paceMs() * (1 - jitter * random());
    this.#startAfter(entry, startedAt + pace - clock.now());
  }

  #startAfter(entry: Entry, delayMs: number): void {
    entry.timer = this.#options.clock.after(Math.max(0, delayMs), () => void this.#start(entry));
  }
}
