/**
 * Keeps every configuration that was put in force, its last good text beside the file, and the marks that tell the next start what
 * to make of a process that ended. Hears of changes; guarded changes and edits write their files through it. Changes nothing
 * that runs: where it cannot write, it says so and tries again.
 */
import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { GenerationReply, HistoryEntry, HistoryReply } from '../../../admin/contract/history-shapes.ts';
import { type FileSteps, realPlace } from '../../../base/atomic-file.ts';
import type { Clock, Stoppable } from '../../../base/clock.ts';
import type { Environment } from '../../../base/environment.ts';
import { errnoOf, SentinelError } from '../../../base/errors.ts';
import { rfc3339 } from '../../../base/units.ts';
import type { LoadedConfig } from '../../../config/load.ts';
import { listingOf, withTexts } from '../../../history/listing.ts';
import { readBackup, writeBackup } from '../../../history/backup.ts';
import { type Boot, extraFiles, loadTexts } from '../../../history/boot.ts';
import type { HistoryFolders } from '../../../history/folders.ts';
import type { Generation, GenerationFile, GenerationHead } from '../../../history/generation.ts';
import { hashOf, headOf } from '../../../history/generation-file.ts';
import { clearPending, type PendingMark, readPending, setPending } from '../../../history/pending.ts';
import { dropIntent, readIntent, replaceFiles } from '../../../history/replacement.ts';
import { HistoryStore } from '../../../history/store.ts';
import type { Change, ChangeListener } from '../change.ts';
import type { ConfigKeeper, TrialMark } from '../commit/config-keeper.ts';
import type { ConfigLoader, ConfigSource } from '../config-source.ts';
import type { Applied, DaemonState } from '../daemon-state.ts';
import type { Log } from '../logging.ts';
import type { StandingWarnings } from '../standing-warnings.ts';
import { keepOverwritten } from './overwritten.ts';

/** What could not be written is tried again this often. */
const RETRY_MS = 30_000;
/** More than this is not kept in memory for a disk that cannot be written. */
const UNWRITTEN_MOST = 20;

export interface HistoryOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly warnings: StandingWarnings;
  readonly state: DaemonState;
  readonly source: ConfigSource;
  readonly environment: Environment;
  /** Reads what is on disk. */
  readonly load: ConfigLoader;
  readonly folders: HistoryFolders;
  readonly steps: FileSteps;
}

export class History implements ChangeListener, ConfigKeeper {
  readonly store: HistoryStore;
  readonly #options: HistoryOptions;
  readonly #retry: Stoppable;
  /** The oldest first. */
  #unwritten: Generation[] = [];
  #bootWords: string | null = null;

