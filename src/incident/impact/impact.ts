/**
 * What an incident did to traffic, from what the daemon wrote down of it: when it began and ended, how many requests it hit, and how long
 * each step took. Pure; called when an incident is closed, put into a bundle, or written about. Guesses nothing: what is not
 * known says why.
 */
import { rfc3339 } from '../../base/units.ts';
import { latencyOnset } from '../../diagnosis/onset.ts';
import { SAMPLE_MS } from '../../history/flight-record.ts';
import { troubleOf } from './clusters.ts';
import { causesOf, clientCounts, partsOf } from './parts.ts';
import {
  type Impact,
  type ImpactTimes,
  type Gap,
  impactSchema,
  type Measured,
  type Share,
  type TrafficSample,
} from './shapes.ts';
import { aboveNormal, normalAmong, type Stretch, sum } from './stretches.ts';
import { overlaps, type TimeSpan, within } from './time-span.ts';
import { timesOf } from './step-times.ts';

export interface ImpactInput {
  readonly samples: readonly TrafficSample[];
  readonly gaps: readonly Gap[];
  readonly times: ImpactTimes;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Where the samples stand; default `flight.ndjson`. */
  readonly source?: string;
  /** What is known of the samples besides, for `notes`. */
  readonly remarks?: readonly string[];
}

/** So long before the onset traffic tells what is normal. */
const BASELINE_MS = 15 * 60_000;
/** So long before it was reported an incident can have begun; samples from before that are not looked at. */
export const LOOK_BACK_MS = 2 * 3_600_000;
/** After the resolution: what is still bad then belongs to it. */
const LOOK_AFTER_MS = 15 * 60_000;

/** A sample with its times as numbers. */
export interface TimedSample extends Stretch {
  readonly sample: TrafficSample;
}

export function impactOf({ samples, gaps, times, nowMs, source = 'flight.ndjson', remarks = [] }: ImpactInput): Impact {
  const anchorMs = earliest([times.alert, times.opened]) ?? nowMs;
  const resolvedMs = msOf(times.resolved);
  const window: TimeSpan = {
    fromMs: anchorMs - LOOK_BACK_MS,
    toMs: resolvedMs === null ? nowMs : Math.min(Math.max(nowMs, resolvedMs), resolvedMs + LOOK_AFTER_MS),
  };
  const notes: string[] = [...remarks];
  const all = timed(samples, notes).filter(({ fromMs, toMs }) => toMs > window.fromMs && fromMs < window.toMs);
  const seen = gaps.filter((gap) => overlaps(spanOf(gap, nowMs), window));
  const above = aboveNormal(all, normalAmong(all));
  const bad: readonly TimeSpan[] = [
    ...all.filter((_, index) => above[index] === true),
    // Nobody answered then: what a proxy that is not there does to traffic is no question of shares.
    ...seen
      .filter(({ kind }) => kind === 'down')
      .map((gap) => spanOf(gap, nowMs))
      .filter(({ fromMs, toMs }) => toMs - fromMs >= SAMPLE_MS),
  ].toSorted((a, b) => a.fromMs - b.fromMs);
  // A resolution that lies before all else says nothing of when it was over.
  const reported: TimeSpan = {
    fromMs: anchorMs,
    toMs: resolvedMs !== null && resolvedMs >= anchorMs ? resolvedMs : nowMs,
  };
  const normal = all.filter(({ requests }, index) => requests > 0 && above[index] === false);
  const errors = troubleOf(bad, normal, reported);
  const slow = errors === null ? latencySpan(all, reported) : null;
  const span = errors ?? slow;
  const basis = slow !== null ? 'latency' : span === null ? null : startsInGap(span, seen, nowMs) ? 'down' : 'affected';

  const nothing =
    all.length === 0 ? `no traffic was written down between ${short(window.fromMs)} and ${short(window.toMs)}` : null;
  const first = all[0];
  if (span !== null && basis === 'affected' && first !== undefined && span.fromMs <= first.fromMs) {
    notes.push(
      `Requests failed as early as ${short(span.fromMs)}, where the record begins: it may have begun earlier.`,
    );
  }
  const goesOn =
    span !== null && all.length > 0 && span.toMs >= (all.at(-1)?.toMs ?? 0) && span.toMs >= window.toMs - 2 * SAMPLE_MS;
  const onset: Measured<string> =
    span === null
      ? unknown(nothing ?? 'no stretch of traffic was clearly worse than those before')
      : { value: rfc3339(span.fromMs), from: `${source}, ${basis === 'down' ? 'where it stops' : reasonOf(basis)}` };
  const end: Measured<string> =
    span === null
      ? unknown(nothing ?? 'no stretch of traffic was clearly worse than those before')
      : goesOn
        ? unknown(`traffic was not normal yet at ${short(span.toMs)}`)
        : { value: rfc3339(span.toMs), from: `${source}, ${basis === 'down' ? 'where it goes on' : reasonOf(basis)}` };
  const during = span === null ? [] : within(all, span);
  const declared: TimeSpan = { fromMs: msOf(times.opened) ?? anchorMs, toMs: resolvedMs ?? nowMs };
  const beforeMs = span?.fromMs ?? anchorMs;
  const before = within(all, { fromMs: beforeMs - BASELINE_MS, toMs: beforeMs });
  const place = (part: readonly TimedSample[]): string => placeOf(source, part);
  const why =
    nothing ??
    (span === null
      ? 'it is not known when it began'
      : `nothing was written down between ${short(span.fromMs)} and ${short(span.toMs)}`);
  const measured = <T>(value: (part: readonly TimedSample[]) => T): Measured<T> =>
    during.length === 0 ? unknown(why) : { value: value(during), from: place(during) };
  return {
    schema: impactSchema,
    basis,
    baseline: shareOf(before, source, `nothing was written down in the 15 minutes before ${short(beforeMs)}`),
    onset,
    end,
    during: shareOf(during, source, why),
    declared: shareOf(
      within(all, declared),
      source,
      `nothing was written down between ${short(declared.fromMs)} and ${short(declared.toMs)}`,
    ),
    worst_minute: worstMinute(during, source, why),
    by_upstream: measured((part) => partsOf(part.map(({ sample }) => sample.upstreams))),
    by_route: measured((part) => partsOf(part.map(({ sample }) => sample.routes))),
    by_cause: measured((part) => causesOf(part.map(({ sample }) => sample.causes))),
    p99_before_ms: p99(before, source, 'no latency was written down before'),
    p99_during_ms: p99(during, source, span === null ? why : 'no latency was written down then'),
    gaps: seen,
    times: timesOf(times, onset),
    notes: [...notes, ...gapNotes(seen, span, nowMs)],
  };
}

