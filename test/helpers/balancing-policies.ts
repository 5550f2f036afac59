/** All balancing policies, for tests of each of them. */
import type { LoadBalancing } from '../../src/config/model.ts';

export const balancingPolicies: readonly LoadBalancing[] = [
  'round_robin',
  'weighted',
  'least_connections',
  'ip_hash',
  'random',
  'p2c',
  'peak_ewma',
  'consistent_hash',
  'sticky',
];