  constructor(options: HistoryOptions) {
    const { folders, steps, clock } = options;
    this.#options = options;
    this.store = new HistoryStore(folders, steps);
    this.#retry = clock.every(RETRY_MS, () => {
      if (this.#unwritten.length > 0) this.#write();
    });
  }

  /** What was on trial when the process before ended, and what became of it; null = nothing, or there was a change since. */
  get bootWords(): string | null {
    return this.#bootWords;
  }

  /** The number with which the start goes on. */
  numberFor(digest: string): number {
    return this.store.numberFor(digest);
  }

  /**
   * Puts right what the process before has left, before the first configuration is in force; from then on this process owns the
   * folder.
   */
  settle(boot: Boot): void {
    const { warnings } = this.#options;
    for (const words of boot.unusable)
      warnings.set('history-marks', `what was left of a change makes no sense: ${words}`);
    try {
      boot.carryOut();
    } catch (error) {
      warnings.set('boot-files', `${wordsOf(error)}; until that is done, every start does the same again`);
    }
  }

  /** The first configuration is in force. */
  began(applied: Applied, boot: Boot | null): void {
    const { log, warnings } = this.#options;
    const told = boot?.words ?? null;
    if (told !== null && boot !== null) {
      const { choice } = boot;
      // A replacement that was finished is as it was meant; what nobody confirmed is for somebody to decide.
      if (choice.kind === 'previous' || choice.kind === 'previous-lost') this.#bootWords = told;
      log.warn('Started from another state than the files had', {
        event: 'config_boot',
        code: 'SNT-P021',
        choice: choice.kind,
        why: told,
        generation: applied.generation,
        digest: applied.digest,
      });
      warnings.set(
        'boot',
        `${told} (SNT-P021). It stays here until the next change; look at it: sentinel config history`,
      );
    }
    if (this.store.newest()?.number !== applied.generation) {
      const back = boot?.choice.kind === 'previous';
      this.#record(applied, { origin: back ? 'rollback' : 'start', actor: 'start', reason: told });
    }
    const places = this.#places();
    if (places !== null && readBackup(places) === null) this.#backUp(applied.loaded);
  }

  applied(applied: Applied, before: Applied | null, change: Change): void {
    const { warnings } = this.#options;
    this.#record(applied, change);
    warnings.set('boot', null);
    this.#bootWords = null;
    warnings.set('boot-files', null);
    warnings.set('history-marks', null);
    if (change.origin === 'reload') this.#forgetMarks();
    if (before === null || change.origin === 'rollback' || before.digest === applied.digest) return;
    // What gives way to a stacked change was on trial, and has proven nothing.
    if (this.#options.state.trial?.generation === before.generation) return;
    const places = this.#places();
    // Who goes back to the backup by hand says with it that what ran before was not good.
    if (places === null || readBackup(places) === mainText(applied.loaded)) return;
    this.#backUp(before.loaded);
  }

  failed(): void {
    if (this.#options.state.generation > 0 && this.pending === null) this.#backUp(this.#options.state.applied.loaded);
  }

  /** It has been in force long enough, and no guard complains. */
  proven(generation: number): void {
    const { state } = this.#options;
    if (state.generation === generation) this.#backUp(state.applied.loaded);
  }

  /** What waits for its confirmation; null when nothing does. */
  get pending(): PendingMark | null {
    return readPending(this.#options.folders).mark;
  }

  /** Newest first; what could not be written yet is there too. */
  list(): readonly GenerationHead[] {
    const kept = this.store.list().generations;
    return [...this.#unwritten.map(headOf).reverse(), ...kept];
  }

  read(number: number): Generation | null {
    const unwritten = this.#unwritten.find((one) => one.number === number);
    if (unwritten !== undefined) return unwritten;
    try {
      return this.store.read(number);
    } catch {
      return null;
    }
  }

  /** What is kept, as people see it. */
  view(): HistoryReply {
    const { state, folders } = this.#options;
    const { unreadable } = this.store.list();
    const places = this.#places();
    return {
      generations: listingOf(this.list(), {
        running: state.generation,
        pending: readPending(folders).mark,
        backup: places === null ? null : readBackup(places),
      }),
      unreadable,
      folder: this.store.folder,
      keep: state.applied.config.history.keep,
    };
  }

  /** One of them with its texts. @throws SNT-P018 */
  viewOf(number: number): GenerationReply {
    const generation = this.read(number) ?? this.store.read(number);
    const entry = this.view().generations.find((one) => one.generation === number);
    const [alone] = listingOf([headOf(generation)], { running: null, pending: null, backup: null });
    return withTexts((entry ?? alone) as HistoryEntry, generation);
  }

  objection(paths: readonly string[]): string | null {
    try {
      this.#options.folders.ensure();
      for (const path of paths) accessSync(dirname(realPlace(path)), constants.W_OK | constants.X_OK);
      return null;
    } catch (error) {
      if (error instanceof SentinelError) return error.message;
      const { path } = error as NodeJS.ErrnoException;
      return `${path ?? paths.join(', ')}: ${errnoOf(error) ?? String(error)}`;
    }
  }

  /** @throws SNT-P020 */
  replaceFiles(files: readonly GenerationFile[], why: string): void {
    const { folders, state, steps, log, clock } = this.#options;
    const kept = keepOverwritten(folders, files, (path, text) => this.#holds(path, text), clock.wallMs());
    replaceFiles(folders, { number: state.generation, digest: state.digest, files }, this.#surplus(files), steps);
    log.info('Configuration files written', {
      event: 'config_written',
      generation: state.generation,
      files: files.map(({ path }) => path),
      why,
      ...(kept.length === 0 ? {} : { kept }),
    });
  }

  mark({ id, generation, from, fromDigest, actor, reason, deadline, restore }: TrialMark): void {
    const { folders, load, steps } = this.#options;
    const known = readPending(folders).mark;
    // What is on disk counts as it was when the trial began.
    const onDisk = known?.id === id ? known.diskDigest : digestOf(load);
    const mark = {
      id,
      generation,
      actor,
      reason,
      previous: from,
      previousDigest: fromDigest,
      diskDigest: onDisk,
      restore,
      deadline,
    };
    setPending(folders, mark, steps);
  }

  unmark(): void {
    clearPending(this.#options.folders, this.#options.steps);
  }

  close(): void {
    this.#retry.stop();
  }

  /** What the files say was taken by order: what an earlier change could not put right in them is accepted as it is. */
  #forgetMarks(): void {
    const { folders, steps, warnings } = this.#options;
    try {
      if (this.pending !== null) clearPending(folders, steps);
      if (readIntent(folders).intent !== null) dropIntent(folders, steps);
    } catch (error) {
      warnings.set('boot-files', `${wordsOf(error)}; the next start would go back to what was before it`);
    }
  }

  #record(applied: Applied, { actor, reason, origin }: Pick<Change, 'actor' | 'reason' | 'origin'>): void {
    const { loaded, digest, generation, appliedAtMs } = applied;
    const files = loaded.sources.map(({ path, text }) => ({ path, text }));
    const entry = { number: generation, at: rfc3339(appliedAtMs), actor, reason, origin, digest, files };
    this.#unwritten = [...this.#unwritten, entry].slice(-UNWRITTEN_MOST);
    this.#write();
  }

  #write(): void {
    const { warnings, state } = this.#options;
    try {
      for (const entry of this.#unwritten) {
        this.store.record(entry);
        this.#unwritten = this.#unwritten.filter((one) => one !== entry);
      }
      const { keep } = state.applied.config.history;
      const previous = this.pending?.previous;
      this.store.prune(keep, new Set([state.generation, ...(previous === undefined ? [] : [previous])]));
      warnings.set('history', null);
    } catch (error) {
      warnings.set('history', `${wordsOf(error)}; it is tried again`);
    }
  }

  #backUp(loaded: LoadedConfig): void {
    const places = this.#places();
    if (places === null) return;
    const text = mainText(loaded);
    if (text !== null) this.#options.warnings.set('backup', writeBackup(places, text, this.#options.steps));
  }

  #places(): { readonly config: string; readonly folders: HistoryFolders } | null {
    const { source, folders } = this.#options;
    return source.kind === 'file' ? { config: resolve(source.path), folders } : null;
  }

  /** Files that includes would find beside these texts, where these are all of what runs. */
  #surplus(files: readonly GenerationFile[]): readonly string[] {
    const { source, environment, state } = this.#options;
    if (source.kind !== 'file') return [];
    const alone = loadTexts(source.path, files, environment);
    if (alone.kind !== 'ok' || alone.digest !== state.digest) return [];
    return extraFiles(source.path, files, environment);
  }

  /** Whether this text of this file can be had again. */
  #holds(path: string, text: string): boolean {
    const { applied } = this.#options.state;
    if (applied.loaded.sources.some((source) => source.path === path && source.text === text)) return true;
    const hash = hashOf(text);
    return this.list().some(({ files, hashes }) =>
      files.some((file, index) => file === path && hashes[index] === hash),
    );
  }
}

function mainText({ sources }: LoadedConfig): string | null {
  return sources[0]?.text ?? null;
}

function digestOf(load: ConfigLoader): string | null {
  const result = load();
  return result.kind === 'unreadable' ? null : result.digest;
}

function wordsOf(error: unknown): string {
  return error instanceof SentinelError ? `${error.message} (${error.code})` : (errnoOf(error) ?? String(error));
}
