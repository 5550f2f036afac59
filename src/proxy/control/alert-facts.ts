/** What `alert-watch.ts` compares with thresholds, read from cells and the parts of the control plane. Judges nothing. */
import { type CellRegistry, proxyFields } from '../shared/cells.ts';
import type { AlertFacts } from './alert-watch.ts';
import type { Applied } from './daemon-state.ts';
import type { Breakers } from './health/breakers.ts';
import { memoryLimitOf } from './memory-limit.ts';
import type { Traffic } from './traffic/traffic.ts';
import { type Window, windowQuantiles } from './traffic/window.ts';

export interface AlertSources {
  readonly registry: CellRegistry;
  readonly breakers: Breakers;
  readonly traffic: Traffic;
  /** Bytes of memory that the process has resident. */
  readonly resident: () => number;
}

export function alertFactsOf({ config, plan }: Applied, sources: AlertSources): AlertFacts {
  const { registry, breakers, traffic, resident } = sources;
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
    traffic: trafficOf(traffic.totalWindows()['1m']),
  };
}

const p99 = windowQuantiles.indexOf(0.99);

function trafficOf({ requests, errors, quantiles }: Window): AlertFacts['traffic'] {
  return requests === 0 ? null : { requests, errorRatio: errors / requests, p99Ms: (quantiles[p99] ?? 0) * 1000 };
}
