/** Traffic by hand, as the flight recorder writes it: what a test knows to be true of it is what it wrote. */
import type { FlightLine } from '../../src/history/flight-record.ts';
import type { TrafficSample } from '../../src/incident/impact/shapes.ts';

/** When it begins. */
export const day = '2026-11-20T';
export const begin = Date.parse(`${day}13:00:00.000Z`);
export const STEP_MS = 10_000;

export interface Hand {
  readonly requests: number;
  readonly affected: number;
  readonly p99?: number | null;
}

/** One stretch of ten seconds that ends at `toMs`; all through route and upstream `api`. */
export function stretch(toMs: number, { requests, affected, p99 = 20 }: Hand): TrafficSample {
  const counts = { requests, errors: affected, affected };
  return {
    kind: 'traffic',
    at: new Date(toMs).toISOString(),
    covered_ms: STEP_MS,
    generation: 1,
    ...counts,
    causes: affected === 0 ? {} : { connect_refused: affected },
    routes: { api: counts },
    upstreams: { backend: counts },
    p50_ms: 3,
    p99_ms: requests === 0 ? null : p99,
    connections: 4,
    rss_bytes: 80 << 20,
  };
}

/** Stretches in a row from `begin` on; `hand` says what is in the one that begins after so many seconds. */
export function traffic(seconds: number, hand: (second: number) => Hand | null): readonly TrafficSample[] {
  const samples: TrafficSample[] = [];
  for (let second = 0; second < seconds; second += STEP_MS / 1000) {
    const one = hand(second);
    if (one !== null) samples.push(stretch(begin + second * 1000 + STEP_MS, one));
  }
  return samples;
}

export function at(second: number): string {
  return new Date(begin + second * 1000).toISOString();
}

export type Line = Exclude<FlightLine, { kind: 'schema' }>;
