/** How an upstream stands: how many of its targets take requests, and whether that is too few. Pure. */
import type { UpstreamConfig } from '../../../config/model.ts';
import { minHealthyOf } from './ejection.ts';
import type { TargetHealth } from './target-health.ts';

export interface Standing {
  readonly upstream: string;
  readonly targets: number;
  /** Targets that take requests; those of which nothing is known yet are among them. */
  readonly available: number;
  readonly minHealthy: number;
  /** One sentence for `/ready` and `status`; null when all is well. */
  readonly degraded: string | null;
}

export function standingOf(upstream: UpstreamConfig, targets: readonly TargetHealth[]): Standing {
  const { name } = upstream;
  const healthy = targets.filter(({ admitted }) => admitted);
  const available = healthy.filter(({ target }) => target.weight > 0).length;
  const minHealthy = minHealthyOf(upstream.minHealthy, targets.length);
  const facts = { upstream: name, targets: targets.length, available, minHealthy };
  const said = (words: string): Standing => ({ ...facts, degraded: `upstream ${name}: ${words}` });
  if (targets.length === 0) return said('no targets');
  const counted = `${healthy.length} of ${targets.length} targets healthy`;
  if (healthy.length === 0) return said(counted);
  if (available === 0) return said('every healthy target has weight 0');
  if (available < minHealthy) return said(`${counted}, min-healthy is ${minHealthy}`);
  return { ...facts, degraded: null };
}
