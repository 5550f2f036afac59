/** Declaration of the command that puts another process in the place of the daemon's. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { badUsage, daemon, denied, json, unreachable, yes } from './options.ts';

export const upgradeCommands: readonly CommandSpec[] = [
  {
    path: ['upgrade'],
    changes: (invocation) => !invocation.flag('follow'),
    summary: 'put a new process in the place of the running one, without a gap',
    description: [
      'Starts the program as it is on disk now and gives it the listening sockets. Its workers serve beside the old ones; then it takes over admin socket and pid file and tells systemd which process is the main one; only then the old one finishes what it has and ends. No connection is refused or reset on the way.',
      'Where the new process does not become ready (a mistake in the configuration, a broken package, too slow), it is ended, the old one goes on as if nothing had been, and this command says why. It reads the configuration file as a restart would; see `sentinel config diff` first if the file was changed.',
      'Interrupting the command leaves the upgrade to itself; --follow looks at it again. Requests cut by graceful-shutdown-timeout-secs of the old process are counted.',
    ],
    arguments: [],
    options: [
      {
        flags: '--binary <path>',
        description: 'launcher of another installed version (default: the one that the daemon was started by)',
      },
      {
        flags: '--timeout <duration>',
        description: 'how long the new process may take until it is ready',
        defaultValue: '60s',
      },
      { flags: '--follow', description: 'begin nothing, show the upgrade that is under way' },
      { flags: '--reason <text>', description: 'why, for the audit log' },
      yes,
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel upgrade', meaning: 'after the package was installed over the old one' },
      {
        command: 'sentinel upgrade --binary /opt/sentinel-0.9/bin/sentinel.js --yes',
        meaning: 'back to a version that is still there',
      },
    ],
    exits: [
      [exitCodes.ok, 'the new process serves and the old one has ended, or goes on finishing where it was interrupted'],
      [exitCodes.problems, 'the new process did not become ready and the old one goes on, or the daemon refused'],
      badUsage,
      unreachable,
      denied,
      [exitCodes.deadline, 'handed over, but the deadline of the old process cut requests'],
      [exitCodes.interrupted, 'interrupted; the upgrade goes on by itself'],
    ],
    load: () => import('../commands/upgrade.ts'),
  },
];
