/** Declarations of the commands that put a configuration in force and take it back. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { ArgumentSpec, CommandSpec, OptionSpec } from '../command.ts';
import { badUsage, config, daemon, denied, json, unreachable, yes } from './options.ts';

const reason: OptionSpec = {
  flags: '--reason <text>',
  description: 'why, for the history, the events and the audit log',
};
const id: ArgumentSpec = {
  name: 'id',
  required: true,
  description: 'id of the change on trial, as `config apply` and `status` show it',
};

export const commitCommands: readonly CommandSpec[] = [
  {
    path: ['config', 'apply'],
    changes: true,
    summary: 'put a file in force, on trial or for good',
    description: [
      'Shows what the file would change of what runs, asks, and puts it in force without dropping a request, as if it stood in the place of the configuration file of the daemon.',
      'With --confirm-within it is on trial: unless somebody confirms it in that time (90s to 24h; 5m is usual), or as soon as a guard has had enough of it, the configuration before is in force again. The daemon watches by itself, whether this command stays or not, and a daemon that dies meanwhile starts with the configuration before. The file on disk is written when the change is confirmed. Without --confirm-within it is confirmed at once.',
      'Guards compare windows of five seconds with the five minutes before: 5xx (1 %, or half a percent more than before), p99 (1.5 times), targets that are down (none more, and never below min-healthy), failed TLS handshakes (half a percent more). Two bad windows in a row, with fifty requests, roll back. --guard allows more for this one change: errors=5%, tls=2%, p99=3, or off, as healthy=off.',
      'On a terminal the command stays and shows the guards and the time left; Ctrl-C goes away and leaves the change pending. Elsewhere it returns at once, unless --wait is given.',
      'One configuration is on trial at a time, and no reload comes in between; --stack puts another one in its place, and a rollback then goes back to what was confirmed last.',
    ],
    arguments: [{ name: 'file', required: true, description: 'the whole configuration; - for standard input' }],
    options: [
      { flags: '--confirm-within <duration>', description: 'on trial for so long: 90s, 5m, 1h' },
      {
        flags: '--guard <guard>',
        description: 'what a guard allows for this change: errors=5%, p99=2, healthy=off',
        repeatable: true,
      },
      { flags: '--stack', description: 'take the place of the change that is on trial' },
      { flags: '--wait', description: 'stay until it is decided, on a pipe too' },
      { flags: '--detach', description: 'return at once, on a terminal too' },
      reason,
      yes,
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel config apply new.kdl --confirm-within 5m --reason "raise timeouts"', meaning: 'on trial' },
      {
        command: 'sentinel config apply new.kdl --confirm-within 2m --yes --wait',
        meaning: 'in a script: 0 confirmed, 7 rolled back',
      },
      { command: 'sentinel config apply new.kdl --yes', meaning: 'for good, and into the file' },
    ],
    exits: [
      [exitCodes.ok, 'in force; with --wait: confirmed'],
      [exitCodes.problems, 'refused, or not rolled back though it should have been; the message says what runs'],
      [exitCodes.usage, 'the command line is wrong, or nobody could be asked and --yes is missing'],
      [exitCodes.unknown, 'no daemon answered, or the file could not be read'],
      denied,
      [exitCodes.rolledBack, 'applied, then rolled back'],
      [exitCodes.interrupted, 'Ctrl-C: the change stays pending'],
    ],
    load: () => import('../commands/config-apply.ts'),
  },
  {
    path: ['config', 'confirm'],
    changes: true,
    summary: 'keep the configuration that is on trial',
    description: [
      'From now on it stays in force, and the configuration file on disk holds it. Confirming twice is as good as once, so a lost reply can be asked for again. An id that is not on trial is refused with what became of it.',
    ],
    arguments: [id],
    options: [reason, daemon, json],
    examples: [{ command: 'sentinel config confirm c-9f2a', meaning: 'keep it' }],
    exits: [
      [exitCodes.ok, 'confirmed, and the file is written'],
      [exitCodes.problems, 'it is not on trial, or its file could not be written: then it stays pending'],
      badUsage,
      unreachable,
      denied,
    ],
    load: () => import('../commands/config-confirm.ts'),
  },
  {
    path: ['config', 'extend'],
    changes: true,
    summary: 'give the configuration on trial more time',
    description: [
      'It has this long from now on, and never less than it had: asking twice does no harm. 90s to 24h, as for `config apply`.',
    ],
    arguments: [id, { name: 'time', required: true, description: 'from now on: 90s, 5m, 1h' }],
    options: [reason, daemon, json],
    examples: [{ command: 'sentinel config extend c-9f2a 10m', meaning: 'ten minutes from now' }],
    exits: [
      [exitCodes.ok, 'it has that time'],
      [exitCodes.problems, 'it is not on trial, or the time is out of range'],
      badUsage,
      unreachable,
      denied,
    ],
    load: () => import('../commands/config-extend.ts'),
  },
  {
    path: ['config', 'rollback'],
    changes: true,
    summary: 'go back to the configuration before',
    description: [
      'Ends the change on trial, or goes back to a generation of the history: the one that is named, else the one that ran before. It takes the same way as every change, listeners and certificates included, becomes a generation of its own, and the files on disk are put back. What they held and never ran is kept in the state folder.',
      'The id of a change on trial is confirmation enough; to go back to a number it has to be typed again, or given with --confirm.',
      'While no daemon runs, the files of that generation are put back for the next start, and the command says that nothing runs.',
    ],
    arguments: [
      {
        name: 'to',
        required: false,
        description: 'id of the change on trial, or number of a generation; else the one before',
      },
    ],
    options: [
      { flags: '--confirm <name>', description: 'the number, or the id, once more' },
      reason,
      config,
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel config rollback c-9f2a', meaning: 'abort what is on trial' },
      { command: 'sentinel config rollback 41 --confirm=41', meaning: 'generation 41 again, without being asked' },
      { command: 'sentinel config rollback', meaning: 'the one before, after a question' },
    ],
    exits: [
      [exitCodes.ok, 'it is in force again; or, without a daemon, its files are back'],
      [exitCodes.problems, 'refused, or the files on disk could not be put back'],
      [exitCodes.usage, 'the command line is wrong, or --confirm is missing'],
      unreachable,
      denied,
    ],
    load: () => import('../commands/config-rollback.ts'),
  },
];
