/**
 * The one error type that people see. Everything that can go wrong in a way an operator should understand is a
 * `SentinelError` with a code of `base/codes.ts`; anything else is a bug and is reported as `SNT-P070`.
 */
import type { ErrorCode } from './codes.ts';

export interface SentinelErrorOptions {
  /** The next command to type, or what to change. */
  readonly hint?: string;
  readonly cause?: unknown;
}

export class SentinelError extends Error {
  override readonly name = 'SentinelError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  /** @param message What was being done, to what, what happened, expected and got. Never a secret. */
  constructor(code: ErrorCode, message: string, options: SentinelErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** The errno name of a system error (`ENOENT`), or `undefined`. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return typeof code === 'string' ? code : undefined;
}
