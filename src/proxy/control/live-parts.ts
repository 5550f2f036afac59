/** Parts of a plan that the configuration does not say, for a configuration that needs none of them. */
import type { LivePlanParts } from './compile-plan.ts';

export const plainLiveParts: LivePlanParts = {
  targetsOf: (upstream) => upstream.targets.map((target) => ({ ...target, written: target.address })),
  security: { mode: 'off', difficulty: 0, ttlMs: 0, threshold: null, key: null, blocked: null, allowed: null },
  tables: { clientConnections: null, globalRate: null, clientRate: null },
  rateTable: () => null,
  stickyKey: null,
};
