/**
 * The last quarter of an hour in tens of seconds, which stay where they are while time goes on: rates by the series of the daemons,
 * connections and memory by what was read. Made once for each reading.
 */
import type { EventState } from '../../admin/contract/event-shapes.ts';
import type { Reading } from '../feed/reading.ts';
import { remembering } from '../rows/remembered.ts';
import { everyShown } from '../rows/shown.ts';
import { shownNode } from '../store/moments.ts';
import type { Past } from '../store/past.ts';
import type { State } from '../store/state.ts';

export interface History {
  /** When the newest ten seconds began, ms since 1970 by the clock of the daemons; null = nothing is known. */
  readonly lastMs: number | null;
  /** Per second. */
  readonly requests: readonly (number | null)[];
  /** Share, 0–1. */
  readonly errors: readonly (number | null)[];
  /** ms, of the worst daemon. */
  readonly p99: readonly (number | null)[];
  readonly connections: readonly (number | null)[];
  /** Bytes, of the largest. */
  readonly memory: readonly (number | null)[];
}

const STEP_MS = 10_000;
const STEPS = 90;

const none: History = { lastMs: null, requests: [], errors: [], p99: [], connections: [], memory: [] };

const madeOnce = remembering<History>(2);

export function historyOf(state: State): History {
  const sources = everyShown(state).flatMap(({ reading, before, atMs }, index) => {
    const known = reading ?? before?.names ?? null;
    const node = state.nodes[index];
    if (known === null || atMs === null || node === undefined) return [];
    return [{ reading: known, past: shownNode(node, state).past, atMs }];
  });
  return madeOnce(
    sources.flatMap(({ reading, past, atMs }) => [reading, past, atMs]),
    () => made(sources),
  );
}

interface Source {
  readonly reading: Reading;
  readonly past: Past;
  readonly atMs: number;
}

interface Step {
  requests: number;
  errors: number;
  coveredMs: number;
  p99: number | null;
}

function made(sources: readonly Source[]): History {
  if (sources.length === 0) return none;
  const lastMs = Math.floor(Math.max(...sources.map(({ atMs }) => atMs)) / STEP_MS) * STEP_MS;
  const traffic = sources.map((source) => trafficSteps(source, lastMs));
  const over = <T>(pick: (step: Step) => T | null, join: (each: readonly T[]) => number): readonly (number | null)[] =>
    Array.from({ length: STEPS }, (_, index) => {
      const each = traffic.flatMap((steps) => {
        const step = steps[index];
        const value = step === undefined ? null : pick(step);
        return value === null ? [] : [value];
      });
      return each.length === 0 ? null : join(each);
    });
  const sum = (each: readonly number[]): number => each.reduce((all, one) => all + one, 0);
  return {
    lastMs,
    requests: over((step) => (step.coveredMs === 0 ? null : (step.requests * 1000) / step.coveredMs), sum),
    errors: over(
      (step) => (step.coveredMs === 0 ? null : step),
      (each) => sum(each.map(({ errors }) => errors)) / Math.max(1, sum(each.map(({ requests }) => requests))),
    ),
    p99: over(
      (step) => step.p99,
      (each) => Math.max(...each),
    ),
    connections: readSteps(sources, lastMs, ({ counts }) => counts.open_connections, sum),
    memory: readSteps(
      sources,
      lastMs,
      ({ memory }) => memory.rss_bytes,
      (each) => Math.max(...each),
    ),
  };
}

function stepAt(ms: number, lastMs: number): number {
  return STEPS - 1 - Math.round((lastMs - Math.floor(ms / STEP_MS) * STEP_MS) / STEP_MS);
}

/** Undefined where the series does not reach. */
function trafficSteps({ reading, atMs }: Source, lastMs: number): readonly (Step | undefined)[] {
  const steps = Array.from({ length: STEPS }, (): Step | undefined => undefined);
  const { traffic } = reading.parts;
  const points = traffic?.points;
  const series = traffic?.total.series;
  if (points === undefined || series === undefined) return steps;
  points.at.forEach((at, point) => {
    const endMs = Date.parse(at);
    if (endMs > atMs + STEP_MS) return;
    // A point ends at its moment: the last millisecond of it is what it is of.
    const index = stepAt(endMs - 1, lastMs);
    if (index < 0 || index >= STEPS) return;
    const step = (steps[index] ??= { requests: 0, errors: 0, coveredMs: 0, p99: null });
    step.requests += series.requests[point] ?? 0;
    step.errors += series.errors[point] ?? 0;
    step.coveredMs += points.covered_ms[point] ?? 0;
    const p99 = series.p99_ms[point] ?? null;
    if (p99 !== null) step.p99 = Math.max(step.p99 ?? 0, p99);
  });
  return steps;
}

function readSteps(
  sources: readonly Source[],
  lastMs: number,
  pick: (status: Reading['status']) => number,
  join: (each: readonly number[]) => number,
): readonly (number | null)[] {
  const each = sources.map(({ past, reading, atMs }) => {
    const steps = Array.from({ length: STEPS }, (): number | null => null);
    for (const one of [...past.moments, reading]) {
      const index = stepAt(one.atMs, lastMs);
      if (one.atMs <= atMs && index >= 0 && index < STEPS) steps[index] = pick(one.status);
    }
    return steps;
  });
  return Array.from({ length: STEPS }, (_, index) => {
    const known = each.flatMap((steps) => {
      const value = steps[index] ?? null;
      return value === null ? [] : [value];
    });
    return known.length === 0 ? null : join(known);
  });
}

/** What explains that a line jumps. */
const telling: ReadonlySet<string> = new Set([
  'reload',
  'breaker',
  'drain',
  'drain_deadline',
  'ejection',
  'health',
  'upstream',
  'worker_death',
  'crash_loop',
  'workers_restart',
  'upgrade',
  'block_add',
]);

/** Steps in which something happened, rising. */
export function eventMarks({ lastMs }: History, each: readonly (readonly EventState[])[]): readonly number[] {
  if (lastMs === null) return [];
  const marks = new Set<number>();
  for (const events of each) {
    for (const { kind, at } of events) {
      if (!telling.has(kind)) continue;
      const index = stepAt(Date.parse(at), lastMs);
      if (index >= 0 && index < STEPS) marks.add(index);
    }
  }
  return [...marks].sort((a, b) => a - b);
}
