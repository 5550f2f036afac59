/** Declarations of the commands that write about an incident: to colleagues afterwards, and to people outside meanwhile. */
import { exitCodes } from '../../base/exit-codes.ts';
import { messageFormats, messageKinds } from '../../incident/messages/shapes.ts';
import type { CommandSpec } from '../command.ts';
import {
  incidentId,
  incidentOption,
  incidentPlaces,
  incidentUnreadable,
  noSuchIncident,
  whichIncident,
} from './incident-options.ts';
import { config, daemon, json } from './options.ts';

export const incidentTextCommands: readonly CommandSpec[] = [
  {
    path: ['incident', 'postmortem'],
    changes: true,
    summary: 'write the post-mortem, filled with what is known; edits are kept',
    description: [
      'Writes postmortem.md into the folder of the incident, by the template of the runbook: date, duration and severity, the timeline, what the diagnosis found, contributing factors, what was changed, action items, the times to detect, mitigate and resolve, and the share of requests that were affected, by the counters of the proxy itself. What is not known is a blank, marked with ✎, and says why.',
      'It can be written anew at any time. Each part that it writes stands between two markers; a part that somebody edited is kept as it is, and its new text is offered in postmortem.new.md. Everything outside of the markers stays byte for byte.',
      'Counts come from the flight record of the daemon, which is written every ten seconds: times and counts are right to ten seconds. Of time in which no daemon ran nothing is counted, and the text says so.',
      incidentPlaces,
    ],
    arguments: [incidentId],
    options: [
      {
        flags: '--output <file>',
        description: 'write to this file (default: postmortem.md in the folder of the incident)',
      },
      { flags: '--print', description: 'print it, and write nothing' },
      config,
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel incident postmortem INC-20261121-001', meaning: 'write it, or write its own parts anew' },
      {
        command: 'sentinel incident postmortem --print',
        meaning: 'what it would hold now, edits in the file included',
      },
    ],
    exits: [
      [exitCodes.ok, 'written, changed, or as it was'],
      [exitCodes.problems, 'a part has lost its markers and was left alone, or the file could not be written'],
      whichIncident,
      [exitCodes.unknown, 'the incident or the file cannot be read'],
    ],
    load: () => import('../commands/incident-postmortem.ts'),
  },
  {
    path: ['incident', 'comms'],
    changes: ({ flag }) => !flag('draft'),
    summary: 'write a message to people outside, for you to send',
    description: [
      'Fills a message of the runbook with facts: the service (`incidents { service }` of the configuration), what people notice in plain words, computed from the counters of the proxy, when it began, how long it lasts, and when the next update comes (SEV1 15 minutes, SEV2 30, SEV3 60). What is not known stays a blank in brackets, and standard error names each.',
      'It never sends anything. Addresses, names of targets and of hosts inside, and secrets are left out of every text, yours included. That a message was written goes into the journal of the incident, but not with --draft.',
      'Formats: text is the template word for word; markdown keeps its lines apart; slack is mrkdwn; statuspage is the JSON that the API of Statuspage takes, of which `body` alone is for its form. Messages about maintenance need no incident.',
    ],
    arguments: [{ name: 'message', required: true, description: `which one: ${messageKinds.join(', ')}` }, incidentId],
    options: [
      incidentOption,
      {
        flags: '--format <format>',
        description: 'how it looks where it is pasted',
        choices: messageFormats,
        defaultValue: 'text',
      },
      { flags: '--impact <text>', description: 'what people notice, in place of what was computed' },
      { flags: '--update <text>', description: 'what was learned or done; in a resolution what fixed it' },
      { flags: '--next <text>', description: 'what is done next' },
      { flags: '--cause <text>', description: 'brief, non-technical explanation for a resolution' },
      { flags: '--service <name>', description: 'what people outside call it' },
      { flags: '--title <text>', description: 'brief description, in place of the title of the incident' },
      {
        flags: '--window <start/end>',
        description: 'of a maintenance: 2026-11-22T02:00Z/2026-11-22T03:00Z, or an end such as 1h',
      },
      { flags: '--draft', description: 'write nothing into the journal' },
      config,
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel incident comms initial', meaning: 'the first message about the open incident' },
      {
        command: 'sentinel incident comms update --update "A fix is being rolled out." --format slack',
        meaning: 'for a channel',
      },
      {
        command:
          'sentinel incident comms maintenance-announce --service Checkout --title "New hardware" --window 2026-11-22T02:00Z/1h',
        meaning: 'before a maintenance',
      },
    ],
    exits: [
      [exitCodes.ok, 'written; blanks are named on standard error'],
      noSuchIncident,
      whichIncident,
      incidentUnreadable,
    ],
    load: () => import('../commands/incident-comms.ts'),
  },
];
