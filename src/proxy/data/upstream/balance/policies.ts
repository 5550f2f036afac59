/** The balancing policies by name. Asked by the runtime, once for each upstream. */
import type { LoadBalancingConfig } from '../../../../config/model.ts';
import type { Balancer } from './balancer.ts';
import { HashPolicy } from './hash-policy.ts';
import { LeastConnections } from './least-connections.ts';
import { Lottery } from './lottery.ts';
import { RoundRobin } from './round-robin.ts';
import { SmoothWeighted } from './smooth-weighted.ts';
import { Sticky } from './sticky.ts';
import { inFlightCost, latencyCost, TwoChoices } from './two-choices.ts';

/**
 * @param random Uniform in [0, 1).
 * @param offset Where this worker's rotations start, so that workers do not march in step.
 * @param stickyKey Signs the cookie of `sticky`; without it requests are balanced in turn.
 */
export function createBalancer(
  config: LoadBalancingConfig,
  random: () => number,
  offset: number,
  stickyKey: Uint8Array | null,
): Balancer {
  switch (config.policy) {
    case 'round_robin':
      return new RoundRobin(offset);
    case 'weighted':
      return new SmoothWeighted(offset);
    case 'least_connections':
      return new LeastConnections(offset);
    case 'random':
      return new Lottery(random);
    case 'p2c':
      return new TwoChoices(random, inFlightCost);
    case 'peak_ewma':
      return new TwoChoices(random, latencyCost);
    case 'ip_hash':
      return new HashPolicy({ kind: 'client_ip' }, offset);
    case 'consistent_hash':
      return new HashPolicy(config.key, offset);
    case 'sticky':
      return stickyKey === null ? new RoundRobin(offset) : new Sticky(config.cookie, stickyKey, offset);
  }
}
