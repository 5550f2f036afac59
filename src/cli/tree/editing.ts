/** Declarations of the commands that rewrite configuration files. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { badUsage, json, unreadable } from './options.ts';

export const editingCommands: readonly CommandSpec[] = [
  {
    path: ['config', 'fmt'],
    summary: 'lay out a configuration file, and change nothing that it says',
    description: [
      'Writes the file in the canonical layout: four spaces for each level, one node a line, one blank line at most, names without needless quotes. Every comment stays with what it stands beside, also what /- takes out. A file of KDL version 1 becomes version 2. Included files are laid out when they are named.',
      'The new text is read before anything is written and has to say what the old one said. The file need not be a configuration that checks; it has to be KDL. It is replaced whole, with the permissions that it had.',
    ],
    arguments: [
      {
        name: 'file',
        required: false,
        description: 'file to lay out, - from standard input to standard output; else as for run',
      },
    ],
    options: [
      { flags: '--check', description: 'write nothing; exit with 1 when the file is not in the canonical layout' },
      { flags: '--diff', description: 'write nothing; print what would change' },
      json,
    ],
    examples: [
      { command: 'sentinel config fmt sentinel.kdl', meaning: 'in place' },
      { command: 'sentinel config fmt --check sentinel.kdl', meaning: 'for a build' },
      { command: 'sentinel config print | sentinel config fmt -', meaning: 'from a pipe' },
    ],
    exits: [
      [exitCodes.ok, 'laid out, or it was already'],
      [exitCodes.problems, 'not KDL; or, with --check, not in the canonical layout'],
      badUsage,
      unreadable,
    ],
    load: () => import('../commands/config-fmt.ts'),
  },
];
