/**
 * When a series left what it had been before: the errors by a likelihood ratio over all splits, the latency by medians. Pure. Called by
 * the probe of traffic on the last quarter of an hour; says when, and never why.
 */
import type { SeriesState, TrafficReply } from '../admin/contract/traffic-shapes.ts';
import { rfc3339 } from '../base/units.ts';
import type { Onset } from './facts/traffic.ts';

/** One stretch of time. */
export interface CountPoint {
  /** When it began and ended, milliseconds since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly requests: number;
  readonly errors: number;
}

export interface ValuePoint {
  readonly fromMs: number;
  readonly toMs: number;
  /** Greater than 0; milliseconds for latency. */
  readonly value: number;
}

/** So many points with traffic on either side: what began with the traffic itself, and one bad moment, is no change. */
const fewestBefore = 3;
const fewestAfter = 2;
/** So many requests before, and errors after; fewer are chance. */
const fewestRequests = 20;
const fewestErrors = 5;
/** Points are put together until they are that long, or have so many requests: of three requests in a second a share says nothing. */
const pieceMs = 10_000;
const pieceRequests = 50;
const latencyPieceMs = 5_000;
/** The share of errors has to rise by that much, and to so many times what it was. */
const leastRise = 0.01;
const leastFactor = 1.5;
/** Of the points after: so many are on the far side. A spike that is over, or that comes and goes, has no onset. */
const mostlyAfter = 0.7;
/** Log-likelihood ratio, in units of how unevenly the errors come anyhow. A hundred splits of mere chance stay below. */
const leastEvidence = 8;
/** Latency: at least so many milliseconds more, and so many robust deviations. */
const leastSlowdownMs = 20;
const leastDeviations = 4;
/** Of the logarithm: values that lie closer together than 10 % are the same. */
const leastSpread = 0.1;

/** Of the share of failed requests: `before` and `after` are shares, 0–1. Null where it did not rise, or it cannot be told. */
export function errorOnset(points: readonly CountPoint[]): Onset | null {
  const usable = points.filter(({ requests, errors }) => requests > 0 && errors >= 0 && errors <= requests);
  const seen = pieces(usable, ({ requests }, spanMs) => spanMs >= pieceMs || requests >= pieceRequests, joined);
  const sums = cumulated(seen);
  let best: {
    readonly split: number;
    readonly evidence: number;
    readonly before: number;
    readonly after: number;
  } | null = null;
  for (let split = fewestBefore; split <= seen.length - fewestAfter; split++) {
    const { requests: n1, errors: e1 } = sums[split] as Sum;
    const all = sums.at(-1) as Sum;
    const [n2, e2] = [all.requests - n1, all.errors - e1];
    const [before, after] = [e1 / n1, e2 / n2];
    if (n1 < fewestRequests || e2 < fewestErrors) continue;
    if (after < before + leastRise || after < before * leastFactor) continue;
    const middle = (before + after) / 2;
    if (shareOf(seen.slice(split), ({ requests, errors }) => errors / requests > middle) < mostlyAfter) continue;
    const evidence = likelihood(e1, n1) + likelihood(e2, n2) - likelihood(all.errors, all.requests);
    const even = evidence / unevenness(seen, split, before, after);
    if (even >= leastEvidence && even > (best?.evidence ?? 0)) best = { split, evidence: even, before, after };
  }
  const first = best === null ? undefined : seen[best.split];
  if (best === null || first === undefined) return null;
  return onset(first.fromMs, ratio(best.before), ratio(best.after), best.evidence / leastEvidence);
}

/** Of a time: `before` and `after` are medians in milliseconds. Null where it did not rise, or it cannot be told. */
export function latencyOnset(points: readonly ValuePoint[]): Onset | null {
  const usable = points.filter(({ value }) => Number.isFinite(value) && value > 0);
  const groups = pieces(
    usable.map(({ value, ...span }) => ({ ...span, values: [value] })),
    (_, spanMs) => spanMs >= latencyPieceMs,
    (a, b) => ({ fromMs: a.fromMs, toMs: b.toMs, values: [...a.values, ...b.values] }),
  );
  const seen = groups.map(({ values, ...span }) => ({ ...span, value: median(values) }));
  const logs = seen.map(({ value }) => Math.log(value));
  let best: { readonly split: number; readonly cost: number } | null = null;
  for (let split = fewestBefore; split <= logs.length - fewestAfter; split++) {
    const [before, after] = [logs.slice(0, split), logs.slice(split)];
    const [low, high] = [median(before), median(after)];
    if (high < low + Math.log(leastFactor) || Math.exp(high) < Math.exp(low) + leastSlowdownMs) continue;
    if (shareOf(after, (value) => value > (low + high) / 2) < mostlyAfter) continue;
    const cost = distance(before, low) + distance(after, high);
    if (best === null || cost < best.cost) best = { split, cost };
  }
  const first = best === null ? undefined : seen[best.split];
  if (best === null || first === undefined) return null;
  const [before, after] = [logs.slice(0, best.split), logs.slice(best.split)];
  const [low, high] = [median(before), median(after)];
  // Deviations of single points: how far medians of more of them may be apart by chance falls with their number.
  const spread =
    1.4826 * median([...before.map((value) => Math.abs(value - low)), ...after.map((value) => Math.abs(value - high))]);
  const scale = Math.max(spread, leastSpread) * Math.sqrt(1 / before.length + 1 / after.length);
  const deviations = (high - low) / scale;
  if (deviations < leastDeviations) return null;
  return onset(first.fromMs, hundredth(Math.exp(low)), hundredth(Math.exp(high)), deviations / leastDeviations);
}

