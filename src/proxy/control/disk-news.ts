/**
 * The standing alarm about the files on disk: they are no longer what runs, or would not load at the next start. Looks now and then,
 * hears of every look, and ends the alarm by itself when that is mended. One event when it begins, one when it ends.
 */
import type { Clock, Stoppable } from '../../base/clock.ts';
import type { DaemonState } from './daemon-state.ts';
import type { DiskState, DiskWatch } from './disk-watch.ts';
import type { Log } from './logging.ts';
import type { StandingWarnings } from './standing-warnings.ts';

/** A look costs the facts of a few files while nothing has changed. */
const LOOK_MS = 10_000;

export interface DiskNewsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly warnings: StandingWarnings;
  readonly state: DaemonState;
  readonly disk: DiskWatch;
}

export class DiskNews {
  readonly #options: DiskNewsOptions;
  readonly #looking: Stoppable;
  /** What was told; null = all is well. */
  #told: string | null = null;

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

  #heard(found: DiskState, running: string): void {
    const { log, state, warnings } = this.#options;
    // A reload that is under way has read the file already, and will say what came of it.
    if (state.phase !== 'running' || running !== state.digest) return;
    const { digest, matches, problems } = found;
    const [first] = problems;
    // Whoever has something on trial knows that the files do not hold it, and confirms or rolls back.
    const awaited = first === undefined && state.trial?.generation === state.generation;
    const well = (matches && first === undefined) || awaited;
    const now = well ? null : `${running} ${digest} ${problems.join()}`;
    if (now === this.#told) return;
    this.#told = now;
    const facts = { event: 'config_disk', digest_disk: digest, digest_running: running };
    if (now === null) {
      // On trial the files may well differ: then nothing is the same again.
      if (matches) log.info('Configuration on disk is the one that runs again', facts);
      return warnings.set('disk', null);
    }
    if (first !== undefined) {
      const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
      log.warn('Configuration on disk would not load at the next start', {
        ...facts,
        code: 'SNT-P022',
        problem: first,
        next: 'sentinel validate',
      });
      return warnings.set(
        'disk',
        `the configuration on disk would not load at the next start: ${first}${more} (SNT-P022). Next: sentinel validate`,
      );
    }
    log.warn('Configuration on disk differs from the one that runs', {
      ...facts,
      code: 'SNT-P022',
      next: 'sentinel config diff; sentinel reload',
    });
    warnings.set(
      'disk',
      `the configuration on disk is not generation ${state.generation}, which runs (SNT-P022). Next: sentinel config diff, then sentinel reload`,
    );
  }
}
