/**
 * What a command that failed says: an error of ours keeps its code and hint, anything else is a defect and leaves a
 * crash file. Never prints a stack unless asked to, because at 3 AM it hides the sentence that matters.
 */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ErrorCode } from '../base/codes.ts';
import { SentinelError } from '../base/errors.ts';
import { type ExitCode, exitCodes } from '../base/exit-codes.ts';
import type { Finding, Surroundings } from './command.ts';
import type { Style } from './streams.ts';

export interface Failure {
  readonly exitCode: ExitCode;
  readonly finding: Finding;
  /** Present under `--debug`. */
  readonly stack: string | undefined;
}

/** Errors that do not mean "found problems": could not determine, or not allowed. */
const exitByCode: Partial<Record<ErrorCode, ExitCode>> = {
  'SNT-A001': exitCodes.unknown,
  'SNT-A002': exitCodes.denied,
  'SNT-A003': exitCodes.denied,
  'SNT-A004': exitCodes.denied,
  'SNT-A009': exitCodes.denied,
  'SNT-A010': exitCodes.unknown,
  'SNT-A011': exitCodes.unknown,
  'SNT-A012': exitCodes.usage,
  'SNT-A015': exitCodes.unknown,
  'SNT-A019': exitCodes.unknown,
  'SNT-A040': exitCodes.denied,
  'SNT-A041': exitCodes.denied,
  'SNT-A042': exitCodes.denied,
  'SNT-C001': exitCodes.unknown,
  'SNT-I001': exitCodes.usage,
  'SNT-I003': exitCodes.unknown,
  'SNT-I008': exitCodes.usage,
  'SNT-I045': exitCodes.unknown,
  'SNT-I046': exitCodes.unknown,
  'SNT-I047': exitCodes.unknown,
  'SNT-I048': exitCodes.unknown,
  'SNT-I050': exitCodes.usage,
  'SNT-P009': exitCodes.usage,
  'SNT-P040': exitCodes.usage,
  'SNT-P041': exitCodes.usage,
  'SNT-P043': exitCodes.unknown,
  'SNT-P047': exitCodes.usage,
  'SNT-P048': exitCodes.unknown,
  'SNT-P052': exitCodes.usage,
  'SNT-P061': exitCodes.usage,
  'SNT-P070': exitCodes.internal,
  'SNT-P108': exitCodes.unknown,
  'SNT-P110': exitCodes.unknown,
  'SNT-R001': exitCodes.unknown,
  'SNT-R019': exitCodes.usage,
  'SNT-R020': exitCodes.usage,
  'SNT-R027': exitCodes.usage,
  'SNT-R028': exitCodes.usage,
  'SNT-R030': exitCodes.unknown,
  'SNT-R032': exitCodes.usage,
  'SNT-T001': exitCodes.unknown,
};

/** Whether an error says that somebody is not let in. */
export function isDenied(code: ErrorCode): boolean {
  return exitByCode[code] === exitCodes.denied;
}

/** Turns whatever was thrown into what people and scripts get. */
export function failureOf(
  error: unknown,
  surroundings: Surroundings,
  args: readonly string[],
  debug: boolean,
): Failure {
  const stack = debug && error instanceof Error ? error.stack : undefined;
  if (error instanceof SentinelError) {
    const finding = findingOf(error.code, error.message, error.hint);
    return { exitCode: exitByCode[error.code] ?? exitCodes.problems, finding, stack };
  }
  const crashFile = writeCrashFile(error, surroundings, args);
  const where = crashFile === null ? '' : ` The details are in ${crashFile}.`;
  const what = error instanceof Error ? error.message : String(error);
  const finding = findingOf('SNT-P070', `internal error: ${what}.${where}`, 'sentinel explain SNT-P070');
  return { exitCode: exitCodes.internal, finding, stack };
}

/** An error that the command reports itself, as every other is reported. */
export function refusalText({ code, message, hint }: SentinelError, style: Style): string {
  return failureText(
    { exitCode: exitCodes.problems, finding: findingOf(code, message, hint), stack: undefined },
    style,
  );
}

/** `error[SNT-A001]: …`, then what to do next on a line of its own. */
export function failureText(failure: Failure, style: Style): string {
  const { code, detail, suggestion } = failure.finding;
  const lines = [`${style.bold(style.red(`error[${code}]`))}: ${detail}`];
  if (suggestion !== undefined) lines.push(`  ${style.cyan('next:')} ${suggestion.text}`);
  if (failure.stack !== undefined) lines.push(failure.stack);
  return `${lines.join('\n')}\n`;
}

function findingOf(code: ErrorCode, detail: string, hint: string | undefined): Finding {
  return {
    code,
    severity: 'error',
    title: detail.split('\n', 1)[0] as string,
    detail,
    suggestion: { text: hint ?? `sentinel explain ${code}` },
  };
}

/** Leaves what a report of the defect needs; null where even that fails, because the failure itself matters more. */
function writeCrashFile(error: unknown, surroundings: Surroundings, args: readonly string[]): string | null {
  const at = new Date(surroundings.clock.wallMs()).toISOString();
  const file = join(tmpdir(), `sentinel-crash-${at.replaceAll(':', '')}-${process.pid}.txt`);
  const stack = error instanceof Error ? error.stack : String(error);
  const head = [`sentinel ${surroundings.version}`, `node ${process.versions.node}`, at, args.join(' ')];
  try {
    writeFileSync(file, `${[...head, '', stack].join('\n')}\n`, { mode: 0o600, flag: 'wx' });
    return file;
  } catch {
    return null;
  }
}
