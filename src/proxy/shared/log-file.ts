/**
 * Where log lines go: drains a `LogRing` into a file or into stdout, in whole lines, without ever blocking or throwing
 * into its owner. What cannot be written (disk full, reader gone) is dropped and counted. Used by workers for the
 * access log and by the main thread for everything else.
 */
import { fstatSync, ftruncateSync, readSync, write as writeAsync, writeSync } from 'node:fs';
import type { Clock, Stoppable } from '../../base/clock.ts';
import { errnoOf } from '../../base/errors.ts';
import type { LogRing } from './log-ring.ts';
import { closeLogTarget, hasMoved, type LogTarget, openLogTarget, stdoutName } from './log-target.ts';

/** A pipe takes a write of this size whole or not at all (PIPE_BUF), so that threads never mix their lines. */
const PIPE_BYTES = 4096;
const NEWLINE = 0x0a;
const FLUSH_MS = 500;
/** Every so many flushes it is looked whether the path still leads to the file. */
const LOOK_EVERY = 10;
/** A destination that fails again sooner than this has never worked meanwhile. */
const SETTLED_MS = 5_000;

/** What happened to a destination, for the log. */
export type LogFileNews =
  /** It began to fail, or could not be opened again. Said once until it works again. */
  | { readonly kind: 'fault'; readonly path: string; readonly error: unknown }
  /** It works again; `lost` lines were dropped meanwhile. */
  | { readonly kind: 'recovered'; readonly path: string; readonly lost: number }
  /** Somebody moved or deleted it; the lines go to a new file. */
  | { readonly kind: 'reopened'; readonly path: string };

export interface LogFileOptions {
  readonly ring: LogRing;
  readonly clock: Clock;
  /** Lines that could not be written. */
  readonly onDropped: (lines: number) => void;
  readonly onNews: (news: LogFileNews) => void;
}

/** A change of the destination that waits until what was appended before it is written. */
interface Handover {
  /** Count of bytes taken since the beginning at which it is due. */
  readonly at: number;
  readonly target: LogTarget | null;
}

export class LogFile {
  readonly #options: LogFileOptions;
  readonly #timer: Stoppable;
  readonly #handovers: Handover[] = [];
  #target: LogTarget | null = null;
  #taken = 0;
  #writing: Promise<void> | null = null;
  #faulty = false;
  #failedAt = 0;
  #lost = 0;
  /** The last write ended inside a line that was then given up: the next one begins on a new line. */
  #torn = false;
  #flushes = 0;
  #moved = false;

