/**
 * What the program has, as far as runbooks may name it: made from the real tables by whoever asks for a lint, handed in, so that
 * this room knows no probe, no command and no metric itself. Types only.
 */

export interface Vocabulary {
  /** Sections of the facts that a `probe` may name. */
  readonly probes: ReadonlySet<string>;
  /** Questions that facts answer. */
  readonly questions: ReadonlySet<string>;
  readonly causes: ReadonlyMap<string, KnownCause>;
  /** Procedures whose runbooks may repeat causes of another: `total-upstream-failure` those of `upstream-failure`. */
  readonly sharing: ReadonlyMap<string, string>;
  /** `SNT-C104` and the rest. */
  readonly codes: ReadonlySet<string>;
  /** Series by their full names, those of histograms with their endings. */
  readonly metrics: ReadonlySet<string>;
  readonly labels: ReadonlySet<string>;
  readonly events: ReadonlySet<string>;
  /** Causes of the access log: `no_healthy_target`. */
  readonly requestCauses: ReadonlySet<string>;
  /** Paths with `{name}` for one segment and `{name+}` for one or more. */
  readonly endpoints: readonly string[];
  /**
   * What is wrong with a command line; null = the program takes it.
   * @param words behind the name of the program; `open` where a placeholder or something of the shell stands
   * @param whole what the command needs has to be there; else it may be named alone
   */
  readonly commandMistake: (words: readonly string[], whole: boolean) => string | null;
  /** Stands for a word that is not known before the command runs. */
  readonly open: string;
  /** How `words`, in the spelling of another program, are written here; null = they are in none. */
  readonly ownSpelling: (program: string, words: readonly string[]) => string | null;
  /** What the configuration language refuses in a piece of configuration, in its natural place. */
  readonly configMistakes: (text: string) => readonly ConfigMistake[];
}

export interface KnownCause {
  readonly code: string;
  /** Id of the runbook that deals with it. */
  readonly procedure: string;
}

export interface ConfigMistake {
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
  readonly message: string;
  readonly code: string;
}
