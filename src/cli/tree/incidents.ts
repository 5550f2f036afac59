/** Declarations of the commands that open an incident, show it and end it. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { incidentId, incidentPlaces, incidentUnreadable, noSuchIncident, whichIncident } from './incident-options.ts';
import { badUsage, config, daemon, json } from './options.ts';

export const incidentCommands: readonly CommandSpec[] = [
  {
    path: ['incident', 'open'],
    changes: true,
    summary: 'write down that there is an incident, under the next free id of the day',
    description: [
      'Makes the folder of the incident and begins its journal, which every later command, alert and diagnosis is written into. Without an id it is INC-YYYYMMDD-NNN, the next free one of the day in UTC: of two that are opened at the same moment each gets its own. A folder of that id which is there and has no journal is taken over with what is in it.',
      'When that is done, and no --sev was given, it looks for at most a few seconds at what is live and proposes a severity with its reason; what the diagnosis found goes into the journal. A daemon that hangs does not keep an incident from being opened. Of SEV1 and SEV2 it asks for an incident commander.',
      incidentPlaces,
    ],
    arguments: [{ name: 'id', required: false, description: 'a name of your own, such as INC-001' }],
    options: [
      { flags: '--sev <severity>', description: 'how bad it is: 1, 2, 3 or 4' },
      { flags: '--title <text>', description: 'what is wrong, in one line' },
      { flags: '--at <time>', description: 'when the first alert fired: a time, 13:04 (today, in UTC), or 5m (ago)' },
      { flags: '--no-propose', description: 'do not look for a severity' },
      config,
      daemon,
      json,
    ],
    examples: [
      {
        command: 'sentinel incident open --title "checkout answers 502"',
        meaning: 'and see which severity is proposed',
      },
      {
        command: 'sentinel incident open INC-001 --sev 2 --at 5m',
        meaning: 'under an id of your own; the alert fired 5 minutes ago',
      },
    ],
    counterparts: [['mkdir -p /var/log/sentinel/incidents/$INCIDENT_ID', 'sentinel incident open']],
    exits: [[exitCodes.ok, 'it is open'], [exitCodes.problems, 'that id exists, or it could not be written'], badUsage],
    load: () => import('../commands/incident-open.ts'),
  },
  {
    path: ['incident', 'show'],
    changes: false,
    summary: 'one incident with what is due, what is done and what is known of it',
    description: [
      'Shows what is due first: how much of the time to acknowledge is left (SEV1 5 minutes, SEV2 15 minutes, SEV3 1 hour, SEV4 4 working hours), management once a SEV1 has lasted half an hour, the next update, and after the resolution the list of the first hour and the post-mortem. Then alerts, checklists with who ticked what and by which command, actions, notes, evidence.',
      incidentPlaces,
    ],
    arguments: [incidentId],
    options: [config, json],
    examples: [{ command: 'sentinel incident show INC-20261121-001', meaning: 'everything, on one screen' }],
    exits: [[exitCodes.ok, 'shown'], noSuchIncident, whichIncident, incidentUnreadable],
    load: () => import('../commands/incident-show.ts'),
  },
  {
    path: ['incident', 'list'],
    changes: false,
    summary: 'incidents that are not closed, and closed ones of which something is overdue',
    description: ['Lists the newest first, with what should have been done by now and is not.', incidentPlaces],
    arguments: [],
    options: [{ flags: '--all', description: 'closed ones too' }, config, json],
    examples: [{ command: 'sentinel incident list --all', meaning: 'every one that there was' }],
    exits: [[exitCodes.ok, 'listed'], badUsage, [exitCodes.unknown, 'listed, and one cannot be read; or none can']],
    load: () => import('../commands/incident-list.ts'),
  },
  {
    path: ['incident', 'close'],
    changes: true,
    summary: 'it is over: keep timeline and impact as they are, and set what is due after it',
    description: [
      'Keeps the timeline as a file beside the journal, and the impact on traffic in it, so that both can be read when logs and counters are gone. What cannot be had (a daemon that is dead) is said, and keeps nothing from being closed.',
      'From the resolution on the list of the first hour is due within one hour, and of SEV1 and SEV2 the post-mortem within 48 hours; `incident list` tells what is overdue. An incident that nobody has said to be resolved is not closed.',
    ],
    arguments: [incidentId],
    options: [
      { flags: '--why <text>', description: 'in a few words, for the timeline' },
      {
        flags: '--resolved <time>',
        description: 'it was resolved then: now, a time, 13:04 (today, in UTC), or 5m (ago)',
      },
      config,
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel incident close --resolved now', meaning: 'it is over' },
      {
        command: 'sentinel incident close INC-20261121-001 --why "rolled back"',
        meaning: 'one that was resolved before',
      },
    ],
    exits: [
      [exitCodes.ok, 'it is closed'],
      [
        exitCodes.problems,
        'nobody has said that it is resolved, there is no such incident, or it could not be written',
      ],
      whichIncident,
      incidentUnreadable,
    ],
    load: () => import('../commands/incident-close.ts'),
  },
  {
    path: ['incident', 'reopen'],
    changes: true,
    summary: 'an incident that was resolved or closed is not over',
    description: [
      'It is open again; when it was mitigated and resolved is to be said anew, and the list of the first hour begins anew after that. The journal keeps what was.',
    ],
    arguments: [incidentId],
    options: [{ flags: '--why <text>', description: 'why, for the timeline' }, config, json],
    examples: [
      { command: 'sentinel incident reopen INC-20261121-001 --why "errors are back"', meaning: 'go on with it' },
    ],
    exits: [[exitCodes.ok, 'it is open'], noSuchIncident, whichIncident, incidentUnreadable],
    load: () => import('../commands/incident-reopen.ts'),
  },
  {
    path: ['incident', 'verify'],
    changes: false,
    summary: 'whether the journal of an incident is what was written',
    description: [
      'Each line of the journal holds the hash of the line before, and head.json the number, the hash and the length up to the last one: a byte that was changed, a line that is missing, was moved or was added is found, each with its place. Files that the journal names by their hash (snapshots, the timeline, transcripts) are read too; a post-mortem may be edited, which is said and is no fault.',
      'The head is printed short: read out over the phone it says whether two people have the same journal. Whoever can write the folder can write all of it anew; a head that somebody noted elsewhere shows that too.',
    ],
    arguments: [incidentId],
    options: [{ flags: '--all', description: 'every incident' }, config, json],
    examples: [{ command: 'sentinel incident verify --all', meaning: 'nobody has touched any of them' }],
    exits: [
      [exitCodes.ok, 'it is what was written'],
      [exitCodes.problems, 'it is not, or there is no such incident'],
      whichIncident,
      incidentUnreadable,
    ],
    load: () => import('../commands/incident-verify.ts'),
  },
];
