/** Choosing a target: one small strategy per policy, each over the targets that may take requests now. */
import type { LoadBalancing } from '../../../config/model.ts';

/** What a strategy may know of a target. */
export interface Candidate {
  /** 0 = takes no new request. */
  readonly weight: number;
  /** Requests in flight to it, over all workers. */
  inFlight(): number;
}

/** Picks the index of a target, or -1 when none can take a request. */
export type Balancer = (targets: readonly Candidate[]) => number;

/** @param random Uniform in [0, 1). @param offset Where this worker's rotation starts, so that workers do not march in step. */
export function createBalancer(policy: LoadBalancing, random: () => number, offset: number): Balancer {
  switch (policy) {
    case 'round_robin':
      return roundRobin(offset);
    case 'weighted':
      return smoothWeighted(offset);
    case 'least_connections':
      return leastConnections(offset);
    case 'random':
      return weightedRandom(random);
    case 'p2c':
      return powerOfTwo(random);
    default:
      return roundRobin(offset);
  }
}

/** Each target in turn, whatever its weight, as long as it has one. */
function roundRobin(offset: number): Balancer {
  let turn = offset;
  return (targets) => {
    for (let tried = 0; tried < targets.length; tried++) {
      const at = turn % targets.length;
      turn = at + 1;
      if ((targets[at] as Candidate).weight > 0) return at;
    }
    return -1;
  };
}

/** nginx's smooth weighted rotation: a heavy target is spread over the round, not served in a row. */
function smoothWeighted(offset: number): Balancer {
  let credits: number[] = [];
  return (targets) => {
    if (credits.length !== targets.length) credits = targets.map((_, at) => (at === offset % targets.length ? 0.5 : 0));
    let total = 0;
    let best = -1;
    for (let at = 0; at < targets.length; at++) {
      const weight = (targets[at] as Candidate).weight;
      if (weight === 0) continue;
      total += weight;
      credits[at] = (credits[at] as number) + weight;
      if (best === -1 || (credits[at] as number) > (credits[best] as number)) best = at;
    }
    if (best !== -1) credits[best] = (credits[best] as number) - total;
    return best;
  };
}

/** The smallest number of requests in flight per unit of weight; ties go round. */
function leastConnections(offset: number): Balancer {
  let turn = offset;
  return (targets) => {
    let best = -1;
    let bestLoad = Infinity;
    for (let step = 0; step < targets.length; step++) {
      const at = (turn + step) % targets.length;
      const target = targets[at] as Candidate;
      if (target.weight === 0) continue;
      const load = target.inFlight() / target.weight;
      if (load < bestLoad) {
        best = at;
        bestLoad = load;
      }
    }
    turn = best === -1 ? 0 : best + 1;
    return best;
  };
}

/** Drawn by weight. */
function weightedRandom(random: () => number): Balancer {
  return (targets) => draw(targets, random, -1);
}

/** Two different draws by weight; the one with fewer requests in flight per weight. */
function powerOfTwo(random: () => number): Balancer {
  return (targets) => {
    const first = draw(targets, random, -1);
    const second = draw(targets, random, first);
    if (second === -1) return first;
    const a = targets[first] as Candidate;
    const b = targets[second] as Candidate;
    return b.inFlight() / b.weight < a.inFlight() / a.weight ? second : first;
  };
}

function draw(targets: readonly Candidate[], random: () => number, except: number): number {
  let total = 0;
  for (let at = 0; at < targets.length; at++) if (at !== except) total += (targets[at] as Candidate).weight;
  let ticket = random() * total;
  let last = -1;
  for (let at = 0; at < targets.length; at++) {
    const weight = (targets[at] as Candidate).weight;
    if (at === except || weight === 0) continue;
    last = at;
    ticket -= weight;
    if (ticket < 0) return at;
  }
  return last;
}
