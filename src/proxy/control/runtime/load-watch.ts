/**
 * How busy the threads were in the last ten seconds: a look each second at the clocks that Node keeps of their event loops and
 * of the processor time of the process. Workers are not asked, and do not notice.
 */
import type { Clock, Stoppable } from '../../../base/clock.ts';

const LOOK_MS = 1_000;
const LOOKS = 10;

/** Milliseconds since a thread began that its event loop had work, and that it waited. */
export interface LoopClock {
  readonly active: number;
  readonly idle: number;
}

export interface LoadSources {
  readonly clock: Clock;
  /** Of the main thread. */
  readonly main: () => LoopClock;
  /** Of the workers; null = it is down. */
  readonly workers: () => readonly (LoopClock | null)[];
  /** Processor time that the process has used, in milliseconds. */
  readonly cpuMs: () => number;
}

interface Look {
  readonly at: number;
  readonly main: LoopClock;
  readonly workers: readonly (LoopClock | null)[];
  readonly cpuMs: number;
}

export class LoadWatch {
  readonly #sources: LoadSources;
  readonly #timer: Stoppable;
  readonly #looks: Look[] = [];

  constructor(sources: LoadSources) {
    this.#sources = sources;
    this.#looks.push(this.#look());
    this.#timer = sources.clock.every(LOOK_MS, () => {
      this.#looks.push(this.#look());
      if (this.#looks.length > LOOKS + 1) this.#looks.shift();
    });
  }

  /** Share of the time that the event loop of the main thread had work; null = not known yet. */
  get main(): number | null {
    return busyShare(this.#looks.map(({ main }) => main));
  }

  /** The same of each worker; null also while it is down. */
  get workers(): readonly (number | null)[] {
    const last = this.#looks.at(-1)?.workers ?? [];
    return last.map((_, worker) => busyShare(this.#looks.map(({ workers }) => workers[worker] ?? null)));
  }

  /** Processors' worth of work. */
  get cpuUsed(): number | null {
    const [first, last] = [this.#looks[0] as Look, this.#looks.at(-1) as Look];
    return last.at === first.at ? null : (last.cpuMs - first.cpuMs) / (last.at - first.at);
  }

  close(): void {
    this.#timer.stop();
  }

  #look(): Look {
    const { clock, main, workers, cpuMs } = this.#sources;
    return { at: clock.now(), main: main(), workers: workers(), cpuMs: cpuMs() };
  }
}

/** Over the looks at the thread that is there now: one that came in its place began to count anew. */
function busyShare(looks: readonly (LoopClock | null)[]): number | null {
  const last = looks.at(-1) ?? null;
  if (last === null) return null;
  let first = last;
  for (const look of looks.toReversed()) {
    if (look === null || look.active > first.active || look.idle > first.idle) break;
    first = look;
  }
  const [active, idle] = [last.active - first.active, last.idle - first.idle];
  return active + idle === 0 ? null : active / (active + idle);
}
