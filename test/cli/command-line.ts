/**
 * Runs sentinel's command line from the sources and gives back all that it did: in a process of its own, through a pipe or
 * in a terminal, or (much faster) in this one, with the streams of the other two kinds.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { systemClock } from '../../src/base/clock.ts';
import type { Environment } from '../../src/base/environment.ts';
import { exitCodes } from '../../src/base/exit-codes.ts';
import { main } from '../../src/cli/main.ts';
import { type InputStream, type Output, styleFor } from '../../src/cli/streams.ts';
import { commandLog, privateRoots } from '../helpers/command-log.ts';
import { compileCache } from '../helpers/compile-cache.ts';
import { builtProgram, programCommand, withFolders } from '../helpers/program.ts';

const root = new URL('../..', import.meta.url).pathname;

export interface RunOptions {
  readonly program?: 'sentinel' | 'sentinel-proxy';
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** In this process only: instead of `input`. */
  readonly stdin?: InputStream;
  /** Runs it under `script`, so that its streams are a terminal; its two outputs are then one. */
  readonly terminal?: boolean;
  /** Width of that terminal; in this process only. */
  readonly columns?: number;
  readonly nodeFlags?: readonly string[];
  /** In this process only: as if somebody pressed Ctrl-C. */
  readonly interrupt?: AbortSignal;
  /** In this process only: what goes to standard output, as it comes. */
  readonly written?: (text: string) => void;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runSentinel(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const roots = privateRoots();
  const around = builtProgram === undefined ? [] : withFolders({ lib: roots.varLib, log: roots.varLog });
  const command = [...around, ...programCommand(options.program, options.nodeFlags), ...args];
  const [file, ...rest] =
    options.terminal === true ? ['script', '-qec', command.map(quoted).join(' '), '/dev/null'] : command;
  const child = spawn(file as string, rest, {
    cwd: options.directory ?? root,
    // Nothing of the caller's environment may decide what a test sees.
    env: {
      PATH: process.env['PATH'],
      ...compileCache(),
      TERM: 'xterm',
      XDG_RUNTIME_DIR: '/nonexistent',
      ...commandLog(),
      ...options.environment,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** The same in this process, whose working directory counts. */
export async function callSentinel(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { terminal = false, columns = 120, program = 'sentinel' } = options;
  if (builtProgram !== undefined && takenByProcess(options)) {
    return await runSentinel(args, { ...options, directory: options.directory ?? process.cwd() });
  }
  const environment: Environment = {
    TERM: 'xterm',
    XDG_RUNTIME_DIR: '/nonexistent',
    ...commandLog(),
    ...options.environment,
  };
  const stdout = memoryOutput(terminal, columns, options.written);
  const stderr = memoryOutput(terminal, columns);
  const code = await main(
    {
      program,
      version: '0.0.0-test',
      context: { environment, uid: process.getuid?.() ?? 0, roots: privateRoots() },
      directory: process.cwd(),
      stdin: options.stdin ?? { isTerminal: terminal, readUpTo: async () => Buffer.from(options.input ?? '') },
      stdout,
      stderr,
      clock: systemClock,
      interruption: () => ({
        signal: options.interrupt ?? new AbortController().signal,
        exitCode: () => exitCodes.interrupted,
      }),
    },
    args,
  );
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** Whether a process can be asked the same. */
function takenByProcess({ stdin, columns, interrupt, written, terminal }: RunOptions): boolean {
  // Of a real terminal the two outputs are one.
  return stdin === undefined && columns === undefined && interrupt === undefined && written === undefined && !terminal;
}

function memoryOutput(
  isTerminal: boolean,
  columns: number,
  written: (text: string) => void = () => undefined,
): Output & { text(): string } {
  let text = '';
  return {
    isTerminal,
    style: styleFor(isTerminal, columns),
    closed: new AbortController().signal,
    write(part) {
      text += part;
      written(part);
    },
    flushed: async () => undefined,
    text: () => text,
  };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