/** Of requests that were answered, only late: by the change of the 99th percentile. */
function latencySpan(all: readonly TimedSample[], reported: TimeSpan): TimeSpan | null {
  const points = all.flatMap(({ fromMs, toMs, sample }) =>
    sample.p99_ms === null || sample.p99_ms <= 0 ? [] : [{ fromMs, toMs, value: sample.p99_ms }],
  );
  // What came after may be fast again, and an onset is a change that stays: the end that gives the clearest one is taken.
  for (let end = points.length; end > 0; end--) {
    const last = points[end - 1];
    if (last === undefined || last.toMs <= reported.fromMs) return null;
    const found = latencyOnset(points.slice(0, end));
    if (found === null || found.before === null || found.after === null) continue;
    const middle = (found.before + found.after) / 2;
    const fromMs = Date.parse(found.at);
    const slow = points.filter(({ value, fromMs: at }) => at >= fromMs && value > middle);
    return { fromMs, toMs: slow.at(-1)?.toMs ?? last.toMs };
  }
  return null;
}

function timed(samples: readonly TrafficSample[], notes: string[]): readonly TimedSample[] {
  const usable = samples.flatMap((sample) => {
    const toMs = Date.parse(sample.at);
    const whole = [sample.covered_ms, sample.requests, sample.affected].every(
      (value) => Number.isFinite(value) && value >= 0,
    );
    if (Number.isNaN(toMs) || !whole || sample.affected > sample.requests) return [];
    return [{ fromMs: toMs - sample.covered_ms, toMs, ...clientCounts(sample), sample }];
  });
  if (usable.length < samples.length) {
    notes.push(`${samples.length - usable.length} lines of traffic hold counts that cannot be: they were left out.`);
  }
  return usable.toSorted((a, b) => a.toMs - b.toMs);
}

