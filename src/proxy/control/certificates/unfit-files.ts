/**
 * Certificate files that could not be used at the last try: the standing warning about them, with what is used instead, which
 * ends when a reload succeeds or the files are good again. Kept by `certificates.ts`; loads nothing.
 */
import type { Clock, Stoppable } from '../../../base/clock.ts';
import { rfc3339 } from '../../../base/units.ts';
import type { Config } from '../../../config/model.ts';
import type { Log } from '../logging.ts';
import type { StandingWarnings } from '../standing-warnings.ts';
import { unusableWords } from './faults.ts';
import { marksOf } from './file-marks.ts';
import { leafFingerprint, type Reading, readFiles, type UnusableFile, useKey } from './reading.ts';
import { lifetimeOfUse } from './standing.ts';
import { certFilesOf } from './uses.ts';

const LOOK_MS = 1_000;
const subject = 'certificate-files';
/** More would push everything else off the screen; the log has them all. */
const MAX_SHOWN = 3;

export interface UnfitFilesOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly warnings: StandingWarnings;
  /** What is used now. */
  readonly inUse: () => Pick<Reading, 'held' | 'lists'>;
}

/** Only the date is wanted. */
const unjudged = { certWarnDays: 0, certCriticalDays: 0 };

interface Unfit {
  /** Whose files they are: of the configuration in force, or of one that was tried. */
  readonly config: Config;
  problems: readonly string[];
  /** Of the files when they were judged; null = not known yet. */
  marks: string | null;
}

export class UnfitFiles {
  readonly #options: UnfitFilesOptions;
  /** Runs while there is something to look at. */
  #looking: Stoppable | null = null;
  #unfit: Unfit | null = null;
  #busy = false;

  constructor(options: UnfitFilesOptions) {
    this.#options = options;
  }

  get problems(): readonly string[] {
    return this.#unfit?.problems ?? [];
  }

  /** The files of a configuration cannot be used. */
  set(config: Config, { unusable }: Reading): void {
    this.#unfit = { config, problems: [], marks: null };
    this.#looking ??= this.#options.clock.every(LOOK_MS, () => void this.look());
    this.#warn(this.#unfit, unusable);
  }

  /** All is well. */
  clear(): void {
    this.#unfit = null;
    this.close();
    this.#options.warnings.set(subject, null);
  }

  /** Judges the files once more if they have changed. Resolves when that is done; never rejects. */
  async look(): Promise<void> {
    const unfit = this.#unfit;
    if (unfit === null || this.#busy) return;
    this.#busy = true;
    try {
      const marks = await marksOf(certFilesOf(unfit.config));
      if (unfit !== this.#unfit || marks === unfit.marks) return;
      unfit.marks = marks;
      const { clock, log } = this.#options;
      const { unusable } = readFiles(unfit.config, clock.wallMs());
      if (unusable.length > 0) return this.#warn(unfit, unusable);
      this.clear();
      const next = 'sentinel reload --certs';
      log.info('Certificate files can be used again', { event: 'certificate_files', next });
    } finally {
      this.#busy = false;
    }
  }

  close(): void {
    this.#looking?.stop();
    this.#looking = null;
  }

  #warn(unfit: Unfit, unusable: readonly UnusableFile[]): void {
    unfit.problems = unusable.map((one) => `${unusableWords(one)}; ${this.#instead(one)}`);
    // One pair in many places is one thing to put right.
    const told = [...Map.groupBy(unusable, ({ fault }) => fault.message).values()].map((same) => {
      const [first] = same as [UnusableFile];
      return `${unusableWords(first, same.length - 1)}; ${this.#instead(first)}`;
    });
    const shown = told.slice(0, MAX_SHOWN);
    const more = told.length - shown.length;
    this.#options.warnings.set(
      subject,
      `certificate files on disk cannot be used: ${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
    );
  }

  #instead({ use }: UnusableFile): string {
    const { held: all, lists } = this.#options.inUse();
    if (lists.some((one) => useKey(one.use) === useKey(use))) return 'the lists that were read before stay in use';
    const held = all.find((one) => useKey(one.use) === useKey(use));
    if (held === undefined) return 'nothing is used for it';
    const { loadedAtMs } = held;
    const { notAfter } = lifetimeOfUse(held, unjudged, this.#options.clock.wallMs());
    const readAt = rfc3339(loadedAtMs);
    return `${leafFingerprint(held).slice(0, 12)}, read at ${readAt}, stays in use; it ends at ${notAfter.toISOString()}`;
  }
}
