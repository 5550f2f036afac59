/** `random`: a draw by weight. Two draws are the beginning of `two-choices.ts`. Slow start is a smaller weight. */
import type { Balancer, BalanceRequest, Candidate } from './balancer.ts';

/** Above so many targets, looking at all of them costs more than a few wrong guesses. */
const MANY = 4;
const GUESSES = 8;

export class Lottery implements Balancer {
  readonly #random: () => number;
  #targets: readonly Candidate[] | null = null;
  #heaviest = 0;

  /** @param random Uniform in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  pick(targets: readonly Candidate[], request: BalanceRequest): number {
    return this.draw(targets, request, -1);
  }

  /** One target by weight, but not `except`; -1 = there is no other. */
  draw(targets: readonly Candidate[], request: BalanceRequest, except: number): number {
    if (targets.length > MANY) {
      const guess = this.#guess(targets, request, except);
      if (guess !== -1) return guess;
    }
    let total = 0;
    for (let at = 0; at < targets.length; at++) {
      if (at !== except && !request.skips(at)) total += (targets[at] as Candidate).weight;
    }
    let ticket = this.#random() * total;
    let last = -1;
    for (let at = 0; at < targets.length; at++) {
      if (at === except || request.skips(at)) continue;
      const { weight } = targets[at] as Candidate;
      if (weight === 0) continue;
      last = at;
      ticket -= weight;
      if (ticket < 0) return at;
    }
    return last;
  }

  /** Takes any target and keeps it as often as its weight compares to the heaviest: the same shares, in a few looks. */
  #guess(targets: readonly Candidate[], request: BalanceRequest, except: number): number {
    if (targets !== this.#targets) {
      this.#targets = targets;
      this.#heaviest = targets.reduce((most, { fullWeight }) => Math.max(most, fullWeight), 0);
    }
    for (let guess = 0; guess < GUESSES; guess++) {
      const at = Math.floor(this.#random() * targets.length);
      if (at === except || request.skips(at)) continue;
      if (this.#random() * this.#heaviest < (targets[at] as Candidate).weight) return at;
    }
    return -1;
  }
}
