/** Traffic without sockets: cells that a test counts in as workers do, and the part that reads them, on a clock that stands still. */
import { Traffic } from '../../src/proxy/control/traffic/traffic.ts';
import type { Cause } from '../../src/proxy/shared/causes.ts';
import { bump, CellRegistry, histogramFields, recordDuration, targetFields } from '../../src/proxy/shared/cells.ts';
import { countOutcome, outcomeFields } from '../../src/proxy/shared/outcome-counts.ts';
import type { Plan } from '../../src/proxy/shared/plan.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

export interface Counted {
  readonly clock: ManualClock;
  readonly registry: CellRegistry;
  readonly traffic: Traffic;
  /** Puts a plan in force: routes by id, upstreams with the addresses of their targets. */
  plan(routes: readonly string[], upstreams?: Readonly<Record<string, readonly string[]>>): void;
  /** One finished request of a route, counted by worker `lane`. */
  request(route: string | null, options?: RequestOptions): void;
  /** One finished try of a target. */
  tried(upstream: string, address: string, failed: boolean, seconds?: number): void;
}

export interface RequestOptions {
  readonly status?: number;
  readonly cause?: Cause;
  readonly seconds?: number;
  readonly lane?: number;
  readonly bytesOut?: number;
  readonly upstream?: string;
}

export function counted(laneCount = 2): Counted {
  const clock = new ManualClock();
  const registry = new CellRegistry(laneCount);
  const traffic = new Traffic(clock, registry);
  const histogram = (identity: string) => registry.cell(identity, histogramFields.laneLength, 0);
  const outcomes = (identity: string) => registry.cell(`${identity}-outcomes`, outcomeFields.laneLength, 0);
  const target = (id: string) => registry.cell(`target/${id}`, targetFields.laneLength, targetFields.sharedLength);
  return {
    clock,
    registry,
    traffic,
    plan(routes, upstreams = {}) {
      traffic.follow({
        cells: { unrouted: histogram('unrouted'), unroutedOutcomes: outcomes('unrouted') },
        routes: routes.map((id) => ({ id, cell: histogram(`route/${id}`), outcomes: outcomes(`route/${id}`) })),
        upstreams: Object.entries(upstreams).map(([name, addresses]) => ({
          name,
          cell: histogram(`upstream/${name}`),
          outcomes: outcomes(`upstream/${name}`),
          targets: addresses.map((address) => ({
            id: `${name}/${address}`,
            address,
            cell: target(`${name}/${address}`),
            durations: histogram(`target-durations/${name}/${address}`),
          })),
        })),
      } as unknown as Plan);
    },
    request(route, { status = 200, cause, seconds = 0.01, lane = 0, bytesOut = 100, upstream } = {}) {
      const names = [route === null ? 'unrouted' : `route/${route}`];
      if (upstream !== undefined) names.push(`upstream/${upstream}`);
      for (const name of names) {
        recordDuration(registry.view(histogram(name), lane), seconds);
        countOutcome(registry.view(outcomes(name), lane), status, cause ?? null, 10, bytesOut);
      }
    },
    tried(upstream, address, failed, seconds = 0.01) {
      const cell = registry.view(target(`${upstream}/${address}`), 0);
      bump(cell, targetFields.requests);
      if (failed) bump(cell, targetFields.errors);
      recordDuration(registry.view(histogram(`target-durations/${upstream}/${address}`), 0), seconds);
    },
  };
}
