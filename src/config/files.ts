/**
 * How configuration reads files: bounded, and with an error that says what is wrong with the path. The one place in
 * `config` that touches the file system; tests pass another.
 */
import { closeSync, fstatSync, globSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { errnoOf, SentinelError } from '../base/errors.ts';

export interface FileAccess {
  /** @throws SentinelError SNT-C001 when it is missing, not a file, not readable or longer than `maxBytes`. */
  read(path: string, maxBytes: number): Uint8Array;
  /** Absolute paths that match `pattern`, which begins at `directory`; sorted. */
  list(pattern: string, directory: string): readonly string[];
}

export const fileSystem: FileAccess = {
  read: readBounded,
  list: (pattern, directory) =>
    globSync(pattern, { cwd: directory })
      .map((path) => resolve(directory, path))
      .sort(),
};

function readBounded(path: string, maxBytes: number): Uint8Array {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    throw unreadable(path, reasonOf(error), error);
  }
  try {
    const facts = fstatSync(descriptor);
    if (facts.isDirectory()) throw unreadable(path, 'it is a directory, expected a file');
    if (facts.size > maxBytes) throw tooLarge(path, maxBytes);
    return readAll(descriptor, path, maxBytes, facts.size);
  } catch (error) {
    throw error instanceof SentinelError ? error : unreadable(path, reasonOf(error), error);
  } finally {
    closeSync(descriptor);
  }
}

/** Reads to the end rather than to the size: pipes and `/proc` have none. */
function readAll(descriptor: number, path: string, maxBytes: number, sizeHint: number): Uint8Array {
  let buffer = Buffer.allocUnsafe(Math.min(maxBytes, sizeHint || 65_536) + 1);
  let length = 0;
  for (;;) {
    if (length === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
    const count = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (count === 0) return buffer.subarray(0, length);
    length += count;
    if (length > maxBytes) throw tooLarge(path, maxBytes);
  }
}

function tooLarge(path: string, maxBytes: number): SentinelError {
  const limit = maxBytes >= 1 << 20 ? `${maxBytes >> 20} MiB` : `${maxBytes >> 10} KiB`;
  return unreadable(path, `it is larger than ${limit}`);
}

function unreadable(path: string, reason: string, cause?: unknown): SentinelError {
  return new SentinelError('SNT-C001', `cannot read ${path}: ${reason}`, {
    hint: 'check the path and its permissions, or write a starter file with `sentinel init`',
    ...(cause === undefined ? {} : { cause }),
  });
}

function reasonOf(error: unknown): string {
  const errno = errnoOf(error);
  if (errno === 'ENOENT') return 'there is no such file';
  if (errno === 'EACCES' || errno === 'EPERM') return 'permission denied';
  if (errno === 'ENOTDIR') return 'a part of the path is not a directory';
  if (errno === 'ELOOP') return 'too many symbolic links';
  if (errno === 'EISDIR') return 'it is a directory, expected a file';
  return errno ?? 'the system gave no reason';
}
