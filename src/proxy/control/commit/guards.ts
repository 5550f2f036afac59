/**
 * The guards of one change: hold each window against what was before and say which of them have had enough. Fed by
 * `guard-watch.ts`; decides nothing about the change.
 */
import { sketchValues } from '../../shared/duration-sketch.ts';
import { quantilesOf } from '../../shared/sketch-quantile.ts';
import type { Standing } from '../health/standing.ts';
import type { Baseline, GuardWindow } from './baseline.ts';
import {
  BAD_WINDOWS,
  ERRORS_OVER_BASELINE,
  FEWEST,
  FEWEST_FAILURES,
  FEWEST_SLOW,
  type GuardLimits,
  type GuardName,
  guardNames,
  P99_FLOOR,
} from './guard-limits.ts';

/** `unknown`: nothing to judge by, yet or at all. */
export type GuardVerdict = 'good' | 'bad' | 'unknown' | 'off';

export interface GuardReading {
  readonly guard: GuardName;
  readonly verdict: GuardVerdict;
  /** What is allowed: a share, a p99 in seconds, a count of targets that take requests. Null = nothing to hold it against. */
  readonly limit: number | null;
  /** In the newest window, in the same unit. */
  readonly now: number | null;
  readonly before: number | null;
  /** Of `healthy`: how many targets there are. */
  readonly of: number | null;
  /** Bad windows in a row up to now. */
  readonly badWindows: number;
  /** A sentence, when it has had enough; else null. */
  readonly complaint: string | null;
}

interface Streak {
  windows: number;
  requests: number;
  failures: number;
}

/** One window as one guard sees it; null = it says nothing. */
interface Look {
  readonly bad: boolean;
  readonly now: number;
  readonly requests: number;
  readonly failures: number;
}

export class Guards {
  readonly #limits: GuardLimits;
  readonly #baseline: Baseline;
  readonly #readings = new Map<GuardName, GuardReading>();
  readonly #streaks = new Map<GuardName, Streak>();

  constructor(baseline: Baseline, limits: GuardLimits, standings: readonly Standing[]) {
    this.#baseline = baseline;
    this.#limits = limits;
    for (const guard of guardNames) this.#readings.set(guard, this.#unread(guard, standings));
  }

  get baseline(): Baseline {
    return this.#baseline;
  }

  get readings(): readonly GuardReading[] {
    return [...this.#readings.values()];
  }

  /** Sentences of those that have had enough; empty while none has. */
  get complaints(): readonly string[] {
    return this.readings.map(({ complaint }) => complaint).filter((complaint) => complaint !== null);
  }

  take(window: GuardWindow, standings: readonly Standing[]): void {
    this.#note('errors', this.#errors(window));
    this.#note('p99', this.#p99(window));
    this.#note('tls', this.#tls(window));
    this.#healthy(standings);
  }

  #errors({ requests, errors }: GuardWindow): Look | null {
    const limit = this.#limit('errors');
    if (requests === 0 || limit === null) return null;
    const now = errors / requests;
    return { bad: now > limit, now, requests, failures: errors };
  }

