/** Arguments, options and exit statuses that commands of incidents share. */
import { type ExitCode, exitCodes } from '../../base/exit-codes.ts';
import type { ArgumentSpec, OptionSpec } from '../command.ts';

/** Of commands whose only argument it is. */
export const incidentId: ArgumentSpec = {
  name: 'id',
  required: false,
  description: 'the incident; default: the only one that is not closed',
};

/** Of commands that have an argument of their own. */
export const incidentOption: OptionSpec = {
  flags: '-i, --incident <id>',
  description: 'the incident (default: the only one that is not closed)',
};

/** Of commands that add to an incident what they find. */
export const joinedIncident: OptionSpec = {
  flags: '-i, --incident <id>',
  description: 'the incident that gets it (default: the only one that is open, if there is one)',
};

export const noSuchIncident: readonly [ExitCode, string] = [
  exitCodes.problems,
  'there is no such incident, or it could not be written',
];
export const whichIncident: readonly [ExitCode, string] = [
  exitCodes.usage,
  'none was named and none or several are open, or the command line is wrong',
];
export const incidentUnreadable: readonly [ExitCode, string] = [
  exitCodes.unknown,
  'the folder of incidents, or a journal, cannot be read',
];

/** Where incidents are, for the manual. */
export const incidentPlaces =
  'Everything is files: each incident has a folder, in the one that SENTINEL_INCIDENTS names, else `incidents { dir }` of the configuration, else /var/log/sentinel/incidents, else `incidents` in the state folder. No daemon is needed.';
