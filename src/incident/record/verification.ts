/**
 * Whether a journal is what was written: every line, their order, that none is missing at the beginning, in the middle or at the
 * end, the head, and the files that entries name. Called by the store; changes nothing.
 */
import { isAbsolute, join } from 'node:path';
import { readPlainFile } from '../../base/plain-file.ts';
import { readReason } from '../../base/read-reason.ts';
import { emptyHead, type Head, headText, linesOf, openLine, parseHead, readLoosely, sha256 } from './chain.ts';
import type { JournalEntry } from './entry.ts';
import { headName, isEarlierHead, journalName, type StoredJournal } from './journal.ts';

export interface VerificationProblem {
  /** Beside the journal, or an absolute path. */
  readonly file: string;
  /** From 1 on; null where no line is meant. */
  readonly line: number | null;
  /** `it was changed: …` */
  readonly words: string;
}

export interface Verification {
  readonly id: string;
  readonly folder: string;
  /** Everything is as it was written. */
  readonly whole: boolean;
  readonly entries: number;
  /** What the last line says; read out to somebody it says that both have the same journal. */
  readonly head: { readonly seq: number; readonly hash: string };
  readonly problems: readonly VerificationProblem[];
  /** What is worth knowing and is no problem: a post-mortem that was edited, something that was mended. */
  readonly remarks: readonly string[];
  /** Files that entries name and that are what they were. */
  readonly files: readonly string[];
}

/** @param stored As `readJournal` gave it. */
export function verifyJournal(stored: StoredJournal, id: string, folder: string): Verification {
  const problems: VerificationProblem[] = [];
  const remarks: string[] = [];
  const say = (line: number | null, words: string, file = journalName): void =>
    void problems.push({ file, line, words });
  const { lines, tail } = linesOf(stored.bytes);
  const entries: JournalEntry[] = [];
  let before: Head = emptyHead;
  for (const [index, { bytes, end }] of lines.entries()) {
    const line = index + 1;
    const opened = openLine(bytes);
    const entry = typeof opened === 'string' ? readLoosely(bytes) : opened;
    if (typeof opened === 'string') say(line, opened);
    if (entry === null) {
      before = { ...before, bytes: end };
      continue;
    }
    if (entry.seq !== before.seq + 1) say(line, orderWords(entry.seq, before.seq + 1));
    else if (entry.prev !== before.hash)
      say(line, 'it does not follow the line before: that one was changed, or another stood there');
    entries.push(entry);
    before = { seq: entry.seq, hash: entry.hash, bytes: end };
  }
  if (lines.length === 0 && tail.length === 0) say(null, 'it is empty');
  if (tail.length > 0) say(lines.length + 1, tornWords(tail));
  checkHead(stored.head, lines, before, say);
  for (const entry of entries) if (entry.kind === 'mended') remarks.push(mendedWords(entry));
  const files = checkFiles(entries, folder, say, remarks);
  return {
    id,
    folder,
    whole: problems.length === 0,
    entries: entries.length,
    head: { seq: before.seq, hash: before.hash },
    problems,
    remarks,
    files,
  };
}

/** Several times what an entry names: the largest are bundles. */
const MOST_BYTES = 256 << 20;

type Say = (line: number | null, words: string, file?: string) => void;

function orderWords(found: number, expected: number): string {
  if (found <= expected - 1) return `it is entry ${found} where entry ${expected} belongs: lines were moved, or put in`;
  const missing = found - expected;
  const which = missing === 1 ? `entry ${expected}` : `entries ${expected} to ${found - 1}`;
  return `it is entry ${found} where entry ${expected} belongs: ${which} ${missing === 1 ? 'is' : 'are'} missing, or moved`;
}

function tornWords(tail: Buffer): string {
  if (typeof openLine(tail) !== 'string') return 'its end is missing';
  return `${tail.length} bytes that are no whole line: a process ended while it wrote, or something was added`;
}

function checkHead(text: string | null, lines: Parameters<typeof isEarlierHead>[0], last: Head, say: Say): void {
  if (text === null) return say(null, 'it is missing: whether lines are missing at the end cannot be said', headName);
  if (text === headText(last)) return;
  const head = parseHead(text);
  if (head !== null && isEarlierHead(lines, text)) {
    const behind = last.seq - head.seq;
    const which = behind === 1 ? `entry ${last.seq} is` : `entries ${head.seq + 1} to ${last.seq} are`;
    return say(
      lines.length,
      `${which} whole and not sealed: a process ended before it had, or somebody added it; the next entry seals it, and says so`,
    );
  }
  if (head !== null && text === headText(head) && head.seq > last.seq)
    return say(null, `it ends with entry ${last.seq}, and its head says ${head.seq}: lines are missing at the end`);
  say(null, 'it does not fit the journal: one of the two was changed', headName);
}

function mendedWords({ seq, at, file, bytes }: Extract<JournalEntry, { kind: 'mended' }>): string {
  if (file === journalName)
    return `before entry ${seq} (${at}) whole lines had not been sealed: a process had ended in between`;
  if (file === headName) return `before entry ${seq} (${at}) the head named entries that were missing`;
  return `before entry ${seq} (${at}) ${bytes} bytes that did not fit were put aside: ${file}`;
}

/** Files with a known hash, each by the last entry that names it. Returns those that are right. */
function checkFiles(entries: readonly JournalEntry[], folder: string, say: Say, remarks: string[]): readonly string[] {
  const named = new Map<string, { readonly entry: JournalEntry; readonly hash: string }>();
  for (const entry of entries) {
    const { file, facts, sha256: hash } = entry as Partial<Record<'file' | 'facts' | 'sha256', unknown>>;
    const name = file ?? facts;
    if (typeof name === 'string' && typeof hash === 'string') named.set(name, { entry, hash });
  }
  const right: string[] = [];
  for (const [file, { entry, hash }] of named) {
    const found = hashOf(isAbsolute(file) ? file : join(folder, file));
    // It is there to be edited.
    const free = entry.kind === 'postmortem';
    if (found.hash === hash) right.push(file);
    else if (found.hash !== null && free)
      remarks.push(`${file} was edited since the program wrote it (entry ${entry.seq})`);
    else if (found.hash !== null) say(null, `it is not the file of entry ${entry.seq}: it was changed`, file);
    else if (free) remarks.push(`${file} is not there: ${found.why}`);
    else say(null, `entry ${entry.seq} names it, and it cannot be read: ${found.why}`, file);
  }
  return right;
}

function hashOf(
  path: string,
): { readonly hash: string; readonly why: null } | { readonly hash: null; readonly why: string } {
  try {
    return { hash: sha256(readPlainFile(path, MOST_BYTES)), why: null };
  } catch (error) {
    return { hash: null, why: readReason(error) };
  }
}
