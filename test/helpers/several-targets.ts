/** A plane in front of several scripted origins, all targets of one upstream, with what tests of tries ask it. */
import type { Config, RetryConfig } from '../../src/config/model.ts';
import type { Clock } from '../../src/base/clock.ts';
import { routeFields, upstreamFields } from '../../src/proxy/shared/cells.ts';
import { startPlane, type TestPlane } from './data-plane.ts';
import { ManualClock } from './manual-clock.ts';
import { type Origin, type Script, startOrigin } from './origin.ts';
import { type Scene, type SceneOptions, sceneOf, scenery } from './proxied.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

export interface SeveralTargets extends Omit<Scene, 'origin'> {
  readonly origins: readonly Origin[];
  /** Whole requests that reached the origins, in all. */
  reached(): number;
  /** `upstreamFields` of the first upstream. */
  count(field: keyof typeof upstreamFields): number;
  /** `routeFields` of the first route. */
  routeCount(field: keyof typeof routeFields): number;
}

/** A retry-policy that waits little and has budget. */
export function retryPolicy(overrides: Partial<RetryConfig> = {}): RetryConfig {
  return {
    maxAttempts: 3,
    perTryTimeoutMs: 0,
    backoffBaseMs: 1,
    backoffMaxMs: 2,
    retryableStatusCodes: [502, 503, 504],
    retryNonIdempotent: false,
    budgetPercent: 20,
    ...overrides,
  };
}

/** What a plane counted for its first upstream and its first route. */
export function countsOf({ registry, plan }: TestPlane): Pick<SeveralTargets, 'count' | 'routeCount'> {
  return {
    count: (field) => registry.sum(plan.upstreams[0]?.counts as NonNullable<never>, upstreamFields[field]),
    routeCount: (field) => registry.sum(plan.routes[0]?.counts as NonNullable<never>, routeFields[field]),
  };
}

/** @param targets A script for each origin, or the port of something else. They are taken in turn, the first one first. */
export async function severalTargets(
  t: Cleanup,
  targets: readonly (Script | number | undefined)[],
  options: SceneOptions = {},
): Promise<SeveralTargets> {
  const origins: Origin[] = [];
  const ports: number[] = [];
  for (const target of targets) {
    if (typeof target === 'number') ports.push(target);
    else {
      const origin = await startOrigin(t, target);
      origins.push(origin);
      ports.push(origin.port);
    }
  }
  const clock = new ManualClock();
  const settings: Config = scenery(ports, options);
  const used: Clock | undefined = options.manual === true ? clock : undefined;
  const plane = await startPlane(t, settings, used);
  return {
    ...sceneOf(t, plane),
    ...countsOf(plane),
    clock,
    config: settings,
    origins,
    reached: () => origins.reduce((sum, origin) => sum + origin.requests.length, 0),
  };
}
