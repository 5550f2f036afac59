/** How an upstream stands: how many of its targets take requests, and whether that is too few. Pure. */
import type { UpstreamConfig } from '../../../config/model.ts';
import { minHealthyOf } from './ejection.ts';
import type { TargetHealth } from './target-health.ts';

export interface Standing {
  readonly upstream: string;
  readonly targets: number;
  /** Targets that take requests: admitted, with a weight, and with a closed breaker; those of which nothing is known are among them. */
  readonly available: number;
  readonly minHealthy: number;
  /** Targets that a check, passive health or a circuit breaker keeps out. */
  readonly down: number;
  /** Targets that get nothing since an operator has drained them, or has set their weight to 0 at run time. */
  readonly drained: number;
  /** Of those, how many are down: nothing is lost by it, and whoever works on them makes them so. */
  readonly drainedDown: number;
  /** Targets of which no check says anything, yet or at all, and that nothing keeps out. */
  readonly unknown: number;
  /** One sentence for `/ready` and `status`; null when all is well. */
  readonly degraded: string | null;
}

/** @param closed Whether the circuit breaker of a target is closed, or it has none. */
export function standingOf(
  upstream: UpstreamConfig,
  targets: readonly TargetHealth[],
  closed: (target: TargetHealth) => boolean,
): Standing {
  const { name } = upstream;
  const healthy = targets.filter(({ admitted }) => admitted);
  const weighted = healthy.filter(({ target }) => target.weight > 0);
  const available = weighted.filter(closed).length;
  const minHealthy = minHealthyOf(upstream.minHealthy, targets.length);
  const clear = healthy.filter(closed);
  const down = targets.filter((target) => !clear.includes(target));
  const drained = targets.filter(({ target }) => target.weight === 0 && isWeighty(upstream, target.written));
  const facts = {
    upstream: name,
    targets: targets.length,
    available,
    minHealthy,
    down: down.length,
    drained: drained.length,
    drainedDown: drained.filter((target) => down.includes(target)).length,
    unknown: clear.filter(({ verdict }) => verdict !== 'healthy').length,
  };
  const said = (words: string): Standing => ({ ...facts, degraded: `upstream ${name}: ${words}` });
  if (targets.length === 0) return said('no targets');
  if (healthy.length === 0) return said(`0 of ${targets.length} targets healthy`);
  if (weighted.length === 0) return said('every target that could take requests has weight 0');
  // Of targets without a check nobody can say that they are healthy.
  const counted = `${available} of ${targets.length} targets take requests`;
  if (available === 0) return said(`${counted}, ${weighted.length} with an open circuit breaker`);
  if (available < minHealthy) return said(`${counted}, min-healthy is ${minHealthy}`);
  return { ...facts, degraded: null };
}

/** Whether the configuration gives the target a weight. */
function isWeighty({ targets }: UpstreamConfig, written: string): boolean {
  return targets.some(({ address, weight }) => address === written && weight > 0);
}
