/** Targets and requests as balancing policies see them, and numbers to judge what they pick. */
import type { LoadBalancing, LoadBalancingConfig } from '../../../src/config/model.ts';
import type { Balancer, BalanceRequest, Candidate } from '../../../src/proxy/data/upstream/balance/balancer.ts';
import { LatencyAverage } from '../../../src/proxy/data/upstream/balance/latency-average.ts';
import { createBalancer } from '../../../src/proxy/data/upstream/balance/policies.ts';
import { balancing } from '../../helpers/data-plane.ts';
import { Dice } from '../../helpers/dice.ts';

/** Numbers in [0, 1) that are the same in every run. */
export function seeded(seed: number): () => number {
  const dice = new Dice(seed);
  return () => dice.word() / 2 ** 32;
}

/** A target whose state a test turns by hand. */
export class TestTarget implements Candidate {
  readonly id: string;
  readonly fullWeight: number;
  /** Part of its weight that it gets now. */
  share = 1;
  load = 0;
  readonly latency = new LatencyAverage();

  constructor(id: string, fullWeight: number) {
    this.id = id;
    this.fullWeight = fullWeight;
  }

  get weight(): number {
    return this.fullWeight * this.share;
  }

  inFlight(): number {
    return this.load;
  }
}

/** Targets `a`, `b` … of these weights. */
export function targets(...weights: readonly number[]): TestTarget[] {
  return weights.map((weight, at) => new TestTarget(`origin/10.0.0.${at + 1}:8080`, weight));
}

/** Targets with so many requests in flight. */
export function loaded(...loads: readonly (readonly [weight: number, inFlight: number])[]): TestTarget[] {
  const among = targets(...loads.map(([weight]) => weight));
  among.forEach((target, at) => (target.load = loads[at]?.[1] ?? 0));
  return among;
}

export class TestRequest implements BalanceRequest {
  clientIp = '192.0.2.1';
  path = '/';
  now = 0;
  readonly fields: Record<string, string> = {};
  readonly skipped = new Set<number>();
  stuck = '';

  header(name: string): string | undefined {
    return this.fields[name];
  }

  skips(at: number): boolean {
    return this.skipped.has(at);
  }

  stick(line: string): void {
    this.stuck = line;
  }
}

export const stickyKey = Buffer.from('a key of the tests, 32 bytes long');

export function balancer(policy: LoadBalancing | LoadBalancingConfig, random = seeded(1), offset = 0): Balancer {
  return createBalancer(typeof policy === 'string' ? balancing(policy) : policy, random, offset, stickyKey);
}

/** Client number `number`, each with an address of its own. */
export function client(number: number): string {
  return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
}

/** How often each target was picked, each time by another client. */
export function counts(balance: Balancer, among: readonly Candidate[], picks: number): number[] {
  const result = among.map(() => 0);
  const request = new TestRequest();
  for (let i = 0; i < picks; i++) {
    request.clientIp = client(i);
    const at = balance.pick(among, request);
    result[at] = (result[at] ?? 0) + 1;
  }
  return result;
}

/** Pearson's statistic against expected shares. */
export function chiSquare(observed: readonly number[], shares: readonly number[]): number {
  const total = observed.reduce((sum, count) => sum + count, 0);
  return observed.reduce((sum, count, at) => {
    const expected = total * (shares[at] ?? 0);
    return sum + (count - expected) ** 2 / expected;
  }, 0);
}
