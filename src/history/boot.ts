/**
 * The start of a daemon that reads from files: looks at what the process before may have left half done, reads the configuration
 * that is to run, and later, when this process alone owns the folder, puts the files right. Says which and why; logs nothing.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type FileSteps, systemSteps } from '../base/atomic-file.ts';
import type { Environment } from '../base/environment.ts';
import { SentinelError } from '../base/errors.ts';
import { maxConfigBytes } from '../config/documents.ts';
import { type FileAccess, fileSystem, textsOver } from '../config/files.ts';
import { type LoadResult, loadConfigFile } from '../config/load.ts';
import { readKdl } from '../kdl/reader.ts';
import { makeSource } from '../kdl/source.ts';
import { backupPath, fallbackPath } from './backup.ts';
import { type BootChoice, bootChoice } from './boot-choice.ts';
import { type HistoryFolders, intentPath, pendingPath } from './folders.ts';
import type { Generation, GenerationFile } from './generation.ts';
import { clearPending, readPending } from './pending.ts';
import {
  dropIntent,
  editedSince,
  finishReplacement,
  type Intent,
  readIntent,
  replaceFiles,
  sweepDrafts,
} from './replacement.ts';
import { HistoryStore } from './store.ts';

export interface BootOptions {
  /** As the operator wrote it. */
  readonly path: string;
  readonly environment: Environment;
  /** For a configured `state-dir`; null = none is configured. */
  readonly foldersOf: (stateDir: string | null) => HistoryFolders;
  readonly steps?: FileSteps;
}

export interface Boot {
  /** What is to run, or why nothing can. */
  readonly result: LoadResult;
  readonly choice: BootChoice;
  /** Which and why, for people; null when the files are what is to run and nothing was left behind. */
  readonly words: string | null;
  /** Marks that make no sense. */
  readonly unusable: readonly string[];
  /**
   * Puts files and marks right. Only for the process that owns the folder: another one may be at work until then.
   * @throws SNT-P019, P020 the marks stay, and the next start does the same again
   */
  carryOut(): void;
}

/** Reads; changes nothing. */
export function readBoot({ path, environment, foldersOf, steps = systemSteps }: BootOptions): Boot {
  const disk = loadConfigFile(path, environment);
  const folders = foldersOf(stateDirOf(disk, path));
  const store = new HistoryStore(folders, steps);
  const { intent, unusable: badIntent } = readIntent(folders);
  const { mark: pending, unusable: badMark } = readPending(folders);
  const previous = pending === null ? null : previousOf(store, pending);
  let choice = bootChoice({
    intent,
    edited: intent === null ? [] : editedSince(intent),
    pending,
    diskDigest: disk.kind === 'unreadable' ? null : disk.digest,
    previousKept: previous !== null,
  });
  let result = disk;
  if (choice.kind === 'finish') result = loadIntended(path, choice.intent, environment);
  if (choice.kind === 'previous' && choice.files !== 'right' && previous !== null) {
    result = loadTexts(path, previous.files, environment);
    // It was in force: only something outside of it can have gone, such as a certificate.
    if (result.kind !== 'ok') {
      result = disk;
      choice = { kind: 'previous-lost', pending: choice.pending };
    }
  }
  return {
    result,
    choice,
    words: wordsOf(choice),
    unusable: [badIntent, badMark].filter((one) => one !== null),
    carryOut() {
      sweep(path, result, folders, steps);
      putAside(folders, badIntent === null ? [] : [intentPath], steps);
      putAside(folders, badMark === null ? [] : [pendingPath], steps);
      switch (choice.kind) {
        case 'disk':
          return;
        case 'finish':
          return finishReplacement(folders, choice.intent, steps);
        case 'edited':
          clearPending(folders, steps);
          return dropIntent(folders, steps);
        case 'previous':
          if (choice.files === 'back' && previous !== null) {
            const { files } = previous;
            const order = { number: choice.pending.previous, digest: previous.digest, files };
            return replaceFiles(folders, order, extraFiles(path, files, environment), steps);
          }
          return clearPending(folders, steps);
        default:
          return clearPending(folders, steps);
      }
    },
  };
}

/** What the files will say when the replacement is finished. */
function loadIntended(path: string, { files, away }: Intent, environment: Environment): LoadResult {
  const texts = new Map(files.map((file) => [file.path, file.text]));
  const gone = new Set(away);
  const list: FileAccess['list'] = (pattern, directory) =>
    fileSystem.list(pattern, directory).filter((found) => !gone.has(found));
  return loadConfigFile(path, environment, textsOver(texts, false, { ...fileSystem, list }));
}

