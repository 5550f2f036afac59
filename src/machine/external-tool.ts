/**
 * The one door to execa: runs a program of the machine with arguments as a list, bounded in time and output, never through a shell.
 * Used for what only such a program knows (`journalctl`, `ss`, `systemctl`), and for the steps of runbooks. A missing program is an
 * answer, not an error.
 */
import { constants } from 'node:os';
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
  const running = execa(call.program, [...call.args], {
    env: call.environment,
    extendEnv: false,
    ...(call.directory === undefined ? {} : { cwd: call.directory }),
    ...(call.signal === undefined ? {} : { cancelSignal: call.signal }),
    stdin: 'ignore',
    timeout: call.timeoutMs,
    forceKillAfterDelay: 500,
    // Gathered here: execa ends a program that prints more than may be kept.
    buffer: false,
    reject: false,
  });
  const stdout = gathered(running.stdout, call);
  const stderr = gathered(running.stderr, call);
  const result = await running;
  if (result.code === 'ENOENT') return { kind: 'missing' };
  if (result.code === 'EACCES' || result.code === 'EPERM') return { kind: 'denied' };
  if (result.timedOut) return { kind: 'timeout' };
  if (result.isCanceled) return { kind: 'aborted' };
  const signalNumber = result.signal === undefined ? 0 : constants.signals[result.signal as NodeJS.Signals];
  return {
    kind: 'ran',
    exitCode: result.exitCode ?? 128 + signalNumber,
    stdout: stdout.text(),
    stderr: stderr.text(),
    truncated: stdout.truncated() || stderr.truncated(),
  };
}

interface Gathered {
  text(): string;
  truncated(): boolean;
}

/** What comes out of a stream, up to the bound; the rest is read and thrown away, so that nobody waits for us. */
function gathered(stream: NodeJS.ReadableStream, { maxBytes, onOutput }: ToolCall): Gathered {
  const pieces: string[] = [];
  let bytes = 0;
  let truncated = false;
  stream.setEncoding('utf8');
  stream.on('data', (piece: string) => {
    onOutput?.(piece);
    const size = Buffer.byteLength(piece);
    const room = maxBytes - bytes;
    if (size <= room) pieces.push(piece);
    else if (room > 0) pieces.push(new TextDecoder().decode(Buffer.from(piece).subarray(0, room)));
    truncated ||= size > room;
    bytes += Math.min(size, room);
  });
  return { text: () => pieces.join(''), truncated: () => truncated };
}