function shareOf(part: readonly TimedSample[], source: string, why: string): Measured<Share> {
  if (part.length === 0) return unknown(why);
  const requests = sum(part, (one) => one.requests);
  if (requests === 0)
    return unknown(`no request came between ${short(part[0]?.fromMs ?? 0)} and ${short(part.at(-1)?.toMs ?? 0)}`);
  const affected = sum(part, (one) => one.affected);
  return { value: { requests, affected, ratio: ratio(affected, requests) }, from: placeOf(source, part) };
}

const MINUTE_MS = 60_000;
/** Of the busiest minute: with less traffic a share says little about people. */
const LEAST_OF_BUSIEST = 0.1;

function worstMinute(part: readonly TimedSample[], source: string, why: string): Impact['worst_minute'] {
  const minutes = new Map<number, TimedSample[]>();
  for (const one of part) {
    const minute = Math.floor((one.fromMs + one.toMs) / 2 / MINUTE_MS) * MINUTE_MS;
    minutes.set(minute, [...(minutes.get(minute) ?? []), one]);
  }
  const counted = [...minutes].map(([at, ones]) => ({
    at,
    ones,
    requests: sum(ones, ({ requests }) => requests),
    affected: sum(ones, ({ affected }) => affected),
  }));
  const busiest = Math.max(0, ...counted.map(({ requests }) => requests));
  const [worst] = counted
    .filter(({ requests }) => requests > 0 && requests >= busiest * LEAST_OF_BUSIEST)
    .toSorted((a, b) => b.affected / b.requests - a.affected / a.requests || b.affected - a.affected || a.at - b.at);
  if (worst === undefined) return unknown(part.length === 0 ? why : 'no request came then');
  const { at, requests, affected } = worst;
  return {
    value: { at: rfc3339(at), requests, affected, ratio: ratio(affected, requests) },
    from: placeOf(source, worst.ones),
  };
}

function p99(part: readonly TimedSample[], source: string, why: string): Measured<number> {
  const known = part.filter(({ sample }) => sample.p99_ms !== null);
  const values = known.map(({ sample }) => sample.p99_ms ?? 0).toSorted((a, b) => a - b);
  const middle = values[values.length >> 1];
  return middle === undefined
    ? unknown(why)
    : {
        value: middle,
        from: `${placeOf(source, known)}, median of ${known.length === 1 ? 'one stretch' : `${known.length} stretches`}`,
      };
}

function gapNotes(gaps: readonly Gap[], span: TimeSpan | null, nowMs: number): readonly string[] {
  if (span === null) return [];
  return gaps
    .filter((gap) => overlaps(spanOf(gap, nowMs), span))
    .map((gap) => {
      const { fromMs, toMs } = spanOf(gap, nowMs);
      const stretch = `${seconds(toMs - fromMs)} from ${short(fromMs)} on`;
      return gap.kind === 'down'
        ? `In ${stretch} nobody counted, as no daemon ran: connections were refused, and are in none of these numbers.`
        : `In ${stretch} nobody counted: those requests are in none of these numbers.`;
    });
}

function startsInGap({ fromMs }: TimeSpan, gaps: readonly Gap[], nowMs: number): boolean {
  return gaps.some((gap) => gap.kind === 'down' && spanOf(gap, nowMs).fromMs === fromMs);
}

function spanOf({ from, to }: Gap, nowMs: number): TimeSpan {
  return { fromMs: Date.parse(from), toMs: to === null ? nowMs : Date.parse(to) };
}

function reasonOf(basis: Impact['basis']): string {
  return basis === 'latency' ? '`p99_ms`' : '`affected` of `requests`';
}

function placeOf(source: string, part: readonly TimedSample[]): string {
  const fromMs = Math.min(...part.map((one) => one.fromMs));
  return `${source} ${short(fromMs)}–${short(Math.max(...part.map(({ toMs }) => toMs)))}`;
}

function unknown(why: string): { readonly value: null; readonly why: string } {
  return { value: null, why };
}

function earliest(times: readonly (string | null)[]): number | null {
  const known = times.map(msOf).filter((ms) => ms !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function msOf(time: string | null): number | null {
  const ms = time === null ? Number.NaN : Date.parse(time);
  return Number.isNaN(ms) ? null : ms;
}

function ratio(part: number, whole: number): number {
  return Math.round((part / whole) * 1e6) / 1e6;
}

/** `14:00:50Z` */
function short(ms: number): string {
  return `${rfc3339(ms).slice(11, 19)}Z`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
