/**
 * The gauges below the verdict: what goes through, what fails, how slow it is, and what the process uses, with a quarter of an hour
 * before now and marks where something happened. Over several daemons rates are summed; of the rest the worst is shown.
 */
import { bytesText } from '../../base/units.ts';
import { percentileText, percentText, rateText } from '../../cli/rates.ts';
import { countText, latencyText } from '../../cli/text.ts';
import type { Reading } from '../feed/reading.ts';
import { type Rates, ratesOf, ratesTogether } from '../rows/rates.ts';
import type { Tone } from '../rows/row.ts';
import { everyShown, type Shown } from '../rows/shown.ts';
import { type AlarmName, alarmOf, isRaised } from '../store/hysteresis.ts';
import { shownNode } from '../store/moments.ts';
import type { State } from '../store/state.ts';
import { eventMarks, historyOf } from './history.ts';
import type { Gauge } from './view.ts';

/** More than this of all requests failing is an outage. */
const BAD_RATIO = 0.1;
/** Timers this late are felt by every request. */
const LATE_MS = 100;

export function gaugesOf(state: State): readonly Gauge[] {
  const shown = everyShown(state);
  const fresh = shown.filter(({ reading, stale }) => reading !== null && !stale);
  // Where none is fresh the last numbers stand, and are said to be old.
  const told = fresh.length > 0 ? fresh : shown.filter(({ reading }) => reading !== null);
  const old = fresh.length === 0 && told.length > 0;
  const readings = told.flatMap(({ reading }) => (reading === null ? [] : [reading]));
  const history = historyOf(state);
  const marks = eventMarks(
    history,
    state.nodes.map((node) => shownNode(node, state).events),
  );
  const now = ratesTogether(readings.map(({ status }) => ratesOf(status.windows)));
  const before = ratesTogether(readings.map(({ status }) => usualOf(status.windows)));
  const minute = ratesTogether(readings.map(({ status }) => minuteOf(status.windows)));
  const raised = (name: AlarmName): boolean => told.some(({ alarms }) => alarms !== null && isRaised(alarms, name));
  const toned = (tone: Tone): Tone => (readings.length === 0 ? 'unknown' : old ? 'stale' : tone);
  const unknownTone = (known: boolean, tone: Tone): Tone => (known ? toned(tone) : 'unknown');
  const daemon = { kind: 'daemon' } as const;
  return [
    {
      id: 'rps',
      title: 'req/s',
      text: now === null ? '?' : rateText(now.perSecond),
      tone: unknownTone(now !== null, 'plain'),
      trend: trendOf(now?.perSecond, minute?.perSecond, before?.perSecond),
      series: history.requests,
      events: marks,
    },
    {
      id: 'err',
      title: 'err',
      text: now === null ? '?' : errorText(now),
      tone: unknownTone(now !== null, errorTone(now, raised(alarmOf('err', daemon)))),
      trend: trendOf(now?.errorRatio, minute?.errorRatio, before?.errorRatio),
      series: history.errors,
      events: marks,
    },
    {
      id: 'p99',
      title: 'p99',
      text: now === null ? '?' : `${percentileText(now.p99)}${now.worst && now.p99 !== null ? '*' : ''}`,
      tone: unknownTone(now !== null, raised(alarmOf('p99', daemon)) ? 'warn' : 'plain'),
      trend: trendOf(now?.p99, minute?.p99, before?.p99),
      series: history.p99,
      events: marks,
    },
    connections(readings, toned, raised(alarmOf('conns', daemon)), history.connections),
    memory(readings, toned, raised(alarmOf('rss', daemon)), history.memory),
    loopDelay(told, toned),
  ];
}

function minuteOf(windows: Parameters<typeof ratesOf>[0]): Rates | null {
  return windows['1m'] === undefined ? null : ratesOf({ '10s': windows['1m'] });
}

