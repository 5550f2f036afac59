/** Declaration of the command that restarts the workers of the running daemon. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { badUsage, daemon, denied, json, unreachable, yes } from './options.ts';

export const restartCommands: readonly CommandSpec[] = [
  {
    path: ['restart'],
    changes: (invocation) => !invocation.flag('follow'),
    summary: 'restart the workers one by one, none of what they do is cut',
    description: [
      'A new worker thread takes over the listening sockets of an old one and serves; then the old one finishes what it has: requests, downloads, WebSockets. When it is done, the next one has its turn. The process, its configuration, its counts and what was laid over the configuration stay.',
      'A worker that is not done in time goes on finishing while the restart stops there (--on-timeout wait), or what it has left is cut (close). A new thread that cannot start leaves the old one serving, and the command fails.',
      'Interrupting the command leaves the restart to itself; --follow shows it again. For a new version of the program, see `sentinel upgrade`.',
    ],
    arguments: [],
    options: [
      { flags: '--workers', description: 'what to restart: the worker threads' },
      {
        flags: '--timeout <duration>',
        description: 'how long each worker may take to finish what it has',
        defaultValue: '5m',
      },
      {
        flags: '--on-timeout <what>',
        description: 'what happens to a worker that has not finished then',
        choices: ['wait', 'close'],
        defaultValue: 'wait',
      },
      { flags: '--follow', description: 'begin nothing, show the restart that is under way' },
      { flags: '--reason <text>', description: 'why, for the audit log' },
      { flags: '--confirm <name>', description: '`workers`, where --on-timeout close asks for it' },
      yes,
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel restart --workers', meaning: 'fresh workers, nothing cut' },
      {
        command: 'sentinel restart --workers --timeout 1m --on-timeout close --confirm=workers',
        meaning: 'what takes longer than a minute is cut',
      },
    ],
    exits: [
      [exitCodes.ok, 'every worker is new'],
      [exitCodes.problems, 'a new worker could not start and the old one serves on, or the daemon refused'],
      badUsage,
      unreachable,
      denied,
      [exitCodes.deadline, 'a worker had not finished in time: it goes on finishing, or was cut'],
      [exitCodes.interrupted, 'interrupted; the restart goes on by itself'],
    ],
    load: () => import('../commands/restart.ts'),
  },
];
