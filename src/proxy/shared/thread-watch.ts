/**
 * What a thread can say of itself: how late its event loop is, its heap, and what garbage collection costs it. The delay is
 * always measured, by a timer that costs a thousandth of a processor. Collections are watched only for a while after somebody
 * has asked, or on a thread that serves no requests: each that is watched costs some 65 µs.
 */
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Clock, Stoppable } from '../../base/clock.ts';
import { hundredths } from '../../base/units.ts';
import type { GcState, LoopDelay } from '../../admin/contract/runtime-shapes.ts';

/** The timer whose lateness is measured fires so often; a stall that is shorter may fall between. */
const RESOLUTION_MS = 50;
/** What is said covers between half of this and one and a half. */
const WINDOW_MS = 10_000;
/** After the last question. */
const WATCHED_MS = 60_000;

export interface ThreadReport {
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  readonly heapLimitBytes: number;
  readonly externalBytes: number;
  /** Null = it has just begun. */
  readonly delay: LoopDelay | null;
  /** Null = collections are watched from now on only. */
  readonly gc: GcState | null;
}

/** What was seen of collections since `from`. */
interface Collections {
  readonly from: number;
  count: number;
  pauseMs: number;
  maxMs: number;
}

export class ThreadWatch {
  readonly #clock: Clock;
  readonly #always: boolean;
  readonly #histogram: ReturnType<typeof monitorEventLoopDelay>;
  readonly #turner: Stoppable;
  #from: number;
  #delayBefore: LoopDelay | null = null;
  #observer: PerformanceObserver | null = null;
  #asked = -Infinity;
  #collections: Collections;
  #collectionsBefore: Collections | null = null;

  /** @param always Watch garbage collections all the time. */
  constructor(clock: Clock, always: boolean) {
    this.#clock = clock;
    this.#always = always;
    this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#histogram.enable();
    this.#from = clock.now();
    this.#collections = noneSince(this.#from);
    if (always) this.#observe();
    this.#turner = clock.every(WINDOW_MS, () => this.#turn());
  }

  report(): ThreadReport {
    const now = this.#clock.now();
    const { used_heap_size: used, total_heap_size: total, heap_size_limit: limit } = getHeapStatistics();
    const young = now - this.#from < WINDOW_MS / 2;
    const delay = (young ? this.#delayBefore : null) ?? this.#delay(now);
    const watched = this.#observer !== null;
    this.#asked = now;
    if (!watched) this.#observe();
    const seen = (young ? this.#collectionsBefore : null) ?? this.#collections;
    const until = seen === this.#collections ? now : this.#from;
    return {
      heapUsedBytes: used,
      heapTotalBytes: total,
      heapLimitBytes: limit,
      externalBytes: process.memoryUsage().external,
      delay,
      gc: watched && until > seen.from ? stateOf(seen, until) : null,
    };
  }

  close(): void {
    this.#turner.stop();
    this.#histogram.disable();
    this.#observer?.disconnect();
    this.#observer = null;
  }

  /** Begins another window. */
  #turn(): void {
    const now = this.#clock.now();
    this.#delayBefore = this.#delay(now);
    this.#histogram.reset();
    this.#from = now;
    const idle = !this.#always && now - this.#asked > WATCHED_MS;
    if (idle) {
      this.#observer?.disconnect();
      this.#observer = null;
    }
    this.#collectionsBefore = this.#observer === null ? null : this.#collections;
    this.#collections = noneSince(now);
  }

  /** Of the present window; null = the timer has not fired in it. */
  #delay(now: number): LoopDelay | null {
    const { count, max } = this.#histogram;
    if (count === 0) return null;
    return {
      window_ms: Math.round(now - this.#from),
      p50_ms: lateness(this.#histogram.percentile(50)),
      p99_ms: lateness(this.#histogram.percentile(99)),
      max_ms: lateness(max),
    };
  }

  #observe(): void {
    this.#collections = noneSince(this.#clock.now());
    this.#observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        const seen = this.#collections;
        seen.count++;
        seen.pauseMs += duration;
        if (duration > seen.maxMs) seen.maxMs = duration;
      }
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }
}

function noneSince(from: number): Collections {
  return { from, count: 0, pauseMs: 0, maxMs: 0 };
}

function stateOf({ from, count, pauseMs, maxMs }: Collections, until: number): GcState {
  return {
    window_ms: Math.round(until - from),
    count,
    pause_ms: hundredths(pauseMs),
    max_pause_ms: hundredths(maxMs),
  };
}

/** The histogram holds the time from one firing to the next, in nanoseconds. */
function lateness(nanoseconds: number): number {
  return hundredths(Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS));
}
