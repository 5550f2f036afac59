/**
 * The file `commands.ndjson`: a line for each command that changed something. Several processes write at once, so that a line is one
 * write; two files of a bounded size are kept. Knows files; what a command is, is told to it. Written by every changing command,
 * read by timelines.
 */
import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../base/errors.ts';
import { plainJson } from '../../base/plain-json.ts';
import { readPlainFile } from '../../base/plain-file.ts';
import { readReason } from '../../base/read-reason.ts';
import type { LoggedCommand } from './logged-command.ts';

/** The file is full at this size; then it becomes the older one. */
export const COMMANDS_FULL_BYTES = 4 << 20;

/** Of a line, its end included: what is written at once is not torn by another process. */
export const MOST_LINE_BYTES = 4096;

/** Who moves the file away takes milliseconds. */
const FORGOTTEN_MS = 10_000;

/** The newer file first; either may be missing. */
export function commandLogPaths(folder: string): readonly [newer: string, older: string] {
  return [join(folder, 'commands.ndjson'), join(folder, 'commands.1.ndjson')];
}

/**
 * Adds one line. The folder must exist.
 * @param nowMs Wall clock, milliseconds.
 * @throws the system error
 */
export function appendCommand(folder: string, command: LoggedCommand, nowMs: number): void {
  const [path] = commandLogPaths(folder);
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
  const fd = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  let size: number;
  try {
    const facts = fstatSync(fd);
    // A pipe of that name would be waited for, or give the line to somebody.
    if (!facts.isFile()) throw new Error(`${path} is not a file`);
    if (facts.size === 0) giveToOwner(fd, folder);
    // A disk that was full may have cut a line off: it must not take this one with it.
    const line = Buffer.from(`${endsLine(fd, facts.size) ? '' : '\n'}${lineOf(command)}\n`);
    const written = writeSync(fd, line);
    if (written < line.length) throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
    size = facts.size + written;
  } finally {
    closeSync(fd);
  }
  if (size >= COMMANDS_FULL_BYTES) moveCommandsAway(folder, nowMs);
}

export interface ReadCommands {
  /** As they stand in the files, the older file first. */
  readonly commands: readonly LoggedCommand[];
  /** Lines that make no sense. */
  readonly foreign: number;
  /** Files that are there and cannot be read. */
  readonly unread: readonly { readonly file: string; readonly why: string }[];
}

/** What the log of a folder holds. A folder without one has none. */
export function readCommands(folder: string): ReadCommands {
  const commands: LoggedCommand[] = [];
  const unread: { file: string; why: string }[] = [];
  let foreign = 0;
  for (const file of [...commandLogPaths(folder)].reverse()) {
    let text: string;
    try {
      // More than a writer leaves is not read.
      text = readPlainFile(file, 2 * COMMANDS_FULL_BYTES).toString('utf8');
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') unread.push({ file, why: readReason(error) });
      continue;
    }
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const command = commandOf(line);
      if (command === null) foreign++;
      else commands.push(command);
    }
  }
  return { commands, foreign, unread };
}

function commandOf(line: string): LoggedCommand | null {
  try {
    const value = JSON.parse(line) as Partial<LoggedCommand> | null;
    const texts = [value?.at, value?.actor, value?.host, value?.program, value?.command];
    const numbers = [value?.duration_ms, value?.pid, value?.exit];
    const fits =
      texts.every((text) => typeof text === 'string') &&
      numbers.every((number) => typeof number === 'number') &&
      !Number.isNaN(Date.parse(value?.at ?? '')) &&
      Array.isArray(value?.argv) &&
      value.argv.every((word) => typeof word === 'string');
    const unsaid = { by: null, daemon: null, incident: null };
    return fits ? ({ ...unsaid, ...value } as LoggedCommand) : null;
  } catch {
    return null;
  }
}

/** In one line of at most `MOST_LINE_BYTES`: long words are cut, then the last ones left out. */
function lineOf(command: LoggedCommand): string {
  for (let most = 1024; most >= 1; most = Math.floor(most / 2)) {
    const argv = command.argv.slice(0, most).map((word) => (word.length > most ? `${cut(word, most)}…` : word));
    const line = plainJson({ ...command, argv: argv.length < command.argv.length ? [...argv, '…'] : argv });
    if (Buffer.byteLength(line) < MOST_LINE_BYTES - 1) return line;
  }
  return plainJson({ ...command, argv: ['…'], daemon: null });
}

/** No half of a character. */
function cut(word: string, length: number): string {
  return word.slice(0, length).toWellFormed();
}

function endsLine(fd: number, size: number): boolean {
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, size - 1);
  return last[0] === 0x0a;
}

/** What root writes belongs to whoever has the folder. */
function giveToOwner(fd: number, folder: string): void {
  const { uid, gid } = statSync(folder);
  if (process.getuid?.() === 0 && uid !== 0) fchownSync(fd, uid, gid);
}

/**
 * Makes a full file the older one. One process does it; the others write on, and a line that one of them has begun to write is in
 * the older file.
 * @throws the system error
 */
export function moveCommandsAway(folder: string, nowMs: number): void {
  const [path, older] = commandLogPaths(folder);
  const lock = join(folder, '.commands.lock');
  try {
    closeSync(openSync(lock, 'wx', 0o600));
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    const age = nowMs - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? nowMs);
    // Whoever held it has died; the next command moves the file away.
    if (age > FORGOTTEN_MS) rmSync(lock, { force: true });
    return;
  }
  try {
    // Somebody else may just have done it.
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= COMMANDS_FULL_BYTES) renameSync(path, older);
  } finally {
    rmSync(lock, { force: true });
  }
}
