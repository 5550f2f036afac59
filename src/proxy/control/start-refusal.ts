/** Why a daemon did not start, with the exit code that says so. */
import { type ErrorCode } from '../../base/codes.ts';
import { SentinelError } from '../../base/errors.ts';
import { type ExitCode, exitCodes } from '../../base/exit-codes.ts';
import type { UpgradeProblem } from '../../admin/contract/upgrade-shapes.ts';
import { renderText } from '../../config/render/text.ts';
import type { InvalidConfig, LoadResult } from '../../config/load.ts';

/** Lines of diagnostics that are passed on. */
const MOST_LINES = 60;

export class StartRefusal extends Error {
  readonly exitCode: ExitCode;
  /** Diagnostics of a configuration, or one error. */
  readonly reason: InvalidConfig | SentinelError;
  /** What to type where the history has a configuration that can be used; null otherwise. */
  readonly next: string | null;

  constructor(exitCode: ExitCode, reason: InvalidConfig | SentinelError, next: string | null = null) {
    super(reason instanceof SentinelError ? reason.message : 'the configuration is not valid');
    this.exitCode = exitCode;
    this.reason = reason;
    this.next = next;
  }
}

/** As the process that wanted to hand over is told, without colours. */
export function problemOfRefusal({ reason }: StartRefusal): UpgradeProblem {
  if (reason instanceof SentinelError) {
    const hint = reason.hint ?? null;
    return { code: reason.code, detail: `the new process could not start: ${reason.message}`, hint, output: [] };
  }
  const output = renderText(reason.diagnostics, { colour: false }).split('\n').slice(0, MOST_LINES);
  return {
    code: 'SNT-P013',
    detail: 'the new process refused the configuration file',
    hint: 'sentinel validate',
    output,
  };
}

/** Everything else is a problem that the operator can do something about: 1. */
const exitCodeOf: Partial<Record<ErrorCode, ExitCode>> = {
  'SNT-C001': exitCodes.unknown,
  'SNT-P009': exitCodes.usage,
  'SNT-P070': exitCodes.internal,
};

/**
 * Runs one step of a start. What it throws, and a configuration that it returns instead of a result, become the refusal.
 * @param next What to type where it is the configuration that cannot be used.
 * @throws StartRefusal
 */
export async function refuseStart<T extends object>(
  step: () => T | Exclude<LoadResult, { kind: 'ok' }> | Promise<T>,
  next: string | null = null,
): Promise<T> {
  try {
    const result = await step();
    if (!('kind' in result)) return result;
    if (result.kind === 'invalid') throw new StartRefusal(exitCodes.problems, result as InvalidConfig, next);
    throw (result as Extract<LoadResult, { kind: 'unreadable' }>).error;
  } catch (error) {
    if (error instanceof StartRefusal) throw error;
    const known = error instanceof SentinelError ? error : null;
    const reason =
      known ?? new SentinelError('SNT-P070', `the daemon could not start: ${String(error)}`, { cause: error });
    const unreadable = reason.code === 'SNT-C001' ? next : null;
    throw new StartRefusal(exitCodeOf[reason.code] ?? exitCodes.problems, reason, unreadable);
  }
}
