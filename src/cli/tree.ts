/**
 * Every command, in the groups in which help shows them. Data only: nothing here loads what a command needs to run.
 * Read by the parser, the manual and the completion of documentation; a command exists when it stands here.
 */
import type { CommandSpec, Example } from './command.ts';
import { actCommands } from './tree/act.ts';
import { commitCommands } from './tree/commit.ts';
import { configCommands } from './tree/config.ts';
import { daemonCommands } from './tree/daemon.ts';
import { drainCommands } from './tree/drains.ts';
import { editingCommands } from './tree/editing.ts';
import { learnCommands } from './tree/learn.ts';
import { logCommands } from './tree/logs.ts';
import { planningCommands } from './tree/planning.ts';
import { overrideCommands } from './tree/overrides.ts';
import { requestCommands } from './tree/requests.ts';
import { restartCommands } from './tree/restart.ts';
import { upgradeCommands } from './tree/upgrade.ts';
import { watchCommands } from './tree/watch.ts';

export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly CommandSpec[];
}

export const groups: readonly CommandGroup[] = [
  { title: 'Run', commands: [...daemonCommands, ...restartCommands, ...upgradeCommands] },
  { title: 'Configure', commands: [...configCommands, ...commitCommands, ...planningCommands, ...editingCommands] },
  { title: 'Watch', commands: [...watchCommands, ...requestCommands, ...logCommands] },
  { title: 'Act', commands: [...drainCommands, ...overrideCommands, ...actCommands] },
  { title: 'Learn', commands: learnCommands },
];

export const allCommands: readonly CommandSpec[] = groups.flatMap((group) => group.commands);

const tour: readonly Example[] = [
  { command: 'sentinel demo', meaning: 'a proxy, three targets and things to try, right now' },
  { command: 'sentinel run --to 127.0.0.1:3000', meaning: 'proxy to one address, no file needed' },
  { command: 'sentinel init sentinel.kdl', meaning: 'write a commented starter file' },
  { command: 'sentinel validate sentinel.kdl', meaning: 'check it: every mistake at once, with positions' },
  { command: 'sentinel run -c sentinel.kdl', meaning: 'serve it' },
  { command: 'sentinel reload', meaning: 'apply the edited file without dropping a request' },
  { command: 'sentinel status', meaning: 'what runs, with which configuration' },
  { command: 'sentinel upstreams', meaning: 'which targets are down, and why' },
];

/** What `sentinel --help` begins with. */
export const introduction = `${tour
  .map(
    ({ command, meaning }) =>
      `  ${command.padEnd(Math.max(...tour.map((example) => example.command.length)))}   ${meaning}`,
  )
  .join('\n')}\n`;
