/** A `sentinel` command that changed something, as the log of commands keeps it. The shape only; `src/cli` writes, timelines read. */

export interface LoggedCommand {
  /** When it began, RFC 3339 in UTC with milliseconds. */
  readonly at: string;
  readonly duration_ms: number;
  /** Name of the user whose process it was. */
  readonly actor: string;
  /** Who became that user by sudo; null = nobody did. */
  readonly by: string | null;
  readonly host: string;
  readonly pid: number;
  readonly program: string;
  /** Words of the command: `config apply`. */
  readonly command: string;
  /** What was typed behind the program, secrets taken out. */
  readonly argv: readonly string[];
  readonly exit: number;
  /** The daemon that it was meant for, as it was named; null = the usual one. */
  readonly daemon: string | null;
  /** Every address at which that daemon was looked for; null = the command talks to none. Lines from before do not have it. */
  readonly addresses?: readonly string[] | null;
  /** The configuration that was named, absolute; null = none was. Lines from before do not have it. */
  readonly config?: string | null;
  /** The one incident that was open when it ended. */
  readonly incident: string | null;
}

/** As somebody would type it again; what was cut off stays cut off. */
export function typedLine({ program, argv }: Pick<LoggedCommand, 'program' | 'argv'>): string {
  return [program, ...argv.map(asTyped)].join(' ');
}

function asTyped(word: string): string {
  return /^[\w@%+=:,./[\]{}*-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
