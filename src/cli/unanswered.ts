/** What lists say where workers did not answer: a part is missing, so nobody knows what all of it is. Used by whoever shows what workers alone know. */
import { type ExitCode, exitCodes } from '../base/exit-codes.ts';

export interface Completeness {
  readonly exitCode: ExitCode;
  readonly status: 'ok' | 'unknown';
  /** Nothing, or one sentence without its full stop. */
  readonly warnings: readonly string[];
}

/** @param missing what is not in the list: `their requests are not here` */
export function completeness(unanswered: readonly number[], missing: string): Completeness {
  if (unanswered.length === 0) return { exitCode: exitCodes.ok, status: 'ok', warnings: [] };
  return { exitCode: exitCodes.unknown, status: 'unknown', warnings: [`${silentText(unanswered)}: ${missing}`] };
}

/** `worker 2 did not answer`, `workers 0, 2 did not answer`. */
export function silentText(workers: readonly number[]): string {
  return `${workers.length === 1 ? 'worker' : 'workers'} ${workers.join(', ')} did not answer`;
}
