/** What guarded changes need of whoever keeps configurations and writes their files (`control/history`). Types only. */
import type { Generation, GenerationFile, GenerationHead } from '../../../history/generation.ts';

/** What the next start has to know of a configuration that is on trial when the process ends. */
export interface TrialMark {
  readonly id: string;
  /** The number that the one on trial gets, and the one that was confirmed last. */
  readonly generation: number;
  readonly from: number;
  readonly fromDigest: string;
  readonly actor: string;
  readonly reason: string | null;
  /** RFC 3339. */
  readonly deadline: string;
  /** Files that hold the text on trial already: as they have to be put back. Empty = disk holds what was confirmed last. */
  readonly restore: readonly GenerationFile[];
}

export interface ConfigKeeper {
  /** Kept generations, the newest first. */
  list(): readonly GenerationHead[];
  /** Null = it is not kept, or cannot be read. */
  read(number: number): Generation | null;
  /** Why these files could not be replaced later; null when nothing is known against it. */
  objection(paths: readonly string[]): string | null;
  /**
   * Replaces files on disk by these texts, all of them or none, also over a crash, and ends what is marked; what was there and
   * nobody has put in force is kept.
   * @throws why not
   */
  replaceFiles(files: readonly GenerationFile[], why: string): void;
  /** Before a configuration on trial is in force. @throws when it cannot be written */
  mark(trial: TrialMark): void;
  /** Nothing is on trial. @throws when that cannot be written */
  unmark(): void;
}
