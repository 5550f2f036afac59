/**
 * The form of a journal's lines and how each holds the one before: bytes to entries and back, and what `head.json` says of the
 * last one. Pure; reads and writes nothing.
 */
import { createHash } from 'node:crypto';
import { plainJson } from '../../base/plain-json.ts';
import type { EntryBody, JournalEntry } from './entry.ts';

/** `prev` of the first entry. */
const noHash = '0'.repeat(64);

/** What every line ends with: `,"hash":"…64…"}`. */
const SEAL_BYTES = ',"hash":"'.length + 64 + '"}'.length;
const sealForm = /^,"hash":"([0-9a-f]{64})"\}$/;

/** Where a journal has come to: number and hash of its last entry, and how many bytes it has up to its end. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
  readonly bytes: number;
}

export const emptyHead: Head = { seq: 0, hash: noHash, bytes: 0 };

export interface EntryFacts {
  /** RFC 3339. */
  readonly at: string;
  readonly actor: string;
  readonly host: string;
}

/** The line of an entry, with its end, and where the journal has come to with it. */
export function sealEntry(
  body: EntryBody,
  { at, actor, host }: EntryFacts,
  head: Head,
): { readonly line: string; readonly head: Head } {
  const seq = head.seq + 1;
  const { kind, ...rest } = body;
  const open = plainJson({ seq, at, actor, host, kind, ...rest, prev: head.hash }).slice(0, -1);
  const hash = sha256(open);
  const line = `${open},"hash":"${hash}"}\n`;
  return { line, head: { seq, hash, bytes: head.bytes + Buffer.byteLength(line) } };
}

/**
 * The entry of a line without its end, where the line is whole: it has a seal, the seal fits its bytes, and it is an entry.
 * @returns why not, in words, in place of it
 */
export function openLine(line: Uint8Array): JournalEntry | string {
  const at = line.length - SEAL_BYTES;
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.length);
  const seal = at > 0 ? sealForm.exec(bytes.toString('latin1', at)) : null;
  if (seal === null) return 'it does not end with a hash';
  if (sha256(bytes.subarray(0, at)) !== seal[1]) return 'its hash is not that of its text: it was changed';
  try {
    const entry = JSON.parse(bytes.toString('utf8')) as unknown;
    return isEntry(entry) ? entry : 'it has the form of a line, and is no entry';
  } catch {
    return 'it has a fitting hash, and is no JSON';
  }
}

/** An entry as far as it can be read, of a line that may have been changed; null where it cannot. */
export function readLoosely(line: Uint8Array): JournalEntry | null {
  try {
    const entry = JSON.parse(Buffer.from(line).toString('utf8')) as unknown;
    return isEntry(entry) ? entry : null;
  } catch {
    return null;
  }
}

/** What `head.json` holds: a function of the journal alone, so that any change of it shows. */
export function headText({ seq, hash, bytes }: Head): string {
  return `${JSON.stringify({ schema: 'sentinel.incident-head/1', seq, hash, bytes })}\n`;
}

/** No journal comes to more. */
const MOST = 2 ** 40;

/** Null where it is none. */
export function parseHead(text: string): Head | null {
  try {
    const { seq, hash, bytes } = JSON.parse(text) as Partial<Head>;
    const counts = [seq, bytes].every(
      (count) => Number.isSafeInteger(count) && (count as number) > 0 && (count as number) < MOST,
    );
    return counts && typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash) ? ({ seq, hash, bytes } as Head) : null;
  } catch {
    return null;
  }
}

/** The head as people read it to each other: `7 · 3f2a-91c0-5d7e`. */
export function headWords({ seq, hash }: Pick<Head, 'seq' | 'hash'>): string {
  return `${seq} · ${hash.slice(0, 4)}-${hash.slice(4, 8)}-${hash.slice(8, 12)}`;
}

/** The lines of a journal without their ends, where each begins, and what stands behind the last end. */
export function linesOf(journal: Buffer): {
  readonly lines: readonly { readonly bytes: Buffer; readonly end: number }[];
  readonly tail: Buffer;
} {
  const lines: { bytes: Buffer; end: number }[] = [];
  let from = 0;
  for (let at = journal.indexOf(10); at !== -1; at = journal.indexOf(10, from)) {
    lines.push({ bytes: journal.subarray(from, at), end: at + 1 });
    from = at + 1;
  }
  return { lines, tail: journal.subarray(from) };
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function isEntry(value: unknown): value is JournalEntry {
  const { seq, at, kind, prev, hash } = (value ?? {}) as Partial<Record<keyof JournalEntry, unknown>>;
  return (
    Number.isSafeInteger(seq) &&
    typeof at === 'string' &&
    typeof kind === 'string' &&
    typeof prev === 'string' &&
    typeof hash === 'string'
  );
}
