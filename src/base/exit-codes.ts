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
