/**
 * What happens in a run, one entry for each thing: the transcript is made of them, the screen shows them, and a run that stopped is
 * gone on with from them. Types only; JSON names are snake case with their unit. No entry holds a secret.
 */

/** A part of a runbook: the same as long as the digest of the runbook is. */
export interface Place {
  readonly runbook: string;
  /** Index among the parts of the runbook (`parts.ts`). */
  readonly part: number;
  readonly line: number;
}

export interface Proof {
  /** Section of the facts; `operator` where a person said so. */
  readonly source: string;
  readonly words: string;
}

/** What helps against a cause. */
export interface ShownFix {
  readonly words: string;
  /** Redacted; null = no one command does it. */
  readonly argv: readonly string[] | null;
}

export type Effect = 'observe' | 'change' | 'destroy';

/** A program that ran. */
export interface CommandRecord {
  /** Redacted. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** RFC 3339. */
  readonly started: string;
  readonly duration_ms: number;
  /** Null where it did not come to an exit of its own. */
  readonly exit: number | null;
  readonly end: 'exited' | 'missing' | 'denied' | 'timeout' | 'aborted';
  /** The last of what it printed, redacted. */
  readonly output: string;
  readonly truncated: boolean;
}

/** `shown`: a dry run. `open`: left for a person. `unavailable`: it only looks, and the program is not there. */
export type StepOutcome = 'done' | 'failed' | 'skipped' | 'declined' | 'shown' | 'open' | 'unavailable' | 'interrupted';

export type Outcome = 'finished' | 'failed' | 'declined' | 'unknown' | 'usage' | 'deadline' | 'interrupted';

export interface BegunEntry {
  readonly kind: 'begun';
  readonly schema: 'sentinel.run/1';
  readonly run: string;
  readonly runbook: string;
  readonly title: string;
  readonly severity: string | null;
  readonly file: string;
  /** SHA-256 of the text of the runbook. */
  readonly digest: string;
  readonly mode: 'run' | 'dry-run';
  readonly actor: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
}

export interface StepEntry {
  readonly kind: 'step';
  readonly place: Place;
  readonly name: string;
  readonly number: number;
  readonly words: string;
  readonly effect: Effect;
  readonly outcome: StepOutcome;
  /** The command as it would run, redacted; null = by hand. */
  readonly argv: readonly string[] | null;
  readonly undo: readonly string[] | null;
  readonly command: CommandRecord | null;
  /** Of an outcome that is not `done`. */
  readonly why: string | null;
}

export interface EndedEntry {
  readonly kind: 'ended';
  readonly outcome: Outcome;
  readonly exit_code: number;
  /** Null when it went through. */
  readonly code: string | null;
  readonly words: string;
  /** Commands to type next. */
  readonly next: readonly string[];
  /** What was left for people. */
  readonly open: readonly string[];
}

export type Happening =
  | BegunEntry
  | {
      readonly kind: 'resumed';
      readonly actor: string;
      readonly host: string;
      readonly pid: number;
      readonly after: Place | null;
    }
  | { readonly kind: 'section'; readonly place: Place; readonly title: string; readonly depth: number }
  | { readonly kind: 'goto'; readonly place: Place; readonly to: string }
  | {
      readonly kind: 'probe';
      readonly place: Place;
      readonly name: string;
      readonly state: 'known' | 'unknown';
      readonly lines: readonly string[];
    }
  | {
      readonly kind: 'answer';
      readonly place: Place;
      readonly question: string;
      readonly title: string;
      readonly answer: 'yes' | 'no' | 'unknown';
      readonly by: 'facts' | 'operator' | 'option';
      readonly words: string;
      readonly evidence: readonly Proof[];
      /** Where it led; null = on to what follows. */
      readonly led_to: string | null;
    }
  | {
      /** Of an `assert`, of a need of a step, or of an assertion that a resumed run has to hold again. */
      readonly kind: 'check';
      readonly place: Place;
      readonly what: 'assert' | 'need' | 'again';
      readonly question: string;
      readonly expected: 'yes' | 'no';
      readonly answer: 'yes' | 'no' | 'unknown';
      readonly by: 'facts' | 'operator' | 'option';
      readonly words: string;
      /** `later`: a dry run, and a change before it may alter it. */
      readonly result: 'holds' | 'fails' | 'unknown' | 'later' | 'waived';
    }
  | {
      readonly kind: 'finding';
      readonly place: Place;
      readonly code: string;
      readonly title: string;
      readonly state: 'there' | 'absent' | 'unknown';
      readonly words: string;
    }
  | {
      readonly kind: 'cause';
      readonly place: Place;
      readonly name: string;
      readonly code: string;
      readonly words: string;
      readonly state: 'suspected' | 'absent' | 'unknown';
      /** 0–1; 0 where it is not suspected. */
      readonly strength: number;
      readonly detail: string;
      readonly fixes: readonly ShownFix[];
    }
  | ({ readonly kind: 'fix'; readonly place: Place } & ShownFix)
  | { readonly kind: 'note'; readonly place: Place; readonly words: string }
  | { readonly kind: 'tick'; readonly place: Place; readonly text: string; readonly state: 'done' | 'open' }
  | { readonly kind: 'checklist'; readonly place: Place; readonly done: number; readonly total: number }
  | {
      readonly kind: 'value';
      readonly name: string;
      readonly value: string;
      readonly by: 'facts' | 'operator' | 'option';
    }
  | { readonly kind: 'step-begun'; readonly place: Place; readonly name: string; readonly argv: readonly string[] }
  | StepEntry
  | {
      readonly kind: 'bash';
      readonly place: Place;
      readonly number: number;
      readonly outcome: StepOutcome;
      readonly text: string;
      readonly command: CommandRecord | null;
      readonly why: string | null;
    }
  | {
      readonly kind: 'wait';
      readonly place: Place;
      readonly condition: string;
      readonly outcome: 'held' | 'timeout' | 'skipped' | 'shown' | 'interrupted';
      readonly waited_ms: number;
      /** What the condition was judged by, last. */
      readonly words: string;
    }
  | {
      readonly kind: 'confirm';
      readonly place: Place;
      readonly words: string;
      readonly typed: string | null;
      readonly outcome: 'agreed' | 'declined' | 'shown';
      readonly by: 'operator' | 'option';
    }
  | {
      readonly kind: 'rollback';
      readonly place: Place;
      /** Step that it takes back; null = it stands for itself. */
      readonly step: string | null;
      readonly words: string;
      readonly outcome: 'offered' | StepOutcome;
      readonly argv: readonly string[] | null;
      readonly command: CommandRecord | null;
    }
  | { readonly kind: 'remark'; readonly words: string }
  | EndedEntry;

/** With when it happened, RFC 3339. */
export type Entry = Happening & { readonly at: string };

/** Where the entries of a run are kept: a file of its own, the record of an incident. */
export interface TranscriptSink {
  /** Kept for good when it returns. @throws SNT-R030 it cannot be */
  append(entry: Entry): void;
}
