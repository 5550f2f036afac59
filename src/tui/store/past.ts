/**
 * What is kept of readings that are over, for the store: every second of two minutes, every tenth of a quarter of an hour. Bounded in
 * number, and small for each: numbers are packed, everything else is shared with the reading before where it has not changed. Pure.
 */
import type { Reading } from '../feed/reading.ts';
import { type Moment, momentOf } from './moment.ts';

export interface Past {
  /** Oldest first. */
  readonly moments: readonly Moment[];
}

export const noPast: Past = { moments: [] };

/** How far back one can go, ms. */
export const pastReachMs = 15 * 60_000;
/** As far back each second is kept; beyond it each tenth. */
export const pastCloseMs = 2 * 60_000;
/** A step of `[` and `]`, in the close and in the far past. */
export const closeStepMs = 1000;
export const farStepMs = 10_000;

/** Replies come a little early and a little late. */
const slackMs = 150;

/** With one more reading, and without what is too old or too close to others. */
export function pastAfter(past: Past, reading: Reading): Past {
  const last = past.moments.at(-1);
  if (last !== undefined && reading.receivedMs - last.receivedMs < closeStepMs - slackMs) return past;
  const kept: Moment[] = [];
  for (const moment of past.moments) {
    const ageMs = reading.receivedMs - moment.receivedMs;
    if (ageMs > pastReachMs) continue;
    const before = kept.at(-1);
    if (ageMs > pastCloseMs && before !== undefined && moment.receivedMs - before.receivedMs < farStepMs - slackMs)
      continue;
    kept.push(moment);
  }
  kept.push(momentOf(reading, last ?? null));
  return { moments: kept };
}

/** The newest that had been received by then; null = nothing had. */
export function momentAt(past: Past, receivedMs: number): Moment | null {
  let found: Moment | null = null;
  for (const moment of past.moments) {
    if (moment.receivedMs > receivedMs) break;
    found = moment;
  }
  return found;
}
