/**
 * What there is of a daemon at the moment that is shown: the reading of that moment, or, where nobody looked then, no more than a point
 * of its series. Asked by rows and view. Never gives the state of another moment than the one that the clock on the screen says.
 */
import type { Reading } from '../feed/reading.ts';
import { type Alarms, alarmOf, type AlarmSubject, isRaised } from '../store/hysteresis.ts';
import { readingOf, shownNode } from '../store/moments.ts';
import type { NodeState, State } from '../store/state.ts';
import { labelsOf } from './node-labels.ts';

export interface Shown {
  readonly node: string;
  /** As it is called in the narrow column of a table. */
  readonly label: string;
  /** Null = nothing was read of it then. */
  readonly reading: Reading | null;
  /** It is older than it looks: the daemon does not answer, or has not in time. */
  readonly stale: boolean;
  /**
   * Where nobody looked at that moment: a reading whose names are shown, and the point of its series that is of that moment, −1 = none.
   * Null everywhere else.
   */
  readonly before: { readonly names: Reading; readonly point: number } | null;
  /** The moment that is shown, by the clock of the daemon, ms since 1970; null = nothing is known of it. */
  readonly atMs: number | null;
  /** What happened later is not shown; null = everything is, as it is now, whatever the clock of the daemon has done. */
  readonly untilMs: number | null;
  /** What is beyond its threshold; null = that is not known of that moment. */
  readonly alarms: Alarms | null;
}

/** More than so many intervals without an answer, and what is shown is stale. */
const STALE_INTERVALS = 3;
const STALE_LEAST_MS = 3000;

/** The reading that is shown; null = there is none of that moment. */
function shownReading(node: NodeState, state: Pick<State, 'frozen' | 'pastMs'>): Reading | null {
  return readingOf(node, state);
}

/** Whether what is shown live is older than it should be. What was frozen or gone back to on purpose is not. */
export function isStale(
  node: Pick<NodeState, 'reading' | 'lost'>,
  state: Pick<State, 'frozen' | 'pastMs' | 'nowMs' | 'intervalMs' | 'suspended'>,
): boolean {
  if (state.frozen !== null || state.pastMs !== null || node.reading === null) return false;
  if (node.lost !== null) return true;
  return (
    !state.suspended &&
    state.nowMs - node.reading.receivedMs > Math.max(STALE_LEAST_MS, STALE_INTERVALS * state.intervalMs)
  );
}

export function shownOf(node: NodeState, state: State): Shown {
  const reading = shownReading(node, state);
  const alarms = state.pastMs === null ? shownNode(node, state).alarms : null;
  const facts = {
    node: node.node,
    label: labelOf(node, state),
    reading,
    stale: isStale(node, state),
    before: null,
    alarms,
  };
  if (reading !== null) return { ...facts, atMs: reading.atMs, untilMs: state.pastMs === null ? null : reading.atMs };
  const names = shownNode(node, state).reading;
  if (names === null || state.pastMs === null) return { ...facts, atMs: null, untilMs: null };
  const atMs = names.atMs - (names.receivedMs - state.pastMs);
  return { ...facts, before: { names, point: pointAt(names, atMs) }, atMs, untilMs: atMs };
}

function labelOf({ node }: NodeState, { nodes }: State): string {
  const names = nodes.map((one) => one.node);
  return labelsOf(names)[names.indexOf(node)] ?? node;
}

/** Index of the point of the series that covers a moment; −1 = it is older than all of them, or there is no series. */
function pointAt({ parts }: Reading, atMs: number): number {
  const points = parts.traffic?.points;
  if (points === undefined) return -1;
  // A point is of the time that ended at its moment.
  const index = points.at.findIndex((end) => Date.parse(end) >= atMs);
  if (index === -1) return points.at.length - 1;
  const began = Date.parse(points.at[index] as string) - (points.covered_ms[index] ?? 0);
  return began <= atMs ? index : -1;
}

/** Whether its errors and its 99th percentile are beyond their thresholds, with hysteresis; null = not known. */
export function raisedOf({ alarms }: Shown, subject: AlarmSubject): Raised | null {
  if (alarms === null) return null;
  return { err: isRaised(alarms, alarmOf('err', subject)), p99: isRaised(alarms, alarmOf('p99', subject)) };
}

export interface Raised {
  readonly err: boolean;
  readonly p99: boolean;
}

/** Of every daemon, in the order of `--daemon`. */
export function everyShown(state: State): readonly Shown[] {
  return state.nodes.map((node) => shownOf(node, state));
}
