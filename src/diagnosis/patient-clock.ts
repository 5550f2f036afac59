/**
 * The clock that probes wait by: time in which this process could not look does not count. On a machine that has too much to do the
 * event loop stands still for a second, and what came meanwhile would be told as what never came. The collector gives it to probes; its
 * own limits are of the clock itself.
 */
import type { Clock, Stoppable } from '../base/clock.ts';

/** Timers are that late on every machine. */
const usuallyLateMs = 20;

export function patientClock(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    wallMs: () => clock.wallMs(),
    every: (periodMs, task) => clock.every(periodMs, task),
    after(delayMs, task): Stoppable {
      let over = false;
      const due = clock.now() + delayMs;
      // Events that are there already come before what is called now.
      const act = (): void => void setImmediate(() => over || task());
      let timer = clock.after(delayMs, () => {
        const late = clock.now() - due;
        if (late <= usuallyLateMs) act();
        else timer = clock.after(Math.min(late, delayMs), act);
      });
      return {
        stop() {
          over = true;
          timer.stop();
        },
      };
    },
  };
}
