/** `sentinel top` behind a terminal, in front of a scripted daemon: the real program, with nothing of this machine in it. */
import type { TestContext } from 'node:test';
import { programCommand } from '../../helpers/program.ts';
import { openTerminal, type Terminal, type TerminalPlan } from './terminal.ts';

export const program: readonly [command: string, ...args: string[]] = programCommand();

/** What the line below the header says once a daemon has answered and was judged, or does not answer. */
const judged = /SEV\d|all clear|no answer/;

export interface TopPlan extends Pick<TerminalPlan, 'columns' | 'rows' | 'cwd' | 'env'> {
  /** The daemon of this machine, as far as it knows. */
  readonly socket?: string;
  readonly args?: readonly string[];
}

/** Resolves when it has read and judged; `undefined` after having skipped the test, as `openTerminal`. */
export async function openTop(
  t: TestContext,
  { socket, args = [], env, ...size }: TopPlan,
): Promise<Terminal | undefined> {
  const [command, ...rest] = program;
  const terminal = await openTerminal(t, {
    ...size,
    command,
    args: [...rest, 'top', ...args],
    env: {
      NODE_NO_WARNINGS: '1',
      TZ: 'UTC',
      ...(socket === undefined ? {} : { SENTINEL_ADMIN_SOCKET: socket }),
      ...env,
    },
  });
  await terminal?.until(judged);
  return terminal;
}
