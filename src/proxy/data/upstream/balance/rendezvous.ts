/**
 * Weighted rendezvous hashing: every target has a number for every key, and the best takes the key. So a target that
 * leaves gives up its own keys and no others, to the rest by their weights, and gets exactly those back; a weight that
 * falls by a tenth moves a tenth of that target's keys. What is remembered is one number a target.
 */
import type { BalanceRequest, Candidate } from './balancer.ts';
import { hashText, mixBits } from './key-hash.ts';

export class Rendezvous {
  #targets: readonly Candidate[] | null = null;
  #seeds = new Uint32Array(0);
  #heaviest = 0;

  /** The target of a key, given as a hash of 32 bits; -1 = none can take it. */
  pick(targets: readonly Candidate[], request: BalanceRequest, key: number): number {
    if (targets !== this.#targets) this.#seed(targets);
    const seeds = this.#seeds;
    let best = -1;
    // A target draws u in (0, 1) and has the distance -ln(u) / weight; the nearest wins. Draws up to `floor` cannot.
    let nearest = Infinity;
    let floor = 0;
    for (let at = 0; at < seeds.length; at++) {
      const draw = (mixBits(key ^ (seeds[at] as number)) + 0.5) / 4_294_967_296;
      if (draw <= floor) continue;
      const { weight } = targets[at] as Candidate;
      if (weight === 0 || request.skips(at)) continue;
      const distance = -Math.log(draw) / weight;
      if (distance >= nearest) continue;
      best = at;
      nearest = distance;
      floor = Math.exp(-distance * this.#heaviest);
    }
    return best;
  }

  /** By identity, not by place: where a target stands in the list moves nothing. */
  #seed(targets: readonly Candidate[]): void {
    const taken = new Set<number>();
    this.#seeds = Uint32Array.from(targets, ({ id }) => {
      let seed = mixBits(hashText(id));
      while (taken.has(seed)) seed = (seed + 1) >>> 0;
      taken.add(seed);
      return seed;
    });
    this.#heaviest = targets.reduce((most, { fullWeight }) => Math.max(most, fullWeight), 0);
    this.#targets = targets;
  }
}
