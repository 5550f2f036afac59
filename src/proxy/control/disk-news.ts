/** Says in the log when the configuration on disk is no longer the one that runs, and when it is again. Looks now and then; hears of every look. */
import type { Clock, Stoppable } from '../../base/clock.ts';
import type { DaemonState } from './daemon-state.ts';
import type { DiskState, DiskWatch } from './disk-watch.ts';
import type { Log } from './logging.ts';

/** A look costs the facts of a few files while nothing has changed. */
const LOOK_MS = 10_000;

export interface DiskNewsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly state: DaemonState;
  readonly disk: DiskWatch;
}

export class DiskNews {
  readonly #options: DiskNewsOptions;
  readonly #looking: Stoppable;
  /** The digest on disk that was told of; undefined = it is the one that runs. */
  #told: string | null | undefined;

  constructor(options: DiskNewsOptions) {
    const { clock, disk, state } = options;
    this.#options = options;
    disk.onLook = (found, running) => this.#heard(found, running);
    this.#looking = clock.every(LOOK_MS, () => {
      if (state.phase === 'running') void disk.look(state.digest);
    });
  }

  close(): void {
    this.#looking.stop();
  }

  #heard({ digest, matches }: DiskState, running: string): void {
    const { log, state } = this.#options;
    // A reload that is under way has read the file already, and will say what came of it.
    if (state.phase !== 'running' || running !== state.digest) return;
    const differs = matches ? undefined : digest;
    if (differs === this.#told) return;
    this.#told = differs;
    const facts = { event: 'config_disk', digest_disk: digest, digest_running: running };
    if (matches) log.info('Configuration on disk is the one that runs again', facts);
    else if (digest === null) log.warn('Configuration on disk cannot be read', { ...facts, next: 'sentinel validate' });
    else
      log.warn('Configuration on disk differs from the one that runs', {
        ...facts,
        next: 'sentinel config print; sentinel reload',
      });
  }
}
