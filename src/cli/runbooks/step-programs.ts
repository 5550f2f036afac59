/**
 * Runs the programs of steps. `sentinel …` is this very program, by its path, whatever the search path says; `sentinel run` stays
 * when the command is gone. Everything else is looked for as the environment says. A fence goes to bash, which stops at the first
 * command that fails.
 */
import { join } from 'node:path';
import type { AdminClient } from '../../admin/client/client.ts';
import { type Environment, ownVariables } from '../../base/environment.ts';
import { runTool, type ToolResult } from '../../machine/external-tool.ts';
import type { CommandCall, CommandEnd, CommandRunner } from '../../runbook/run/world.ts';
import type { Invocation, ProcessOrigin } from '../command.ts';
import { ownCommand } from '../own-command.ts';
import { startDaemon } from './started-daemon.ts';

/** Of standard output and of standard error each. */
const MOST_BYTES = 256 << 10;

export interface StepSettings {
  readonly client: AdminClient;
  /** Where a daemon that a step starts says what it has to say; called once for each. */
  readonly logFolder: () => string;
}

export function stepPrograms(invocation: Invocation, { client, logFolder }: StepSettings): CommandRunner {
  const { directory, clock, origin } = invocation;
  const environment = environmentOf(invocation);
  const tool = async (argv: readonly [string, ...string[]], call: Omit<CommandCall, 'argv'>): Promise<CommandEnd> => {
    const [program, ...args] = argv;
    const { timeoutMs, signal, onOutput } = call;
    return endOf(
      await runTool({ program, args, timeoutMs, maxBytes: MOST_BYTES, environment, directory, signal, onOutput }),
    );
  };
  return {
    directory,
    async run(call) {
      const argv = commandOf(call.argv, origin);
      if (argv === null) return { end: 'missing', exit: null, output: '', truncated: false };
      if (call.argv[0] !== 'sentinel' || call.argv[1] !== 'run') return await tool(argv, call);
      const logFile = join(logFolder(), `daemon-${new Date(clock.wallMs()).toISOString().replaceAll(/[:.]/g, '')}.log`);
      return await startDaemon({ ...call, argv, environment, directory, logFile, client, clock });
    },
    runBash: (text, call) => tool(['bash', '-euo', 'pipefail', '-c', text], call),
  };
}

/** What is really run; null where it is not known how this process was started. */
function commandOf(argv: readonly string[], origin: ProcessOrigin | undefined): readonly [string, ...string[]] | null {
  const [program, ...args] = argv;
  if (program !== 'sentinel') return program === undefined ? null : [program, ...args];
  if (origin === undefined) return null;
  return [...ownCommand(origin), ...args];
}

/** Steps talk to the daemon that the run is about, and are nobody's heirs. */
function environmentOf(invocation: Invocation): Environment {
  const own: ReadonlySet<string> = new Set(Object.values(ownVariables));
  const inherited = Object.entries(invocation.context.environment).filter(([name]) => !own.has(name));
  const daemon = invocation.option('daemon');
  const config = invocation.option('config');
  return {
    ...Object.fromEntries(inherited),
    ...(daemon === undefined ? {} : { SENTINEL_DAEMON: daemon }),
    ...(config === undefined ? {} : { SENTINEL_CONFIG: config }),
  };
}

function endOf(result: ToolResult): CommandEnd {
  if (result.kind !== 'ran') return { end: result.kind, exit: null, output: '', truncated: false };
  const { exitCode, stdout, stderr, truncated } = result;
  const between = stdout === '' || stdout.endsWith('\n') ? '' : '\n';
  return { end: 'exited', exit: exitCode, output: `${stdout}${between}${stderr}`, truncated };
}
