/**
 * A task that may take so long and no longer: its signal is aborted when the time is over, and where it does not end then it is
 * left behind. For those who ask many sources at once, of which one may hang; knows none of them.
 */
import type { Clock, Stoppable } from './clock.ts';

export interface TimeLimit {
  readonly clock: Clock;
  /** > 0. */
  readonly mostMs: number;
  /** How long after its signal a task may still say what it has. */
  readonly graceMs: number;
  /** What it was about is over: aborted with the reason. */
  readonly over: AbortSignal;
  /** Says that the time is over. */
  readonly late: string;
  /** Whether an error that the task throws behind its signal is to be told, and not the reason of the signal. */
  readonly tells?: (error: unknown) => boolean;
}

/** No answer came in time. The message says in how much. */
export class Overdue extends Error {}

/** @throws what the task throws; the reason of `over`, or `Overdue`, when its time was over */
export async function withinTime<T>(limit: TimeLimit, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { clock, over } = limit;
  const own = new AbortController();
  const stop = (): void => own.abort(over.reason);
  if (over.aborted) stop();
  else over.addEventListener('abort', stop);
  const timer = clock.after(limit.mostMs, () => own.abort(new Overdue(limit.late)));
  const { promise: abandoned, reject } = Promise.withResolvers<never>();
  let grace: Stoppable | null = null;
  const wait = (): void => {
    grace = clock.after(limit.graceMs, () => reject(own.signal.reason as Error));
  };
  if (own.signal.aborted) wait();
  else own.signal.addEventListener('abort', wait, { once: true });
  try {
    // In a turn of its own: what is thrown at once is a rejection too, and no task holds up the start of another.
    return await Promise.race([Promise.resolve().then(() => task(own.signal)), abandoned]);
  } catch (error) {
    // Whatever an abort makes it throw: the reason is that its time was over.
    throw own.signal.aborted && limit.tells?.(error) !== true ? own.signal.reason : error;
  } finally {
    timer.stop();
    (grace as Stoppable | null)?.stop();
    over.removeEventListener('abort', stop);
    own.signal.removeEventListener('abort', wait);
    own.abort();
  }
}
