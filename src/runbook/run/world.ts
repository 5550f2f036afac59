/**
 * What a run needs of the world, each handed in by whoever starts it: answers from facts, programs, readings to wait for, values,
 * other runbooks, and the person in front of it. Types only; the engine knows nothing else.
 */
import type { Clock } from '../../base/clock.ts';
import type { Runbook } from '../model.ts';
import type { Entry, Effect, Proof, TranscriptSink } from './entry.ts';

export interface FactAnswer {
  readonly answer: 'yes' | 'no' | 'unknown';
  readonly words: string;
  readonly evidence: readonly Proof[];
}

/** Facts as they are now; gathered when first asked for, and again after `outdated`. */
export interface FactSource {
  /** Words of a question that facts can answer; null = it is one for people. */
  titleOf(question: string): string | null;
  answer(question: string): Promise<FactAnswer>;
  /** The answer that all would be well by; a dry run goes on with it behind a change that was only shown. */
  wellAnswer(question: string): 'yes' | 'no';
  /** What one section says, a line each; null = there is no such section. */
  section(name: string): Promise<{ readonly state: 'known' | 'unknown'; readonly lines: readonly string[] } | null>;
  /** Whether the cause is suspected now; null strength = the facts that it needs are not known. */
  cause(name: string): Promise<{ readonly strength: number | null; readonly detail: string }>;
  /** Whether a finding is there now. */
  finding(
    code: string,
  ): Promise<{ readonly state: 'there' | 'absent' | 'unknown'; readonly title: string; readonly words: string }>;
  /** Something was done, or time has passed: what was known may no longer be so. */
  outdated(): void;
}

/** One look at what a `wait` waits for. */
export interface Reading {
  readonly state: 'holds' | 'not-yet' | 'unknown';
  /** `err 4.2 % of 310 requests in 10 s` */
  readonly words: string;
}

export interface ConditionSource {
  /** @throws SNT-R034 the condition cannot be read */
  read(condition: string): Promise<Reading>;
}

export interface KnownValue {
  readonly value: string;
  readonly by: 'facts' | 'option';
  /** It may be another one the next time: a process that is started again. */
  readonly passing?: boolean;
}

export interface ValueSource {
  /** What `{name}` stands for; null = nobody knows. */
  value(name: string): Promise<KnownValue | null>;
}

export interface CommandCall {
  readonly argv: readonly string[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** A piece of what it prints, as it comes. */
  readonly onOutput: (text: string) => void;
}

export interface CommandEnd {
  readonly end: 'exited' | 'missing' | 'denied' | 'timeout' | 'aborted';
  readonly exit: number | null;
  readonly output: string;
  readonly truncated: boolean;
}

/** Runs programs with their arguments as a list. Never throws on what they do. */
export interface CommandRunner {
  /** Where they run. */
  readonly directory: string;
  run(call: CommandCall): Promise<CommandEnd>;
  /** A fence of a runbook, by a shell. */
  runBash(text: string, call: Omit<CommandCall, 'argv'>): Promise<CommandEnd>;
}

export interface Choice {
  readonly key: string;
  /** What is given back. */
  readonly name: string;
  /** `run it`: behind the key in the prompt. */
  readonly means: string;
}

export interface Operator {
  /** Somebody can be asked. The rest is called only then. */
  readonly present: boolean;
  /** @returns name of the choice; null when there will be no answer. `enter` is what Enter alone means; null = nothing, so it is asked again. */
  choose(words: string, choices: readonly Choice[], enter: string | null): Promise<string | null>;
  /** A line; null when there will be none. */
  type(words: string): Promise<string | null>;
}

/** What a step is about to do. */
export interface Offer {
  readonly name: string;
  readonly number: number;
  readonly words: string;
  readonly effect: Effect;
  /** Redacted; null = by hand. */
  readonly argv: readonly string[] | null;
  readonly undo: readonly string[] | null;
}

export interface Screen {
  show(entry: Entry): void;
  prose(markdown: string): void;
  /** A fence that is shown: of bash with its number, or an example of the configuration. */
  fence(language: 'bash' | 'kdl', text: string, number: number | null): void;
  offer(offer: Offer): void;
  /** A line that a program prints, redacted. */
  output(line: string): void;
  /** How a wait stands. */
  progress(words: string): void;
}

export interface World {
  readonly clock: Clock;
  readonly facts: FactSource;
  readonly conditions: ConditionSource;
  readonly values: ValueSource;
  readonly commands: CommandRunner;
  readonly operator: Operator;
  readonly screen: Screen;
  readonly sink: TranscriptSink;
  /** Another runbook by its id; null = there is none. */
  readonly runbook: (id: string) => Promise<Runbook | null>;
  /** Aborts when the run is ended from outside. */
  readonly signal: AbortSignal;
  /** Whether a line of a checklist is known to be done, so that nobody has to be asked; left out = nothing is known. */
  readonly isDone?: (line: string) => Promise<boolean>;
}
