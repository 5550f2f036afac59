/**
 * Signals, and what is thrown where nobody catches it, while the screen has the terminal: each ends it in its own way, after the terminal
 * was given back. Ends nothing itself but a process whose terminal is gone, as the signal for that would have.
 */
import type { Interruption } from '../../cli/command.ts';

export type Ending =
  | { readonly kind: 'quit' }
  /** INT or TERM. */
  | { readonly kind: 'interrupted' }
  /** By a signal that ends the process all the same, when the terminal is as it was. */
  | { readonly kind: 'killed'; readonly signal: 'SIGHUP' | 'SIGQUIT' }
  /** There is no terminal any more. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface SignalPlan {
  readonly interruption: Interruption;
  readonly end: (ending: Ending) => void;
  /** TSTP from outside; the key of a raw terminal sends none. */
  readonly onStop: () => void;
  readonly onContinue: () => void;
}

export interface Signals {
  /** Stops this process and all that belong to its command line, as the terminal would have. */
  stop(): void;
  /** Listens no more; a process that was killed dies here. */
  over(ending: Ending): Promise<void>;
}

/** How long a signal to oneself may take. */
const DYING_MS = 200;

export function watchSignals({ interruption, end, onStop, onContinue }: SignalPlan): Signals {
  const onAbort = (): void => end({ kind: 'interrupted' });
  const onHangUp = (): void => end({ kind: 'killed', signal: 'SIGHUP' });
  const onQuit = (): void => end({ kind: 'killed', signal: 'SIGQUIT' });
  const onThrown = (error: unknown): void => end({ kind: 'failed', error });
  if (interruption.signal.aborted) onAbort();
  interruption.signal.addEventListener('abort', onAbort);
  process.on('SIGHUP', onHangUp);
  process.on('SIGQUIT', onQuit);
  process.on('SIGTSTP', onStop);
  process.on('SIGCONT', onContinue);
  process.on('uncaughtException', onThrown);
  process.on('unhandledRejection', onThrown);
  return {
    stop() {
      process.off('SIGTSTP', onStop);
      process.kill(0, 'SIGTSTP');
      process.on('SIGTSTP', onStop);
    },
    async over(ending) {
      interruption.signal.removeEventListener('abort', onAbort);
      process.off('SIGTSTP', onStop);
      process.off('SIGCONT', onContinue);
      process.off('uncaughtException', onThrown);
      process.off('unhandledRejection', onThrown);
      process.off('SIGHUP', onHangUp);
      process.off('SIGQUIT', onQuit);
      if (ending.kind !== 'killed' && ending.kind !== 'gone') return;
      process.kill(process.pid, ending.kind === 'killed' ? ending.signal : 'SIGHUP');
      await new Promise((resolve) => setTimeout(resolve, DYING_MS));
    },
  };
}
