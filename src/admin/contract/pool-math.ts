/**
 * What is left of an upstream when some of its targets go: the numbers by which the daemon judges a drain, and whoever shows one
 * before it is ordered. Pure.
 */

import type { DrainPreview } from './drain-shapes.ts';

export interface PoolTarget {
  readonly address: string;
  /** It takes requests now: no check, breaker or drain keeps it out, and it has a weight. */
  readonly takes: boolean;
  /** It drains, or has drained, already. */
  readonly draining: boolean;
  readonly weight: number;
  /** Requests per second, of late. */
  readonly rate: number;
}

export interface PoolJudgement {
  readonly total: number;
  readonly available: number;
  readonly draining: number;
  /** Out for another reason than a drain or weight 0. */
  readonly down: number;
  readonly left: number;
  readonly minHealthy: number;
  /** It would leave too few: only where it takes one away that takes requests. */
  readonly belowMin: boolean;
  /** Load on each of the rest, 1 = as now; null when nobody is left. */
  readonly loadRatio: number | null;
}

/** Fewer requests per second say nothing of how the load is spread. */
const LEAST_RATE = 1;

/** @param going Addresses that would drain besides. */
export function judgePool(
  targets: readonly PoolTarget[],
  going: ReadonlySet<string>,
  minHealthy: number,
): PoolJudgement {
  const serving = targets.filter(({ takes }) => takes);
  const rest = serving.filter(({ address }) => !going.has(address));
  const leaving = serving.length - rest.length;
  return {
    total: targets.length,
    available: serving.length,
    draining: targets.filter(({ draining }) => draining).length,
    down: targets.filter(({ takes, draining, weight }) => !takes && !draining && weight > 0).length,
    left: rest.length,
    minHealthy,
    belowMin: leaving > 0 && rest.length < minHealthy,
    loadRatio: rest.length === 0 ? null : loadOn(rest, serving),
  };
}

/** By what they take now; by their weights where that is too little to go by. */
function loadOn(rest: readonly PoolTarget[], serving: readonly PoolTarget[]): number {
  const total = (of: readonly PoolTarget[], what: (target: PoolTarget) => number) =>
    of.reduce((sum, target) => sum + what(target), 0);
  const rate = ({ rate: perSecond }: PoolTarget) => perSecond;
  const weight = ({ weight: share }: PoolTarget) => share;
  const measure = total(rest, rate) >= LEAST_RATE ? rate : weight;
  return total(serving, measure) / total(rest, measure);
}

/** The judgement as a preview of a drain says it. */
export function judgedFields(
  judged: PoolJudgement,
): Pick<
  DrainPreview,
  'total' | 'available' | 'draining' | 'down' | 'left' | 'min_healthy' | 'below_min' | 'load_ratio'
> {
  const { total, available, draining, down, left, minHealthy, belowMin, loadRatio } = judged;
  return {
    ...{ total, available, draining, down, left },
    min_healthy: minHealthy,
    below_min: belowMin,
    load_ratio: loadRatio === null ? null : Math.round(loadRatio * 1000) / 1000,
  };
}
