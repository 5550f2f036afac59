/** Declaration of the command that opens the screen, and of what it prints where no screen is wanted. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { badUsage, denied } from './options.ts';

/** As `viewNames` of the screen, which lies above and must not be loaded for help. */
const views = ['upstreams', 'routes', 'errors', 'inflight', 'clients', 'certs', 'events', 'log'] as const;

export const topCommands: readonly CommandSpec[] = [
  {
    path: ['top'],
    changes: false,
    summary: 'the screen to look at: what is wrong, where, why, and the keys that act on it',
    description: [
      'Shows on the whole terminal what the daemon does, the worst first, anew each second: the verdict of `sentinel diagnose`, requests, errors and latency with their last quarter of an hour, and one of eight views: upstreams with their targets, routes, failed requests, requests in flight, clients, certificates, events, log lines. Enter goes into a row, Escape back, `?` shows the keys, `A` what can be done to the row; nothing is done without being shown first. docs/top.md is a tour.',
      'While no daemon answers it says so, keeps the last that it knew, marked as old, and goes on by itself. With several daemons (`--daemon A,B,C`) each row says whose it is, and one that is dead does not hide the others.',
      'The same for programs and logs: --once prints one table, --json one envelope, --stream one JSON document per interval with the schema first, --plain a sentence for each change and nothing while nothing changes, for screen readers and logs. Where standard input or output is no terminal, --once is what is meant; where INK_SCREEN_READER=true or TERM=dumb, --plain.',
      '--charts is for a second monitor that nobody types at: rates, percentiles, errors by cause, connections, availability of targets, events. It is drawn with the optional package blessed-contrib.',
      'A filter compares what the view shows: fields of sentinel-filters(7), for upstreams those of targets, for errors those of requests. A mistake in it is shown with its place before anything is asked.',
    ],
    arguments: [],
    options: [
      {
        flags: '--daemon <addresses>',
        description: 'unix socket path or host:port of the daemon (SENTINEL_DAEMON); several separated by commas',
      },
      { flags: '--view <name>', description: 'what to show first', choices: views, defaultValue: 'upstreams' },
      { flags: '--filter <expression>', description: 'only rows that match: err>1% or state!=healthy' },
      {
        flags: '--sort <column>',
        description: 'by a column of the view, the worst first; COLUMN:reverse turns it around (default: worst first)',
      },
      { flags: '--faults-only', description: 'only what is not well' },
      { flags: '--wide', description: 'also the columns that are usually left out' },
      { flags: '--interval <duration>', description: 'between two readings, from 250ms', defaultValue: '1s' },
      { flags: '--read-only', description: 'offer no action' },
      { flags: '--ascii', description: 'no characters beyond ASCII' },
      { flags: '--once', description: 'print one table and end' },
      { flags: '--json', description: 'the same as one JSON envelope' },
      { flags: '--stream', description: 'one JSON document a line and interval, the schema first, until Ctrl-C' },
      { flags: '--plain', description: 'a sentence for each change, until Ctrl-C; nothing is drawn anew' },
      { flags: '--charts', description: 'charts on the whole terminal (needs blessed-contrib)' },
    ],
    examples: [
      { command: 'sentinel top', meaning: 'the screen' },
      { command: 'sentinel top --view routes --sort p99', meaning: 'the slowest routes first' },
      { command: "sentinel top --filter 'upstream=api' --faults-only", meaning: 'what is wrong with one upstream' },
      { command: 'sentinel top --daemon 10.0.0.1:9090,10.0.0.2:9090', meaning: 'two daemons at once' },
      { command: 'sentinel top --once', meaning: 'one table, for the chat' },
      { command: 'sentinel top --once --view errors', meaning: 'the requests that failed last' },
      { command: 'sentinel top --json', meaning: 'for programs' },
      { command: 'sentinel top --stream --interval 5s', meaning: 'a JSON document every five seconds' },
      { command: 'sentinel top --plain', meaning: 'changes as sentences' },
      { command: 'sentinel top --charts', meaning: 'the wall' },
    ],
    exits: [
      [
        exitCodes.ok,
        'the screen was left; --once and --json: nothing is wrong; --stream and --plain: nobody reads any more',
      ],
      [exitCodes.problems, '--once and --json: something is wrong; the verdict says what'],
      [exitCodes.usage, `${badUsage[1]}, or --charts where there is no terminal, or one of ASCII alone`],
      [
        exitCodes.unknown,
        '--once and --json: a daemon did not answer, or what is wrong could not be judged; --charts: blessed-contrib is not installed',
      ],
      [exitCodes.denied, `--once and --json: ${denied[1]}`],
      [exitCodes.interrupted, 'ended by Ctrl-C'],
      [exitCodes.terminated, 'ended by TERM, the terminal restored'],
    ],
    load: () => import('../commands/top.ts'),
  },
];
