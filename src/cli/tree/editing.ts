/** Declarations of the commands that rewrite configuration files. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { badUsage, config, daemon, denied, json, unreadable, yes } from './options.ts';

export const editingCommands: readonly CommandSpec[] = [
  {
    path: ['config', 'edit'],
    changes: true,
    summary: 'edit the configuration, check it, see what changes, and put it in force',
    description: [
      'Copies the file to a private draft and opens it in VISUAL, EDITOR or vi. When the editor ends, the draft is checked as if it stood in the place of the file; mistakes are shown, and the draft can be edited again, thrown away or kept. What changes is then shown object by object, and nothing happens without a yes.',
      'Where a daemon runs the file, the draft goes to the daemon: it is put in force in every worker, and the file is written by the daemon; with --confirm-within it is on trial first. Where none does, the file is replaced whole. Whoever else edits the same file meanwhile is told who has it; if it changes on disk all the same, nothing is overwritten and both paths are named. A draft that did not come in force is never lost.',
    ],
    arguments: [
      { name: 'file', required: false, description: 'file to edit; else the one that the daemon runs, or as for run' },
    ],
    options: [
      config,
      {
        flags: '--confirm-within <duration>',
        description: 'put it on trial: it rolls itself back unless it is confirmed in time',
      },
      { flags: '--reason <text>', description: 'why, for the history and the audit log' },
      yes,
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel config edit', meaning: 'what the daemon runs' },
      { command: 'sentinel config edit --confirm-within 5m --reason "raise timeouts"', meaning: 'on trial' },
      { command: 'EDITOR="code --wait" sentinel config edit sentinel.kdl', meaning: 'another editor' },
    ],
    exits: [
      [exitCodes.ok, 'in force or written, nothing to do, or thrown away'],
      [exitCodes.problems, 'mistakes, somebody else was faster, or the answer was no; the draft is kept'],
      [exitCodes.usage, 'the command line is wrong, or there is no terminal and no editor is named'],
      unreadable,
      denied,
      [exitCodes.interrupted, 'interrupted; the draft is kept'],
    ],
    load: () => import('../commands/config-edit.ts'),
  },
  {
    path: ['config', 'fmt'],
    changes: false,
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
