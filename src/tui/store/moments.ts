/**
 * Which moment is to be shown: now, the one at which the screen was frozen, or one of the past that `[` went back to. Asked by rows and
 * view, so that nothing is drawn of a moment other than the one that the header names. Pure; what it makes is remembered by its inputs.
 */
import type { Reading } from '../feed/reading.ts';
import { type Moment, readingOfMoment } from './moment.ts';
import { momentAt, pastReachMs } from './past.ts';
import type { NodeState, State } from './state.ts';

/** The daemon as it is to be shown: as it was when the screen was frozen, or as it is. */
export function shownNode(node: NodeState, state: Pick<State, 'frozen'>): NodeState {
  return state.frozen?.find((one) => one.node === node.node) ?? node;
}

/**
 * The reading that is to be shown; null = there is none of that moment, as nobody was looking: of that time only the series of the daemon
 * tell (`parts.traffic` of the newest reading).
 */
export function readingOf(node: NodeState, state: Pick<State, 'frozen' | 'pastMs'>): Reading | null {
  const shown = shownNode(node, state);
  return state.pastMs === null ? shown.reading : readingOfPast(shown, state.pastMs);
}

/** Why nothing can be done to what is shown; null = it is what is now, and may be changed. */
export function notNow(state: Pick<State, 'frozen' | 'pastMs' | 'readOnly'>): string | null {
  if (state.readOnly) return 'read-only: the screen was opened with --read-only';
  if (state.pastMs !== null) return 'you are looking at the past: \\ comes back to now';
  return state.frozen === null ? null : 'the screen is frozen: P lets it go on';
}

/** The oldest moment that the series of a daemon tell of, by its clock; null = there are none. */
function seriesBeginMs(reading: Reading): number | null {
  const first = reading.parts.traffic?.points?.at[0];
  return first === undefined ? null : Date.parse(first);
}

/** The oldest moment that is known of any daemon, by our monotonic clock; null = nothing but now. */
export function oldestMs(nodes: readonly NodeState[]): number | null {
  const moments = nodes.flatMap((node) => {
    if (node.reading === null) return [];
    const own = node.past.moments[0]?.receivedMs;
    const begun = seriesBeginMs(node.reading);
    const series = begun === null ? [] : [node.reading.receivedMs - (node.reading.atMs - begun)];
    return [...(own === undefined ? [] : [own]), ...series];
  });
  if (moments.length === 0) return null;
  const newest = Math.max(...nodes.map((node) => node.reading?.receivedMs ?? Number.NEGATIVE_INFINITY));
  return Math.max(Math.min(...moments), newest - pastReachMs);
}

/** More than this after what was read last says nothing of a moment. */
const longestGapMs = 60_000;

const unpacked = new WeakMap<Moment, { readonly live: Reading; readonly reading: Reading }>();

function readingOfPast({ past, reading: live }: NodeState, pastMs: number): Reading | null {
  const moment = momentAt(past, pastMs);
  if (live === null || moment === null || pastMs - moment.receivedMs > longestGapMs) return null;
  const known = unpacked.get(moment);
  if (known?.live === live) return known.reading;
  const reading = withLists(readingOfMoment(moment), live);
  unpacked.set(moment, { live, reading });
  return reading;
}

/** What names its own times is cut off at the moment; certificates are those of now; of the rest nothing is kept, which is said. */
function withLists(reading: Reading, live: Reading): Reading {
  const { certs, errors, traffic } = live.parts;
  const over = 'is not kept of the past';
  return {
    ...reading,
    parts: {
      ...reading.parts,
      ...(certs === undefined ? {} : { certs }),
      ...(errors === undefined
        ? {}
        : {
            errors: {
              ...errors,
              requests: errors.requests.filter((one) => Date.parse(one.time) + one.duration_ms <= reading.atMs),
            },
          }),
      ...(traffic === undefined ? {} : { traffic: trafficUntil(traffic, reading) }),
    },
    unread: { ...reading.unread, inflight: over, clients: over, runtime: over, breakers: over },
  };
}

type Traffic = NonNullable<Reading['parts']['traffic']>;

function trafficUntil(traffic: Traffic, reading: Reading): Traffic {
  if (traffic.points === undefined) return traffic;
  const count = traffic.points.at.filter((at) => Date.parse(at) <= reading.atMs).length;
  const { total, points } = traffic;
  return {
    ...traffic,
    total: {
      windows: reading.status.windows,
      ...(total.series === undefined
        ? {}
        : {
            series: {
              requests: total.series.requests.slice(0, count),
              errors: total.series.errors.slice(0, count),
              p50_ms: total.series.p50_ms.slice(0, count),
              p99_ms: total.series.p99_ms.slice(0, count),
            },
          }),
    },
    points: { at: points.at.slice(0, count), covered_ms: points.covered_ms.slice(0, count) },
  };
}
