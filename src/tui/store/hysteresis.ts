/**
 * What is beyond its threshold, so that colours do not flap: raised after three readings at or beyond it, settled after three below 0.8 of
 * it. Kept by the store for each daemon, asked by rows and view. Pure; what is calm is not kept.
 */
import type { WindowState, WindowStates } from '../../admin/contract/traffic-shapes.ts';
import type { Thresholds } from '../../diagnosis/thresholds.ts';
import type { Reading } from '../feed/reading.ts';

/** `err`, `p99`, `conns`, `rss` of the daemon; `err upstream/target` and the like of one thing. */
export type AlarmName = string;

export interface Alarm {
  readonly raised: boolean;
  /** Readings in a row that speak for the other state. */
  readonly run: number;
}

export type Alarms = Readonly<Record<AlarmName, Alarm>>;

export const calm: Alarms = {};

/** Readings in a row that it takes to be raised, or to settle. */
export const alarmSamples = 3;
/** Share of its threshold below which it settles. */
const settlesBelow = 0.8;

export type AlarmSubject =
  | { readonly kind: 'daemon' }
  | { readonly kind: 'upstream'; readonly upstream: string }
  | { readonly kind: 'target'; readonly upstream: string; readonly target: string }
  | { readonly kind: 'route'; readonly route: string };

/** What an alarm is called: of what, and of which thing. */
export function alarmOf(of: 'err' | 'p99' | 'rss' | 'conns', subject: AlarmSubject): AlarmName {
  switch (subject.kind) {
    case 'daemon':
      return of;
    case 'upstream':
      return `${of} upstream ${subject.upstream}`;
    case 'target':
      return `${of} target ${subject.upstream}/${subject.target}`;
    case 'route':
      return `${of} route ${subject.route}`;
  }
}

export function isRaised(alarms: Alarms, name: AlarmName): boolean {
  return alarms[name]?.raised ?? false;
}

/**
 * After one more reading.
 *
 * @param first nothing was read before: what is beyond its threshold is raised at once, as there is nothing yet that could flap
 */
export function alarmsAfter(before: Alarms, reading: Reading, thresholds: Thresholds, first: boolean): Alarms {
  const after: Record<AlarmName, Alarm> = {};
  // Hundreds of targets are calm each second: not even their names are made.
  const calmBefore = Object.keys(before).length === 0;
  const see = (
    of: Parameters<typeof alarmOf>[0],
    subject: AlarmSubject,
    value: number | null | undefined,
    threshold: number,
  ): void => {
    if (calmBefore && (value === null || value === undefined || value < threshold)) return;
    const name = alarmOf(of, subject);
    const alarm = alarmAfter(before[name], value, threshold, first);
    if (alarm !== undefined) after[name] = alarm;
  };
  const seeTraffic = (subject: AlarmSubject, windows: WindowStates): void => {
    const window = shown(windows);
    if (window === undefined) return;
    see('err', subject, window.error_ratio, thresholds.errorRatio);
    see('p99', subject, window.p99_ms, thresholds.p99Ms);
  };
  seeTraffic({ kind: 'daemon' }, reading.status.windows);
  const { open_connections: open, connections_limit: most } = reading.status.counts;
  if (most !== undefined && most !== null && most > 0)
    see('conns', { kind: 'daemon' }, open / most, thresholds.connectionsRatio);
  const limit = reading.parts.runtime?.memory.limit_bytes;
  if (limit !== undefined && limit > 0)
    see(
      'rss',
      { kind: 'daemon' },
      reading.parts.runtime && reading.parts.runtime.process.rss_bytes / limit,
      thresholds.memoryRatio,
    );
  for (const { name: upstream, windows, targets } of reading.upstreams) {
    seeTraffic({ kind: 'upstream', upstream }, windows);
    for (const { address: target, windows: own } of targets) seeTraffic({ kind: 'target', upstream, target }, own);
  }
  for (const { id: route, windows } of reading.parts.routes?.routes ?? [])
    seeTraffic({ kind: 'route', route }, windows);
  return after;
}

/** The window that tables show: long enough not to jump, short enough to be now. */
function shown(windows: WindowStates): WindowState | undefined {
  return windows['10s'];
}

/** Undefined = calm. A value that is not known changes nothing. */
function alarmAfter(
  before: Alarm | undefined,
  value: number | null | undefined,
  threshold: number,
  first: boolean,
): Alarm | undefined {
  if (value === null || value === undefined) return before;
  if (before?.raised === true) {
    if (value >= threshold * settlesBelow) return before.run === 0 ? before : { raised: true, run: 0 };
    const run = before.run + 1;
    return run >= alarmSamples ? undefined : { raised: true, run };
  }
  if (value < threshold || value === 0) return undefined;
  const run = (before?.run ?? 0) + 1;
  return first || run >= alarmSamples ? { raised: true, run: 0 } : { raised: false, run };
}
