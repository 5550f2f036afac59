/** Declarations of the commands that explain. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { json } from './options.ts';

export const learnCommands: readonly CommandSpec[] = [
  {
    path: ['explain'],
    changes: false,
    summary: 'what an error code or a cause means and what to do',
    description: [
      'Prints the page of an error code (SNT-C001) or of a cause of the access log (no_healthy_target). Where a runbook has a section on the code, the section stands below it, as `sentinel runbook show` prints it, with the command that shows it. The id of a runbook prints the runbook.',
      'Works without a daemon and without a network. Without an argument it lists all codes and causes.',
    ],
    arguments: [{ name: 'code', required: false, description: 'SNT-…, a cause, or the id of a runbook' }],
    options: [json],
    examples: [
      { command: 'sentinel explain SNT-C001', meaning: 'an error code' },
      { command: 'sentinel explain SNT-P082', meaning: 'one that a runbook deals with: its section too' },
      { command: 'sentinel explain no_healthy_target', meaning: 'a cause from the access log' },
      { command: 'sentinel explain process-crash', meaning: 'a runbook' },
    ],
    exits: [
      [exitCodes.ok, 'explained'],
      [exitCodes.usage, 'there is no such code, cause or runbook'],
    ],
    load: () => import('../commands/explain.ts'),
  },
];
