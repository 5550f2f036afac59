/** What `alert-watch.ts` compares with thresholds, read from cells and the parts of the control plane. Judges nothing. */
import { type CellRegistry, proxyFields } from '../shared/cells.ts';
import type { AlertFacts } from './alert-watch.ts';
import type { Applied } from './daemon-state.ts';
import type { Breakers } from './health/breakers.ts';
import { memoryLimitOf } from './memory-limit.ts';

export interface AlertSources {
  readonly registry: CellRegistry;
  readonly breakers: Breakers;
  /** Bytes of memory that the process has resident. */
  readonly resident: () => number;
}

export function alertFactsOf({ config, plan }: Applied, sources: AlertSources): AlertFacts {
  const { registry, breakers, resident } = sources;
  const trips = new Map<string, number>();
  for (const named of breakers.all) {
    trips.set(named.upstream, (trips.get(named.upstream) ?? 0) + breakers.report(named).trips);
  }
  return {
    connections: {
      open: registry.shared(plan.cells.proxy, proxyFields.connections),
      limit: plan.limits.maxTotalConnections,
    },
    memory: { usedBytes: resident(), limitBytes: memoryLimitOf(config.limits).bytes },
    trips,
    traffic: null,
  };
}
