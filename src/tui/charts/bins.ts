/**
 * The last quarter of an hour in equal bins, so that daemons whose clocks differ can be laid over each other: what happened so long ago
 * goes into the same bin. Pure.
 */
import type { TrafficReply } from '../../admin/contract/traffic-shapes.ts';

export const BIN_MS = 10_000;
export const BINS = 90;
export const SPAN_MS = BIN_MS * BINS;

/** What went through in one bin; all zero = nothing was measured. */
export interface Bin {
  readonly coveredMs: number;
  readonly requests: number;
  readonly errors: number;
  /** The worst in it. */
  readonly p50: number | null;
  readonly p99: number | null;
}

const empty: Bin = { coveredMs: 0, requests: 0, errors: 0, p50: null, p99: null };

/** Oldest first. @param nowMs by the clock of the daemon that `traffic` is of */
export function binsOf({ total, points }: TrafficReply, nowMs: number): readonly Bin[] {
  const bins: Bin[] = Array.from({ length: BINS }, () => empty);
  const { series } = total;
  if (series === undefined || points === undefined) return bins;
  for (const [index, at] of points.at.entries()) {
    const place = binOf(Date.parse(at), nowMs);
    const before = place === null ? undefined : bins[place];
    if (place === null || before === undefined) continue;
    bins[place] = {
      coveredMs: before.coveredMs + (points.covered_ms[index] ?? 0),
      requests: before.requests + (series.requests[index] ?? 0),
      errors: before.errors + (series.errors[index] ?? 0),
      p50: larger(before.p50, series.p50_ms[index] ?? null),
      p99: larger(before.p99, series.p99_ms[index] ?? null),
    };
  }
  return bins;
}

/** Its place, the oldest is 0; null = too long ago, or yet to come. */
export function binOf(atMs: number, nowMs: number): number | null {
  // What ended this instant belongs to the newest, though a clock may have gone on by a little.
  const back = Math.floor(Math.max(0, nowMs - atMs) / BIN_MS);
  return back < BINS ? BINS - 1 - back : null;
}

/** Null where neither is known. */
export function larger(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
