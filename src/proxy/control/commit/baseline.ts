/**
 * What goes through the proxy in windows of five seconds: the one that fills, and those of the last five minutes, from which
 * comes what a change is compared with. Reads each second of `Traffic` and the cell of handshakes; judges nothing.
 */
import { causeIndex, causeList, causes } from '../../shared/causes.ts';
import { sketchLength } from '../../shared/duration-sketch.ts';
import { quantilesOf } from '../../shared/sketch-quantile.ts';
import { keys } from '../traffic/keys.ts';
import { errorsOf, requestsOf } from '../traffic/window.ts';
import type { Standing } from '../health/standing.ts';
import { BASELINE_LEAST_MS, BASELINE_MOST_MS, FEWEST, WINDOW_MS } from './guard-limits.ts';

export interface GuardWindow {
  readonly coveredMs: number;
  /** Without those that were answered by a maintenance that somebody ordered. */
  readonly requests: number;
  /** Answers with 5xx, whoever made them. */
  readonly errors: number;
  /** Counts on the scale of `duration-sketch.ts`; none where most answers were made without a target. */
  readonly durations: Uint32Array;
  /** Handshakes with clients that ended, and those of them that failed. */
  readonly handshakes: number;
  readonly failedHandshakes: number;
}

/** What was before a change. Null = not known: too little time, or too little traffic. */
export interface Baseline {
  readonly coveredMs: number;
  readonly errorRatio: number | null;
  /** In seconds. */
  readonly p99: number | null;
  readonly tlsRatio: number | null;
  /** Upstreams, by name, as they were just before. */
  readonly standings: ReadonlyMap<string, Standing>;
}

/** Handshakes so far, in all and failed. */
export interface HandshakeCounts {
  readonly ended: number;
  readonly failed: number;
}

const KEPT = BASELINE_MOST_MS / WINDOW_MS;

export class GuardWindows {
  readonly #handshakes: () => HandshakeCounts;
  readonly #kept: GuardWindow[] = [];
  #filling = emptyWindow();
  #seen: HandshakeCounts;

  constructor(handshakes: () => HandshakeCounts) {
    this.#handshakes = handshakes;
    this.#seen = handshakes();
  }

  /** Adds one second. Returns the window that it has filled, if it has. @param counts One for each number of `keys.ts`. */
  add(counts: Float64Array, coveredMs: number): GuardWindow | null {
    const window = this.#filling;
    window.coveredMs += coveredMs;
    window.requests += requestsOf(counts);
    window.errors += errorsOf(counts);
    window.maintained += counts[maintainedAt] as number;
    for (const at of ownAt) window.own += counts[at] as number;
    for (let at = 0; at < sketchLength; at++) {
      const count = counts[keys.sketch + at] as number;
      if (count !== 0) window.durations[at] = (window.durations[at] as number) + count;
    }
    // The last second of it may have been a little short.
    if (window.coveredMs < WINDOW_MS - 100) return null;
    // Fast, and many: with them a p99 says nothing of what targets do, and nothing of what they did.
    if (window.own * 2 > window.requests) window.durations.fill(0);
    window.requests = Math.max(0, window.requests - window.maintained);
    window.errors = Math.max(0, window.errors - window.maintained);
    const now = this.#handshakes();
    window.handshakes = Math.max(0, now.ended - this.#seen.ended);
    window.failedHandshakes = Math.max(0, now.failed - this.#seen.failed);
    this.#seen = now;
    this.#filling = emptyWindow();
    return window;
  }

  /** It is something that later changes may be compared with. */
  keep(window: GuardWindow): void {
    this.#kept.push(window);
    if (this.#kept.length > KEPT) this.#kept.shift();
  }

  /** What is kept, as something to compare with. */
  baseline(standings: readonly Standing[]): Baseline {
    const coveredMs = this.#kept.reduce((sum, window) => sum + window.coveredMs, 0);
    const by = new Map(standings.map((standing) => [standing.upstream, standing]));
    const unknown = { coveredMs, errorRatio: null, p99: null, tlsRatio: null, standings: by };
    if (coveredMs < BASELINE_LEAST_MS - 1_000) return unknown;
    const { requests, errors, durations, handshakes, failedHandshakes } = this.#kept.reduce(together, emptyWindow());
    return {
      ...unknown,
      ...(requests < FEWEST ? {} : { errorRatio: errors / requests, p99: quantilesOf(durations, [0.99])[0] ?? null }),
      ...(handshakes < FEWEST ? {} : { tlsRatio: failedHandshakes / handshakes }),
    };
  }

  /** Something has changed: the window that fills begins anew. */
  restart(): void {
    this.#filling = emptyWindow();
    this.#seen = this.#handshakes();
  }
}

type Filling = { -readonly [K in keyof GuardWindow]: GuardWindow[K] } & {
  /** Answers that the proxy made itself, without asking a target. */
  own: number;
  /** Of them, those of a maintenance that somebody ordered. */
  maintained: number;
};

const maintainedAt = keys.causes + causeIndex.maintenance;
/** A client that goes away gets no answer. */
const ownAt = causeList
  .filter((cause) => causes[cause].source !== 'upstream' && cause !== 'client_closed')
  .map((cause) => keys.causes + causeIndex[cause]);

function emptyWindow(): Filling {
  const durations = new Uint32Array(sketchLength);
  return { coveredMs: 0, requests: 0, errors: 0, durations, handshakes: 0, failedHandshakes: 0, own: 0, maintained: 0 };
}

function together(sum: Filling, window: GuardWindow): Filling {
  sum.coveredMs += window.coveredMs;
  sum.requests += window.requests;
  sum.errors += window.errors;
  sum.handshakes += window.handshakes;
  sum.failedHandshakes += window.failedHandshakes;
  for (let at = 0; at < sketchLength; at++) {
    sum.durations[at] = (sum.durations[at] as number) + (window.durations[at] as number);
  }
  return sum;
}
