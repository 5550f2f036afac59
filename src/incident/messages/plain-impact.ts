/** What people noticed, in words that need no knowledge of the proxy, out of what it counted. Pure; for messages. */
import { rfc3339 } from '../../base/units.ts';
import { clockTime, dayOf } from '../impact/figures.ts';
import type { Impact } from '../impact/shapes.ts';

/** So much of what was affected must have gone to one path to name it alone. */
const MOSTLY = 0.8;

/**
 * `About 12% of requests to /api failed between 14:00 and 14:12 UTC.` Null where nothing is known.
 * @param paths Route → path that its requests begin with, as people know it; a route that is not there is not named.
 */
export function plainImpact(impact: Impact, paths: Readonly<Record<string, string>>): string | null {
  const { onset, end, basis, during } = impact;
  if (onset.value === null || basis === null) return null;
  const when = span(onset.value, end.value);
  const since = end.value === null;
  if (basis === 'latency') return `Requests ${since ? 'have taken' : 'took'} longer than usual ${when}.`;
  const out = outage(impact);
  if (during.value === null || during.value.affected === 0) {
    return basis === 'down'
      ? `The service ${since ? 'has not answered' : 'did not answer'} for a while ${when}.`
      : null;
  }
  const place = pathOf(impact, paths);
  // Of the path that is named it is the share of its own requests.
  const share = shareWords(place?.ratio ?? during.value.ratio);
  const where = place === null ? '' : ` to ${place.path}`;
  const failed = since ? 'have failed' : 'failed';
  return `${share} requests${where} ${failed} ${when}.${out}`;
}

function outage({ gaps, onset, end }: Impact): string {
  const ms = gaps
    .filter(
      ({ kind, from, to }) =>
        kind === 'down' && to !== null && from >= (onset.value ?? '') && (end.value === null || from <= end.value),
    )
    .reduce((sum, { from, to }) => sum + Date.parse(to ?? from) - Date.parse(from), 0);
  if (ms < 1000) return '';
  const seconds = Math.round(ms / 1000);
  const long = seconds < 90 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
  return ` For about ${long} of that time the service did not answer at all.`;
}

function pathOf(
  { by_route: routes }: Impact,
  paths: Readonly<Record<string, string>>,
): { readonly path: string; readonly ratio: number } | null {
  const parts = routes.value ?? [];
  const [first] = parts;
  const all = parts.reduce((sum, { affected }) => sum + affected, 0);
  const path = first === undefined ? undefined : paths[first.name];
  if (
    first === undefined ||
    path === undefined ||
    path === '/' ||
    first.ratio === null ||
    first.affected < all * MOSTLY
  )
    return null;
  return { path, ratio: first.ratio };
}

function shareWords(ratio: number): string {
  const percent = Math.round(ratio * 100);
  if (ratio >= 1) return 'All';
  if (percent >= 99) return 'Nearly all';
  return percent < 1 ? 'Fewer than 1% of' : `About ${percent}% of`;
}

/** Of whole minutes: from the one in which it began to the one by which it was over. */
function span(from: string, until: string | null): string {
  if (until === null) return `since ${clockTime(from)} UTC`;
  const to = rfc3339(Math.ceil(Date.parse(until) / 60_000) * 60_000);
  const day = dayOf(from) === dayOf(to) ? '' : `${dayOf(to)} `;
  return clockTime(from) === clockTime(to) && day === ''
    ? `at ${clockTime(from)} UTC`
    : `between ${clockTime(from)} and ${day}${clockTime(to)} UTC`;
}