/** Both, of everything that clients sent in the last quarter of an hour; without the proxy's own answers. */
export function onsetsOf(reply: TrafficReply): { readonly error: Onset | null; readonly latency: Onset | null } {
  const { points, total, unrouted } = reply;
  if (points === undefined || total.series === undefined) return { error: null, latency: null };
  const spans = points.at.map((at, index) => {
    const toMs = Date.parse(at);
    return { fromMs: toMs - (points.covered_ms[index] ?? 0), toMs };
  });
  return {
    error: errorOnset(countPoints(spans, total.series, unrouted.series)),
    latency: latencyOnset(spans.flatMap((span, index) => valueAt(span, total.series?.p99_ms[index]))),
  };
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

function countPoints(spans: readonly Span[], total: SeriesState, own: SeriesState | undefined): readonly CountPoint[] {
  return spans.map((span, index) => {
    const errors = total.errors[index] ?? 0;
    // Of those without a route none but refusals fail: what is left are answers of health and readiness.
    const answered = Math.max(0, (own?.requests[index] ?? 0) - (own?.errors[index] ?? 0));
    return { ...span, errors, requests: Math.max(errors, (total.requests[index] ?? 0) - answered) };
  });
}

function valueAt(span: Span, value: number | null | undefined): readonly ValuePoint[] {
  return value === null || value === undefined ? [] : [{ ...span, value }];
}

/** Neighbours put together until they are enough; the last one may be less. */
function pieces<T extends Span>(
  points: readonly T[],
  enough: (piece: T, spanMs: number) => boolean,
  join: (a: T, b: T) => T,
): readonly T[] {
  const whole: T[] = [];
  let piece: T | null = null;
  for (const point of points) {
    piece = piece === null ? point : join(piece, point);
    if (!enough(piece, piece.toMs - piece.fromMs)) continue;
    whole.push(piece);
    piece = null;
  }
  return piece === null ? whole : [...whole, piece];
}

function joined(a: CountPoint, b: CountPoint): CountPoint {
  return { fromMs: a.fromMs, toMs: b.toMs, requests: a.requests + b.requests, errors: a.errors + b.errors };
}

interface Sum {
  readonly requests: number;
  readonly errors: number;
}

/** `[i]`: of the first `i` points. */
function cumulated(points: readonly CountPoint[]): readonly Sum[] {
  const sums: Sum[] = [{ requests: 0, errors: 0 }];
  for (const { requests, errors } of points) {
    const last = sums.at(-1) as Sum;
    sums.push({ requests: last.requests + requests, errors: last.errors + errors });
  }
  return sums;
}

/** Logarithm of how likely `errors` of `requests` are at their own share. */
function likelihood(errors: number, requests: number): number {
  const good = requests - errors;
  return (
    (errors === 0 ? 0 : errors * Math.log(errors / requests)) + (good === 0 ? 0 : good * Math.log(good / requests))
  );
}

/** Pearson's dispersion: 1 where each request fails on its own, more where failures come in crowds. */
function unevenness(points: readonly CountPoint[], split: number, before: number, after: number): number {
  let sum = 0;
  points.forEach(({ requests, errors }, index) => {
    const share = index < split ? before : after;
    // A little above none and below all, or one failure of a clean series would be endlessly unlikely.
    const kept = Math.min(1 - 0.5 / (requests + 1), Math.max(0.5 / (requests + 1), share));
    sum += (errors - requests * kept) ** 2 / (requests * kept * (1 - kept));
  });
  return Math.max(1, sum / Math.max(1, points.length - 2));
}

function onset(atMs: number, before: number, after: number, timesEnough: number): Onset {
  // Just enough is a half; three times as much is as good as certain.
  const confidence = Math.round((1 - 0.5 ** timesEnough) * 100) / 100;
  return { at: rfc3339(atMs), before, after, confidence: Math.min(0.99, confidence) };
}

function shareOf<T>(all: readonly T[], holds: (one: T) => boolean): number {
  return all.length === 0 ? 0 : all.filter(holds).length / all.length;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

function distance(values: readonly number[], from: number): number {
  return values.reduce((sum, value) => sum + Math.abs(value - from), 0);
}

function ratio(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

function hundredth(value: number): number {
  return Math.round(value * 100) / 100;
}
