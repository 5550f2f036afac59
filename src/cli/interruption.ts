/**
 * How a command that would go on for ever is ended: INT, TERM, or a reader that closed its end of the pipe. `process.ts` hands
 * it to the commands; it ends nothing itself.
 */
import type { Clock } from '../base/clock.ts';
import { type ExitCode, exitCodes } from '../base/exit-codes.ts';
import type { Interruption } from './command.ts';
import type { Output } from './streams.ts';

/** A command that has not ended by then is ended by the next signal, the hard way. */
const GRACE_MS = 1_000;

/** The part of `process` that is needed. */
export interface SignalSource {
  on(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  off(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/** Listens from now on. */
export function interruptionOf(source: SignalSource, stdout: Pick<Output, 'closed'>, clock: Clock): Interruption {
  const ending = new AbortController();
  let exitCode: ExitCode = exitCodes.ok;
  const by = (code: ExitCode) => () => {
    if (ending.signal.aborted) return;
    exitCode = code;
    ending.abort();
    clock.after(GRACE_MS, () => {
      source.off('SIGINT', onInt);
      source.off('SIGTERM', onTerm);
    });
  };
  const onInt = by(exitCodes.interrupted);
  const onTerm = by(exitCodes.terminated);
  source.on('SIGINT', onInt);
  source.on('SIGTERM', onTerm);
  return { signal: AbortSignal.any([ending.signal, stdout.closed]), exitCode: () => exitCode };
}
