/** Shapes of the admin API that say which configurations were in force. Types and closed lists only. */

/** How a configuration came to be in force. */
export type GenerationOrigin = 'start' | 'reload' | 'apply' | 'edit' | 'rollback';

/**
 * `running`: in force; `pending`: in force, and nobody has confirmed it; `previous`: what a pending one goes back to; `backup`: its
 * text is in the backup file beside the configuration.
 */
export type GenerationMark = 'running' | 'pending' | 'previous' | 'backup';

export interface HistoryEntry {
  readonly generation: number;
  readonly at: string;
  readonly actor: string;
  readonly reason: string | null;
  readonly origin: GenerationOrigin;
  /** SHA-256 over the texts, hex. */
  readonly digest: string;
  /** Absolute paths in the order of reading; the first is the configuration file. */
  readonly files: readonly string[];
  readonly marks: readonly GenerationMark[];
}

export interface HistoryReply {
  /** Newest first. */
  readonly generations: readonly HistoryEntry[];
  /** Files of the history that cannot be read. */
  readonly unreadable: readonly { readonly file: string; readonly why: string }[];
  /** Where they are kept; null = there is no folder for state. */
  readonly folder: string | null;
  /** How many are kept at most; null = not known without the daemon. */
  readonly keep: number | null;
}

export interface GenerationReply extends HistoryEntry {
  /** As they were written, `${…}` and all; literal secrets such as hashes of tokens are hidden. */
  readonly texts: readonly { readonly path: string; readonly text: string }[];
}
