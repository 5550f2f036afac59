/** From single results to a verdict: thresholds against flapping. One per checked target; no clock, no I/O. */

/** `unknown`: no probe has ended yet. Such a target takes traffic and is never called healthy. */
export type Verdict = 'unknown' | 'healthy' | 'unhealthy';

export interface Thresholds {
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export class CheckVerdict {
  readonly #thresholds: Thresholds;
  #verdict: Verdict = 'unknown';
  #run = 0;
  #lastOk: boolean | null = null;
  /** The next result is the first of another question. */
  #anew = false;

  /**
   * @param before What was thought until these settings came: a reload makes no dead target unknown again.
   * @param anew Something else is asked from here on: a single success ends what failures of the old question began.
   */
  constructor(thresholds: Thresholds, before: CheckVerdict | null = null, anew = false) {
    this.#thresholds = thresholds;
    if (before === null) return;
    this.#verdict = before.#verdict;
    this.#run = before.#run;
    this.#lastOk = before.#lastOk;
    this.#anew = anew;
  }

  get verdict(): Verdict {
    return this.#verdict;
  }

  /** Results in a row like the last one. */
  get run(): number {
    return this.#run;
  }

  /** Takes a result; true when the verdict changes. The first one decides at once. */
  take(ok: boolean): boolean {
    const anew = this.#anew;
    this.#anew = false;
    this.#run = ok === this.#lastOk && !anew ? this.#run + 1 : 1;
    this.#lastOk = ok;
    const said: Verdict = ok ? 'healthy' : 'unhealthy';
    if (said === this.#verdict) return false;
    const { healthyThreshold, unhealthyThreshold } = this.#thresholds;
    const decides = this.#verdict === 'unknown' || (anew && ok);
    if (!decides && this.#run < (ok ? healthyThreshold : unhealthyThreshold)) return false;
    this.#verdict = said;
    return true;
  }

  /**
   * Longest time between the starts of two probes. An unhealthy target is asked so often that all the successes that it
   * needs fit into one interval: it is back within one interval after it answers again (docs/decisions/0013-health.md).
   */
  paceMs(intervalMs: number): number {
    if (this.#verdict !== 'unhealthy') return intervalMs;
    return Math.max(MIN_PACE_MS, intervalMs / this.#thresholds.healthyThreshold);
  }
}

const MIN_PACE_MS = 100;
