/**
 * What went through a thing, as numbers: of the last minute, of a past moment by its series, or summed over several daemons. Makes the
 * cells RPS, ERR%, P50, P95, P99 and what they are sorted and filtered by.
 */
import type { SeriesState, WindowStates } from '../../admin/contract/traffic-shapes.ts';
import { defaultThresholds } from '../../diagnosis/thresholds.ts';
import type { FieldName } from '../../filter/fields.ts';
import { noneCell, percentileCell, rateCell, shareCell, unknownCell } from './cells.ts';
import type { Cell, Column } from './row.ts';
import type { Raised } from './shown.ts';

/** Null = not measured; `null` in place of the whole = not known. */
export interface Rates {
  readonly perSecond: number;
  readonly requests: number;
  readonly errors: number;
  readonly errorRatio: number | null;
  readonly p50: number | null;
  readonly p95: number | null | undefined;
  readonly p99: number | null;
  /** The percentiles are those of the worst of several daemons: percentiles cannot be summed. */
  readonly worst: boolean;
}

/** More than this is an outage of what it is the share of (SEV2 of operator.md §3). */
const BAD_RATIO = 0.1;
/** Of moments of which no alarm is known. One failure of three requests says little. */
const LEAST_REQUESTS = 10;

/** What is shown of all windows: long enough not to jump, short enough to be now. */
export function ratesOf(windows: WindowStates): Rates | null {
  const window = windows['10s'];
  if (window === undefined) return null;
  const { requests_per_s: perSecond, requests, errors, error_ratio: errorRatio, p50_ms, p95_ms, p99_ms } = window;
  return { perSecond, requests, errors, errorRatio, p50: p50_ms, p95: p95_ms, p99: p99_ms, worst: false };
}

/** Of one point of a series. It has no 95th percentile. */
export function ratesAt(series: SeriesState | undefined, point: number, coveredMs: number | undefined): Rates | null {
  const requests = series?.requests[point];
  if (series === undefined || requests === undefined || coveredMs === undefined || coveredMs <= 0) return null;
  const errors = series.errors[point] ?? 0;
  return {
    perSecond: (requests * 1000) / coveredMs,
    requests,
    errors,
    errorRatio: requests === 0 ? null : errors / requests,
    p50: series.p50_ms[point] ?? null,
    p95: undefined,
    p99: series.p99_ms[point] ?? null,
    worst: false,
  };
}

/** Over several daemons: rates and errors summed, percentiles of the worst. Null where nothing is known of any. */
export function ratesTogether(each: readonly (Rates | null)[]): Rates | null {
  const known = each.filter((one) => one !== null);
  const [first] = known;
  if (first === undefined || known.length === 1) return first ?? null;
  const sum = (of: (rates: Rates) => number): number => known.reduce((total, one) => total + of(one), 0);
  const most = (of: (rates: Rates) => number | null | undefined): number | null =>
    known.reduce<number | null>((worst, one) => {
      const value = of(one) ?? null;
      return value === null ? worst : Math.max(worst ?? 0, value);
    }, null);
  const requests = sum((one) => one.requests);
  const errors = sum((one) => one.errors);
  return {
    perSecond: sum((one) => one.perSecond),
    requests,
    errors,
    errorRatio: requests === 0 ? null : errors / requests,
    p50: most((one) => one.p50),
    p95: most((one) => one.p95),
    p99: most((one) => one.p99),
    worst: true,
  };
}

/** In this order in every view; each view says when they are dropped. */
export const rateColumns = {
  rps: { id: 'rps', title: 'RPS', right: true, width: 6, worst: 'high' },
  err: { id: 'err', title: 'ERR%', right: true, width: 5, worst: 'high' },
  p50: { id: 'p50', title: 'P50', right: true, width: 7, worst: 'high' },
  p95: { id: 'p95', title: 'P95', right: true, width: 7, worst: 'high' },
  p99: { id: 'p99', title: 'P99', right: true, width: 7, worst: 'high' },
} as const satisfies Readonly<Record<string, Column>>;

/** @param raised what is beyond its threshold with hysteresis; null = not known, the threshold itself is taken */
export function rateCells(
  rates: Rates | null,
  raised: Raised | null,
): Readonly<Record<keyof typeof rateColumns, Cell>> {
  if (rates === null)
    return { rps: unknownCell, err: unknownCell, p50: unknownCell, p95: unknownCell, p99: unknownCell };
  const { perSecond, errorRatio, p50, p95, p99 } = rates;
  const marked = (one: Cell): Cell => (rates.worst && one !== noneCell ? { ...one, text: `${one.text}*` } : one);
  const failing = failingOf(rates, raised);
  const slow = raised === null ? p99 !== null && p99 > defaultThresholds.p99Ms : raised.p99;
  return {
    rps: rateCell(perSecond, rateColumns.rps.width),
    err: shareCell(errorRatio, failing === null ? undefined : failing === 'down' ? 'bad' : 'warn'),
    p50: marked(percentileCell(p50)),
    p95: p95 === undefined ? unknownCell : marked(percentileCell(p95)),
    p99: marked(percentileCell(p99, slow ? 'warn' : undefined)),
  };
}

/** So many errors that the thing itself stands badly; null = it does not. */
export function failingOf(rates: Rates | null, raised: Raised | null): 'down' | 'degraded' | null {
  const ratio = rates?.errorRatio ?? null;
  if (rates === null || ratio === null) return null;
  const high =
    raised === null
      ? ratio > defaultThresholds.errorRatio && rates.requests >= LEAST_REQUESTS
      : raised.err && ratio > 0;
  return high ? (ratio > BAD_RATIO && rates.requests >= LEAST_REQUESTS ? 'down' : 'degraded') : null;
}

/** What they are sorted by; nothing where nothing is known. */
export function rateSorting(rates: Rates | null): Readonly<Record<keyof typeof rateColumns, number | null>> {
  return {
    rps: rates?.perSecond ?? null,
    err: rates?.errorRatio ?? null,
    p50: rates?.p50 ?? null,
    p95: rates?.p95 ?? null,
    p99: rates?.p99 ?? null,
  };
}

/** Undefined for other fields, and where the number is not known: no comparison holds of it then. */
export function rateValue(rates: Rates | null, field: FieldName): number | undefined {
  switch (field) {
    case 'rps':
      return rates?.perSecond;
    case 'err':
      return rates?.errorRatio ?? undefined;
    case 'p50':
    case 'p95':
    case 'p99':
      return rates?.[field] ?? undefined;
    default:
      return undefined;
  }
}
