/** The history as people see it: what is kept, with marks. One reading for the daemon and for commands that read the folder. */
import type { GenerationMark, GenerationReply, HistoryEntry } from '../admin/contract/history-shapes.ts';
import { hideSecrets } from '../config/hidden-text.ts';
import type { Generation, GenerationHead } from './generation.ts';
import { hashOf } from './generation-file.ts';
import type { PendingMark } from './pending.ts';

export interface ListingFacts {
  /** Null = not known. */
  readonly running: number | null;
  readonly pending: PendingMark | null;
  /** Text of the backup; null = there is none. */
  readonly backup: string | null;
}

/** @param heads Newest first. */
export function listingOf(heads: readonly GenerationHead[], facts: ListingFacts): readonly HistoryEntry[] {
  const { running, pending, backup } = facts;
  const hash = backup === null ? null : hashOf(backup);
  const backedUp = hash === null ? undefined : heads.find(({ hashes }) => hashes[0] === hash)?.number;
  return heads.map(({ number, at, actor, reason, origin, digest, files }) => {
    const marks: GenerationMark[] = [];
    if (number === running) marks.push('running');
    if (number === pending?.generation) marks.push('pending');
    if (number === pending?.previous) marks.push('previous');
    if (number === backedUp) marks.push('backup');
    return { generation: number, at, actor, reason, origin, digest, files, marks };
  });
}

/** @param entry Of the same generation. */
export function withTexts(entry: HistoryEntry, { files }: Generation): GenerationReply {
  return { ...entry, texts: files.map(({ path, text }) => ({ path, text: hideSecrets(text) })) };
}
