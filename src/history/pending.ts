/**
 * The mark that a configuration in force waits for its confirmation: a start that finds one takes the generation before. Whoever
 * applies on trial sets it, whoever decides takes it away. No clocks here: how long it has is in the mark.
 */
import { readFileSync } from 'node:fs';
import { type FileSteps, removeFile, systemSteps, writeFileAtomically } from '../base/atomic-file.ts';
import { errnoOf, SentinelError } from '../base/errors.ts';
import { type HistoryFolders, pendingPath } from './folders.ts';
import type { GenerationFile } from './generation.ts';

const schema = 'sentinel.pending/1';

export interface PendingMark {
  /** `c-9f2` */
  readonly id: string;
  /** The number that it gets. */
  readonly generation: number;
  readonly actor: string;
  readonly reason: string | null;
  /** What ran before, and runs again when nobody confirms: its number, and the digest of its texts. */
  readonly previous: number;
  readonly previousDigest: string;
  /** Of what the files said when it was put in force; null = they could not be read. */
  readonly diskDigest: string | null;
  /** Files that hold what is pending already: as they have to be put back. */
  readonly restore: readonly GenerationFile[];
  /** RFC 3339. */
  readonly deadline: string;
}

/** @throws SNT-P019 then nothing is marked */
export function setPending(folders: HistoryFolders, mark: PendingMark, steps: FileSteps = systemSteps): void {
  try {
    const path = pendingPath(folders.ensure());
    writeFileAtomically(path, `${JSON.stringify({ schema, ...mark })}\n`, 0o600, steps);
  } catch (error) {
    throw new SentinelError(
      'SNT-P019',
      `the mark of the pending generation ${mark.generation} could not be written: ${errnoOf(error) ?? String(error)}`,
    );
  }
}

/** Null when nothing is pending. A mark that makes no sense is none: `unusable` says so then. */
export function readPending(folders: HistoryFolders): {
  readonly mark: PendingMark | null;
  readonly unusable: string | null;
} {
  const instance = folders.find();
  if (instance === null) return { mark: null, unusable: null };
  const path = pendingPath(instance);
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (!isMark(value)) throw new Error(`it does not hold ${schema}`);
    const { schema: _schema, ...mark } = value;
    return { mark, unusable: null };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { mark: null, unusable: null };
    const why = errnoOf(error) ?? (error instanceof Error ? error.message : String(error));
    return { mark: null, unusable: `${path}: ${why}` };
  }
}

/** @throws SNT-P019 the mark is there still */
export function clearPending(folders: HistoryFolders, steps: FileSteps = systemSteps): void {
  const instance = folders.find();
  if (instance === null) return;
  try {
    removeFile(pendingPath(instance), steps);
  } catch (error) {
    throw new SentinelError(
      'SNT-P019',
      `the mark of the pending generation could not be removed: ${errnoOf(error) ?? String(error)}`,
    );
  }
}

function isMark(value: unknown): value is PendingMark & { readonly schema: string } {
  if (typeof value !== 'object' || value === null) return false;
  const mark = value as Partial<Record<keyof PendingMark | 'schema', unknown>>;
  return (
    mark.schema === schema &&
    [mark.id, mark.actor, mark.previousDigest, mark.deadline].every((text) => typeof text === 'string') &&
    [mark.reason, mark.diskDigest].every((text) => text === null || typeof text === 'string') &&
    [mark.generation, mark.previous].every((number) => typeof number === 'number') &&
    Array.isArray(mark.restore) &&
    mark.restore.every((file) => typeof file?.path === 'string' && typeof file?.text === 'string')
  );
}
