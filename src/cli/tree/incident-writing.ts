/** Declarations of the commands that write into the journal of an incident. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { incidentOption, incidentUnreadable, noSuchIncident, whichIncident } from './incident-options.ts';
import { config, json } from './options.ts';

export const incidentWritingCommands: readonly CommandSpec[] = [
  {
    path: ['incident', 'note'],
    changes: true,
    summary: 'write a note into the journal of an incident',
    description: [
      'What stands in it is in the timeline with its time and your name. Passwords, tokens and keys that can be told by their names or their looks are left out. With - the text comes from standard input.',
    ],
    arguments: [
      { name: 'text', required: true, variadic: true, description: 'the note; - = read it from standard input' },
    ],
    options: [incidentOption, config, json],
    examples: [
      { command: 'sentinel incident note "10.1.1.12 does not answer, application team is on it"', meaning: 'one line' },
      { command: 'dmesg | tail -5 | sentinel incident note -', meaning: 'what another command says' },
    ],
    exits: [[exitCodes.ok, 'written'], noSuchIncident, whichIncident, incidentUnreadable],
    load: () => import('../commands/incident-note.ts'),
  },
];
