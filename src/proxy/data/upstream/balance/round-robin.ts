/**
 * `round_robin`: each target in turn, whatever its weight. Also where other policies turn when they have nothing to go by.
 * A target in slow start takes part of its turns: half of them at half its weight.
 */
import type { Balancer, BalanceRequest, Candidate } from './balancer.ts';

/** Sums of tenths may fall this short of one. */
const ALMOST_ONE = 1 - 1e-9;

export class RoundRobin implements Balancer {
  #turn: number;
  /** What targets in slow start have saved up; a whole one is a turn. */
  #credits: number[] = [];

  /** @param offset Where the rotation starts, so that workers do not march in step. */
  constructor(offset: number) {
    this.#turn = offset;
  }

  pick(targets: readonly Candidate[], request: BalanceRequest): number {
    let best = -1;
    for (let tried = 0; tried < targets.length; tried++) {
      const at = this.#turn % targets.length;
      this.#turn = at + 1;
      const target = targets[at] as Candidate;
      const { weight } = target;
      if (weight === 0 || request.skips(at)) continue;
      if (weight >= target.fullWeight) return at;
      if (this.#credits.length !== targets.length) this.#credits = targets.map(() => 0);
      const credits = this.#credits;
      const credit = (credits[at] as number) + weight / target.fullWeight;
      credits[at] = credit;
      if (credit >= ALMOST_ONE) {
        credits[at] = Math.max(0, credit - 1);
        return at;
      }
      if (best === -1 || credit > (credits[best] as number)) best = at;
    }
    // All that could take it are in slow start: the one that has waited longest for its size.
    if (best !== -1) {
      this.#credits[best] = Math.max(-1, (this.#credits[best] as number) - 1);
      this.#turn = best + 1;
    }
    return best;
  }
}
