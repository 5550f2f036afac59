/**
 * The one door to execa: runs a program of the machine with arguments as a list, bounded in time and output, never through a shell.
 * Used for what only such a program knows (`journalctl`, `ss`, `systemctl`), and for the steps of runbooks. A missing program is an
 * answer, not an error.
 */
import type { Environment } from '../base/environment.ts';

export interface ToolCall {
  readonly program: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  /** Of standard output and of standard error each; the rest is thrown away. */
  readonly maxBytes: number;
  /** What the program sees; nothing else of ours. */
  readonly environment: Environment;
  readonly directory?: string;
  /** Gives up at once when it aborts; the program is ended. */
  readonly signal?: AbortSignal;
  /** Called with each piece of what it prints, as it comes. */
  readonly onOutput?: (text: string) => void;
}

export type ToolResult =
  | {
      readonly kind: 'ran';
      /** 128 + signal where a signal ended it. */
      readonly exitCode: number;
      readonly stdout: string;
      readonly stderr: string;
      readonly truncated: boolean;
    }
  /** There is no such program. */
  | { readonly kind: 'missing' }
  /** This user may not run it. */
  | { readonly kind: 'denied' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'aborted' };

/** Never throws on what the program does. */
export async function runTool(call: ToolCall): Promise<ToolResult> {
  const { execa } = await import('execa');
  const result = await execa(call.program, [...call.args], {
    env: call.environment,
    extendEnv: false,
    ...(call.directory === undefined ? {} : { cwd: call.directory }),
    ...(call.signal === undefined ? {} : { cancelSignal: call.signal }),
    stdin: 'ignore',
    timeout: call.timeoutMs,
    forceKillAfterDelay: 500,
    maxBuffer: call.maxBytes,
    reject: false,
    stripFinalNewline: false,
  });
  if (result.code === 'ENOENT') return { kind: 'missing' };
  if (result.code === 'EACCES' || result.code === 'EPERM') return { kind: 'denied' };
  if (result.timedOut) return { kind: 'timeout' };
  if (result.isCanceled) return { kind: 'aborted' };
  const signalNumber = result.signal === undefined ? 0 : 15;
  return {
    kind: 'ran',
    exitCode: result.exitCode ?? 128 + signalNumber,
    stdout: result.stdout,
    stderr: result.stderr,
    truncated: result.isMaxBuffer,
  };
}
