/** USR1 and USR2: debug logging for a while, ended by the clock or by hand, and one garbage collection. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock, Stoppable } from '../../base/clock.ts';
import type { Logging } from './logging.ts';

const WINDOW_MS = 15 * 60_000;

export class DebugWindow {
  readonly #clock: Clock;
  readonly #logging: Logging;
  #end: Stoppable | null = null;

  constructor(clock: Clock, logging: Logging) {
    this.#clock = clock;
    this.#logging = logging;
  }

  /** Debug logging on for 15 minutes from now. */
  open(actor: string): void {
    this.#end?.stop();
    this.#logging.overrideLevel('debug');
    this.#end = this.#clock.after(WINDOW_MS, () => this.close('expiry'));
    const until = new Date(this.#clock.wallMs() + WINDOW_MS).toISOString();
    this.#logging.info('Debug logging switched on', { event: 'log_level', actor, until });
  }

  /** Back to the configured level. */
  close(actor: string): void {
    this.#end?.stop();
    this.#end = null;
    this.#logging.info('Debug logging switched off', { event: 'log_level', actor });
    this.#logging.overrideLevel(null);
  }

  /** Ends without a word, when the daemon does. */
  stop(): void {
    this.#end?.stop();
  }
}

/** One full garbage collection of this thread. Resolves with the bytes that it gave back. */
export function collectGarbage(): number {
  const before = process.memoryUsage().heapUsed;
  // The flag only decides whether new contexts get `gc`; no other context is made, so nobody else can call it.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
  return Math.max(0, before - process.memoryUsage().heapUsed);
}
