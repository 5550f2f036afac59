/**
 * Whether anything changed from one reading to the next that a verdict may hang on: a short text that is the same while nothing did.
 * Called by the judge with every reading, so it costs next to nothing. Pure.
 */
import type { WindowState } from '../../admin/contract/traffic-shapes.ts';
import type { Reading } from './reading.ts';

/** Of every window: how full, how bad, how slow, each on a coarse scale, so that numbers that only tremble are no change. */
export function signsOf({ etag, status, upstreams }: Reading): string {
  const { config, counts, windows, degraded, reasons, warnings, workers } = status;
  const targets = upstreams
    .map(
      ({ state, targets: all }) =>
        `${state}${all.map((one) => `${one.verdict[0]}${one.breaker}${one.drain ? 'd' : ''}`).join()}`,
    )
    .join(';');
  return [
    etag,
    status.state,
    config.disk_matches_running,
    config.last_reload?.at,
    reasons.join(),
    degraded.join(),
    warnings.length,
    workers.map(({ alive, restarts }) => `${alive}${restarts}`).join(),
    status.certificates.loaded.map(({ standing, same_as_disk: same }) => `${standing}${same}`).join(),
    scale(counts.open_connections),
    ...[windows['10s'], windows['1m'], windows['5m']].map(windowSigns),
    targets,
  ].join('|');
}

function windowSigns(window: WindowState | undefined): string {
  if (window === undefined) return '';
  const { requests, error_ratio: ratio, p99_ms: p99, causes } = window;
  return `${scale(requests)} ${scale((ratio ?? 0) * 1000)} ${scale(p99 ?? 0)} ${causes.map(({ cause, ratio: share }) => `${cause}${scale(share * 100)}`).join()}`;
}

/** Steps of half a power of ten: 1, 3, 10, 30 … */
function scale(value: number): number {
  return value < 1 ? 0 : 1 + Math.floor(Math.log10(value) * 2);
}
