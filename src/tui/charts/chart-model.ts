/**
 * What the chart wall shows, from the state alone: lines, bars and words, before anybody knows how large the screen is. Several daemons
 * are summed, with a line for each. What is not known is a gap, never a zero. Pure.
 */
import type { EventState } from '../../admin/contract/event-shapes.ts';
import type { Reading } from '../feed/reading.ts';
import { targetStanding } from '../rows/standing.ts';
import type { Standing } from '../rows/row.ts';
import { type Moment, windowsOfMoment } from '../store/moment.ts';
import type { NodeState, State } from '../store/state.ts';
import { availabilityOf } from './availability.ts';
import { BIN_MS, type Bin, binOf, BINS, binsOf, larger, SPAN_MS } from './bins.ts';

export interface ChartLine {
  readonly name: string;
  /** One for each of `labels`; null = not known. */
  readonly values: readonly (number | null)[];
}

export interface TargetShare {
  /** `upstream/target`, behind the daemon where there are several. */
  readonly name: string;
  readonly standing: Standing;
  /** 0–1 of what is known; null = not known. */
  readonly share: number | null;
  /** Less than the quarter of an hour: ms that are known. */
  readonly knownMs: number;
}

export interface ChartModel {
  /** Some daemon answers: what is newest is of now. */
  readonly fresh: boolean;
  /** Minutes back, as `-15m`; the last is now. */
  readonly labels: readonly string[];
  /** Requests per second. */
  readonly rate: readonly ChartLine[];
  /** ms; of several daemons the worst. */
  readonly latency: readonly ChartLine[];
  /** Share of requests that were answered with 5xx, percent. */
  readonly errors: readonly ChartLine[];
  /** By window: percent of all requests that each cause took, the most frequent first. */
  readonly causes: {
    readonly windows: readonly string[];
    readonly names: readonly string[];
    /** `shares[window][cause]`. */
    readonly shares: readonly (readonly number[])[];
  };
  readonly connections: readonly ChartLine[];
  /** The worst first. */
  readonly targets: readonly TargetShare[];
  /** Oldest first. */
  readonly events: readonly {
    readonly at: string;
    readonly severity: EventState['severity'];
    readonly words: string;
  }[];
}

/** More stand above each other in no bar that anybody can read. */
const MOST_CAUSES = 4;

interface Live {
  readonly node: NodeState;
  readonly reading: Reading;
  /** By its clock, as it is now: what is lost grows old. */
  readonly nowMs: number;
  readonly bins: readonly Bin[];
}

export function chartModelOf(state: State): ChartModel {
  const live = state.nodes.flatMap((node) => liveOf(node, state));
  const several = state.nodes.length > 1;
  return {
    fresh: live.some(({ node }) => node.lost === null),
    labels: Array.from({ length: BINS }, (_, index) => labelOf(index)),
    rate: summed(live, several, 'all', ({ bins }) => bins.map(rateOf)),
    latency: [
      { name: 'p50', values: worst(live, ({ bins }) => bins.map(({ p50 }) => p50)) },
      {
        name: 'p95',
        values: worst(live, (one) => remembered(one, (moment) => windowsOfMoment(moment)['10s']?.p95_ms ?? null)),
      },
      { name: 'p99', values: worst(live, ({ bins }) => bins.map(({ p99 }) => p99)) },
    ],
    errors: [
      { name: several ? 'all' : 'now', values: errorShares(live) },
      ...(several ? live.map((one) => ({ name: one.node.node, values: errorShares([one]) })) : []),
    ],
    causes: causesOf(live),
    connections: [
      { name: 'open', values: total(live, (one) => remembered(one, ({ status }) => status.counts.open_connections)) },
      {
        name: 'in flight',
        values: total(live, (one) => remembered(one, ({ status }) => status.counts.in_flight_requests)),
      },
      {
        name: 'waiting',
        values: total(live, (one) => remembered(one, ({ status }) => status.counts.pending_requests)),
      },
    ],
    targets: live.flatMap((one) => sharesOf(one, several)).toSorted(worseFirst),
    events: live
      .flatMap(({ node }) => node.events.map((event) => ({ event, node: node.node })))
      .toSorted((a, b) => (a.event.last_at < b.event.last_at ? -1 : a.event.last_at > b.event.last_at ? 1 : 0))
      .map(({ event, node }) => ({
        at: event.last_at,
        severity: event.severity,
        words: eventWords(event, several ? node : null),
      })),
  };
}

function liveOf(node: NodeState, { nowMs }: State): readonly Live[] {
  const { reading } = node;
  if (reading === null) return [];
  const now = reading.atMs + Math.max(0, nowMs - reading.receivedMs);
  const { traffic } = reading.parts;
  const bins = traffic === undefined ? [] : binsOf(traffic, now);
  return [{ node, reading, nowMs: now, bins }];
}

function labelOf(index: number): string {
  const minutes = ((BINS - index) * BIN_MS) / 60_000;
  return index === BINS - 1 ? 'now' : Number.isInteger(minutes) ? `-${minutes}m` : `-${Math.floor(minutes)}m`;
}

