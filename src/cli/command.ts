/**
 * What a command is: its declaration (plain data, read by the parser, the help and the manual) and its outcome (one
 * value, from which text, JSON and the exit status are made, so that the output format can never change the status).
 */
import type { Clock } from '../base/clock.ts';
import type { ExitCode } from '../base/exit-codes.ts';
import type { RunContext } from '../base/run-files.ts';
import type { Sev } from '../base/severity.ts';
import type { FindingLocation } from '../config/render/finding.ts';
import type { InputStream, Output, Style } from './streams.ts';

export type ProgramName = 'sentinel' | 'sentinel-proxy';

/** Everything that a command may know of the world around it; made once, in `process.ts`. */
export interface Surroundings {
  readonly program: ProgramName;
  readonly version: string;
  /** Environment, user and where run-time files are. */
  readonly context: RunContext;
  /** Directory that relative paths start from. */
  readonly directory: string;
  readonly stdin: InputStream;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly clock: Clock;
  /** How this process was started; without it no other can be started in its place. */
  readonly origin?: ProcessOrigin;
  /** Leaves the processor to others where it is wanted; for commands that work hard. */
  readonly giveWay?: () => void;
  /** For commands that go on until somebody ends them: from the first call on, INT and TERM no longer end the process. */
  readonly interruption: () => Interruption;
  /** The terminal itself, for the one command that draws on it; absent in tests and where there is none. */
  readonly terminal?: {
    readonly stdin: NodeJS.ReadStream;
    readonly stdout: NodeJS.WriteStream;
    readonly stderr: NodeJS.WriteStream;
  };
  /** Something to do before a signal ends the process all the same; without it nothing is done then. */
  readonly lastWords?: (say: (exitCode: number) => Promise<void>) => LastWords;
}

export interface ProcessOrigin {
  /** Absolute path of the launcher, as it was named; null when there was none. */
  readonly launcher: string | null;
  /** Path of the Node that runs, its flags, and the file that it was given; null where the program is its own Node. */
  readonly node: string;
  readonly flags: readonly string[];
  readonly entry: string | null;
  /** The command line after the program. */
  readonly args: readonly string[];
}

export interface Interruption {
  readonly signal: AbortSignal;
  /** What the command exits with then: 130, 143, or 0 when the reader of its output has gone away. */
  exitCode(): ExitCode;
}

/** What is done before a signal ends the process that nobody has asked to end by itself. */
export interface LastWords {
  /** The command ends by itself on INT and TERM from now on; a terminal that goes away still ends the process. */
  standAside(): void;
  /** Nothing is to be done any more. */
  over(): void;
}

export interface ArgumentSpec {
  readonly name: string;
  readonly required: boolean;
  readonly description: string;
  /** Takes all that follow; only the last one of a command. */
  readonly variadic?: boolean;
}

export interface OptionSpec {
  /** As commander writes it: `-c, --config <file>`. */
  readonly flags: string;
  readonly description: string;
  readonly choices?: readonly string[];
  readonly defaultValue?: string;
  /** Given several times, the values are collected. */
  readonly repeatable?: boolean;
}

export interface Example {
  readonly command: string;
  readonly meaning: string;
}

/** Whether a command line changes something: always, never, or it depends on what it says (`breakers` shows, `breakers reset` acts). */
export type Changes = boolean | ((invocation: Invocation) => boolean);

export interface CommandSpec {
  /** Words after the program: `validate`, `config print`. */
  readonly path: readonly [string, ...string[]];
  /**
   * It changes what a daemon does, what its configuration says, or the record of an incident: written down in the log of
   * commands (`command-log.ts`), from which timelines are made. A daemon that is run is none, what only writes a file that
   * was named for it neither.
   */
  readonly changes: Changes;
  /** One line, lower case, no full stop. */
  readonly summary: string;
  /** Paragraphs of the manual page. */
  readonly description: readonly string[];
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  readonly examples: readonly Example[];
  /** Commands of runbooks, and what does the same here. */
  readonly counterparts?: readonly (readonly [theirs: string, ours: string])[];
  /** It works hard, and where a proxy under load needs the processor it waits. */
  readonly givesWay?: true;
  /** It goes on until somebody ends it; under `--json` every line is a document. */
  readonly streams?: true;
  /** What each exit status means here, in the order of the table. */
  readonly exits: readonly (readonly [ExitCode, string])[];
  /** Loaded only when the command runs, so that help costs nothing. */
  readonly load: () => Promise<{ readonly run: RunCommand }>;
}

export type RunCommand = (invocation: Invocation) => Promise<Outcome>;

/** A parsed command line. Accessors keep the types of commander out of the commands. */
export interface Invocation extends Surroundings {
  readonly json: boolean;
  readonly debug: boolean;
  argument(name: string): string | undefined;
  /** All values of a variadic argument. */
  arguments(name: string): readonly string[];
  /** Value of an option that takes one, by its long name without dashes. */
  option(name: string): string | undefined;
  /** All values of a repeatable option. */
  options(name: string): readonly string[];
  flag(name: string): boolean;
}

export type Status = 'ok' | 'problems' | 'unknown';

export type Outcome =
  /** Something to read: text for people, or `data` in an envelope. */
  | {
      readonly kind: 'report';
      readonly exitCode: ExitCode;
      readonly status: Status;
      readonly data: unknown;
      readonly findings?: readonly Finding[];
      readonly warnings?: readonly string[];
      /** Which daemon answered, and with which configuration in force. */
      readonly daemon?: string;
      readonly generation?: number;
      readonly text: (style: Style) => string;
    }
  /** The command printed what it had to say while it ran (`run`, `demo`, documents of another format). */
  | { readonly kind: 'done'; readonly exitCode: ExitCode };

export interface FindingEvidence {
  readonly source: string;
  readonly words: string;
  readonly value?: number | string;
  readonly threshold?: number | string;
  readonly at?: string;
}

/** One fact that somebody should act on, in the shape of the JSON envelope. */
export interface Finding {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info' | 'hint';
  readonly title: string;
  readonly detail: string;
  /** Of a diagnosis: how bad this alone would be. */
  readonly sev?: Sev;
  readonly resource?: { readonly kind: string; readonly name: string };
  /** What it stands on, and where that was seen. */
  readonly evidence?: readonly FindingEvidence[];
  /** `runbook#anchor` that deals with it. */
  readonly runbook?: string;
  readonly location?: FindingLocation;
  /** Other places that belong to it. */
  readonly related?: readonly { readonly label: string; readonly location: FindingLocation }[];
  readonly help?: string;
  readonly suggestion?: {
    readonly text: string;
    readonly command?: string;
    readonly edit?: { readonly location: FindingLocation; readonly replacement: string };
  };
}
