/**
 * `weighted`: nginx's smooth weighted rotation. Each target gets exactly its share of a round, spread over it: a heavy
 * target is not served in a row. Slow start is a smaller weight.
 */
import type { Balancer, BalanceRequest, Candidate } from './balancer.ts';

export class SmoothWeighted implements Balancer {
  readonly #offset: number;
  #targets: readonly Candidate[] | null = null;
  #credits: number[] = [];

  /** @param offset Which target begins, so that workers do not march in step. */
  constructor(offset: number) {
    this.#offset = offset;
  }

  pick(targets: readonly Candidate[], request: BalanceRequest): number {
    if (targets !== this.#targets) {
      this.#targets = targets;
      this.#credits = targets.map((_, at) => (at === this.#offset % targets.length ? 0.5 : 0));
    }
    const credits = this.#credits;
    let total = 0;
    let best = -1;
    for (let at = 0; at < targets.length; at++) {
      const { weight } = targets[at] as Candidate;
      if (weight === 0 || request.skips(at)) continue;
      total += weight;
      credits[at] = (credits[at] as number) + weight;
      if (best === -1 || (credits[at] as number) > (credits[best] as number)) best = at;
    }
    if (best !== -1) credits[best] = (credits[best] as number) - total;
    return best;
  }
}
