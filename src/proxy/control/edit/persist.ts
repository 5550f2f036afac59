/**
 * What `--persist` asks for: an edit of the files that run, checked, put in force and written. Drains and targets call it.
 * The interface stands here, so that they know nothing of how files are replaced.
 */
import type { ErrorCode } from '../../../base/codes.ts';
import { SentinelError } from '../../../base/errors.ts';
import type { FileEdit } from '../../../config/edit/file-edit.ts';
import type { LoadedConfig } from '../../../config/load.ts';

/** One edit that somebody wants to outlive the process. */
export interface PersistOrder {
  readonly actor: string;
  readonly reason: string | null;
  /**
   * Makes the edit of what runs: one of `src/config/edit/*`, `(loaded) => setTargetWeight(loaded, 'api', '10.1.1.10:8080', 0)`.
   * Pure: called once to see whether anything changes, and once more in the turn of the change. What it throws is what
   * `carryOut` throws.
   */
  readonly edit: (loaded: LoadedConfig) => FileEdit;
}

export interface Persisted {
  /** The configuration in force now. */
  readonly generation: number;
  readonly digest: string;
  readonly edit: FileEdit;
  /** False where the file said so already: then nothing was put in force and nothing written. */
  readonly changed: boolean;
}

export interface Persist {
  /**
   * Puts the edit in force in all workers, then replaces the file.
   * @throws SNT-A030 what is on disk is not what runs · SNT-P056–P058 the edit cannot be made · SNT-P013 the edited text has
   * mistakes · what `Reloader.change` gives as the reason why it is not in force (`EditRefused`); nothing has changed then
   * @throws SNT-A031 it is in force, but could not be written; the file is as it was
   */
  carryOut(order: PersistOrder): Promise<Persisted>;
}

/** The edited configuration could not be put in force. */
export class EditRefused extends SentinelError {
  /** `file:line:col: error[CODE]: …`, one line each. */
  readonly problems: readonly string[];

  constructor(code: ErrorCode, message: string, problems: readonly string[], hint: string | undefined) {
    super(code, message, hint === undefined ? {} : { hint });
    this.problems = problems;
  }
}
