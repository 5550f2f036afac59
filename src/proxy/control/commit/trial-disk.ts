/**
 * The files on disk while a configuration is on trial: whether they can be written, what the next start has to know, writing
 * them when it is confirmed, putting them back when it is not. Asked by `commit.ts`; the keeper of the history does the writing.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DiskResult } from '../../../admin/contract/commit-shapes.ts';
import type { Environment } from '../../../base/environment.ts';
import { SentinelError } from '../../../base/errors.ts';
import { rfc3339 } from '../../../base/units.ts';
import { textsOver } from '../../../config/files.ts';
import { type LoadResult, loadConfigFile } from '../../../config/load.ts';
import type { Generation, GenerationFile } from '../../../history/generation.ts';
import { generationBefore } from '../../../history/generation-before.ts';
import type { ConfigSource } from '../config-source.ts';
import type { Log } from '../logging.ts';
import type { ConfigKeeper } from './config-keeper.ts';
import type { HeldFile, Trial } from './trial.ts';

export interface TrialDiskOptions {
  readonly source: ConfigSource;
  readonly environment: Environment;
  readonly keeper: ConfigKeeper;
  readonly log: Log;
}

type Marked = Pick<Trial, 'id' | 'generation' | 'base' | 'actor' | 'reason' | 'restore'>;

export class TrialDisk {
  readonly #options: TrialDiskOptions;

  constructor(options: TrialDiskOptions) {
    this.#options = options;
  }

  /** Absolute. @throws SNT-A023 there is no file */
  get path(): string {
    const { source } = this.#options;
    if (source.kind === 'file') return resolve(source.path);
    throw new SentinelError('SNT-A023', 'the daemon runs without a configuration file; nothing was applied', {
      hint: 'sentinel run -c FILE',
    });
  }

  /** @throws SNT-A024 it would be found out too late otherwise */
  checkWritable(): void {
    const { path } = this;
    const objection = this.#options.keeper.objection([path]);
    if (objection === null) return;
    const words = `${path} could not be written when the change is confirmed: ${objection}; nothing was applied`;
    throw new SentinelError('SNT-A024', words, {
      hint: `let the user of the daemon write to ${dirname(path)}, or edit the file and run sentinel reload`,
    });
  }

  /**
   * Reads a configuration of which some texts are given.
   * @param alone Includes find nothing but these.
   * @param pem What stands in the place of files of certificates and keys, by path.
   */
  load(files: readonly GenerationFile[], alone: boolean, pem: ReadonlyMap<string, Buffer> = new Map()): LoadResult {
    const { source, environment } = this.#options;
    const over = textsOver(new Map(files.map(({ path, text }) => [path, text])), alone);
    return loadConfigFile(source.kind === 'file' ? source.path : this.path, environment, {
      ...over,
      readPem: (path) => pem.get(path) ?? over.readPem(path),
    });
  }

  /**
   * A kept generation: the one that is named, else the one that ran before.
   * @param running Number and digest of what is in force.
   * @throws SNT-A025
   */
  kept(wanted: number | undefined, running: { readonly generation: number; readonly digest: string }): Generation {
    const { keeper } = this.#options;
    const number = wanted ?? generationBefore(keeper.list(), running);
    const found = number === null ? null : keeper.read(number);
    if (found !== null) return found;
    const what = number === null ? `a generation before ${running.generation}` : `generation ${number}`;
    throw new SentinelError('SNT-A025', `the history does not have ${what}; nothing was changed`, {
      hint: 'sentinel config history',
    });
  }

  /**
   * Of the files of what was confirmed last, those that hold the text of a candidate already.
   * @param candidate What shall be on trial.
   */
  heldAlready(base: Trial['base'], candidate: readonly GenerationFile[]): readonly HeldFile[] {
    const texts = new Map(candidate.map((file) => [file.path, file.text]));
    return base.files.flatMap((file) => {
      const held = texts.get(file.path);
      return held !== undefined && held !== file.text && textOf(file.path) === held ? [{ ...file, held }] : [];
    });
  }

  /** Before it is in force: what the next start has to know, should this process end. @throws SNT-P019 */
  mark({ id, generation, base, actor, reason, restore }: Marked, deadlineMs: number): void {
    this.#options.keeper.mark({
      id,
      generation,
      from: base.generation,
      fromDigest: base.digest,
      actor,
      reason,
      deadline: rfc3339(deadlineMs),
      restore: restore.map(({ path, text }) => ({ path, text })),
    });
  }

  /** Nothing is on trial. Where that cannot be written it is said: the next start would go back once more. */
  unmark(): void {
    try {
      this.#options.keeper.unmark();
    } catch (error) {
      this.#options.log.error(wordsOf(error), { event: 'config_mark', code: 'SNT-P019' });
    }
  }

  /** Has the disk hold these texts. What came of it is in the result. */
  write(files: readonly GenerationFile[], why: string): DiskResult {
    const { path } = this;
    try {
      this.#options.keeper.replaceFiles(files, why);
      return { written: true, path, problem: null };
    } catch (error) {
      return { written: false, path, problem: wordsOf(error) };
    }
  }

  /** Puts back the files that hold the text on trial; what was edited since stays, and a standing warning says so. */
  putBack({ base, files, restore }: Pick<Trial, 'base' | 'files' | 'restore'>, why: string): DiskResult {
    const still = restore.filter(({ path, held }) => textOf(path) === held);
    const back = new Map([...still, ...this.heldAlready(base, files)].map((file) => [file.path, file]));
    if (back.size === 0) {
      this.unmark();
      const problem = restore.length === 0 ? null : 'it was edited since the change was applied, and stays as it is';
      return { written: false, path: this.path, problem };
    }
    const edited = base.files.some(({ path, text }) => !back.has(path) && textOf(path) !== text);
    const partly = [...back.values()].map(({ path, text }) => ({ path, text }));
    return this.write(edited ? partly : base.files, why);
  }
}

/** As texts of a configuration are read: without a byte order mark. */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch {
    return null;
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
