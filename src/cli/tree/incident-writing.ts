/** Declarations of the commands that write into the journal of an incident. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { incidentId, incidentOption, incidentUnreadable, noSuchIncident, whichIncident } from './incident-options.ts';
import { badUsage, config, daemon, json } from './options.ts';

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
  {
    path: ['incident', 'ack'],
    changes: true,
    summary: 'say that you are at it; says how long that took, and whether it was in time',
    description: [
      'The time to acknowledge counts from when the incident was opened, or from when it got worse: SEV1 5 minutes, SEV2 15 minutes, SEV3 1 hour, SEV4 4 working hours (Monday to Friday, 9 to 17 by the clock of the machine). It ticks "Acknowledge incident" of the checklist. A second one changes nothing.',
    ],
    arguments: [incidentId],
    options: [config, json],
    examples: [{ command: 'sentinel incident ack', meaning: 'the only one that is open' }],
    exits: [[exitCodes.ok, 'it is acknowledged'], noSuchIncident, whichIncident, incidentUnreadable],
    load: () => import('../commands/incident-ack.ts'),
  },
  {
    path: ['incident', 'sev'],
    changes: (invocation) => !invocation.flag('propose'),
    summary: 'how bad it is: set it, or have it proposed from what is live',
    description: [
      'With a severity it is set. Without one a diagnosis of a few seconds proposes one by the table of the runbook, with the reason, and takes it when you say yes: SEV1 complete outage, SEV2 partial outage, SEV3 degraded, SEV4 minor. Of SEV1 and SEV2 it asks for an incident commander.',
    ],
    arguments: [{ name: 'severity', required: false, description: '1, 2, 3 or 4; default: propose one' }],
    options: [
      incidentOption,
      { flags: '--why <text>', description: 'why, for the timeline' },
      { flags: '--propose', description: 'only say which one the facts speak for' },
      { flags: '--yes', description: 'take what is proposed without asking' },
      { flags: '--no-input', description: 'ask nobody' },
      config,
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel incident sev 2 --why "checkout only"', meaning: 'set it' },
      { command: 'sentinel incident sev --yes', meaning: 'take what the facts speak for' },
    ],
    exits: [
      [exitCodes.ok, 'it is set, or proposed, or nothing is wrong'],
      [exitCodes.problems, 'you said no, there is no such incident, or it could not be written'],
      [
        exitCodes.usage,
        'nobody could be asked, none was named and none or several are open, or the command line is wrong',
      ],
      [exitCodes.unknown, 'what is wrong is not known, or the folder of incidents cannot be read'],
    ],
    load: () => import('../commands/incident-sev.ts'),
  },
  {
    path: ['incident', 'role'],
    changes: (invocation) => invocation.argument('role') !== undefined,
    summary: 'who leads (commander), who speaks (communications), who writes (scribe); or who has which role',
    description: [
      'Any word can be a role. `commander` ticks "Declare incident commander"; `management` says that management has been told, which is due when a SEV1 has lasted half an hour.',
    ],
    arguments: [
      {
        name: 'role',
        required: false,
        description: 'commander, communications, scribe, management …; default: show all',
      },
      { name: 'person', required: false, variadic: true, description: 'who has it from now on' },
    ],
    options: [incidentOption, { flags: '--clear', description: 'nobody has it any more' }, config, json],
    examples: [
      { command: 'sentinel incident role commander "Ana Silva"', meaning: 'she leads' },
      { command: 'sentinel incident role', meaning: 'who has which' },
    ],
    exits: [[exitCodes.ok, 'done, or shown'], noSuchIncident, whichIncident, incidentUnreadable],
    load: () => import('../commands/incident-role.ts'),
  },
  {
    path: ['incident', 'mark'],
    changes: (invocation) => invocation.argument('mark') !== undefined,
    summary: 'say when it was identified, mitigated or resolved; or see which moments events propose',
    description: [
      'Without a mark it says which moments the timeline proposes for those that nobody has set, and why: the first alert or the first failure; the first diagnosis that named a cause, or the first deed; when failures fell back to what is normal, or the last target or breaker came back; the end of the last alert, or the moment after which nothing failed for five minutes.',
      'The marks in their order: alert (the first alert fired), identified (the cause is known), mitigated (it no longer hurts), monitoring (watching whether it holds), resolved (it is over). Each may be set again: what was said last counts, and the journal keeps both. A moment that has not come yet is refused; one that comes before what it should follow is taken, and said.',
    ],
    arguments: [
      {
        name: 'mark',
        required: false,
        description: 'alert, identified, mitigated, monitoring or resolved; default: propose',
      },
    ],
    options: [
      incidentOption,
      { flags: '--at <time>', description: 'when it was so: a time, 13:04 (today, in UTC), or 5m (ago); default: now' },
      { flags: '--proposed', description: 'at the moment that the timeline proposes' },
      config,
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel incident mark', meaning: 'what events propose' },
      { command: 'sentinel incident mark mitigated', meaning: 'now' },
      { command: 'sentinel incident mark alert --at 5m', meaning: 'five minutes ago' },
    ],
    exits: [[exitCodes.ok, 'written'], noSuchIncident, whichIncident, incidentUnreadable],
    load: () => import('../commands/incident-mark.ts'),
  },
  {
    path: ['incident', 'checklist'],
    changes: false,
    summary: 'the first five minutes, and the first hour after: what is done, by whom, proved by what',
    description: [
      'Items that a command proves tick themselves: `incident ack`, a severity, `role commander`, a diagnosis, a run of a runbook or a snapshot, and a snapshot after the resolution. What only a person outside can do (a channel, a status page, a message) is ticked by hand, and never by the program.',
    ],
    arguments: [incidentId],
    options: [config, json],
    examples: [{ command: 'sentinel incident checklist', meaning: 'both lists' }],
    exits: [[exitCodes.ok, 'shown'], noSuchIncident, whichIncident, incidentUnreadable],
    load: () => import('../commands/incident-checklist.ts'),
  },
  {
    path: ['incident', 'checklist', 'tick'],
    changes: true,
    summary: 'say that items of the checklists are done',
    description: [
      'Items: acknowledge, severity, channel, commander, diagnostics; post-status-page, post-all-clear, post-timeline, post-preserve, post-schedule.',
    ],
    arguments: [{ name: 'item', required: true, variadic: true, description: 'what is done' }],
    options: [incidentOption, config, json],
    examples: [{ command: 'sentinel incident checklist tick channel', meaning: 'the channel is open' }],
    exits: [[exitCodes.ok, 'ticked'], noSuchIncident, whichIncident, incidentUnreadable],
    load: () => import('../commands/incident-checklist-tick.ts'),
  },
  {
    path: ['incident', 'checklist', 'untick'],
    changes: true,
    summary: 'say that items of the checklists are not done after all',
    description: ['Also of an item that a command has ticked: what a person says last counts.'],
    arguments: [{ name: 'item', required: true, variadic: true, description: 'what is not done' }],
    options: [incidentOption, config, json],
    examples: [{ command: 'sentinel incident checklist untick post-all-clear', meaning: 'it did not go out' }],
    exits: [[exitCodes.ok, 'taken back'], noSuchIncident, whichIncident, incidentUnreadable],
    load: async () => ({ run: (await import('../commands/incident-checklist-tick.ts')).untick }),
  },
  {
    path: ['incident', 'factor', 'add'],
    changes: true,
    summary: 'write down what has contributed to it, for the post-mortem',
    description: ['It stands under "Contributing Factors" of the post-mortem.'],
    arguments: [{ name: 'text', required: true, variadic: true, description: 'the factor' }],
    options: [incidentOption, config, json],
    examples: [
      {
        command: 'sentinel incident factor add "the timeout was shorter than the slowest query"',
        meaning: 'one factor',
      },
    ],
    exits: [[exitCodes.ok, 'written'], noSuchIncident, whichIncident, incidentUnreadable],
    load: () => import('../commands/incident-factor-add.ts'),
  },
  {
    path: ['incident', 'action', 'add'],
    changes: true,
    summary: 'write down what is to be done, by whom and by when',
    description: ['It stands under "Action Items" of the post-mortem, and `incident list` tells when it is overdue.'],
    arguments: [{ name: 'text', required: true, variadic: true, description: 'what is to be done' }],
    options: [
      incidentOption,
      { flags: '--owner <name>', description: 'who does it' },
      { flags: '--due <day>', description: 'by when: 2026-11-30, or 7d from now' },
      config,
      json,
    ],
    examples: [
      {
        command: 'sentinel incident action add "raise the timeout of checkout" --owner ana --due 7d',
        meaning: 'within a week',
      },
    ],
    exits: [[exitCodes.ok, 'written'], noSuchIncident, whichIncident, incidentUnreadable],
    load: () => import('../commands/incident-action-add.ts'),
  },
  {
    path: ['incident', 'action', 'done'],
    changes: true,
    summary: 'say that an action is carried out',
    description: ['Where no incident is open, the only one with an action that is not done is meant.'],
    arguments: [{ name: 'number', required: true, description: 'its number, as the list has it' }],
    options: [incidentOption, config, json],
    examples: [{ command: 'sentinel incident action done 2 -i INC-20261121-001', meaning: 'the second one' }],
    exits: [[exitCodes.ok, 'it is done'], noSuchIncident, whichIncident, incidentUnreadable],
    load: () => import('../commands/incident-action-done.ts'),
  },
  {
    path: ['incident', 'action', 'list'],
    changes: false,
    summary: 'actions of all incidents that are not done, or all of one',
    description: ['What is overdue is marked.'],
    arguments: [],
    options: [
      {
        flags: '-i, --incident <id>',
        description: 'all actions of this one (default: open actions of every incident)',
      },
      { flags: '--all', description: 'those that are done too' },
      config,
      json,
    ],
    examples: [{ command: 'sentinel incident action list', meaning: 'what is still to be done' }],
    exits: [[exitCodes.ok, 'listed'], noSuchIncident, badUsage, incidentUnreadable],
    load: () => import('../commands/incident-action-list.ts'),
  },
];
