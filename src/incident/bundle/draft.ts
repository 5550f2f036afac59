/**
 * A bundle on its way to its name: written under a name of its own in the same folder, looked through, and renamed when it is whole.
 * Knows which drafts nobody goes on with. Called by the writer of bundles.
 */
import { closeSync, readdirSync, statfsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { FileSteps } from '../../base/atomic-file.ts';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { bytesText } from '../../base/units.ts';
import { processFacts } from '../../machine/process-table.ts';

/** Between two pieces somebody may interrupt. */
const PIECE = 1 << 20;
/** `.INC-001-prod-1-20261121T140512Z.tar.gz.4711-m1x2y3.draft`: whose it is, and since when that process runs. */
const draftForm = /^\.(.+\.tar\.gz)\.(\d+)-([0-9a-z]+)\.draft$/;

/** The draft of a bundle that this process writes. */
export function draftPathOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}-${startOf(process.pid) ?? '0'}.draft`);
}

/** Removes drafts of an incident whose processes are gone; what cannot be removed stays. @returns how many went */
export function sweepDrafts(folder: string, incident: string, steps: Pick<FileSteps, 'remove'>): number {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return 0;
  }
  let removed = 0;
  for (const name of names) {
    const [, bundle = '', pid = '', start] = draftForm.exec(name) ?? [];
    if (!bundle.startsWith(`${incident}-`) || startOf(Number(pid)) === start) continue;
    try {
      steps.remove(join(folder, name));
      removed++;
    } catch {
      // Of somebody else: it is in nobody's way.
    }
  }
  return removed;
}

/** Whole on disk under the name of the draft when this resolves, but for the name. @throws the system error, or the reason of the signal */
export async function writeDraft(
  path: string,
  parts: readonly Buffer[],
  steps: FileSteps,
  signal: AbortSignal | undefined,
): Promise<void> {
  const fd = steps.create(path, 0o600);
  try {
    for (const piece of piecesOf(parts)) {
      steps.write(fd, piece);
      await setImmediate();
      signal?.throwIfAborted();
    }
    steps.sync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The same bytes: small parts together, large ones cut. */
function* piecesOf(parts: readonly Buffer[]): Generator<Buffer> {
  let small: Buffer[] = [];
  let length = 0;
  for (const part of parts) {
    if (length + part.length > PIECE) {
      yield Buffer.concat(small);
      small = [];
      length = 0;
    }
    if (part.length > PIECE) {
      for (let at = 0; at < part.length; at += PIECE) yield part.subarray(at, at + PIECE);
    } else {
      small.push(part);
      length += part.length;
    }
  }
  yield Buffer.concat(small);
}

/** Bytes that this user may still write there; null = nobody says. */
export function freeBytesIn(folder: string): number | null {
  try {
    const { bsize, bavail, bfree } = statfsSync(folder);
    return bsize * (process.getuid?.() === 0 ? bfree : bavail);
  } catch {
    return null;
  }
}

/** What went wrong on disk, as people can act on it. */
export function diskFault(error: unknown, path: string, needed: number): SentinelError {
  const errno = errnoOf(error);
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return noRoom(path, needed, freeBytesIn(dirname(path)), errno);
  return new SentinelError(
    'SNT-I046',
    `writing the snapshot ${path}: ${errno ?? String(error)}; nothing was left there`,
    {
      hint: 'name a file in a folder that you may write to with --output',
      cause: error,
    },
  );
}

export function noRoom(path: string, needed: number, free: number | null, errno: string | null): SentinelError {
  // Some of what is free is left to others.
  const kept = errno === null && free !== null && free >= needed ? ', which is left to what must be written' : '';
  const there = free === null ? 'too little is free' : `${bytesText(free)} are free`;
  return new SentinelError(
    'SNT-I045',
    `writing the snapshot ${path}: it needs ${bytesText(needed)}, and ${there} in ${dirname(path)}${errno === null ? kept : ` (${errno})`}; nothing was left there`,
    { hint: 'take it with --fast, or name a file on another file system with --output' },
  );
}

/** Tells a process from a later one of the same number. */
function startOf(pid: number): string | null {
  const facts = processFacts(pid);
  return facts === null || facts.zombie ? null : facts.startedTicks.toString(36);
}
