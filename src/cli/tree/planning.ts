/** Declarations of the commands that look at a change of the configuration before it is made. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { badUsage, config, daemon, denied, json, unreachable, unreadable } from './options.ts';

const exitCode = { flags: '--exit-code', description: 'exit with 5 when there are changes' };

export const planningCommands: readonly CommandSpec[] = [
  {
    path: ['config', 'plan'],
    changes: false,
    summary: 'say what a file would change of what runs',
    description: [
      'Asks the running daemon what would differ if the file stood in the place of its own: every route, upstream, target, listener and setting that comes, goes or changes, in the words of the file, with what goes through it now; listeners that open and close; what cannot change while the daemon runs; warnings. Includes and relative paths begin where the file of the daemon lies. Nothing is changed.',
      'An order that decides nothing is no change. Secrets are never shown, only that they changed.',
    ],
    arguments: [
      {
        name: 'file',
        required: false,
        description: 'candidate, - for standard input; else what is on disk where the daemon reads it',
      },
    ],
    options: [exitCode, daemon, json],
    examples: [
      { command: 'sentinel config plan', meaning: 'what `sentinel reload` would change' },
      { command: 'sentinel config plan new.kdl', meaning: 'what another file would change' },
      { command: 'sentinel config plan new.kdl --exit-code', meaning: 'for a script: 0 nothing, 5 changes' },
    ],
    exits: [
      [exitCodes.ok, 'printed'],
      [exitCodes.problems, 'the file has mistakes, or the daemon would refuse it as it runs now'],
      badUsage,
      [exitCodes.unknown, 'no daemon answered, or the file cannot be read'],
      denied,
      [exitCodes.changes, 'with --exit-code: there are changes'],
    ],
    load: () => import('../commands/config-plan.ts'),
  },
  {
    path: ['config', 'diff'],
    changes: false,
    summary: 'say what differs between two configurations',
    description: [
      'Each side is a generation by its number, `running`, `disk`, or a file (`-` is standard input; a file whose name is a number is written ./40). Without arguments: what runs, and what is on disk. With one: it, and what runs.',
      'Two files are compared without a daemon. Generations and the disk are asked of the daemon, which also says what goes through each object now; where none runs, they are read from the history and from the file that -c or the environment names.',
    ],
    arguments: [
      { name: 'a', required: false, description: 'from: NUMBER, running, disk or a file; default running' },
      { name: 'b', required: false, description: 'to: the same; default running, or disk where A is what runs' },
    ],
    options: [exitCode, config, daemon, json],
    examples: [
      { command: 'sentinel config diff', meaning: 'what has been edited and is not in force' },
      { command: 'sentinel config diff 40', meaning: 'what has changed since generation 40' },
      { command: 'sentinel config diff 40 41', meaning: 'what generation 41 changed' },
      { command: 'sentinel config diff old.kdl new.kdl', meaning: 'two files, without a daemon' },
    ],
    exits: [
      [exitCodes.ok, 'printed'],
      [exitCodes.problems, 'one of them has mistakes, or is not in the history'],
      badUsage,
      unreachable,
      denied,
      [exitCodes.changes, 'with --exit-code: there are changes'],
    ],
    load: () => import('../commands/config-diff.ts'),
  },
  {
    path: ['config', 'query'],
    changes: false,
    summary: 'find nodes of a configuration by the KDL query language',
    description: [
      'Prints every node that the query selects, with its file and line, as it is written: aliases, defaults and `${…}` are left as they stand. Included files are searched too. The file need not be a configuration that checks; it has to be KDL, of version 1 or 2.',
      'A selector is a chain of filters: `a >> b` is b anywhere inside a, `a > b` directly inside, `top() > a` at the top level, `a || b` either. In brackets behind the name stands what must hold: `[val()]` it has an argument, `[val() = "api"]`, `[val(1) = 80]`, `[prop(weight) > 1]`, `^=` begins with, `$=` ends with, `*=` contains. `=> val()`, `=> prop(weight)` or `=> (name(), val())` at the end prints values instead of nodes.',
    ],
    arguments: [
      { name: 'query', required: true, description: 'in quotes: the shell knows these characters too' },
      { name: 'file', required: false, description: 'file to search, - for standard input; else as for run' },
    ],
    options: [json],
    examples: [
      { command: 'sentinel config query \'route[val() = "api"]\'', meaning: 'one route, with its place' },
      { command: "sentinel config query 'upstream >> target[prop(weight) = 2]'", meaning: 'targets of that weight' },
      { command: "sentinel config query 'route => val()'", meaning: 'names of all routes' },
    ],
    exits: [
      [exitCodes.ok, 'asked; nothing may match'],
      [exitCodes.problems, 'the file is not KDL'],
      [exitCodes.usage, 'the command line or the query is wrong'],
      unreadable,
    ],
    load: () => import('../commands/config-query.ts'),
  },
  {
    path: ['test'],
    changes: false,
    summary: 'hold the route tests of a configuration against its routes, or send them',
    description: [
      'Runs every `expect` of the file. Without --live nothing is sent: each request is held against the routes of the file. With --live each is sent to a listener of the running daemon – over TCP or a unix socket, with TLS and the PROXY protocol where the listener has them – and route, upstream and status are what the proxy itself saw of it, its target is shown. An answer that nobody can tell from another, or none, is unknown and never success.',
      'Only GET, HEAD and OPTIONS are sent. Of other methods, and of tests with `client-ip`, the daemon is asked which route would take them; --unsafe sends the methods too, without a body. A test without `status` wants an answer below 500.',
      'Certificates of the listeners are not judged here: that is `sentinel cert-check`. A file without tests has tested nothing, and exits with 3.',
    ],
    arguments: [
      { name: 'file', required: false, description: 'configuration; else as for run, with --live that of the daemon' },
    ],
    options: [
      { flags: '--live', description: 'send the requests through the running proxy' },
      { flags: '--unsafe', description: 'with --live: send methods that may change something too' },
      { flags: '--timeout <duration>', description: 'with --live: longest wait for one answer', defaultValue: '10s' },
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel test sentinel.kdl', meaning: 'by the routes of the file; nothing runs' },
      { command: 'sentinel test --live', meaning: 'through the proxy, after a reload' },
      { command: 'sentinel test --live --json', meaning: 'for a pipeline' },
    ],
    counterparts: [['./test-suite.sh', 'sentinel test --live']],
    exits: [
      [exitCodes.ok, 'every test held'],
      [exitCodes.problems, 'a test did not hold, or the file has mistakes'],
      badUsage,
      [exitCodes.unknown, 'of a test nobody knows what became of it; no daemon answered; there are no tests'],
      denied,
    ],
    load: () => import('../commands/test.ts'),
  },
];
