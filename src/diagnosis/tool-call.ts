/** How a probe asks a program of the machine: in the C locale, in what is left of the probe's time, found where the context says. */
import type { ProbeContext } from './probe.ts';
import { runTool, type ToolResult } from '../machine/external-tool.ts';

/** What tools print beyond this says nothing that a probe would read. */
const MOST_BYTES = 1 << 20;

export interface ToolQuestion {
  /** Most it may take. */
  readonly timeoutMs: number;
  readonly maxBytes?: number;
}

/** Never throws on what the program does; a missing one is an answer. */
export function askTool(
  { run, toolPath, signal }: Pick<ProbeContext, 'run' | 'toolPath' | 'signal'>,
  program: string,
  args: readonly string[],
  { timeoutMs, maxBytes = MOST_BYTES }: ToolQuestion,
): Promise<ToolResult> {
  const { PATH, XDG_RUNTIME_DIR, HOME } = run.environment;
  // Programs of the administrator are not on every user's path.
  const path = toolPath ?? [PATH, '/usr/sbin', '/sbin'].filter((part) => part !== undefined && part !== '').join(':');
  const environment = { PATH: path, LC_ALL: 'C', TZ: 'UTC', HOME, XDG_RUNTIME_DIR };
  return runTool({ program, args, timeoutMs, maxBytes, environment, signal });
}

/** Why a tool's answer is none, in words; null where it is one. */
export function toolFailure(result: ToolResult): string | null {
  switch (result.kind) {
    case 'ran':
      return result.exitCode === 0
        ? null
        : `it ended with ${result.exitCode}${firstLine(result.stderr) === '' ? '' : `: ${firstLine(result.stderr)}`}`;
    case 'missing':
      return 'there is no such program here';
    case 'denied':
      return 'this user may not run it';
    case 'timeout':
      return 'it did not answer in time';
    case 'aborted':
      return 'there was no time left';
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] ?? '';
}
