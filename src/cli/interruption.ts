/**
 * How a command that would go on for ever is ended: INT, TERM, or a reader that closed its end of the pipe. `process.ts` hands
 * it to the commands; it ends nothing itself.
 */
import type { Clock } from '../base/clock.ts';
import { type ExitCode, exitCodes } from '../base/exit-codes.ts';
import type { Interruption, LastWords } from './command.ts';
import type { Output } from './streams.ts';

/** A command that has not ended by then is ended by the next signal, the hard way. */
const GRACE_MS = 1_000;

type EndingSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** The part of `process` that is needed. */
export interface SignalSource {
  on(event: EndingSignal, listener: () => void): unknown;
  off(event: EndingSignal, listener: () => void): unknown;
}

/** Statuses that a shell shows for processes that such a signal has ended. */
const endedBy: Readonly<Record<EndingSignal, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/**
 * Listens from now on: the first such signal has `say` carried out, then ends the process as it would have.
 * @param say With the status that a shell will show.
 */
export function lastWordsOf(
  source: SignalSource & { readonly pid: number; kill(pid: number, signal: EndingSignal): unknown },
  say: (exitCode: number) => Promise<void>,
): LastWords {
  const listeners = (Object.keys(endedBy) as EndingSignal[]).map((signal) => {
    const listener = (): void => {
      leave(listeners);
      void say(endedBy[signal]).finally(() => source.kill(source.pid, signal));
    };
    source.on(signal, listener);
    return { signal, listener };
  });
  const leave = (all: typeof listeners): void => {
    for (const { signal, listener } of all) source.off(signal, listener);
  };
  return {
    standAside: () => leave(listeners.filter(({ signal }) => signal !== 'SIGHUP')),
    over: () => leave(listeners),
  };
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
