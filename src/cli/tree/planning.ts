/** Declarations of the commands that look at a change of the configuration before it is made. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { badUsage, config, daemon, denied, json, unreachable } from './options.ts';

const exitCode = { flags: '--exit-code', description: 'exit with 5 when there are changes' };

export const planningCommands: readonly CommandSpec[] = [
  {
    path: ['config', 'plan'],
    summary: 'say what a file would change of what runs',
    description: [
      'Asks the running daemon what would differ if the file stood in the place of its own: every route, upstream, target, listener and setting that comes, goes or changes, in the words of the file, with what goes through it now; listeners that open and close; what cannot change while the daemon runs; warnings. Includes and relative paths begin where the file of the daemon lies. Nothing is changed.',
      'An order that decides nothing is no change. Secrets are never shown, only that they changed.',
    ],
    arguments: [
      {
        name: 'file',
        required: false,
        description: 'candidate, - for standard input; else what is on disk where the daemon reads it',
      },
    ],
    options: [exitCode, daemon, json],
    examples: [
      { command: 'sentinel config plan', meaning: 'what `sentinel reload` would change' },
      { command: 'sentinel config plan new.kdl', meaning: 'what another file would change' },
      { command: 'sentinel config plan new.kdl --exit-code', meaning: 'for a script: 0 nothing, 5 changes' },
    ],
    exits: [
      [exitCodes.ok, 'printed'],
      [exitCodes.problems, 'the file has mistakes, or the daemon would refuse it as it runs now'],
      badUsage,
      [exitCodes.unknown, 'no daemon answered, or the file cannot be read'],
      denied,
      [exitCodes.changes, 'with --exit-code: there are changes'],
    ],
    load: () => import('../commands/config-plan.ts'),
  },
  {
    path: ['config', 'diff'],
    summary: 'say what differs between two configurations',
    description: [
      'Each side is a generation by its number, `running`, `disk`, or a file (`-` is standard input; a file whose name is a number is written ./40). Without arguments: what runs, and what is on disk. With one: it, and what runs.',
      'Two files are compared without a daemon. Generations and the disk are asked of the daemon, which also says what goes through each object now; where none runs, they are read from the history and from the file that -c or the environment names.',
    ],
    arguments: [
      { name: 'a', required: false, description: 'from: NUMBER, running, disk or a file; default running' },
      { name: 'b', required: false, description: 'to: the same; default running, or disk where A is what runs' },
    ],
    options: [exitCode, config, daemon, json],
    examples: [
      { command: 'sentinel config diff', meaning: 'what has been edited and is not in force' },
      { command: 'sentinel config diff 40', meaning: 'what has changed since generation 40' },
      { command: 'sentinel config diff 40 41', meaning: 'what generation 41 changed' },
      { command: 'sentinel config diff old.kdl new.kdl', meaning: 'two files, without a daemon' },
    ],
    exits: [
      [exitCodes.ok, 'printed'],
      [exitCodes.problems, 'one of them has mistakes, or is not in the history'],
      badUsage,
      unreachable,
      denied,
      [exitCodes.changes, 'with --exit-code: there are changes'],
    ],
    load: () => import('../commands/config-diff.ts'),
  },
];
