/**
 * How often workers may die: how long to wait before the next start, and when to give up. The first replacement is
 * immediate; a worker that keeps dying comes back ever later, up to two seconds; twenty deaths within a minute while no
 * worker stayed up for ten seconds end the process. Pure: time is passed in.
 */

const DELAYS_MS = [0, 100, 200, 400, 800, 1600, 2000] as const;
const WINDOW_MS = 60_000;
const MAX_DEATHS = 20;
/** A worker that served this long is healthy: its earlier deaths no longer delay it. */
export const stableMs = 10_000;

export class DeathBudget {
  #deaths: number[] = [];
  readonly #streaks = new Map<number, number>();

  /** Records a death after `servedMs` of service and says how long to wait before the worker is started again. */
  died(worker: number, now: number, servedMs: number): number {
    this.#deaths = [...this.#deaths.filter((at) => now - at < WINDOW_MS), now];
    const streak = servedMs >= stableMs ? 0 : (this.#streaks.get(worker) ?? 0);
    this.#streaks.set(worker, streak + 1);
    return DELAYS_MS[Math.min(streak, DELAYS_MS.length - 1)] as number;
  }

  /** True when it is time to give up. `steady`: some worker has been serving for `stableMs`. */
  exhausted(now: number, steady: boolean): boolean {
    return !steady && this.#deaths.filter((at) => now - at < WINDOW_MS).length >= MAX_DEATHS;
  }
}
