/**
 * What the flight recorder wrote, as `impactOf` takes it: samples of traffic, and the gaps between them in which nobody counted.
 * Pure; knows lines of one daemon, in the order in which they were written. Never fills a gap.
 */
import { rfc3339 } from '../../base/units.ts';
import { type FlightLine, SAMPLE_MS } from '../../history/flight-record.ts';
import type { Gap, TrafficSample } from './shapes.ts';

export interface FlightTraffic {
  readonly samples: readonly TrafficSample[];
  readonly gaps: readonly Gap[];
}

/** Samples come a little late under load: less than this missing between two of them is none. */
const LATE_MS = SAMPLE_MS / 2;
/** Between the end of a daemon and the next one less than this is no gap that anybody can have seen. */
const BLINK_MS = 1000;

/**
 * @param lines Of one daemon, oldest first.
 * @param untilMs Until when somebody should have counted, milliseconds since the epoch.
 */
export function flightTraffic(lines: readonly FlightLine[], untilMs: number): FlightTraffic {
  const samples: TrafficSample[] = [];
  const gaps: Gap[] = [];
  // Until when traffic is known, and when a daemon was last seen alive.
  let knownMs: number | null = null;
  let aliveMs: number | null = null;
  let endedAt: number | null = null;
  const ended = new Map<number, number>();
  lines.forEach((line, index) => {
    if (line.kind === 'ended') ended.set(line.pid, index);
  });
  const running = new Set<number>();
  lines.forEach((line, index) => {
    if (line.kind === 'schema') return;
    const atMs = Date.parse(line.kind === 'event' ? line.event.last_at : line.at);
    if (Number.isNaN(atMs)) return;
    if (line.kind === 'began') {
      // One that ends later goes on serving while its successor begins: an upgrade.
      const handedOver = [...running].some((pid) => (ended.get(pid) ?? -1) > index);
      if (!handedOver && aliveMs !== null) {
        const died = endedAt === null;
        const fromMs = endedAt ?? aliveMs;
        if (atMs - fromMs >= BLINK_MS) {
          gaps.push({
            from: rfc3339(fromMs),
            to: rfc3339(atMs),
            kind: 'down',
            words: died
              ? `no daemon wrote anything down after ${rfc3339(fromMs)}: it died within ${SAMPLE_MS / 1000} s of it, and the next one began at ${rfc3339(atMs)}`
              : `the daemon ended at ${rfc3339(fromMs)} and the next one began at ${rfc3339(atMs)}`,
          });
        }
        running.clear();
        knownMs = atMs;
      }
      running.add(line.pid);
      endedAt = null;
      knownMs ??= atMs;
      aliveMs = Math.max(aliveMs ?? atMs, atMs);
      return;
    }
    if (line.kind === 'traffic') {
      const fromMs = atMs - line.covered_ms;
      if (knownMs !== null && fromMs - knownMs > LATE_MS) {
        gaps.push({
          from: rfc3339(knownMs),
          to: rfc3339(fromMs),
          kind: 'blind',
          words: 'a daemon ran, and wrote no traffic down',
        });
      }
      samples.push(line);
      knownMs = Math.max(knownMs ?? atMs, atMs);
    }
    if (line.kind === 'ended') {
      running.delete(line.pid);
      if (running.size === 0) endedAt = atMs;
    }
    aliveMs = Math.max(aliveMs ?? atMs, atMs);
  });
  const last = lastGap(endedAt, aliveMs, untilMs);
  return { samples, gaps: last === null ? gaps : [...gaps, last] };
}

function lastGap(endedAt: number | null, aliveMs: number | null, untilMs: number): Gap | null {
  const fromMs = endedAt ?? aliveMs;
  if (fromMs === null || untilMs - fromMs <= 2 * SAMPLE_MS) return null;
  return endedAt === null
    ? {
        from: rfc3339(fromMs),
        to: null,
        kind: 'blind',
        words: 'nothing was written down since: the daemon died, hangs, or cannot write',
      }
    : { from: rfc3339(fromMs), to: null, kind: 'down', words: `the daemon ended at ${rfc3339(fromMs)}` };
}
