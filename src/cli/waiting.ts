/**
 * What commands share that look on while the daemon works: the pause between two looks, Ctrl-C, which ends the looking on and never
 * the work, and a daemon that is away for a moment. What they look at is theirs.
 */
import type { Clock } from '../base/clock.ts';
import { SentinelError } from '../base/errors.ts';
import type { Interruption } from './command.ts';

/** Until then, or until somebody ends it. */
export async function pause(clock: Clock, interruption: Interruption, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.after(ms, resolve);
  try {
    await orInterrupted(interruption, promise);
  } finally {
    timer.stop();
  }
}

/** Null when somebody ended it before the answer came. */
export async function orInterrupted<T>({ signal }: Interruption, asked: Promise<T>): Promise<T | null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  const wake = () => resolve(null);
  if (signal.aborted) wake();
  signal.addEventListener('abort', wake);
  // Whoever goes away is not told any more what came of the question.
  asked.catch(() => undefined);
  try {
    return await Promise.race([promise, asked]);
  } finally {
    signal.removeEventListener('abort', wake);
  }
}

/** Nobody answers, or a process that is just starting or ending: it may be there again in a moment. */
export function isAway(error: unknown): boolean {
  return error instanceof SentinelError && away.has(error.code);
}

const away: ReadonlySet<string> = new Set(['SNT-A001', 'SNT-A010', 'SNT-A011']);
