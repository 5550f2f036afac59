/** Exit codes of every command; one meaning each. The output format never changes the code. */
export const exitCodes = {
  /** Done, healthy, valid. */
  ok: 0,
  /** The command ran and found problems, or the server refused. */
  problems: 1,
  /** Usage error, or a confirmation that could not be asked for. */
  usage: 2,
  /** Could not determine: unreachable, unreadable, timed out. Never 0. */
  unknown: 3,
  /** Authentication or permission. */
  denied: 4,
  /** Changes present (`--exit-code`). */
  changes: 5,
  /** A deadline passed with work remaining. */
  deadline: 6,
  /** Applied, then rolled back automatically. */
  rolledBack: 7,
  /** Internal bug. */
  internal: 70,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What each means, wherever it is returned; a command says what exactly on its own page. */
export const exitCodeMeanings: readonly (readonly [ExitCode, string])[] = [
  [0, 'done, healthy, valid; warnings are allowed unless --fail-on warn says otherwise'],
  [1, 'the command ran and found problems, or the daemon refused'],
  [2, 'the command line is wrong, or a confirmation is missing where nobody can be asked'],
  [3, 'could not be determined: unreachable, unreadable, not answered in time, a check that could not run; never 0'],
  [4, 'this user or this token may not'],
  [5, 'there are changes (--exit-code)'],
  [6, 'a deadline passed with work left'],
  [7, 'applied, and then rolled back automatically'],
  [70, 'a mistake of sentinel itself; the message names the crash file'],
  [130, 'ended by Ctrl-C; the terminal is as it was, and what was written so far is kept'],
  [143, 'ended by TERM; as 130'],
];