function usualOf(windows: Parameters<typeof ratesOf>[0]): Rates | null {
  return windows['5m'] === undefined ? null : ratesOf({ '10s': windows['5m'] });
}

function errorText({ errorRatio }: Rates): string {
  const text = percentText(errorRatio);
  return errorRatio === null || errorRatio === 0 ? text : `${text}%`;
}

function errorTone(rates: Rates | null, raised: boolean): Tone {
  if (!raised) return 'plain';
  return (rates?.errorRatio ?? 0) > BAD_RATIO ? 'bad' : 'warn';
}

type Known = number | null | undefined;

/** The last minute against the last five, where what is shown says the same: a fifth more or less is steady. */
function trendOf(now: Known, minute: Known, before: Known): Gauge['trend'] {
  if (typeof now !== 'number' || typeof minute !== 'number' || typeof before !== 'number') return null;
  const [most, least] = [before * 1.2, before * 0.8];
  if (minute > most && now > most) return 'up';
  return minute < least && now < least ? 'down' : null;
}

/** Over several daemons the sum, of as many as are allowed where each has a limit. */
function connections(
  readings: readonly Reading[],
  toned: (tone: Tone) => Tone,
  raised: boolean,
  series: Gauge['series'],
): Gauge {
  const open = readings.reduce((sum, { status }) => sum + status.counts.open_connections, 0);
  const limits = readings.map(({ status }) => status.counts.connections_limit ?? null);
  const limit = limits.includes(null) ? '' : `/${countText(limits.reduce<number>((sum, one) => sum + (one ?? 0), 0))}`;
  return {
    id: 'conn',
    title: 'conn',
    text: readings.length === 0 ? '?' : `${open === 0 ? '·' : countText(open)}${limit}`,
    tone: toned(raised ? 'warn' : 'plain'),
    trend: null,
    series,
    events: [],
  };
}

function memory(
  readings: readonly Reading[],
  toned: (tone: Tone) => Tone,
  raised: boolean,
  series: Gauge['series'],
): Gauge {
  const each = readings.map(({ status, parts }) => ({
    used: parts.runtime?.process.rss_bytes ?? status.memory.rss_bytes,
    limit: parts.runtime?.memory.limit_bytes ?? null,
  }));
  const share = ({ used, limit }: (typeof each)[number]): number => (limit === null || limit === 0 ? 0 : used / limit);
  const worst = each.reduce<(typeof each)[number] | null>(
    (most, one) => (most === null || share(one) > share(most) ? one : most),
    null,
  );
  const limit = worst === null || worst.limit === null ? '' : `/${sizeText(worst.limit)}`;
  return {
    id: 'rss',
    title: 'rss',
    text: worst === null ? '?' : `${sizeText(worst.used)}${limit}`,
    tone: toned(raised ? 'warn' : 'plain'),
    trend: null,
    series,
    events: [],
  };
}

/** `212M`, `1.2G`: binary, as memory is counted. */
function sizeText(bytes: number): string {
  return bytesText(bytes).replace(/ (?:([KMGT])iB|B)$/, '$1');
}

/** The worst thread of the worst daemon: 99 % of its timers were no later than this. */
function loopDelay(told: readonly Shown[], toned: (tone: Tone) => Tone): Gauge {
  const delays = told.flatMap(({ reading }) => {
    const runtime = reading?.parts.runtime;
    if (runtime === undefined) return [];
    return [runtime.main, ...runtime.workers].flatMap(({ loop_delay: delay }) =>
      delay === null ? [] : [delay.p99_ms],
    );
  });
  const worst = delays.length === 0 ? null : Math.max(...delays);
  return {
    id: 'loop',
    title: 'loop',
    text: worst === null ? '?' : latencyText(Math.round(worst)),
    tone: worst === null ? 'unknown' : toned(worst > LATE_MS ? 'warn' : 'plain'),
    trend: null,
    series: [],
    events: [],
  };
}
