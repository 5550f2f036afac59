/**
 * `least_connections`: the smallest number of requests in flight per unit of weight, over all workers; ties go round by
 * weight. A target in slow start is idle next to the others and would draw everything, so it gets no more than its turns
 * of a rotation by weight.
 */
import type { Balancer, BalanceRequest, Candidate } from './balancer.ts';

/** Sums of fractions may fall this short. */
const ALMOST = 1 - 1e-9;

export class LeastConnections implements Balancer {
  readonly #offset: number;
  #targets: readonly Candidate[] | null = null;
  /** What each target has not been given of its share of the requests so far; bounded by two rounds either way. */
  #credits: number[] = [];
  /** Weight of all targets at the last pick: the size of a round. */
  #round = 0;

  /** @param offset Which target wins the first tie, so that workers do not march in step. */
  constructor(offset: number) {
    this.#offset = offset;
  }

  pick(targets: readonly Candidate[], request: BalanceRequest): number {
    if (targets !== this.#targets) {
      this.#targets = targets;
      this.#credits = targets.map((_, at) => (at === this.#offset % targets.length ? 1e-6 : 0));
    }
    const credits = this.#credits;
    const round = this.#round;
    const most = round === 0 ? Infinity : 2 * round;
    let total = 0;
    let best = -1;
    let bestLoad = Infinity;
    // Who may take a request only when no other can: in slow start, with its share used up.
    let spare = -1;
    for (let at = 0; at < targets.length; at++) {
      const target = targets[at] as Candidate;
      const { weight } = target;
      if (weight === 0 || request.skips(at)) continue;
      total += weight;
      const credit = Math.min((credits[at] as number) + weight, most);
      credits[at] = credit;
      if (weight < target.fullWeight && credit < round * ALMOST) {
        if (spare === -1 || credit > (credits[spare] as number)) spare = at;
        continue;
      }
      const load = target.inFlight() / weight;
      if (load > bestLoad || (load === bestLoad && credit <= (credits[best] as number))) continue;
      best = at;
      bestLoad = load;
    }
    this.#round = total;
    if (best === -1) best = spare;
    if (best !== -1) credits[best] = Math.max((credits[best] as number) - total, -2 * total);
    return best;
  }
}
