/** Declarations of the commands that start a daemon. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { badUsage, config, unreadable } from './options.ts';

export const daemonCommands: readonly CommandSpec[] = [
  {
    path: ['run'],
    changes: false,
    summary: 'run the proxy in the foreground',
    description: [
      'Runs the daemon until it is told to stop. TERM, QUIT and INT let requests in flight finish, up to graceful-shutdown-timeout-secs; a second one forces. HUP applies the edited configuration; a file that does not check changes nothing.',
      'Without a file it serves a welcome page on 127.0.0.1:8080. With --to it proxies everything to one address.',
    ],
    arguments: [],
    options: [
      config,
      { flags: '--to <address>', description: 'proxy to host:port with no configuration file' },
      { flags: '--workers <count>', description: 'worker threads, 0 = one per core (SENTINEL_WORKERS)' },
    ],
    examples: [
      { command: 'sentinel run', meaning: 'the file of SENTINEL_CONFIG, config/ or /etc, else a welcome page' },
      { command: 'sentinel run -c sentinel.kdl', meaning: 'this file' },
      { command: 'sentinel run --to 127.0.0.1:3000', meaning: 'one target, no file' },
    ],
    exits: [
      [exitCodes.ok, 'stopped when asked, nothing in flight was cut'],
      [
        exitCodes.problems,
        'the configuration is wrong, an address is taken, another daemon runs, or the stop was forced',
      ],
      badUsage,
      unreadable,
      [exitCodes.deadline, 'stopped when asked, but the deadline cut requests'],
    ],
    load: () => import('../commands/run.ts'),
  },
  {
    path: ['demo'],
    changes: false,
    summary: 'run a proxy with three targets, to try everything on',
    description: [
      'Starts three small HTTP targets and a daemon in front of them, with a certificate that signs itself, prints what to type next, and stops when interrupted. The configuration is written to a fresh directory, so that it can be edited and reloaded.',
    ],
    arguments: [],
    options: [
      { flags: '--port <number>', description: 'port of the proxy', defaultValue: '8080' },
      { flags: '--tls-port <number>', description: 'port of the proxy over TLS', defaultValue: '8443' },
      { flags: '--metrics-port <number>', description: 'port of metrics and admin reads', defaultValue: '9090' },
    ],
    examples: [{ command: 'sentinel demo', meaning: 'http://127.0.0.1:8080 in front of three targets' }],
    exits: [[exitCodes.ok, 'stopped when asked'], [exitCodes.problems, 'an address is taken'], badUsage],
    load: () => import('../commands/demo.ts'),
  },
];
