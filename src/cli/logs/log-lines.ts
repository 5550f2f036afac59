/**
 * The end of a log file as lines with their times and fields, whatever format they are in; bounded, newest last. Reads files,
 * decides nothing about what is asked for.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { SentinelError } from '../../base/errors.ts';
import { readReason } from '../../base/read-reason.ts';

/** What one look reads at most, from the end. */
const MOST_BYTES = 16 << 20;

export interface FileLine {
  /** Milliseconds since the epoch; null = the line does not say. */
  readonly atMs: number | null;
  /** As JSON has them; of other formats those that can be told. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export interface FileTail {
  readonly path: string;
  /** Oldest first. */
  readonly lines: readonly FileLine[];
  /** It goes back to the beginning of the file. */
  readonly whole: boolean;
}

/** @throws SNT-P048 */
export function readLogTail(path: string, most = MOST_BYTES): FileTail {
  let fd: number;
  try {
    // A FIFO without a writer would be waited for.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    const facts = fstatSync(fd);
    if (!facts.isFile()) throw new SentinelError('SNT-P048', `cannot read ${path}: it is not a file`);
    const from = Math.max(0, facts.size - most);
    const bytes = Buffer.alloc(facts.size - from);
    let read = 0;
    for (let got = 1; got > 0 && read < bytes.length; read += got)
      got = readSync(fd, bytes, read, bytes.length - read, from + read);
    const texts = bytes.toString('utf8', 0, read).split('\n');
    // The last has no end yet, the first may have no beginning.
    texts.pop();
    if (from > 0) texts.shift();
    return { path, lines: inOrder(texts.filter((text) => text !== '').map(parseLogLine)), whole: from === 0 };
  } catch (error) {
    throw error instanceof SentinelError ? error : unreadable(path, error);
  } finally {
    closeSync(fd);
  }
}

/** Each worker writes its own lines every half second: in the file they are in order only roughly. */
function inOrder(lines: readonly FileLine[]): readonly FileLine[] {
  let last = 0;
  const dated = lines.map((line) => ({ line, at: (last = line.atMs ?? last) }));
  return dated.sort((one, other) => one.at - other.at).map(({ line }) => line);
}

function unreadable(path: string, error: unknown): SentinelError {
  return new SentinelError('SNT-P048', `cannot read ${path}: ${readReason(error)}`);
}

const pretty = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) (DEBUG|INFO|WARN|ERROR) +(.*)$/;
const combined = /^(\S+) \S+ \S+ \[(\d\d)\/(\w{3})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})\] "(\S+) [^"]*" (\d{3}) /;

/** One line of any of our formats; a strange one is a text without a time. */
export function parseLogLine(text: string): FileLine {
  if (text.startsWith('{')) {
    const fields = parsed(text);
    if (fields !== null) return { atMs: timeOf(fields['time']), fields, text };
  }
  const [, time, level, rest] = pretty.exec(text) ?? [];
  if (time !== undefined) return { atMs: timeOf(time), fields: { time, level, message: rest, ...pairsOf(text) }, text };
  const [, client, day, month, year, clock, zone, method, status] = combined.exec(text) ?? [];
  if (client === undefined) return { atMs: null, fields: { message: text }, text };
  const at = timeOf(`${day} ${month} ${year} ${clock} ${zone}`);
  return { atMs: at, fields: { client_ip: client, method, ...pairsOf(text), status: Number(status) }, text };
}

/** `name="value"` and `name=number`, as both formats for people have them. */
function pairsOf(text: string): Record<string, unknown> {
  const pairs: Record<string, unknown> = {};
  for (const [, name = '', quoted, bare] of text.matchAll(
    / ([a-z_]{1,40})=(?:"((?:[^"\\]|\\.)*)"|(\d[\d.]*)(?= |$))/g,
  )) {
    pairs[name] = quoted ?? Number(bare);
  }
  return pairs;
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}

function timeOf(value: unknown): number | null {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}
