/** One configuration that was in force: what the history keeps of it. Data only; daemon and commands read the same. */

/** How a configuration came to be in force. */
export const changeOrigins = ['start', 'reload', 'apply', 'edit', 'rollback'] as const;
export type ChangeOrigin = (typeof changeOrigins)[number];

export interface GenerationFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

export interface Generation {
  /** From 1; rises with every configuration that was put in force, also over restarts. */
  readonly number: number;
  /** RFC 3339 with milliseconds. */
  readonly at: string;
  readonly actor: string;
  readonly reason: string | null;
  readonly origin: ChangeOrigin;
  /** SHA-256 over the texts, as `LoadedConfig.digest`. */
  readonly digest: string;
  /** In the order of reading; the first is the file itself. */
  readonly files: readonly GenerationFile[];
}

/** What a list of generations shows: all but the texts. */
export interface GenerationHead extends Omit<Generation, 'files'> {
  /** Absolute paths, in the order of reading. */
  readonly files: readonly string[];
  /** SHA-256 of each text, hex, in the same order. */
  readonly hashes: readonly string[];
}
