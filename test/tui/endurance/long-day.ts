/**
 * A day that passes before a daemon of tests, as news for the screen: counters rise, targets go down and come back, drain, are ejected;
 * events, log lines, errors and clients come and go; now and then the daemon does not answer. Without chance: each run is the same.
 */
import type { EventState } from '../../../src/admin/contract/event-shapes.ts';
import type { LogLineState } from '../../../src/admin/contract/log-shapes.ts';
import type { TargetState, UpstreamState } from '../../../src/admin/contract/upstream-shapes.ts';
import type { Verdict } from '../../../src/diagnosis/judgement.ts';
import type { FeedNews, Parts, Reading } from '../../../src/tui/feed/reading.ts';
import {
  downTarget,
  drainingTarget,
  okVerdict,
  sampleAtMs,
  sampleCert,
  sampleClient,
  sampleEvent,
  sampleInflight,
  sampleParts,
  sampleReading,
  sampleRequest,
  sampleRoute,
  sampleStatus,
  sampleTarget,
  sampleUpstream,
  sampleWindows,
} from '../sample-state.ts';

export interface DaySize {
  readonly upstreams: number;
  readonly targetsEach: number;
  readonly routes: number;
}

/** Seconds of a fault, of those of a whole turn: staggered, so that something is always down, and never everything. */
const TURN = 97;
const LASTS = 23;
/** So many seconds without an answer, of each quarter of an hour. */
const SILENT = 5;
const QUARTER = 900;
const POINTS = 210;

/** The news of second number `second`, in the order in which a feed tells them. */
export function newsOf(second: number, nowMs: number, size: DaySize): readonly FeedNews[] {
  if (second % QUARTER >= QUARTER - SILENT) {
    return [{ kind: 'lost', node: 'local', atMs: nowMs, why: 'no answer in time', retryMs: 1_000 }];
  }
  const reading = readingAt(second, nowMs, size);
  const news: FeedNews[] = [{ kind: 'reading', reading }];
  if (second % 2 === 0) news.push({ kind: 'verdict', node: 'local', verdict: verdictAt(second), why: null });
  if (second % 3 === 0)
    news.push({ kind: 'events', node: 'local', events: [eventAt(second, reading.atMs)], gap: second % 600 === 0 });
  if (second % 5 === 0) news.push({ kind: 'logs', node: 'local', lines: [lineAt(second, reading.atMs)], gap: false });
  return news;
}

function readingAt(second: number, nowMs: number, size: DaySize): Reading {
  const rate = 200 + (second % 61);
  const atMs = sampleAtMs + nowMs;
  return sampleReading({
    receivedMs: nowMs,
    generation: 41 + Math.floor(second / 3_600),
    etag: `"41-${second}"`,
    status: sampleStatus({
      uptime_ms: second * 1_000,
      windows: sampleWindows({ requests: rate * 10, requests_per_s: rate, errors: second % 7 }),
    }),
    upstreams: Array.from({ length: size.upstreams }, (_, index) => upstreamAt(second, index, size)),
    parts: partsAt(second, atMs, size),
  });
}

function upstreamAt(second: number, index: number, { targetsEach }: DaySize): UpstreamState {
  const targets = Array.from({ length: targetsEach }, (_, at) => targetAt(second, index * targetsEach + at));
  const windows = sampleWindows({
    requests_per_s: 40 + ((second + index) % 17),
    p99_ms: 80 + ((second * 7 + index) % 300),
  });
  return sampleUpstream(`pool-${index}`, targets, { windows });
}

function targetAt(second: number, number: number): TargetState {
  const address = `10.0.${Math.floor(number / 200)}.${1 + (number % 200)}:8080`;
  const phase = (second + number * 13) % TURN;
  const counters = {
    in_flight: phase % 5,
    acquired_total: second * 9 + number,
    windows: sampleWindows({ requests_per_s: (second + number) % 40, p99_ms: 20 + ((second + number) % 90) }),
  };
  if (number % 3 !== 0 || phase >= LASTS) return sampleTarget(address, counters);
  return number % 2 === 0 ? downTarget(address, counters) : drainingTarget(address, counters);
}

function partsAt(second: number, atMs: number, { routes, upstreams }: DaySize): Parts {
  const ids = Array.from({ length: routes }, (_, index) => `route-${index}`);
  const names = Array.from({ length: upstreams }, (_, index) => `pool-${index}`);
  const series = {
    requests: counted((point) => 2_000 + ((second + point) % 300)),
    errors: counted((point) => (second + point) % 11),
    p50_ms: counted(() => 11),
    p99_ms: counted((point) => 90 + ((second + point) % 40)),
  };
  const windows = sampleWindows({ requests_per_s: 200 + (second % 50) });
  const whole = sampleParts();
  return sampleParts({
    routes: { routes: ids.map((id, index) => sampleRoute(id, { requests_total: second * 10 + index, windows })) },
    traffic: {
      at: new Date(atMs).toISOString(),
      total: { windows, series },
      unrouted: { windows: {} },
      routes: ids.map((id) => ({ id, windows, series })),
      upstreams: names.map((name) => ({ name, targets: [], windows, series })),
      points: {
        at: counted((point) => new Date(atMs - (POINTS - 1 - point) * 1_000).toISOString()),
        covered_ms: counted(() => 1_000),
      },
    },
    errors: {
      ...whole.errors,
      requests: counted(
        (at) => sampleRequest(`${second - at}-1`, { time: new Date(atMs - at * 1_000).toISOString() }),
        60,
      ),
    },
    inflight: {
      ...whole.inflight,
      requests: counted((at) => sampleInflight(`${second}-${at}`, { age_ms: at * 10 }), 40),
      matching: 40,
      total: 40,
    },
    clients: { ...whole.clients, clients: counted((at) => sampleClient(`10.9.${second % 200}.${at}`), 50) },
    certs: { certificates: [sampleCert('https', { days_left: 30 - (second % 20) })], problems: [] },
  });
}

function counted<T>(make: (index: number) => T, length = POINTS): readonly T[] {
  return Array.from({ length }, (_, index) => make(index));
}

function eventAt(second: number, atMs: number): EventState {
  return sampleEvent(second, {
    at: new Date(atMs).toISOString(),
    words: `target ${second} went down`,
    subject: `pool-0/${second}`,
  });
}

function lineAt(second: number, atMs: number): LogLineState {
  return {
    time: new Date(atMs).toISOString(),
    level: second % 2 === 0 ? 'info' : 'warn',
    message: `line ${second}`,
  } as LogLineState;
}

function verdictAt(second: number): Verdict {
  if (second % TURN < LASTS) return okVerdict;
  return {
    ...okVerdict,
    status: 'problems',
    exit_code: 1,
    procedure: 'upstream-failure',
    severity: 'SEV3',
    causes: [
      {
        cause: 'target-refused',
        strength: 0.97,
        detail: `pool-0/10.0.0.${second % 200}:8080 refuses connections: nothing listens there`,
        resource: { kind: 'target', name: `pool-0/10.0.0.${second % 200}:8080` },
        evidence: [],
        impact: 'degraded',
        since: null,
        next: ['sentinel check pool-0'],
      },
    ],
  };
}
