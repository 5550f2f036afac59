/**
 * Turning points of traffic in the flight record: failures rise above what is normal, and fall back; a daemon comes up, ends, or is
 * gone without having said so. One moment each. Pure; called by `build.ts`.
 */
import type { FlightReading } from '../../history/flight-reader.ts';
import { aboveNormal, normalAmong, normalOf, type Stretch, sum } from '../impact/stretches.ts';
import type { Moment } from './moment.ts';

type Line = FlightReading['lines'][number];
type Traffic = Extract<Line, { readonly kind: 'traffic' }>;

/** So many quiet stretches between two bad ones are part of the same trouble. */
const LULL = 3;
const SHOWN_CAUSES = 2;

/** Of one daemon. */
export function trafficMoments({ lines, gaps }: Pick<FlightReading, 'lines' | 'gaps'>): readonly Moment[] {
  const died = gaps.filter(({ why }) => why === 'died');
  return [
    ...turningPoints(lines.filter((line) => line.kind === 'traffic')),
    ...lines.flatMap(lifeOf),
    ...died.map(({ from, until }) => death(from, until)),
  ];
}

function turningPoints(samples: readonly Traffic[]): readonly Moment[] {
  const stretches = samples.map((sample): Stretch => {
    const toMs = Date.parse(sample.at);
    return { fromMs: toMs - sample.covered_ms, toMs, requests: sample.requests, affected: sample.affected };
  });
  return troubles(badOnes(stretches)).flatMap(({ first, last }): readonly Moment[] => {
    const bad = samples.slice(first, last + 1);
    const begun = stretches[first];
    const ended = stretches[last];
    if (begun === undefined || ended === undefined) return [];
    const before = normalOf(stretches.slice(0, first));
    const from = new Date(begun.fromMs).toISOString();
    const until = new Date(ended.toMs).toISOString();
    const peak = bad.reduce((one, other) => (shareOf(other) > shareOf(one) ? other : one));
    const all = { requests: sum(bad, ({ requests }) => requests), affected: sum(bad, ({ affected }) => affected) };
    const rise: Moment = {
      at: from,
      source: 'traffic',
      kind: 'failures_rise',
      actor: null,
      words: `failures rise: ${percent(shareOf(bad[0] ?? peak))} of requests, before ${percent(shareOf(before))}${causeWords(bad)}`,
      severity: 'error',
      key: `traffic:rise:${from}`,
      fields: { share: shareOf(bad[0] ?? peak), share_before: shareOf(before), peak: shareOf(peak), peak_at: peak.at },
    };
    // The record ends in the middle of it: nobody knows whether it is over.
    if (last + LULL >= samples.length) return [rise];
    const seconds = Math.round((ended.toMs - begun.fromMs) / 1000);
    return [
      rise,
      {
        at: until,
        source: 'traffic',
        kind: 'failures_fall',
        actor: null,
        words: `failures back to normal after ${lasting(seconds)}: ${all.affected} of ${all.requests} requests affected, at worst ${percent(shareOf(peak))}`,
        severity: 'info',
        key: `traffic:fall:${until}`,
        fields: { ...all, seconds, peak: shareOf(peak), peak_at: peak.at },
      },
    ];
  });
}

/** Of what was before and after too: most of the time may have been bad. */
function badOnes(stretches: readonly Stretch[]): readonly boolean[] {
  return aboveNormal(stretches, normalAmong(stretches));
}

function troubles(bad: readonly boolean[]): readonly { readonly first: number; readonly last: number }[] {
  const found: { first: number; last: number }[] = [];
  for (const [index, one] of bad.entries()) {
    if (!one) continue;
    const before = found.at(-1);
    if (before !== undefined && index - before.last <= LULL) before.last = index;
    else found.push({ first: index, last: index });
  }
  return found;
}

function lifeOf(line: Line): readonly Moment[] {
  if (line.kind === 'began')
    return [
      life('daemon_began', line.at, `daemon is up (process ${line.pid}, ${line.version})`, 'info', { pid: line.pid }),
    ];
  if (line.kind !== 'ended') return [];
  const { at, pid, heir } = line;
  const [words, severity] =
    heir === null
      ? ([`daemon has ended (process ${pid})`, 'warn'] as const)
      : ([`daemon handed over: process ${pid} to process ${heir}`, 'info'] as const);
  return [life('daemon_ended', at, words, severity, { pid, heir })];
}

/** A millisecond later: below the line that it wrote last. */
function death(from: string, until: string | null): Moment {
  const at = new Date(Date.parse(from) + 1).toISOString();
  const then = until === null ? 'it has not come back' : `up again at ${until.slice(11, 19)}`;
  const words = `daemon wrote nothing more from here on: it died or was killed; ${then}`;
  return life('daemon_died', at, words, 'error', { up_again: until });
}

function life(kind: string, at: string, words: string, severity: Moment['severity'], fields: Moment['fields']): Moment {
  return { at, source: 'traffic', kind, actor: null, words, severity, key: `traffic:${kind}:${at}`, fields };
}

function causeWords(bad: readonly Traffic[]): string {
  const counts = new Map<string, number>();
  for (const { causes } of bad)
    for (const [cause, count] of Object.entries(causes)) counts.set(cause, (counts.get(cause) ?? 0) + count);
  const worst = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, SHOWN_CAUSES);
  return worst.length === 0 ? '' : `; ${worst.map(([cause, count]) => `${cause} ×${count}`).join(', ')}`;
}

function shareOf({ requests, affected }: { readonly requests: number; readonly affected: number }): number {
  return requests === 0 ? 0 : affected / requests;
}

function percent(share: number): string {
  const value = share * 100;
  return `${value === 0 || value >= 10 ? Math.round(value) : value.toPrecision(2)} %`;
}

function lasting(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  return minutes < 60 ? `${minutes}m${rest === 0 ? '' : `${rest}s`}` : `${Math.floor(minutes / 60)}h${minutes % 60}m`;
}
