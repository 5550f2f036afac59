/**
 * What a drain would mean, by the same arithmetic as the daemon's, from what was read last: so that it can be said at once, and again
 * when it is confirmed. The daemon judges for itself when it is ordered. Pure.
 */
import { judgedFields, judgePool } from '../../admin/contract/pool-math.ts';
import type { TargetState, UpstreamState } from '../../admin/contract/upstream-shapes.ts';
import type { KnownPreview } from '../../cli/drains/words.ts';
import { needsAttention } from '../../cli/verdicts.ts';
import type { Reading } from '../feed/reading.ts';

/**
 * One for each upstream that has any of the targets: a drain takes an address out wherever it stands.
 * @param going Addresses that would drain together.
 */
export function drainPreviews(reading: Reading, going: ReadonlySet<string>): readonly KnownPreview[] {
  return reading.upstreams
    .filter(({ targets }) => targets.some(({ address }) => going.has(address)))
    .map((upstream) => previewOfUpstream(upstream, going));
}

function previewOfUpstream(upstream: UpstreamState, going: ReadonlySet<string>): KnownPreview {
  const { targets, name, min_healthy: minHealthy, load_balancing: policy } = upstream;
  const leaving = targets.filter(({ address, drain }) => going.has(address) && drain === null);
  const judged = judgePool(
    targets.map((target) => ({
      address: target.address,
      takes: takesRequests(target),
      draining: target.drain !== null,
      weight: target.weight,
      rate: rateOf(target),
    })),
    new Set(leaving.map(({ address }) => address)),
    minHealthy,
  );
  const sum = (what: (target: TargetState) => number) => leaving.reduce((total, target) => total + what(target), 0);
  return {
    upstream: name,
    targets: leaving.map(({ address }) => address),
    ...judgedFields(judged),
    in_flight: sum(({ in_flight: count }) => count),
    websockets: null,
    idle: sum(({ idle }) => idle),
    requests_per_s: Math.round(sum(rateOf) * 10) / 10,
    sticks: policy === 'sticky' || policy === 'ip_hash' || policy === 'consistent_hash',
    routes: null,
  };
}

function takesRequests(target: TargetState): boolean {
  return target.drain === null && target.weight > 0 && !needsAttention(target);
}

function rateOf({ windows }: TargetState): number {
  return windows['1m']?.requests_per_s ?? 0;
}