/** A configuration exactly as it was kept, read for the daemon of `path`. */
export function loadTexts(path: string, files: readonly GenerationFile[], environment: Environment): LoadResult {
  return loadConfigFile(path, environment, textsOver(new Map(files.map((file) => [file.path, file.text])), true));
}

/** Files on disk that the includes of these texts would find beside them: they have to go when the texts are to stand alone. */
export function extraFiles(
  path: string,
  files: readonly GenerationFile[],
  environment: Environment,
): readonly string[] {
  const texts = new Map(files.map((file) => [file.path, file.text]));
  const found = loadConfigFile(path, environment, textsOver(texts, false));
  return found.kind === 'unreadable'
    ? []
    : found.sources.filter((source) => !texts.has(source.path)).map((source) => source.path);
}

/**
 * `state-dir` of a configuration, even of one that does not check: absolute; null when it names none that can be read.
 * @param path As the operator wrote it.
 */
export function stateDirOf(loaded: LoadResult, path: string): string | null {
  if (loaded.kind === 'ok') return loaded.config.stateDir;
  if (loaded.kind === 'invalid' && loaded.unservable !== null) return loaded.unservable.stateDir;
  const text = textAt(path);
  const reading = readKdl(makeSource(path, text));
  const named = reading.ok
    ? reading.document.nodes.findLast(({ name }) => name === 'state-dir')?.args[0]?.value
    : // A mistake further down must not hide it.
      /^\s*state-dir\s+"([^"]*)"/m.exec(text)?.[1];
  if (typeof named !== 'string' || named === '' || named.includes('${')) return null;
  return resolve(dirname(resolve(path)), named);
}

function textAt(path: string): string {
  try {
    // What is no configuration is not searched for minutes, nor a pipe waited for.
    const facts = statSync(path);
    return facts.isFile() && facts.size <= maxConfigBytes ? readFileSync(path, 'utf8') : '';
  } catch {
    return '';
  }
}

function previousOf(
  store: HistoryStore,
  { previous, previousDigest }: { readonly previous: number; readonly previousDigest: string },
): Generation | null {
  try {
    const kept = store.read(previous);
    if (kept.digest === previousDigest) return kept;
  } catch {
    // Another generation may have had the same texts.
  }
  return store.withDigest(previousDigest);
}

/** Takes away what the process before was writing when it ended: nobody misses it, and nothing depends on it. */
function sweep(path: string, result: LoadResult, folders: HistoryFolders, steps: FileSteps): void {
  const config = resolve(path);
  const included = result.kind === 'ok' ? result.sources.map((source) => source.path) : [];
  const instance = folders.find();
  const own = instance === null ? [] : [intentPath(instance), pendingPath(instance), fallbackPath(instance, config)];
  for (const file of new Set([config, backupPath(config), ...included, ...own])) {
    try {
      sweepDrafts(file, steps);
    } catch {
      // A folder that cannot be written: what lies there stays, as everything in it does.
    }
  }
}

function putAside(folders: HistoryFolders, paths: readonly ((instance: string) => string)[], steps: FileSteps): void {
  const instance = folders.find();
  if (instance === null) return;
  for (const pathIn of paths) {
    const path = pathIn(instance);
    try {
      steps.rename(path, `${path}.unusable`);
    } catch (error) {
      throw new SentinelError('SNT-P019', `${path} makes no sense and cannot be put aside: ${String(error)}`);
    }
  }
}

function wordsOf(choice: BootChoice): string | null {
  switch (choice.kind) {
    case 'disk':
      return null;
    case 'finish':
      return `the process before ended while the files were being replaced by those of generation ${choice.intent.generation}; the start has finished that`;
    case 'edited':
      return `the process before ended while the files were being replaced by those of generation ${choice.intent.generation}; ${choice.edited.join(', ')} was edited since, so the files are taken as they are`;
    case 'previous': {
      const { pending, files } = choice;
      const where = {
        right: '',
        back: ', and the files are put back',
        other: '; the files say something else, and stay as they are',
      }[files];
      return `generation ${pending.generation} (${pending.id}) was not confirmed before the process ended; the start has taken generation ${pending.previous} again${where}`;
    }
    case 'moved-on':
      return `generation ${choice.pending.generation} (${choice.pending.id}) was not confirmed before the process ended; the files were edited since, so they are taken as they are`;
    case 'previous-lost':
      return `generation ${choice.pending.generation} (${choice.pending.id}) was not confirmed before the process ended, and generation ${choice.pending.previous} before it cannot be had from the history; the files are taken as they are`;
  }
}
