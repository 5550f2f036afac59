/**
 * The mark that a configuration in force waits for its confirmation: a start that finds one takes the generation before. Whoever
 * applies on trial sets it, whoever decides takes it away. No clocks here: how long it has is in the mark.
 */
import { readFileSync } from 'node:fs';
import { type FileSteps, removeFile, systemSteps, writeFileAtomically } from '../base/atomic-file.ts';
import { errnoOf, SentinelError } from '../base/errors.ts';
import { type HistoryFolders, pendingPath } from './folders.ts';

const schema = 'sentinel.pending/1';

export interface PendingMark {
  /** `c-9f2` */
  readonly id: string;
  /** Its number, and the digest of its texts. */
  readonly generation: number;
  readonly digest: string;
  /** What ran before, and runs again when nobody confirms: its number, and the digest of its texts. */
  readonly previous: number;
  readonly previousDigest: string;
  /** Of what the files said when it was put in force; null = they could not be read. */
  readonly diskDigest: string | null;
  /** Wall clock, ms. */
  readonly deadlineMs: number;
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
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<PendingMark> & { readonly schema?: unknown };
    const { id, generation, digest, previous, previousDigest, diskDigest, deadlineMs } = value;
    if (
      value.schema !== schema ||
      typeof id !== 'string' ||
      typeof generation !== 'number' ||
      typeof digest !== 'string' ||
      typeof previous !== 'number' ||
      typeof previousDigest !== 'string' ||
      (diskDigest !== null && typeof diskDigest !== 'string') ||
      typeof deadlineMs !== 'number'
    )
      throw new Error(`it does not hold ${schema}`);
    return {
      mark: { id, generation, digest, previous, previousDigest, diskDigest, deadlineMs },
      unusable: null,
    };
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
