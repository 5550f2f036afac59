/**
 * Which share of the last quarter of an hour a target took requests, from its verdict now and the flips that the daemon told of. What
 * nobody told of is not known, and counts neither way. Pure.
 */
import type { EventState } from '../../admin/contract/event-shapes.ts';
import type { TargetVerdict } from '../../admin/contract/upstream-shapes.ts';

export interface Availability {
  /** 0–1 of `knownMs`; null = nothing is known. */
  readonly share: number | null;
  readonly knownMs: number;
}

export interface AvailabilityFacts {
  readonly upstream: string;
  readonly target: string;
  readonly verdict: TargetVerdict;
  /** When it began to take requests, or stopped; ms by the daemon's clock. */
  readonly sinceMs: number;
  /** Of the daemon, any kind, oldest first. */
  readonly events: readonly EventState[];
}

/** @param fromMs Nothing before it counts: the daemon was not there, or it is too long ago. @param untilMs Now, by the same clock. */
export function availabilityOf(facts: AvailabilityFacts, fromMs: number, untilMs: number): Availability {
  const flips = flipsOf(facts);
  let up = 0;
  let known = 0;
  const count = (isUp: boolean, beginMs: number, endMs: number): number => {
    const begin = Math.max(beginMs, fromMs);
    const lasted = Math.max(0, Math.min(endMs, untilMs) - begin);
    known += lasted;
    if (isUp) up += lasted;
    return begin;
  };
  const newest = flips.at(-1);
  // A flip that is not told of (yet) is the one that it stands so since.
  let at = count(
    takesRequests(facts.verdict),
    newest === undefined ? facts.sinceMs : Math.max(facts.sinceMs, newest.atMs),
    untilMs,
  );
  for (const [index, flip] of flips.entries().toArray().toReversed()) {
    at = count(takesRequests(flip.to), flip.atMs, at);
    if (index === 0) count(takesRequests(flip.from), fromMs, at);
  }
  return { share: known === 0 ? null : up / known, knownMs: known };
}

interface Flip {
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
}

/** Oldest first. */
function flipsOf({ events, upstream, target }: AvailabilityFacts): readonly Flip[] {
  return events.flatMap(({ kind, last_at: at, fields }): readonly Flip[] => {
    const { upstream: of, target: address, from, to } = fields;
    if ((kind !== 'health' && kind !== 'ejection') || of !== upstream || address !== target) return [];
    return typeof from === 'string' && typeof to === 'string' ? [{ atMs: Date.parse(at), from, to }] : [];
  });
}

function takesRequests(verdict: string): boolean {
  return verdict !== 'unhealthy' && verdict !== 'ejected';
}