  constructor(options: LogFileOptions) {
    this.#options = options;
    this.#timer = options.clock.every(FLUSH_MS, () => this.#tick());
    options.ring.onDue = () => {
      // Each append finds enough for a write until the one under way is done: none of them may line up to write its own few bytes.
      if (this.#writing === null) void this.flush();
    };
  }

  /** Of the destination that was asked for last. */
  get path(): string | null {
    const wanted = this.#handovers.at(-1);
    return (wanted === undefined ? this.#target : wanted.target)?.path ?? null;
  }

  /**
   * Goes over to another destination: what was appended before this call still goes to the old one, which is then closed,
   * and nothing that is appended later. What came before the first one goes there. `null` = discard.
   */
  async use(target: LogTarget | null): Promise<void> {
    const first = this.#target === null && this.#handovers.length === 0 && target !== null;
    this.#handovers.push({ at: this.#taken + (first ? 0 : this.#options.ring.pendingBytes), target });
    await this.flush();
  }

  /** Opens the same path again: after a rotation the lines go to the new file. Keeps the old one when that fails. */
  async reopen(): Promise<void> {
    const { path } = this;
    if (path === null || path === stdoutName) return;
    try {
      await this.use(openLogTarget(path));
    } catch (error) {
      this.#fail(path, error);
    }
  }

  /** Resolves when everything appended before the call is written or dropped. Never rejects. */
  async flush(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
    if (this.#options.ring.pendingBytes === 0 && this.#handovers.length === 0) return;
    const writing = this.#drain();
    this.#writing = writing;
    await writing;
    this.#writing = null;
  }

  /** Flushes, closes, stops the timer. */
  async close(): Promise<void> {
    this.#timer.stop();
    await this.use(null);
    this.#options.ring.onDue = null;
  }

  #tick(): void {
    void this.flush();
    if (++this.#flushes % LOOK_EVERY === 0) this.#lookForFile();
  }

  /** A rotation may be under way: only what is gone twice is gone. */
  #lookForFile(): void {
    const target = this.#target;
    if (target === null || !target.regular || target.path === stdoutName || this.#handovers.length > 0) return;
    try {
      const moved = hasMoved(target);
      if (moved && this.#moved) {
        void this.use(openLogTarget(target.path));
        this.#options.onNews({ kind: 'reopened', path: target.path });
      }
      this.#moved = moved && !this.#moved;
    } catch (error) {
      this.#fail(target.path, error);
    }
  }

  async #drain(): Promise<void> {
    const ring = this.#options.ring;
    // Only what is there now: a writer that outruns the disk must not keep `flush` from returning.
    let left = ring.pendingBytes;
    for (;;) {
      this.#handOver();
      if (left <= 0 || ring.pendingBytes === 0) return;
      const target = this.#target;
      const limit = target === null || target.regular ? ring.capacity : PIPE_BYTES;
      const due = this.#handovers[0];
      const chunk = ring.peek(due === undefined ? limit : Math.min(limit, due.at - this.#taken));
      left -= chunk.length;
      if (target === null) this.#options.onDropped(countLines(chunk));
      else if (target.regular) await this.#writeFile(target, chunk);
      else this.#writePipe(target, chunk);
      ring.take(chunk.length);
      this.#taken += chunk.length;
    }
  }

  #handOver(): void {
    for (let due = this.#handovers[0]; due !== undefined && due.at <= this.#taken; due = this.#handovers[0]) {
      this.#handovers.shift();
      const old = this.#target;
      this.#target = due.target;
      if (old?.path !== due.target?.path) this.#faulty = false;
      this.#torn = false;
      this.#moved = false;
      // No write is under way here: a descriptor that is closed under one may be a client's by the time the write is done.
      if (old !== null) closeLogTarget(old);
    }
  }

  async #writeFile(target: LogTarget, chunk: Buffer): Promise<void> {
    let at = 0;
    try {
      if (this.#torn) await writeChunk(target.fd, Buffer.of(NEWLINE));
      this.#torn = false;
      while (at < chunk.length) at += await writeChunk(target.fd, chunk.subarray(at));
      this.#works(target);
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
      this.#works(target);
    } catch (error) {
      this.#giveUp(target, chunk, at, error);
    }
  }

  #giveUp(target: LogTarget, chunk: Buffer, written: number, error: unknown): void {
    const lines = countLines(chunk.subarray(written));
    this.#lost += lines;
    this.#options.onDropped(lines);
    if (written > 0 && chunk[written - 1] !== NEWLINE) {
      const piece = chunk.subarray(chunk.lastIndexOf(NEWLINE, written - 1) + 1, written);
      this.#torn = !(target.regular && cutOff(target.fd, piece));
    }
    // A reader that is merely slow is no fault of the destination.
    if (errnoOf(error) !== 'EAGAIN') this.#fail(target.path, error);
  }

  #fail(path: string, error: unknown): void {
    this.#failedAt = this.#options.clock.now();
    if (this.#faulty) return;
    this.#faulty = true;
    this.#options.onNews({ kind: 'fault', path, error });
  }

  /** On a disk that is full a short line still fits now and then: it has to go well for a while. */
  #works(target: LogTarget): void {
    if (!this.#faulty) {
      this.#lost = 0;
      return;
    }
    if (this.#options.clock.now() - this.#failedAt < SETTLED_MS) return;
    this.#faulty = false;
    this.#options.onNews({ kind: 'recovered', path: target.path, lost: this.#lost });
    this.#lost = 0;
  }
}

/** Takes the first part of a line back off the end of a file, so that nobody reads half a line. False when others wrote behind it. */
function cutOff(fd: number, piece: Buffer): boolean {
  try {
    const { size } = fstatSync(fd);
    const there = Buffer.alloc(piece.length);
    if (readSync(fd, there, 0, piece.length, size - piece.length) !== piece.length || !there.equals(piece))
      return false;
    ftruncateSync(fd, size - piece.length);
    return true;
  } catch {
    return false;
  }
}

/** News as a log line says them. */
export function newsWords(news: LogFileNews): {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
} {
  const { path } = news;
  switch (news.kind) {
    case 'fault':
      return {
        level: 'error',
        message: 'Log file cannot be written; lines are dropped and counted',
        fields: { event: 'log_fault', path, error: String(news.error) },
      };
    case 'recovered':
      return {
        level: 'info',
        message: 'Log file can be written again',
        fields: { event: 'log_recovered', path, lines_lost: news.lost },
      };
    case 'reopened':
      return {
        level: 'warn',
        message: 'Log file was moved or deleted; lines go to a new one',
        fields: { event: 'log_reopened', path },
      };
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