function rateOf({ coveredMs, requests }: Bin): number | null {
  return coveredMs === 0 ? null : (requests * 1000) / coveredMs;
}

/** What was read at the moments that are kept, the last of each bin. */
function remembered({ node, nowMs }: Live, read: (moment: Moment) => number | null): readonly (number | null)[] {
  const values: (number | null)[] = Array.from({ length: BINS }, () => null);
  for (const moment of node.past.moments) {
    const place = binOf(moment.atMs, nowMs);
    if (place !== null) values[place] = read(moment);
  }
  return values;
}

type ValuesOf = (one: Live) => readonly (number | null)[];

function combined(
  live: readonly Live[],
  values: ValuesOf,
  join: (a: number, b: number) => number,
): readonly (number | null)[] {
  const each = live.map(values);
  return Array.from({ length: BINS }, (_, index) =>
    each.reduce<number | null>((sum, one) => {
      const value = one[index] ?? null;
      return sum === null || value === null ? (sum ?? value) : join(sum, value);
    }, null),
  );
}

function total(live: readonly Live[], values: ValuesOf): readonly (number | null)[] {
  return combined(live, values, (a, b) => a + b);
}

function worst(live: readonly Live[], values: ValuesOf): readonly (number | null)[] {
  return combined(live, values, (a, b) => larger(a, b) as number);
}

function summed(live: readonly Live[], several: boolean, name: string, values: ValuesOf): readonly ChartLine[] {
  const sum = { name: several ? name : 'now', values: total(live, values) };
  return several ? [sum, ...live.map((one) => ({ name: one.node.node, values: values(one) }))] : [sum];
}

function errorShares(live: readonly Live[]): readonly (number | null)[] {
  const requests = total(live, ({ bins }) => bins.map((bin) => (bin.coveredMs === 0 ? null : bin.requests)));
  const errors = total(live, ({ bins }) => bins.map((bin) => (bin.coveredMs === 0 ? null : bin.errors)));
  return requests.map((count, index) => (count === null || count === 0 ? null : ((errors[index] ?? 0) * 100) / count));
}

const windows = ['10s', '1m', '5m'] as const;

function causesOf(live: readonly Live[]): ChartModel['causes'] {
  const answering = live.filter(({ node }) => node.lost === null);
  const counted = windows.map((name) => {
    const each = answering.flatMap(({ reading }) => reading.status.windows[name] ?? []);
    const requests = each.reduce((sum, one) => sum + one.requests, 0);
    const counts = new Map<string, number>();
    for (const { cause, count } of each.flatMap((one) => one.causes))
      counts.set(cause, (counts.get(cause) ?? 0) + count);
    return { name, requests, counts };
  });
  const most = new Map<string, number>();
  for (const { counts, requests } of counted)
    for (const [cause, count] of counts) most.set(cause, Math.max(most.get(cause) ?? 0, count / Math.max(1, requests)));
  const ranked = [...most].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([cause]) => cause);
  const names = ranked.slice(0, MOST_CAUSES);
  const rest = ranked.slice(MOST_CAUSES);
  const share = (count: number, requests: number): number => (requests === 0 ? 0 : (count * 100) / requests);
  return {
    windows: counted.map(({ name }) => name),
    names: rest.length === 0 ? names : [...names, `${rest.length} more`],
    shares: counted.map(({ counts, requests }) => {
      const each = names.map((cause) => share(counts.get(cause) ?? 0, requests));
      const others = rest.reduce((sum, cause) => sum + (counts.get(cause) ?? 0), 0);
      return rest.length === 0 ? each : [...each, share(others, requests)];
    }),
  };
}

function sharesOf({ node, reading, nowMs }: Live, several: boolean): readonly TargetShare[] {
  const from = Math.max(nowMs - SPAN_MS, reading.atMs - reading.status.uptime_ms);
  // Of a daemon that does not answer nothing is known since.
  const until = node.lost === null ? nowMs : reading.atMs;
  return reading.upstreams.flatMap((upstream) =>
    upstream.targets.map((target) => {
      const facts = {
        upstream: upstream.name,
        target: target.address,
        verdict: target.verdict,
        sinceMs: Date.parse(target.since),
        events: node.events,
      };
      return {
        name: `${several ? `${node.node} ` : ''}${upstream.name}/${target.address}`,
        standing: node.lost === null ? targetStanding(target) : ('unknown' as const),
        ...availabilityOf(facts, from, until),
      };
    }),
  );
}

function worseFirst(a: TargetShare, b: TargetShare): number {
  return (a.share ?? -1) - (b.share ?? -1) || (a.name < b.name ? -1 : 1);
}

function eventWords({ words, subject, count }: EventState, node: string | null): string {
  const where = node === null ? '' : `${node}: `;
  const about = subject === null ? '' : ` ${subject}`;
  return `${where}${words}${about}${count > 1 ? ` ×${count}` : ''}`;
}
