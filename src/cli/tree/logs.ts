/** Declarations of the commands about log lines and log levels. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { badUsage, config, daemon, denied, json, unreachable } from './options.ts';

export const logCommands: readonly CommandSpec[] = [
  {
    path: ['logs'],
    changes: (invocation) => invocation.argument('action') !== undefined,
    summary: 'the latest lines of the log, and reopening of its files',
    description: [
      'Shows what the daemon has logged, the newest last: from its memory (the last mebibyte), and for an older --since from the log file, where the configuration names one and you may read it. What could not be covered is said. With -f it goes on with what comes. Where no daemon answers, the file that the configuration names is read.',
      'With --access it shows the end of the access log instead; live requests are what `sentinel tap` shows.',
      '`sentinel logs reopen` opens all log files anew in all threads: what logrotate calls after it has moved them. The configuration is not read.',
      'A filter compares the fields level, module, kind, message, id, trace, client, listener, route, upstream, target, actor, reason, age; with --access those of requests. Words are looked for in the message.',
    ],
    arguments: [{ name: 'action', required: false, description: 'reopen' }],
    options: [
      { flags: '-f, --follow', description: 'go on with what is logged from now on' },
      { flags: '--since <time>', description: 'a duration back from now (5m), or a time (2026-01-31T14:00:00Z)' },
      { flags: '--level <level>', description: 'lines of this level and worse: trace, debug, info, warn, error' },
      { flags: '--filter <expression>', description: 'only lines that match: module=health or level=error' },
      { flags: '--limit <number>', description: 'at most so many, the newest (200; with --since 5000)' },
      { flags: '--access', description: 'the access log' },
      { flags: '--reason <text>', description: 'why files are reopened, for the audit log' },
      config,
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel logs --since 5m --level warn', meaning: 'what went wrong just now' },
      { command: 'sentinel logs -f', meaning: 'watch' },
      { command: "sentinel logs --access --filter 'status=5xx'", meaning: 'failed requests that were logged' },
      { command: 'sentinel logs reopen', meaning: 'after a rotation' },
    ],
    exits: [
      [exitCodes.ok, 'shown, or reopened'],
      [exitCodes.problems, 'a worker has not reopened its file yet'],
      badUsage,
      [exitCodes.unknown, 'nothing could be read: no daemon answered, and no file is named or readable'],
      denied,
      [exitCodes.interrupted, 'ended by Ctrl-C'],
    ],
    load: () => import('../commands/logs.ts'),
  },
  {
    path: ['log-level'],
    changes: (invocation) => invocation.argument('level') !== undefined,
    summary: 'see and set log levels, for a while',
    description: [
      'Without an argument it shows the level of each module, and what was set by whom, why and until when. With a level it sets that, for one module or for all, until the time is over; `reset` takes it back. Nothing is written into the configuration. Both ends are logged.',
      'The signals USR1 and USR2 do the same for debug: on for 15 minutes, off.',
    ],
    arguments: [{ name: 'level', required: false, description: 'trace, debug, info, warn, error, or reset' }],
    options: [
      { flags: '--module <name>', description: 'only lines of this module (the list shows them)' },
      { flags: '--for <duration>', description: 'how long, up to 7d (15m)' },
      { flags: '--reason <text>', description: 'why, for the list and the audit log' },
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel log-level', meaning: 'what is in force' },
      { command: 'sentinel log-level debug --for 15m', meaning: 'everything, for a quarter of an hour' },
      { command: 'sentinel log-level debug --module health --reason "flapping"', meaning: 'one module' },
      { command: 'sentinel log-level reset', meaning: 'as configured again' },
    ],
    counterparts: [['kill -USR1 $(cat /var/run/sentinel.pid)', 'sentinel log-level debug --for 15m']],
    exits: [
      [exitCodes.ok, 'shown, or done'],
      [exitCodes.problems, 'no level was set for that module, or there is no such module'],
      badUsage,
      unreachable,
      denied,
    ],
    load: () => import('../commands/log-level.ts'),
  },
];
