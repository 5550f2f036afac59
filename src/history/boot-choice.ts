/**
 * What a start runs from, after the process before may have ended anywhere: the files, the texts of a replacement that was cut
 * off, or the generation before one that nobody confirmed. A pure function of what lies on disk; `boot.ts` looks and carries out.
 */
import type { Intent } from './replacement.ts';
import type { PendingMark } from './pending.ts';

export interface BootFacts {
  readonly intent: Intent | null;
  /** Files of the intent that somebody has edited since. */
  readonly edited: readonly string[];
  readonly pending: PendingMark | null;
  /** Of what the files say; null = they cannot be read, or have mistakes. */
  readonly diskDigest: string | null;
  /** Whether the history has what ran before the pending one. */
  readonly previousKept: boolean;
}

export type BootChoice =
  /** As the files say. */
  | { readonly kind: 'disk' }
  /** Files were being replaced: the texts of the intent, and then the files are replaced. */
  | { readonly kind: 'finish'; readonly intent: Intent }
  /** Files were being replaced, and have been edited since: as the files say. */
  | { readonly kind: 'edited'; readonly intent: Intent; readonly edited: readonly string[] }
  /**
   * Nobody confirmed it: what ran before. `files` = `right`: they say so already; `back`: they hold the pending text and are put
   * back; `other`: they say something else, as they did when it was applied, and stay.
   */
  | {
      readonly kind: 'previous';
      readonly pending: PendingMark;
      readonly files: 'right' | 'back' | 'other';
    }
  /** Nobody confirmed it, and somebody has edited the files since it was applied: as the files say. */
  | { readonly kind: 'moved-on'; readonly pending: PendingMark }
  /** Nobody confirmed it, and the history does not have what ran before: as the files say. */
  | { readonly kind: 'previous-lost'; readonly pending: PendingMark };

export function bootChoice({ intent, edited, pending, diskDigest, previousKept }: BootFacts): BootChoice {
  // An intent is a decision, and the newer one: a confirmation writes it before it takes the mark away.
  if (intent !== null) return edited.length > 0 ? { kind: 'edited', intent, edited } : { kind: 'finish', intent };
  if (pending === null) return { kind: 'disk' };
  if (diskDigest === pending.previousDigest) return { kind: 'previous', pending, files: 'right' };
  if (diskDigest !== pending.diskDigest) return { kind: 'moved-on', pending };
  if (!previousKept) return { kind: 'previous-lost', pending };
  return { kind: 'previous', pending, files: pending.restore.length > 0 ? 'back' : 'other' };
}
