/**
 * From a command line to an exit status: parse, load the one command that was asked for, run it, print its outcome.
 * Called by `process.ts` alone; knows no command by name.
 */
import { type ExitCode, exitCodes } from '../base/exit-codes.ts';
import { changesSomething } from './changing.ts';
import type { CommandSpec, Interruption, Invocation, Outcome, Surroundings } from './command.ts';
import { envelopeText } from './envelope.ts';
import { failureOf, failureText } from './failure.ts';
import { parseCommandLine, type Values } from './parser.ts';
import { translateSeedSpelling } from './seed-spellings.ts';

/** Runs the command line and returns the status to exit with; everything was written, perhaps not yet flushed. */
export async function main(surroundings: Surroundings, given: readonly string[]): Promise<ExitCode> {
  const { args, notice } = translateSeedSpelling(surroundings.program, given);
  if (notice !== null) surroundings.stderr.write(`note: the new spelling is \`${notice}\`\n`);
  const parsed = parseCommandLine(surroundings.program, surroundings.version, args);
  switch (parsed.kind) {
    case 'print': {
      const stream = parsed.exitCode === exitCodes.ok ? surroundings.stdout : surroundings.stderr;
      stream.write(parsed.text);
      return parsed.exitCode;
    }
    case 'mistake':
      return reportMistake(surroundings, args, parsed.message, parsed.hint);
    case 'command': {
      const { spec, values } = parsed;
      const changing = changesSomething(spec, invocationOf(surroundings, values));
      return changing ? runChanging(surroundings, args, spec, values) : runCommand(surroundings, args, spec, values);
    }
  }
}

/** What has changed something is written down, however it ended. */
async function runChanging(
  surroundings: Surroundings,
  args: readonly string[],
  spec: CommandSpec,
  values: Values,
): Promise<ExitCode> {
  const { clock, stderr } = surroundings;
  const startedMs = clock.wallMs();
  const started = clock.now();
  const { json, option } = invocationOf(surroundings, values);
  const writeDown = async (exitCode: number): Promise<void> => {
    const durationMs = clock.now() - started;
    const log = await import('./command-log.ts');
    const problem = log.writeDown(surroundings, {
      spec,
      args,
      daemon: option('daemon'),
      config: option('config'),
      startedMs,
      durationMs,
      exitCode,
    });
    if (problem !== null && !json) stderr.write(`note: ${problem}\n`);
  };
  const lastWords = surroundings.lastWords?.(writeDown);
  const interruption = (): Interruption => {
    lastWords?.standAside();
    return surroundings.interruption();
  };
  const exitCode = await runCommand({ ...surroundings, interruption }, args, spec, values);
  lastWords?.over();
  await writeDown(exitCode);
  return exitCode;
}

async function runCommand(
  surroundings: Surroundings,
  args: readonly string[],
  spec: CommandSpec,
  values: Values,
): Promise<ExitCode> {
  const invocation = invocationOf(surroundings, values);
  try {
    // Before anything is loaded: that is work too.
    if (spec.givesWay === true) surroundings.giveWay?.();
    const command = await spec.load();
    return print(invocation, spec, await command.run(invocation));
  } catch (error) {
    const failure = failureOf(error, surroundings, args, invocation.debug);
    if (!invocation.json) surroundings.stderr.write(failureText(failure, surroundings.stderr.style));
    else {
      const content = {
        status: 'unknown',
        exitCode: failure.exitCode,
        data: null,
        findings: [failure.finding],
        inOneLine: spec.streams === true || invocation.flag('follow') || invocation.flag('stream'),
      } as const;
      surroundings.stdout.write(envelopeText({ path: spec.path, ...stampOf(surroundings), ...content }));
    }
    return failure.exitCode;
  }
}

function print(invocation: Invocation, spec: CommandSpec, outcome: Outcome): ExitCode {
  if (outcome.kind === 'done') return outcome.exitCode;
  if (invocation.json) invocation.stdout.write(envelopeText({ path: spec.path, ...stampOf(invocation), ...outcome }));
  else invocation.stdout.write(outcome.text(invocation.stdout.style));
  return outcome.exitCode;
}

/** A usage error is reported like every other: an envelope when JSON was asked for. */
function reportMistake(surroundings: Surroundings, args: readonly string[], message: string, hint: string): ExitCode {
  const exitCode = exitCodes.usage;
  if (!args.includes('--json')) {
    surroundings.stderr.write(`error: ${message}\n  ${surroundings.stderr.style.cyan('next:')} ${hint}\n`);
    return exitCode;
  }
  const finding = {
    code: 'usage',
    severity: 'error',
    title: message,
    detail: message,
    suggestion: { text: hint, command: hint },
  } as const;
  const content = { status: 'unknown', exitCode, data: null, findings: [finding] } as const;
  surroundings.stdout.write(envelopeText({ path: ['usage'], ...stampOf(surroundings), ...content }));
  return exitCode;
}

function stampOf(surroundings: Surroundings): { readonly version: string; readonly generatedAt: string } {
  return { version: surroundings.version, generatedAt: new Date(surroundings.clock.wallMs()).toISOString() };
}

/** What a command is given. Exported for tests of declarations. */
export function invocationOf(surroundings: Surroundings, values: Values): Invocation {
  const flag = (name: string): boolean => values.options.get(name) === true;
  return {
    ...surroundings,
    json: flag('json') || flag('stream') || values.options.get('format') === 'json',
    debug: flag('debug'),
    argument(name) {
      const value = values.arguments.get(name);
      return typeof value === 'string' ? value : undefined;
    },
    arguments(name) {
      const value = values.arguments.get(name);
      return Array.isArray(value) ? (value as readonly string[]) : [];
    },
    option(name) {
      const value = values.options.get(name);
      return typeof value === 'string' ? value : undefined;
    },
    options(name) {
      const value = values.options.get(name);
      return Array.isArray(value) ? value.map(String) : [];
    },
    flag,
  };
}
