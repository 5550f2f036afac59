/** Declarations of the commands that explain. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { json } from './options.ts';

export const learnCommands: readonly CommandSpec[] = [
  {
    path: ['explain'],
    summary: 'what an error code or a cause means and what to do',
    description: [
      'Prints the page of an error code (SNT-C001) or of a cause of the access log (no_healthy_target). Works without a daemon and without a network. Without an argument it lists them all.',
    ],
    arguments: [{ name: 'code', required: false, description: 'SNT-… or a cause' }],
    options: [json],
    examples: [
      { command: 'sentinel explain SNT-C001', meaning: 'an error code' },
      { command: 'sentinel explain no_healthy_target', meaning: 'a cause from the access log' },
    ],
    exits: [
      [exitCodes.ok, 'explained'],
      [exitCodes.usage, 'there is no such code'],
    ],
    load: () => import('../commands/explain.ts'),
  },
];
