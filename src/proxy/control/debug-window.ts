/** Debug logging for a while, ended by the clock or by hand: what USR1 and USR2 switch. */
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
