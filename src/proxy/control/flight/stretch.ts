/** Exact counts of one stretch of a flight record, from the seconds that traffic is kept in. Filled and read by `recorder.ts`. */
import { type FlightCounts, type FlightLine, MOST_NAMES } from '../../../history/flight-record.ts';
import { type Cause, causeList } from '../../shared/causes.ts';
import { quantilesOf } from '../../shared/sketch-quantile.ts';
import { keys } from '../traffic/keys.ts';
import { gather, type Slot } from '../traffic/slot.ts';
import { TOTAL, type Traffic } from '../traffic/traffic.ts';

type TrafficLine = Extract<FlightLine, { kind: 'traffic' }>;

/** What a line of traffic says of requests. */
export type StretchCounts = Omit<TrafficLine, 'kind' | 'at' | 'generation' | 'connections' | 'rss_bytes'>;

export class Stretch {
  #slots: Slot[] = [];
  #last: Slot | null = null;
  readonly #sums = new Float64Array(keys.length);

  /** Time that its seconds really covered. */
  get coveredMs(): number {
    return this.#slots.reduce((sum, { coveredMs }) => sum + coveredMs, 0);
  }

  /** Takes the newest second, once. */
  add(second: Slot | null): void {
    if (second === null || this.#last === second) return;
    this.#slots.push(second);
    this.#last = second;
  }

  /** What was counted since the last time; the stretch begins anew. */
  take(traffic: Pick<Traffic, 'named'>): StretchCounts {
    const slots = this.#slots;
    const sums = this.#sums.fill(0);
    for (const slot of slots) gather(slot, TOTAL, sums);
    const [p50 = null, p99 = null] = quantilesOf(sums, [0.5, 0.99], keys.sketch);
    const found: Record<'route' | 'upstream', [string, FlightCounts][]> = { route: [], upstream: [] };
    for (const { number, kind, name } of traffic.named()) {
      const counts = countsOf(slots, number);
      if (counts !== null) found[kind].push([name, counts]);
    }
    const counts = {
      covered_ms: Math.round(this.coveredMs),
      ...(countsOf(slots, TOTAL) ?? { requests: 0, errors: 0, affected: 0 }),
      causes: causesOf(sums),
      routes: foremost(found.route),
      upstreams: foremost(found.upstream),
      p50_ms: inMilliseconds(p50),
      p99_ms: inMilliseconds(p99),
    };
    this.#slots = [];
    return counts;
  }
}

/** Null where nothing was counted. */
function countsOf(slots: readonly Slot[], subject: number): FlightCounts | null {
  let requests = 0;
  let errors = 0;
  let failed = 0;
  for (const { starts, ends, keys: found, counts } of slots) {
    if (subject >= starts.length) continue;
    const end = ends[subject] as number;
    for (let at = starts[subject] as number; at < end; at++) {
      const key = found[at] as number;
      const count = counts[at] as number;
      if (key >= keys.classes && key < keys.causes) requests += count;
      if (key === keys.classes + 5) errors += count;
      if (key === keys.failed) failed += count;
    }
  }
  return requests === 0 ? null : { requests, errors, affected: errors + failed };
}

function causesOf(sums: Float64Array): Readonly<Partial<Record<Cause, number>>> {
  const entries = causeList.map((cause, index) => [cause, sums[keys.causes + index] as number] as const);
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}

/** Those that requests failed on come first: an outage of a small route must not get lost among a thousand large ones. */
function foremost(found: [string, FlightCounts][]): Readonly<Record<string, FlightCounts>> {
  const failing = ({ affected }: FlightCounts) => (affected > 0 ? 1 : 0);
  found.sort(([, one], [, other]) => failing(other) - failing(one) || other.requests - one.requests);
  return Object.fromEntries(found.slice(0, MOST_NAMES));
}

function inMilliseconds(seconds: number | null): number | null {
  return seconds === null ? null : Math.round(seconds * 1e6) / 1e3;
}
