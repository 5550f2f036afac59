/** Declarations of the commands that tell what happened in an incident, and how it stands. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { incidentId, incidentPlaces, incidentUnreadable, noSuchIncident, whichIncident } from './incident-options.ts';
import { config, daemon, json } from './options.ts';

export const incidentPastCommands: readonly CommandSpec[] = [
  {
    path: ['incident', 'timeline'],
    changes: false,
    summary: 'everything that happened, by itself: commands, events, runbooks, notes, traffic, configurations',
    description: [
      'Puts together what the journal says, every `sentinel` command that changed something (who typed it, how it ended, how long it took), the events of the daemon, the steps of runbooks, the configurations that came into force, and the moments at which failures rose above what is normal and fell back. From 15 minutes before the first alert, or before it was opened, until it was closed: what broke it is in it.',
      'What is told twice stands there once: ✓ behind a command means that the daemon tells of it too. A source that could not be read is named at the head. Without a daemon its flight record is read, or else its log files.',
      'When the incident is closed the timeline is kept as it was then; with --since or --until it is made anew.',
      'A filter compares the fields that events have: kind, severity, subject, actor, reason, count, age, upstream, target, route. Words are looked for in all that a line says.',
      incidentPlaces,
    ],
    arguments: [incidentId],
    options: [
      {
        flags: '--format <format>',
        description: 'how to print it; markdown: the table of a post-mortem',
        choices: ['text', 'json', 'markdown'],
        defaultValue: 'text',
      },
      {
        flags: '--source <name>',
        description: 'only journal, command, event, runbook, traffic or configuration; again for others',
        repeatable: true,
      },
      { flags: '--filter <expression>', description: 'only moments that match: severity=error or actor=oncall' },
      { flags: '--since <time>', description: 'from then on: a time, 13:04 (today, in UTC), or 2h (ago)' },
      { flags: '--until <time>', description: 'up to then' },
      config,
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel incident timeline', meaning: 'of the only one that is open' },
      { command: 'sentinel incident timeline INC-20261121-001 --format markdown', meaning: 'for the post-mortem' },
      { command: 'sentinel incident timeline --source command --source configuration', meaning: 'who changed what' },
      { command: "sentinel incident timeline --since 13:00 --filter 'severity=error'", meaning: 'the bad since 13:00' },
    ],
    exits: [[exitCodes.ok, 'shown; what is missing is said'], noSuchIncident, whichIncident, incidentUnreadable],
    load: () => import('../commands/incident-timeline.ts'),
  },
  {
    path: ['incident', 'handover'],
    changes: false,
    summary: 'how an incident stands, on fifteen lines, for whoever takes it over',
    description: [
      'Since when, who leads, what the daemon says now, what the last diagnosis and the last note say, what lies over the configuration and until when, which targets drain, which configuration is on trial and when it rolls itself back, what is due, which actions are open, and what to type next.',
      'Where no daemon answers, what only it could tell is said to be not known, and the status is 3.',
    ],
    arguments: [incidentId],
    options: [config, daemon, json],
    examples: [{ command: 'sentinel incident handover', meaning: 'at the end of a shift' }],
    exits: [
      [exitCodes.ok, 'shown'],
      noSuchIncident,
      whichIncident,
      [exitCodes.unknown, 'shown, and how it is now is not known: no daemon answered; or the journal cannot be read'],
    ],
    load: () => import('../commands/incident-handover.ts'),
  },
];
