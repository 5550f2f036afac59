/** Time, passed in: whoever waits or measures takes a `Clock`, so that tests can turn it by hand. */

export interface Clock {
  /** Monotonic milliseconds with a fraction; only differences mean something. */
  now(): number;
  /** Milliseconds since the epoch. */
  wallMs(): number;
  /** Calls `task` every `periodMs` until stopped; never keeps the process alive. */
  every(periodMs: number, task: () => void): Stoppable;
  /** Calls `task` once after `delayMs` unless stopped; never before `now` has come that far. */
  after(delayMs: number, task: () => void): Stoppable;
}

export interface Stoppable {
  stop(): void;
}

/**
 * Milliseconds of processor time that this thread has used: what bounds work where other processes must not count, as they do
 * on a machine that has too much to do.
 */
export function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallMs: () => Date.now(),
  every(periodMs, task) {
    const timer = setInterval(task, periodMs).unref();
    return { stop: () => clearInterval(timer) };
  },
  after(delayMs, task) {
    const due = performance.now() + delayMs;
    // Timers count from when the turn of the event loop began, so they come early by as long as the turn had lasted by then.
    const look = (): void => {
      const left = due - performance.now();
      if (left <= 0) task();
      else timer = setTimeout(look, Math.min(left, LONGEST_MS));
    };
    let timer = setTimeout(look, Math.min(delayMs, LONGEST_MS));
    return { stop: () => clearTimeout(timer) };
  },
};

/** A timer takes no longer delay than this: a longer one it takes for none. */
const LONGEST_MS = 2 ** 31 - 1;
