/** What is not right and stays so until somebody acts: shown by `sentinel status`, logged when it begins and when it ends. */
import type { Log } from './logging.ts';

export class StandingWarnings {
  readonly #log: Log;
  readonly #texts = new Map<string, string>();

  constructor(log: Log) {
    this.#log = log;
  }

  get texts(): readonly string[] {
    return [...this.#texts.values()];
  }

  /** Sets the warning of one subject, or takes it away (`null`). */
  set(subject: string, text: string | null): void {
    if (text === null) {
      const was = this.#texts.get(subject);
      if (this.#texts.delete(subject)) {
        this.#log.info('A standing warning is over', { event: 'standing_warning_over', subject, was });
      }
      return;
    }
    if (this.#texts.get(subject) !== text) this.#log.warn(text, { event: 'standing_warning', subject });
    this.#texts.set(subject, text);
  }
}
