/** Opened destinations of log lines: files, FIFOs, devices, standard output. Opens and looks, never writes. */
import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import type { Environment } from '../../base/environment.ts';
import { errnoOf } from '../../base/errors.ts';

/** The name that stands for standard output instead of a path. */
export const stdoutName = 'stdout';

/** An opened destination. */
export interface LogTarget {
  /** The path as configured, or `stdout`. */
  readonly path: string;
  readonly fd: number;
  /** A regular file may take its time, so it is written by a pool thread; everything else is non-blocking. */
  readonly regular: boolean;
}

/**
 * Opens a destination for appending; the directory must exist. A FIFO need not have a reader yet.
 * @throws the system error, for the caller to explain
 */
export function openLogTarget(path: string): LogTarget {
  const fd = path === stdoutName ? openStdout() : openPath(path);
  return { path, fd, regular: fstatSync(fd).isFile() };
}

/** Closes a destination that was opened and is not used any more. */
export function closeLogTarget(target: LogTarget): void {
  if (target.fd !== 1) closeSync(target.fd);
}

function openPath(path: string): number {
  // Opened for reading too it waits for no reader, and outlives one.
  if (statSync(path, { throwIfNoEntry: false })?.isFIFO() === true) {
    return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  }
  try {
    // Reading is for what a full disk cut off in the middle of a line.
    return openSync(path, 'a+', 0o640);
  } catch (error) {
    if (errnoOf(error) !== 'EACCES' && errnoOf(error) !== 'EINVAL') throw error;
    return openSync(path, 'a', 0o640);
  }
}

/**
 * Standard output with an open-file description of its own, so that it can be non-blocking without changing the
 * terminal or pipe of the processes that share it. Where it cannot be opened again (sockets, a pipe of another user)
 * descriptor 1 itself serves; the main thread has made it non-blocking.
 */
function openStdout(): number {
  // Two descriptions of a file have two positions and would write over each other's lines.
  if (fstatSync(1).isFile()) return 1;
  try {
    return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
  } catch {
    return 1;
  }
}

/** True when the path no longer leads to what is open: rotated, or deleted. */
export function hasMoved({ path, fd }: LogTarget): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  const open = fstatSync(fd);
  return there === undefined || there.ino !== open.ino || there.dev !== open.dev;
}

/** True when the descriptor is the journal's own socket: then lines may carry their priority. */
export function underJournal(environment: Environment, fd: number): boolean {
  const stream = environment['JOURNAL_STREAM'];
  if (stream === undefined) return false;
  const facts = fstatSync(fd);
  return stream === `${facts.dev}:${facts.ino}`;
}
