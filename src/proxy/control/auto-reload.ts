/**
 * `server { auto-reload #true }`: sees by itself that configuration or certificate files have changed, waits until they stand
 * still, and asks for the reload that an operator would ask for. A pair of which only one half is there yet is given time.
 * What fails is said once, not at every look. Decides when; `reload.ts` does it.
 */
import type { Clock, Stoppable } from '../../base/clock.ts';
import type { DaemonState } from './daemon-state.ts';
import type { DiskWatch } from './disk-watch.ts';
import type { Reloader } from './reload.ts';
import type { Certificates } from './certificates/certificates.ts';
import { marksOf } from './certificates/file-marks.ts';
import { certFilesOf } from './certificates/uses.ts';

/** How often files are looked at; also how long they must stand still. */
const LOOK_MS = 500;
/** How long certificate files that do not fit may stay so before that is a failure: copying key after certificate takes a while. */
export const patienceForPairsMs = 10_000;

const actor = 'auto-reload';

export interface AutoReloadOptions {
  readonly clock: Clock;
  readonly state: DaemonState;
  readonly disk: DiskWatch;
  readonly reloader: Pick<Reloader, 'request' | 'certificates'>;
  readonly certificates: Pick<Certificates, 'judge'>;
}

export class AutoReload {
  readonly #options: AutoReloadOptions;
  readonly #timer: Stoppable;
  #looking: Promise<void> | null = null;
  /** As the files were seen last, and as they were when they were last dealt with. */
  #seen: string | null = null;
  #done: string | null = null;
  /** Since when certificate files do not fit; null while they do. */
  #unfitSince: number | null = null;

  constructor(options: AutoReloadOptions) {
    this.#options = options;
    this.#timer = options.clock.every(LOOK_MS, () => void this.look());
  }

  /** Looks once, and reloads where that is due; joins a look that is under way. Resolves when that is done. */
  look(): Promise<void> {
    const { state } = this.#options;
    if (state.phase !== 'running' || !state.applied.config.server.autoReload) return Promise.resolve();
    // What is on trial is decided first; then what has changed meanwhile is seen.
    if (state.trial !== null) return Promise.resolve();
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  close(): void {
    this.#timer.stop();
  }

  async #look(): Promise<void> {
    const { state, disk } = this.#options;
    const marks = await marksOf([...disk.watched(), ...certFilesOf(state.applied.config)]);
    const still = marks === this.#seen;
    this.#seen = marks;
    if (!still || marks === this.#done) return;
    // What has changed since somebody reloaded is told by what the files hold.
    if (await this.#dealWith()) this.#done = marks;
  }

  /** False = not yet: certificate files do not fit, and may still come to. */
  async #dealWith(): Promise<boolean> {
    const { state, disk, reloader, certificates } = this.#options;
    const { config, digest } = state.applied;
    const onDisk = await disk.look(digest);
    if (onDisk !== null && !onDisk.matches) {
      if (this.#mayStillFit(disk.unfit)) {
        disk.again();
        return false;
      }
      await reloader.request(actor, null);
      return true;
    }
    const judged = certificates.judge(config);
    if (this.#mayStillFit(judged === 'unfit')) return false;
    if (judged !== 'same') await reloader.certificates(actor, null);
    return true;
  }

  #mayStillFit(unfit: boolean): boolean {
    if (!unfit) {
      this.#unfitSince = null;
      return false;
    }
    const now = this.#options.clock.now();
    this.#unfitSince ??= now;
    if (now - this.#unfitSince < patienceForPairsMs) return true;
    this.#unfitSince = null;
    return false;
  }
}
