/**
 * Replacing the files on disk by those of a generation, all of them or none, over a crash too: what is to be written is written
 * down first (the intent), then file by file; a start that finds an intent finishes it. Knows texts, not what they mean.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  type FileSteps,
  isDraftOf,
  realPlace,
  removeFile,
  replaceFileInPlace,
  systemSteps,
  writeFileAtomically,
} from '../base/atomic-file.ts';
import { errnoOf, SentinelError } from '../base/errors.ts';
import { textOf } from './disk-text.ts';
import { type HistoryFolders, intentPath } from './folders.ts';
import type { Generation, GenerationFile } from './generation.ts';
import { hashOf } from './generation-file.ts';
import { clearPending } from './pending.ts';

const schema = 'sentinel.replacing/1';

interface IntendedFile extends GenerationFile {
  /** SHA-256 of what was there; null = nothing. */
  readonly before: string | null;
}

/** What is being written. */
export interface Intent {
  readonly generation: number;
  readonly digest: string;
  readonly files: readonly IntendedFile[];
  /** Files that includes would find and that are not of the generation: set aside under a name with a dot before it. */
  readonly away: readonly string[];
}

/**
 * Replaces the files on disk by those of `generation`, and ends what is pending: after a crash at any point the next start finds
 * everything as it was, or finishes. Files that have the text already are not touched.
 * @param away Absolute paths of files that are to be set aside.
 * @throws SNT-P020 could not be done; the files are as they were, or (the message says so) the next start finishes it
 */
export function replaceFiles(
  folders: HistoryFolders,
  generation: Pick<Generation, 'number' | 'digest' | 'files'>,
  away: readonly string[] = [],
  steps: FileSteps = systemSteps,
): void {
  const before = new Map<string, string | null>();
  const done: string[] = [];
  let intent: Intent;
  try {
    for (const { path } of generation.files) before.set(path, textOf(path));
    intent = {
      generation: generation.number,
      digest: generation.digest,
      files: generation.files.map(({ path, text }) => ({ path, text, before: hashOrNull(before.get(path) ?? null) })),
      away,
    };
    const content = `${JSON.stringify({ schema, ...intent })}\n`;
    writeFileAtomically(intentPath(folders.ensure()), content, 0o600, steps);
  } catch (error) {
    throw failure(generation.number, error, 'no file was touched');
  }
  try {
    for (const file of intent.files) {
      if (before.get(file.path) === file.text) continue;
      // First, because it may have been done when what comes after it fails.
      done.push(file.path);
      put(file, steps);
    }
  } catch (error) {
    throw failure(generation.number, error, undo(folders, before, done, steps));
  }
  try {
    settle(folders, intent, steps);
  } catch (error) {
    throw failure(generation.number, error, 'the files are written; the next start puts away what is left of it');
  }
}

/** What a process that ended had begun; null when nothing. `unusable` = there is one that makes no sense. */
export function readIntent(folders: HistoryFolders): {
  readonly intent: Intent | null;
  readonly unusable: string | null;
} {
  const instance = folders.find();
  if (instance === null) return { intent: null, unusable: null };
  const path = intentPath(instance);
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<Intent> & { readonly schema?: unknown };
    const { generation, digest, files, away } = value;
    if (
      value.schema !== schema ||
      typeof generation !== 'number' ||
      typeof digest !== 'string' ||
      !Array.isArray(files) ||
      !files.every(isIntended) ||
      !Array.isArray(away)
    )
      throw new Error(`it does not hold ${schema}`);
    return { intent: { generation, digest, files, away }, unusable: null };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { intent: null, unusable: null };
    const why = errnoOf(error) ?? (error instanceof Error ? error.message : String(error));
    return { intent: null, unusable: `${path}: ${why}` };
  }
}

/** Files that hold neither what was there nor what was to be written: somebody has edited them since. */
export function editedSince({ files }: Intent): readonly string[] {
  return files.flatMap(({ path, text, before }) => {
    const now = hashOrNull(textOf(path));
    return now === before || now === hashOf(text) ? [] : [path];
  });
}

/** Carries out what was begun. @throws SNT-P020 the intent stays */
export function finishReplacement(folders: HistoryFolders, intent: Intent, steps: FileSteps = systemSteps): void {
  try {
    for (const file of intent.files) {
      sweepDrafts(file.path, steps);
      if (textOf(file.path) !== file.text) put(file, steps);
    }
    settle(folders, intent, steps);
  } catch (error) {
    throw failure(intent.generation, error, 'the next start tries again');
  }
}

/** Forgets what was begun, and leaves the files as they are. @throws SNT-P020 */
export function dropIntent(folders: HistoryFolders, steps: FileSteps = systemSteps): void {
  const instance = folders.find();
  if (instance === null) return;
  try {
    removeFile(intentPath(instance), steps);
  } catch (error) {
    throw new SentinelError(
      'SNT-P020',
      `${intentPath(instance)} could not be removed: ${errnoOf(error) ?? String(error)}`,
    );
  }
}

function put({ path, text }: GenerationFile, steps: FileSteps): void {
  if (!existsSync(dirname(path))) mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  replaceFileInPlace(path, text, steps);
}

/** Everything is in its place: what is left is to put the rest aside, and then to forget. */
function settle(folders: HistoryFolders, { away }: Intent, steps: FileSteps): void {
  for (const path of away) {
    if (!existsSync(path)) continue;
    steps.rename(path, join(dirname(path), `.${basename(path)}.set-aside`));
    steps.syncFolder(dirname(path));
  }
  clearPending(folders, steps);
  dropIntent(folders, steps);
}

/** Puts back what was done. Says how it stands then. */
function undo(
  folders: HistoryFolders,
  before: ReadonlyMap<string, string | null>,
  done: readonly string[],
  steps: FileSteps,
): string {
  try {
    for (const path of done) {
      const text = before.get(path) ?? null;
      if (text === textOf(path)) continue;
      if (text === null) removeFile(path, steps);
      else replaceFileInPlace(path, text, steps);
    }
    dropIntent(folders, steps);
    return 'the files are as they were';
  } catch (error) {
    return `${errnoOf(error) ?? String(error)} while putting it back; the next start finishes it`;
  }
}

/** Takes away what writes of a file left that were cut off by the end of a process. @throws the system error */
export function sweepDrafts(path: string, steps: FileSteps): void {
  const place = realPlace(path);
  if (!existsSync(dirname(place))) return;
  for (const file of readdirSync(dirname(place))) {
    if (isDraftOf(file, place)) steps.remove(join(dirname(place), file));
  }
}

function hashOrNull(text: string | null): string | null {
  return text === null ? null : hashOf(text);
}

function isIntended(value: unknown): value is IntendedFile {
  const { path, text, before } = (value ?? {}) as Partial<IntendedFile>;
  return typeof path === 'string' && typeof text === 'string' && (before === null || typeof before === 'string');
}

function failure(generation: number, error: unknown, standing: string): SentinelError {
  const why = error instanceof SentinelError ? error.message : (errnoOf(error) ?? String(error));
  const where = (error as NodeJS.ErrnoException | null)?.path;
  return new SentinelError(
    'SNT-P020',
    `the files on disk could not be replaced by those of generation ${generation}: ${why}${where === undefined ? '' : ` (${where})`}; ${standing}`,
    { hint: 'sentinel config history' },
  );
}
