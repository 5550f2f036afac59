/**
 * Where log lines go: drains a `LogRing` into a file or into stdout, in whole lines, without ever blocking or throwing
 * into its owner. What cannot be written (disk full, reader gone) is dropped and counted. Used by workers for the
 * access log and by the main thread for everything else.
 */
import { closeSync, constants, fstatSync, openSync, write as writeAsync, writeSync } from 'node:fs';
import type { Clock, Stoppable } from '../../base/clock.ts';
import { errnoOf } from '../../base/errors.ts';
import type { LogRing } from './log-ring.ts';

/** The name that stands for standard output instead of a path. */
export const stdoutName = 'stdout';

/** A pipe takes a write of this size whole or not at all (PIPE_BUF), so that threads never mix their lines. */
const PIPE_BYTES = 4096;
const NEWLINE = 0x0a;

/** An opened destination. */
export interface LogTarget {
  /** The path as configured, or `stdout`. */
  readonly path: string;
  readonly fd: number;
  /** A regular file may take its time, so it is written by a pool thread; everything else is non-blocking. */
  readonly regular: boolean;
}

/**
 * Opens a destination for appending; the directory must exist.
 * @throws the system error, for the caller to explain
 */
export function openLogTarget(path: string): LogTarget {
  const fd = path === stdoutName ? openStdout() : openSync(path, 'a', 0o640);
  return { path, fd, regular: fstatSync(fd).isFile() };
}

/** Closes a destination that was opened and never used. */
export function closeLogTarget(target: LogTarget): void {
  if (target.fd !== 1) closeSync(target.fd);
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

export interface LogFileOptions {
  readonly ring: LogRing;
  readonly clock: Clock;
  /** Lines that could not be written. */
  readonly onDropped: (lines: number) => void;
  /** The destination began to fail, or could not be opened again; called once until it works again. */
  readonly onFault: (path: string, error: unknown) => void;
}

export class LogFile {
  readonly #options: LogFileOptions;
  readonly #timer: Stoppable;
  #target: LogTarget | null = null;
  #writing: Promise<void> | null = null;
  #faulty = false;
  /** The last write ended inside a line that was then given up: the next one begins on a new line. */
  #torn = false;

  constructor(options: LogFileOptions) {
    this.#options = options;
    this.#timer = options.clock.every(500, () => void this.flush());
    options.ring.onHalfFull = () => void this.flush();
  }

  get path(): string | null {
    return this.#target?.path ?? null;
  }

  /**
   * Goes over to another destination; what is pending still goes to the old one, which is then closed. The first one is
   * taken at once. `null` = discard.
   */
  async use(target: LogTarget | null): Promise<void> {
    if (this.#target !== null || target === null) await this.flush();
    // When that ended, another may have begun. A descriptor that is closed under a write may be a client's by the time the
    // write is done.
    while (this.#writing !== null) await this.#writing;
    const old = this.#target;
    this.#target = target;
    this.#faulty = false;
    this.#torn = false;
    if (old !== null) closeLogTarget(old);
  }

  /** Opens the same path again: after a rotation the lines go to the new file. Keeps the old one when that fails. */
  async reopen(): Promise<void> {
    const path = this.#target?.path;
    if (path === undefined || path === stdoutName) return;
    try {
      await this.use(openLogTarget(path));
    } catch (error) {
      this.#fail(path, error);
    }
  }

  /** Resolves when everything appended before the call is written or dropped. Never rejects. */
  async flush(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
    if (this.#options.ring.pendingBytes === 0) return;
    const writing = this.#drain();
    this.#writing = writing;
    await writing;
    this.#writing = null;
  }

  /** Flushes, closes, stops the timer. */
  async close(): Promise<void> {
    this.#timer.stop();
    await this.use(null);
    this.#options.ring.onHalfFull = null;
  }

  async #drain(): Promise<void> {
    const ring = this.#options.ring;
    // Only what is there now: a writer that outruns the disk must not keep `flush` from returning.
    let left = ring.pendingBytes;
    while (left > 0 && ring.pendingBytes > 0) {
      const target = this.#target;
      const chunk = ring.peek(target === null || target.regular ? ring.capacity : PIPE_BYTES);
      left -= chunk.length;
      if (target === null) this.#options.onDropped(countLines(chunk));
      else if (target.regular) await this.#writeFile(target, chunk);
      else this.#writePipe(target, chunk);
      ring.take(chunk.length);
    }
  }

  async #writeFile(target: LogTarget, chunk: Buffer): Promise<void> {
    let at = 0;
    try {
      if (this.#torn) await writeChunk(target.fd, Buffer.of(NEWLINE));
      this.#torn = false;
      while (at < chunk.length) at += await writeChunk(target.fd, chunk.subarray(at));
      this.#faulty = false;
    } catch (error) {
      this.#giveUp(target, chunk, at, error);
    }
  }

  #writePipe(target: LogTarget, chunk: Buffer): void {
    let at = 0;
    try {
      if (this.#torn) writeSync(target.fd, '\n');
      this.#torn = false;
      while (at < chunk.length) at += writeSync(target.fd, chunk, at, Math.min(chunk.length - at, PIPE_BYTES));
      this.#faulty = false;
    } catch (error) {
      this.#giveUp(target, chunk, at, error);
    }
  }

  #giveUp(target: LogTarget, chunk: Buffer, written: number, error: unknown): void {
    if (written > 0) this.#torn = chunk[written - 1] !== NEWLINE;
    this.#options.onDropped(countLines(chunk.subarray(written)));
    // A reader that is merely slow is no fault of the destination.
    if (errnoOf(error) !== 'EAGAIN') this.#fail(target.path, error);
  }

  #fail(path: string, error: unknown): void {
    if (this.#faulty) return;
    this.#faulty = true;
    this.#options.onFault(path, error);
  }
}

function writeChunk(fd: number, chunk: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    writeAsync(fd, chunk, 0, chunk.length, null, (error, written) =>
      error === null ? resolve(written) : reject(error),
    );
  });
}

function countLines(chunk: Buffer): number {
  let lines = 0;
  for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}
