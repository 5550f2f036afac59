/** Options and exit statuses that several commands share, so that they are spelled and explained once. */
import { type ExitCode, exitCodes } from '../../base/exit-codes.ts';
import type { OptionSpec } from '../command.ts';

export const json: OptionSpec = { flags: '--json', description: 'print one JSON envelope' };

export const daemon: OptionSpec = {
  flags: '--daemon <address>',
  description: 'unix socket path or host:port of the daemon (SENTINEL_DAEMON)',
};

/** Of commands that ask before they act (`confirmation.ts`). */
export const yes: OptionSpec = { flags: '--yes', description: 'do it without asking' };

export const config: OptionSpec = {
  flags: '-c, --config <file>',
  description: 'configuration file (SENTINEL_CONFIG, else config/sentinel.kdl, else /etc/sentinel/config.kdl)',
};

export const unreachable: readonly [ExitCode, string] = [exitCodes.unknown, 'no daemon answered, or not in time'];
export const denied: readonly [ExitCode, string] = [exitCodes.denied, 'the daemon does not let you'];
export const badUsage: readonly [ExitCode, string] = [exitCodes.usage, 'the command line is wrong'];
export const unreadable: readonly [ExitCode, string] = [
  exitCodes.unknown,
  'the file is missing, unreadable, a directory or over 8 MiB',
];
