/** Why a daemon, or a part of what it tells, could not be read: in words that stand behind its name on one line. Knows no screen. */
import { failureWords } from '../../admin/client/unreachable.ts';
import type { ErrorCode } from '../../base/codes.ts';
import { errnoOf, SentinelError } from '../../base/errors.ts';

/** @param lateMs How long it was waited for, where that is why it was given up. */
export function lostWords(error: unknown, lateMs: number | null): string {
  if (lateMs !== null) return `no answer in ${secondsText(lateMs)}`;
  if (!(error instanceof SentinelError)) return failureWords(error);
  // Where one place was tried, what came of it says more than that nobody answers.
  if (error.code === 'SNT-A001' && errnoOf(error.cause) !== undefined && !error.message.includes('; ')) {
    return failureWords(error.cause);
  }
  return error.message;
}

/** Of what a daemon or the client said; null = neither said anything that has one. */
export function codeOf(error: unknown): ErrorCode | null {
  return error instanceof SentinelError ? error.code : null;
}

function secondsText(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`;
}
