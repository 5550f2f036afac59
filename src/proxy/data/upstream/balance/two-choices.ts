/**
 * `p2c` and `peak_ewma`: two draws by weight, and the better of both takes the request; the policies differ in what
 * better means. Nearly as even as looking at all targets, and workers that choose at the same time do not all run to the
 * same one. A target in slow start is drawn less often and never preferred for being idle.
 */
import type { Balancer, BalanceRequest, Candidate } from './balancer.ts';
import { Lottery } from './lottery.ts';

/** What a request costs there, per unit of its full weight: slow start has had its say in the draw. Smaller is better. */
export type Cost = (target: Candidate, now: number) => number;

export class TwoChoices implements Balancer {
  readonly #lottery: Lottery;
  readonly #cost: Cost;

  constructor(random: () => number, cost: Cost) {
    this.#lottery = new Lottery(random);
    this.#cost = cost;
  }

  pick(targets: readonly Candidate[], request: BalanceRequest): number {
    const at = this.#better(targets, request);
    if (at === -1) return -1;
    const { latency } = targets[at] as Candidate;
    if (!latency.known) latency.asked(request.now);
    return at;
  }

  #better(targets: readonly Candidate[], request: BalanceRequest): number {
    const first = this.#lottery.draw(targets, request, -1);
    if (first === -1) return -1;
    const second = this.#lottery.draw(targets, request, first);
    if (second === -1) return first;
    const a = targets[first] as Candidate;
    const b = targets[second] as Candidate;
    if (b.weight < b.fullWeight) return first;
    return this.#cost(b, request.now) < this.#cost(a, request.now) ? second : first;
  }
}

/** Requests in flight. */
export const inFlightCost: Cost = (target) => target.inFlight() / target.fullWeight;

/** A target is tried at once, whoever keeps it busy; until its first answer it takes others only where there is no choice. */
const UNKNOWN_MS = 1e6;

/** How long a request would wait if answers took as long as of late and came one after the other. */
export const latencyCost: Cost = (target, now) => {
  const { latency } = target;
  if (latency.unasked(now)) return 0;
  return ((latency.known ? latency.read(now) : UNKNOWN_MS) * (target.inFlight() + 1)) / target.fullWeight;
};
