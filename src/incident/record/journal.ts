/**
 * The journal of one incident on disk, `journal.ndjson` and `head.json`: read as far as it can be, and added to, on disk before it
 * counts. What a process left that died in the middle is put aside or sealed, and the journal says so. Called by the store, which
 * holds the lock; knows no meaning of entries.
 */
import { closeSync, constants, fchownSync, fsyncSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type FileSteps, systemSteps, writeFileAtomically } from '../../base/atomic-file.ts';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { readPlainFile } from '../../base/plain-file.ts';
import {
  emptyHead,
  type EntryFacts,
  type Head,
  headText,
  linesOf,
  openLine,
  parseHead,
  readLoosely,
  sealEntry,
  sha256,
} from './chain.ts';
import type { EntryBody, JournalEntry } from './entry.ts';

export const journalName = 'journal.ndjson';
export const headName = 'head.json';

/** No journal comes to more, and what does is none: who lists incidents reads all of them. */
const MOST_BYTES = 64 << 20;
const MOST_HEAD_BYTES = 64 << 10;

/** What adding to a journal is made of, so that tests can end the process between any two of them. */
export interface JournalSteps extends FileSteps {
  /** At the end of the file; all of it, or it throws. */
  append(fd: number, content: Uint8Array): void;
  truncate(fd: number, bytes: number): void;
}

export const systemJournalSteps: JournalSteps = {
  ...systemSteps,
  append(fd, content) {
    for (let at = 0; at < content.length; ) at += writeSync(fd, content, at);
  },
  truncate: ftruncateSync,
};

/**
 * The same steps with new files given to whoever owns the folder: what root writes down must not shut out the user that the daemon
 * runs as.
 */
export function stepsOfOwner(steps: JournalSteps, folder: string): JournalSteps {
  const { uid, gid } = statSync(folder);
  if (process.getuid?.() !== 0 || uid === 0) return steps;
  return {
    ...steps,
    create(path, mode) {
      const fd = steps.create(path, mode);
      fchownSync(fd, uid, gid);
      return fd;
    },
  };
}

/** A journal as it lies there. */
export interface StoredJournal {
  readonly bytes: Buffer;
  /** Text of `head.json`; null = there is none. */
  readonly head: string | null;
}

/** @throws the system error, ENOENT where there is no journal; an error with the reason where it is no file, or too large */
export function readJournal(folder: string): StoredJournal {
  // The head first: read the other way round, an entry written between the two would look like a cut.
  const head = textOf(join(folder, headName));
  return { bytes: readPlainFile(join(folder, journalName), MOST_BYTES), head };
}

/** Every entry that can be read, in the order of the file, also of a journal that was changed. */
export function entriesOf(journal: StoredJournal): readonly JournalEntry[] {
  const { lines, tail } = linesOf(journal.bytes);
  const last = tail.length === 0 ? [] : [openLine(tail)].filter((entry) => typeof entry !== 'string');
  return [...lines.flatMap(({ bytes }) => readLoosely(bytes) ?? []), ...last];
}

/** The files of a new journal, for a folder that nobody else sees yet. @throws the system error */
export function beginJournal(
  folder: string,
  bodies: readonly EntryBody[],
  facts: EntryFacts,
  steps: JournalSteps,
): void {
  const { text, head } = sealAll(bodies, facts, emptyHead);
  writeFileAtomically(join(folder, headName), headText(head), 0o600, steps);
  // What makes it an incident comes last.
  writeFileAtomically(join(folder, journalName), text, 0o600, steps);
}

/**
 * Adds entries; they are on disk when it returns, all or none.
 * @throws the system error; the journal is then as it was
 */
export function appendToJournal(
  folder: string,
  bodies: readonly EntryBody[],
  facts: EntryFacts,
  steps: JournalSteps = systemJournalSteps,
): void {
  const stored = readJournal(folder);
  const { keep, add, mended, from, aside } = standing(stored);
  for (const { name, content } of aside) writeFileAtomically(join(folder, name), content, 0o600, steps);
  const { text, head } = sealAll([...mended, ...bodies], facts, from);
  const content = Buffer.concat([add, Buffer.from(text)]);
  const path = join(folder, journalName);
  const fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
  try {
    try {
      if (keep < stored.bytes.length) steps.truncate(fd, keep);
      steps.append(fd, content);
      steps.sync(fd);
      writeFileAtomically(join(folder, headName), headText({ ...head, bytes: keep + content.length }), 0o600, steps);
    } catch (error) {
      undo(fd, stored.bytes, keep);
      throw error;
    }
  } finally {
    closeSync(fd);
  }
}

