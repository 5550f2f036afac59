/** A clock that stands still until a test turns it. */
import type { Clock, Stoppable } from '../../src/base/clock.ts';

interface Alarm {
  at: number;
  readonly period: number | null;
  readonly task: () => void;
}

export class ManualClock implements Clock {
  #now = 1_000;
  readonly #wallStart: number;
  readonly #alarms = new Set<Alarm>();

  constructor(wallStart = Date.UTC(2026, 0, 1)) {
    this.#wallStart = wallStart;
  }

  now(): number {
    return this.#now;
  }

  wallMs(): number {
    return this.#wallStart + this.#now;
  }

  every(periodMs: number, task: () => void): Stoppable {
    return this.#add({ at: this.#now + periodMs, period: periodMs, task });
  }

  after(delayMs: number, task: () => void): Stoppable {
    return this.#add({ at: this.#now + delayMs, period: null, task });
  }

  /** Moves time forward, running what falls due, in order. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      let next: Alarm | undefined;
      for (const alarm of this.#alarms)
        if (alarm.at <= until && (next === undefined || alarm.at < next.at)) next = alarm;
      if (next === undefined) break;
      this.#now = next.at;
      if (next.period === null) this.#alarms.delete(next);
      else next.at += next.period;
      next.task();
    }
    this.#now = until;
  }

  /** Moves time forward at once, as for a machine that stood still: what has fallen due runs afterwards, once each. */
  leap(ms: number): void {
    this.#now += ms;
    for (const alarm of [...this.#alarms]) {
      if (alarm.at > this.#now) continue;
      if (alarm.period === null) this.#alarms.delete(alarm);
      else alarm.at = this.#now + alarm.period;
      alarm.task();
    }
  }

  #add(alarm: Alarm): Stoppable {
    this.#alarms.add(alarm);
    return { stop: () => void this.#alarms.delete(alarm) };
  }
}
