/** What can be said of the targets of an upstream when no policy has found one: is there any, and what stands in the way. */
import type { Cause } from '../../shared/causes.ts';
import type { UpstreamRuntime } from '../runtime.ts';
import type { TargetRuntime } from '../target-runtime.ts';

/** Whether a target other than those of `except` would take a request now. */
export function anyEligible(
  upstream: UpstreamRuntime,
  except: ReadonlySet<TargetRuntime> | null,
  now: number,
): boolean {
  for (const target of upstream.targets) {
    if (target.weight === 0 || except?.has(target) === true) continue;
    if (target.breaker === null || target.breaker.allows(now)) return true;
  }
  return false;
}

/** Why there was none: `breaker_open` when there would be one but for its breaker. */
export function whyNone(upstream: UpstreamRuntime, now: number): Cause {
  for (const target of upstream.targets) {
    if (target.weight > 0 && target.breaker !== null && !target.breaker.allows(now)) return 'breaker_open';
  }
  if (upstream.targets.length > 0 && upstream.targets.every(({ draining }) => draining)) return 'draining';
  // There is none at all because no name has led to one.
  if (upstream.targets.length === 0 && upstream.plan.unresolved !== null) return upstream.plan.unresolved;
  return 'no_healthy_target';
}
