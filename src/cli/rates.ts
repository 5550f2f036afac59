/**
 * What a window shows of a route, an upstream or a target, in the cells of a table: requests per second, share of errors,
 * percentiles. `·` is zero, `–` does not apply or was not measured, `?` is not known yet.
 */
import type { WindowState } from '../admin/contract/traffic-shapes.ts';
import { countText, latencyText } from './text.ts';

/** Titles of `rateCells`; numbers stand to the right. */
export const rateTitles = ['RPS', 'ERR%', 'P50', 'P95', 'P99'] as const;

/** One cell for each of `rateTitles`; of a window that there is not yet only question marks. */
export function rateCells(window: WindowState | undefined): readonly string[] {
  if (window === undefined) return rateTitles.map(() => '?');
  const { requests_per_s: rate, error_ratio: ratio, p50_ms, p95_ms, p99_ms } = window;
  return [rateText(rate), percentText(ratio), ...[p50_ms, p95_ms, p99_ms].map(percentileText)];
}

/** Requests per second: `0.4`, `12`, `1 204`. */
export function rateText(perSecond: number): string {
  if (perSecond === 0) return '·';
  if (perSecond < 0.05) return '<0.1';
  return perSecond < 9.95 ? perSecond.toFixed(1) : countText(Math.round(perSecond));
}

/** A ratio as percent, without its sign: `4.2`, `<0.1`. */
export function percentText(ratio: number | null): string {
  if (ratio === null) return '–';
  if (ratio === 0) return '·';
  const percent = ratio * 100;
  if (percent < 0.1) return '<0.1';
  return percent >= 99.95 ? '100' : percent.toFixed(1);
}

/** A percentile, or that nothing was timed. */
export function percentileText(ms: number | null): string {
  return ms === null ? '–' : latencyText(ms);
}
