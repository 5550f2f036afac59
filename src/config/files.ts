/**
 * How configuration reads files: bounded, and with an error that says what is wrong with the path. The one place in
 * `config` that touches the file system; tests pass another.
 */
import { closeSync, constants, fstatSync, globSync, openSync, readSync, statSync } from 'node:fs';
import { matchesGlob, resolve } from 'node:path';
import { errnoOf, SentinelError } from '../base/errors.ts';
import { readReason } from '../base/read-reason.ts';
import { readPemFile } from '../certs/bounded-file.ts';

export interface FileAccess {
  /** @throws SentinelError SNT-C001 when it is missing, not a file, not readable or longer than `maxBytes`. */
  read(path: string, maxBytes: number): Uint8Array;
  /** A file of certificates or a key, as the daemon reads it later: never a pipe. Throws what `readReason` has words for. */
  readPem(path: string): Buffer;
  /** Absolute paths that match `pattern`, which begins at `directory`; sorted. */
  list(pattern: string, directory: string): readonly string[];
}

export const fileSystem: FileAccess = {
  read: readBounded,
  readPem: readPemFile,
  list: (pattern, directory) =>
    globSync(pattern, { cwd: directory })
      .map((path) => resolve(directory, path))
      .sort(),
};

/**
 * Texts that stand in the place of files: a candidate for a file, or a configuration as it once was.
 * @param texts By absolute path.
 * @param alone Includes find nothing but these; else what is on disk as well.
 */
export function textsOver(
  texts: ReadonlyMap<string, string>,
  alone: boolean,
  disk: FileAccess = fileSystem,
): FileAccess {
  return {
    ...disk,
    read(path, maxBytes) {
      const text = texts.get(path);
      if (text === undefined) return disk.read(path, maxBytes);
      const bytes = Buffer.from(text);
      if (bytes.length > maxBytes) throw tooLarge(path, maxBytes);
      return bytes;
    },
    list(pattern, directory) {
      const wanted = resolve(directory, pattern);
      const given = [...texts.keys()].filter((path) => path === wanted || matchesGlob(path, wanted));
      return [...new Set(alone ? given : [...disk.list(pattern, directory), ...given])].sort();
    },
  };
}

/** The same files; whatever is asked for, there or not, is added to `read` as an absolute path. */
export function noting(files: FileAccess, read: Set<string>): FileAccess {
  return {
    ...files,
    read(path, maxBytes) {
      read.add(resolve(path));
      return files.read(path, maxBytes);
    },
    readPem(path) {
      read.add(resolve(path));
      return files.readPem(path);
    },
  };
}

/** How long a pipe may be silent: nobody may make a daemon wait for ever by putting one in the place of a file. */
const pipeSilenceMs = { unopened: 2_000, open: 10_000 };
const pipePollMs = 10;

function readBounded(path: string, maxBytes: number): Uint8Array {
  let descriptor: number;
  try {
    const pipe = statSync(path).isFIFO();
    descriptor = openSync(path, pipe ? constants.O_RDONLY | constants.O_NONBLOCK : constants.O_RDONLY);
  } catch (error) {
    throw unreadable(path, readReason(error), error);
  }
  try {
    const facts = fstatSync(descriptor);
    if (facts.isDirectory()) throw unreadable(path, 'it is a directory, expected a file');
    if (facts.size > maxBytes) throw tooLarge(path, maxBytes);
    return readAll(descriptor, path, maxBytes, facts.size, facts.isFIFO());
  } catch (error) {
    throw error instanceof SentinelError ? error : unreadable(path, readReason(error), error);
  } finally {
    closeSync(descriptor);
  }
}

/** Reads to the end rather than to the size: pipes and `/proc` have none. */
function readAll(descriptor: number, path: string, maxBytes: number, sizeHint: number, pipe: boolean): Uint8Array {
  let buffer = Buffer.allocUnsafe(Math.min(maxBytes, sizeHint || 65_536) + 1);
  let length = 0;
  for (;;) {
    if (length === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
    const count = pipe
      ? readPipe(descriptor, path, buffer.subarray(length), length === 0)
      : readSync(descriptor, buffer, length, buffer.length - length, null);
    if (count === 0) return buffer.subarray(0, length);
    length += count;
    if (length > maxBytes) throw tooLarge(path, maxBytes);
  }
}

/** Reads from a pipe that does not block: waits for its writer, but not for ever. 0 = the end. */
function readPipe(descriptor: number, path: string, into: Uint8Array, atStart: boolean): number {
  for (let waitedMs = 0; ; waitedMs += pipePollMs) {
    const count = readNow(descriptor, into);
    if (count !== null && (count > 0 || !atStart)) return count;
    // Before the first byte an end means that nobody has opened the pipe for writing, or that nothing was written.
    const limitMs = count === null ? pipeSilenceMs.open : pipeSilenceMs.unopened;
    if (waitedMs >= limitMs) throw unreadable(path, 'it is a pipe into which nobody writes');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pipePollMs);
  }
}

/** What is there, 0 at the end, `null` when there is nothing yet. */
function readNow(descriptor: number, into: Uint8Array): number | null {
  try {
    return readSync(descriptor, into, 0, into.length, null);
  } catch (error) {
    if (errnoOf(error) === 'EAGAIN') return null;
    throw error;
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