  #p99({ requests, durations }: GuardWindow): Look | null {
    const limit = this.#limit('p99');
    const now = quantilesOf(durations, [0.99])[0] ?? null;
    if (now === null || limit === null) return null;
    let slow = 0;
    for (let at = 0; at < durations.length; at++) {
      if ((sketchValues[at] as number) > limit) slow += durations[at] as number;
    }
    return { bad: now > limit, now, requests, failures: slow };
  }

  #tls({ handshakes, failedHandshakes }: GuardWindow): Look | null {
    const limit = this.#limit('tls');
    if (handshakes === 0 || limit === null) return null;
    const now = failedHandshakes / handshakes;
    return { bad: now > limit, now, requests: handshakes, failures: failedHandshakes };
  }

  /** A window that says nothing neither ends bad ones in a row nor adds to them. */
  #note(guard: 'errors' | 'p99' | 'tls', look: Look | null): void {
    if (look === null) return;
    const { bad, now, requests, failures } = look;
    const streak = this.#streaks.get(guard) ?? { windows: 0, requests: 0, failures: 0 };
    if (bad) {
      streak.windows++;
      streak.requests += requests;
      streak.failures += failures;
      this.#streaks.set(guard, streak);
    } else this.#streaks.delete(guard);
    const least = guard === 'p99' ? FEWEST_SLOW : FEWEST_FAILURES;
    const enough = bad && streak.windows >= BAD_WINDOWS && streak.requests >= FEWEST && streak.failures >= least;
    const reading = this.#readings.get(guard) as GuardReading;
    this.#readings.set(guard, {
      ...reading,
      verdict: bad ? 'bad' : 'good',
      now,
      badWindows: bad ? streak.windows : 0,
      complaint: enough ? complaintOf(guard, reading, now, streak) : null,
    });
  }

  #healthy(standings: readonly Standing[]): void {
    if (!this.#limits.healthy) return;
    const worse = standings.flatMap((standing) => {
      const words = worsened(standing, this.#baseline.standings.get(standing.upstream) ?? null);
      return words === null ? [] : [words];
    });
    const windows = worse.length === 0 ? 0 : (this.#streaks.get('healthy')?.windows ?? 0) + 1;
    this.#streaks.set('healthy', { windows, requests: 0, failures: 0 });
    this.#readings.set('healthy', {
      ...this.#unread('healthy', standings),
      verdict: worse.length === 0 ? 'good' : 'bad',
      badWindows: windows,
      complaint: windows >= BAD_WINDOWS ? worse.join('; ') : null,
    });
  }

  #unread(guard: GuardName, standings: readonly Standing[]): GuardReading {
    const { errorRatio, p99, tlsRatio } = this.#baseline;
    const before = { errors: errorRatio, p99, tls: tlsRatio, healthy: null }[guard];
    const off = guard === 'healthy' ? !this.#limits.healthy : this.#limits[guard] === null;
    const base = {
      guard,
      verdict: off ? 'off' : 'unknown',
      now: null,
      of: null,
      badWindows: 0,
      complaint: null,
    } as const;
    if (guard !== 'healthy' || off) return { ...base, before, limit: this.#limit(guard) };
    const sum = (count: (standing: Standing) => number) => standings.reduce((all, one) => all + count(one), 0);
    const known = this.#baseline.standings;
    const downBefore = (upstream: string) => {
      const standing = known.get(upstream);
      return standing === undefined ? 0 : inUseDown(standing);
    };
    return {
      ...base,
      limit: sum((one) => one.targets - Math.min(one.targets, downBefore(one.upstream))),
      now: sum((one) => one.targets - inUseDown(one)),
      before: [...known.values()].reduce((all, one) => all + one.targets - inUseDown(one), 0),
      of: sum(({ targets }) => targets),
    };
  }

  #limit(guard: GuardName): number | null {
    const { errorRatio, p99, tlsRatio } = this.#baseline;
    const { errors, tls, p99: times } = this.#limits;
    switch (guard) {
      case 'errors':
        return errors === null ? null : Math.max(errors, (errorRatio ?? 0) + ERRORS_OVER_BASELINE);
      case 'p99':
        return times === null || p99 === null ? null : Math.max(p99 * times, p99 + P99_FLOOR);
      case 'tls':
        return tls === null ? null : (tlsRatio ?? 0) + tls;
      case 'healthy':
        return null;
    }
  }
}

/** What is worse about an upstream than before the change; null when nothing is. */
function worsened(now: Standing, before: Standing | null): string | null {
  const { upstream, targets, minHealthy } = now;
  const down = inUseDown(now);
  const was = before === null ? 0 : inUseDown(before);
  const available = usable(now);
  if (down > was) {
    const then = before === null ? 'the upstream came with the change' : `${was} of ${before.targets} before`;
    return `upstream ${upstream}: ${down} of ${targets} targets down (${then})`;
  }
  const short = available < minHealthy && (before === null || usable(before) >= before.minHealthy);
  return short
    ? `upstream ${upstream}: ${available} of ${targets} targets take requests, min-healthy is ${minHealthy}`
    : null;
}

/** What operators drain is their own doing, and so is what they do to it then: neither says anything about the change. */
function inUseDown({ down, drainedDown }: Standing): number {
  return down - drainedDown;
}

function usable({ available, drained }: Standing): number {
  return available + drained;
}

function complaintOf(
  guard: 'errors' | 'p99' | 'tls',
  { limit, before }: GuardReading,
  now: number,
  streak: Streak,
): string {
  const { windows, requests, failures } = streak;
  const during = `${windows} windows of 5 s in a row`;
  if (guard === 'p99') {
    return `p99 is ${millis(now)}, limit ${millis(limit ?? 0)} (${millis(before ?? 0)} before), ${during}`;
  }
  const [what, of] = guard === 'errors' ? ['5xx', 'requests'] : ['failed TLS handshakes', 'handshakes'];
  const then = before === null ? 'before: not known' : `${percent(before)} before`;
  return `${what} are ${percent(failures / requests)} of ${requests} ${of}, limit ${percent(limit ?? 0)} (${then}), ${during}`;
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(ratio > 0 && ratio < 0.001 ? 2 : 1)} %`;
}

function millis(seconds: number): string {
  return `${seconds < 0.01 ? (seconds * 1000).toFixed(1) : Math.round(seconds * 1000)} ms`;
}
