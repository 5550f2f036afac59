/** Time, passed in: whoever waits or measures takes a `Clock`, so that tests can turn it by hand. */

export interface Clock {
  /** Monotonic milliseconds with a fraction; only differences mean something. */
  now(): number;
  /** Milliseconds since the epoch. */
  wallMs(): number;
  /** Calls `task` every `periodMs` until stopped; never keeps the process alive. */
  every(periodMs: number, task: () => void): Stoppable;
  /** Calls `task` once after `delayMs` unless stopped. */
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
    const timer = setTimeout(task, delayMs);
    return { stop: () => clearTimeout(timer) };
  },
};
