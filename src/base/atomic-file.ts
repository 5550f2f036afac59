/**
 * The one writer of files: whole or not at all. A reader sees the old content or the new, never half of it, also after a crash,
 * a loss of power or on a full disk. Its steps can be replaced, so that tests end the process between any two of them.
 */
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoOf } from './errors.ts';
import { randomHex } from './ids.ts';

/** What a write is made of. Each throws the system error. */
export interface FileSteps {
  /** A new file, for writing; fails where there is one. */
  create(path: string, mode: number): number;
  write(fd: number, content: string | Uint8Array): void;
  /** Gives it the permissions and the owner of what it replaces. */
  dress(fd: number, like: FileDress): void;
  sync(fd: number): void;
  rename(from: string, to: string): void;
  /** Makes what was renamed or removed in the folder last. */
  syncFolder(folder: string): void;
  /** No matter whether it is there. */
  remove(path: string): void;
}

export interface FileDress {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export const systemSteps: FileSteps = {
  create: (path, mode) => openSync(path, 'wx', mode),
  write: (fd, content) => writeFileSync(fd, content),
  dress,
  sync: fsyncSync,
  rename: renameSync,
  syncFolder,
  remove: (path) => rmSync(path, { force: true }),
};

/**
 * Replaces `path` by a file with this content. The folder must exist. A link there is replaced, not followed.
 * @param mode permissions of the new file, default 0644
 * @throws the system error; the old file is then as it was and no leftover remains
 */
export function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  mode = 0o644,
  steps: FileSteps = systemSteps,
): void {
  replace(path, content, mode, null, steps);
}

/**
 * Replaces a file that belongs to somebody: where `path` is a link, the file that it leads to; with its permissions and, as far
 * as we may, its owner. Where nothing is, a file with mode 0644.
 * @throws the system error; the old file is then as it was and no leftover remains
 */
export function replaceFileInPlace(path: string, content: string, steps: FileSteps = systemSteps): void {
  const place = realPlace(path);
  const like = dressOf(place);
  replace(place, content, like === null ? 0o644 : like.mode & 0o600, like, steps);
}

/** Removes a file for good. @throws the system error */
export function removeFile(path: string, steps: FileSteps = systemSteps): void {
  steps.remove(path);
  steps.syncFolder(dirname(path));
}

/** Where links lead; the path itself where nothing is. */
export function realPlace(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return path;
    throw error;
  }
}

/** Whether a file of this name is what a write of `path` leaves when the process ends in the middle of it. */
export function isDraftOf(name: string, path: string): boolean {
  const base = `.${basename(path)}.`;
  return name.startsWith(base) && /^[0-9a-f]{8}$/.test(name.slice(base.length));
}

function replace(
  path: string,
  content: string | Uint8Array,
  mode: number,
  like: FileDress | null,
  steps: FileSteps,
): void {
  const draft = join(dirname(path), `.${basename(path)}.${randomHex(4)}`);
  try {
    const fd = steps.create(draft, mode);
    try {
      if (like !== null) steps.dress(fd, like);
      steps.write(fd, content);
      steps.sync(fd);
    } finally {
      closeSync(fd);
    }
    steps.rename(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  steps.syncFolder(dirname(path));
}

function dressOf(path: string): FileDress | null {
  try {
    const { mode, uid, gid } = statSync(path);
    return { mode: mode & 0o7777, uid, gid };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function dress(fd: number, { mode, uid, gid }: FileDress): void {
  try {
    fchownSync(fd, uid, gid);
  } catch (error) {
    // Who is not root may not give files away; the content matters more than the owner.
    if (errnoOf(error) !== 'EPERM') throw error;
  }
  fchmodSync(fd, mode);
}

/** The rename has happened: only what says that the disk itself is failing is worth an error. */
const failingDisk: ReadonlySet<string | undefined> = new Set(['EIO', 'ENOSPC', 'EDQUOT']);

function syncFolder(folder: string): void {
  let fd: number;
  try {
    fd = openSync(folder, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(fd);
  } catch (error) {
    if (failingDisk.has(errnoOf(error))) throw error;
  } finally {
    closeSync(fd);
  }
}
