/**
 * `sentinel run`: the daemon, in this process and in the foreground. The only command that loads the control plane, and it
 * does so when it runs.
 */
import { SentinelError } from '../../base/errors.ts';
import type { ExitCode } from '../../base/exit-codes.ts';
import type { InvalidConfig } from '../../config/load.ts';
import { renderSummary, renderText } from '../../config/render/text.ts';
import type { ConfigSource } from '../../proxy/control/config-source.ts';
import type { DaemonHandle, DaemonOptions } from '../../proxy/control/daemon.ts';
import type { Invocation, Outcome } from '../command.ts';
import { chooseConfig } from '../config-choice.ts';
import { refusalText } from '../failure.ts';
import { reportSignals } from '../lifeline.ts';
import type { Style } from '../streams.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const source = sourceOf(invocation);
  const workers = workersOf(invocation);
  const exitCode = await serve(
    invocation,
    { source, overrides: workers === null ? {} : { workers }, origin: invocation.origin ?? null },
    (daemon) => {
      // A service manager reads the log; only somebody who typed the command needs to be told more.
      if (invocation.stderr.isTerminal) invocation.stderr.write(welcome(source, daemon));
    },
  );
  return { kind: 'done', exitCode };
}

/** Starts a daemon and waits for its end. A refused start is printed here, because it may be a whole list. */
export async function serve(
  invocation: Invocation,
  options: Pick<DaemonOptions, 'source' | 'overrides' | 'origin'>,
  onReady: (daemon: DaemonHandle) => void,
): Promise<ExitCode> {
  const { startDaemon } = await import('../../proxy/control/daemon.ts');
  const { StartRefusal } = await import('../../proxy/control/start-refusal.ts');
  const { context, program, version, clock } = invocation;
  const started = clock.now();
  try {
    const daemon = await startDaemon({ ...options, run: context, title: program, version, process, clock });
    reportSignals(context.environment);
    onReady(daemon);
    return await daemon.closed;
  } catch (error) {
    if (!(error instanceof StartRefusal)) throw error;
    const { exitCode, reason, next } = error;
    const { stderr } = invocation;
    stderr.write(
      reason instanceof SentinelError
        ? refusalText(reason, stderr.style)
        : mistakes(reason, stderr.style, clock.now() - started),
    );
    if (next !== null) stderr.write(`${next}\n`);
    return exitCode;
  }
}

function mistakes({ diagnostics, sources }: InvalidConfig, { coloured }: Style, elapsedMs: number): string {
  const options = { colour: coloured };
  const summary = renderSummary(diagnostics, { files: sources.length, elapsedMs }, options);
  return `${renderText(diagnostics, options)}\n${summary}`;
}

function sourceOf(invocation: Invocation): ConfigSource {
  const to = invocation.option('to');
  if (to === undefined) {
    const { path } = chooseConfig(invocation);
    return path === null ? { kind: 'embedded' } : { kind: 'file', path };
  }
  if (invocation.option('config') === undefined) return { kind: 'forward', to };
  throw new SentinelError('SNT-P040', '--to and --config exclude each other', { hint: 'sentinel run --help' });
}

function workersOf(invocation: Invocation): number | null {
  const given = invocation.option('workers');
  if (given === undefined) return null;
  if (/^\d{1,3}$/.test(given)) return Number(given);
  throw new SentinelError(
    'SNT-P040',
    `--workers is ${JSON.stringify(given)}, expected a number from 0 (one per core) to 999`,
    {
      hint: 'sentinel run --help',
    },
  );
}

function welcome(source: ConfigSource, daemon: DaemonHandle): string {
  const listeners = Object.values(daemon.addresses().listeners).join(', ');
  switch (source.kind) {
    case 'file':
      return `serving ${source.path} on ${listeners}; sentinel status says more\n`;
    case 'forward':
      return `proxying ${listeners} to ${source.to}; sentinel init writes a file to go on with\n`;
    case 'embedded':
      return `no configuration file found: a welcome page on ${listeners}; sentinel init writes a file to begin with\n`;
  }
}