/** Without the half of an entry that a full disk has let in. What was cut off before is put back: it was there. */
function undo(fd: number, before: Buffer, keep: number): void {
  try {
    ftruncateSync(fd, keep);
    if (keep < before.length) writeSync(fd, before, keep);
    fsyncSync(fd);
  } catch {
    // The next one who adds finds it, and mends it.
  }
}

interface Standing {
  /** Bytes of the journal that stay. */
  readonly keep: number;
  /** What completes its last line. */
  readonly add: Buffer;
  /** What goes on: the last entry, or that of the head where lines are missing, so that the gap can be seen for ever. */
  readonly from: Head;
  readonly mended: readonly EntryBody[];
  readonly aside: readonly { readonly name: string; readonly content: Buffer }[];
}

/** How the journal stands, and what has to be mended before anything is added. */
function standing({ bytes, head: text }: StoredJournal): Standing {
  const { lines, tail } = linesOf(bytes);
  // A line that lacks only its end is whole.
  const whole = tail.length > 0 && typeof openLine(tail) !== 'string';
  const add = Buffer.from(whole ? '\n' : '');
  const keep = whole ? bytes.length : bytes.length - tail.length;
  const last = lastHead(
    whole ? [...lines.map((line) => line.bytes), tail] : lines.map((line) => line.bytes),
    keep + add.length,
  );
  const head = text === null ? null : parseHead(text);
  const aside: { name: string; content: Buffer }[] = [];
  const mended: EntryBody[] = [];
  const putAside = (what: string, content: Buffer): void => {
    const name = `${what}-${sha256(content).slice(0, 8)}.aside`;
    aside.push({ name, content });
    mended.push({ kind: 'mended', file: name, bytes: content.length });
  };
  if (tail.length > 0 && !whole) putAside('journal', tail);
  const sealed = text !== null && text === headText(last);
  if (!sealed && head !== null && head.seq > last.seq) {
    mended.push({ kind: 'mended', file: headName, bytes: 0 });
    return { keep, add, from: { ...head, bytes: keep + add.length }, mended, aside };
  }
  if (!sealed && text !== null && !isEarlierHead(lines, text)) putAside('head', Buffer.from(text));
  // Whole lines behind the head, or no head: a process ended before it had sealed them.
  else if (!sealed && mended.length === 0)
    mended.push({ kind: 'mended', file: journalName, bytes: keep - (head?.bytes ?? 0) });
  return { keep, add, from: last, mended, aside };
}

/** Whether this was the head of the journal before its last lines were written. */
export function isEarlierHead(
  lines: readonly { readonly bytes: Buffer; readonly end: number }[],
  text: string,
): boolean {
  return lines.some(({ bytes, end }) => {
    const entry = openLine(bytes);
    return typeof entry !== 'string' && headText({ seq: entry.seq, hash: entry.hash, bytes: end }) === text;
  });
}

/** Number and hash of the last line that has any. */
function lastHead(lines: readonly Buffer[], bytes: number): Head {
  for (const line of lines.toReversed()) {
    const entry = readLoosely(line);
    if (entry !== null && /^[0-9a-f]{64}$/.test(entry.hash)) return { seq: entry.seq, hash: entry.hash, bytes };
  }
  return { ...emptyHead, bytes };
}

function sealAll(bodies: readonly EntryBody[], facts: EntryFacts, from: Head): { text: string; head: Head } {
  let head = from;
  let text = '';
  for (const body of bodies) {
    const sealed = sealEntry(body, facts, head);
    text += sealed.line;
    head = sealed.head;
  }
  return { text, head };
}

function textOf(path: string): string | null {
  try {
    return readPlainFile(path, MOST_HEAD_BYTES).toString('utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** What a system error means for somebody who wanted to write an incident down. */
export function unwritable(what: string, error: unknown): unknown {
  const errno = errnoOf(error);
  if (error instanceof SentinelError || errno === undefined) return error;
  const why =
    errno === 'ENOSPC' || errno === 'EDQUOT'
      ? 'the disk is full'
      : errno === 'EACCES' || errno === 'EPERM'
        ? 'it belongs to somebody else, and this user may not write there'
        : errno === 'EROFS'
          ? 'the file system is read-only'
          : errno;
  const path = (error as NodeJS.ErrnoException).path;
  return new SentinelError(
    'SNT-I004',
    `${what} could not be written: ${why}${path === undefined ? '' : ` (${path})`}; nothing was changed`,
    {
      hint:
        errno === 'EACCES' || errno === 'EPERM'
          ? 'run it as the user who has the incident, with sudo perhaps, or name a folder of your own with SENTINEL_INCIDENTS'
          : 'make room, or name another folder with SENTINEL_INCIDENTS',
      cause: error,
    },
  );
}
