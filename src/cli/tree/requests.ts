/** Declarations of the commands about single requests, finished and under way. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec, OptionSpec } from '../command.ts';
import { badUsage, config, daemon, denied, json, unreachable, yes } from './options.ts';

const requestFilter: OptionSpec = {
  flags: '--filter <expression>',
  description: "only requests that match: 'status=5xx and duration>500ms'",
};

const fieldsOfRequests =
  'A filter compares status, cause, method, host, path, client, route, upstream, target, listener, protocol, agent, attempts, duration (p50 and p99 mean the same here), age, in, out, id and trace. Words are looked for in method, host and path. sentinel-filters(7) has the language.';

export const requestCommands: readonly CommandSpec[] = [
  {
    path: ['requests'],
    changes: false,
    summary: 'finished requests: errors, slow ones, a sample of the rest',
    description: [
      'Lists finished requests that the daemon has kept in memory, the newest first: every error, every one slower than `alerts { p99-ms … }`, up to twenty a second for each worker of the rest, those first that a retry or another target saved. The oldest give way; the last line says how far back it reaches. Nothing here needs an access log.',
      fieldsOfRequests,
      'docs/requests.md says what is kept and what each field means.',
    ],
    arguments: [],
    options: [
      requestFilter,
      { flags: '--errors', description: 'only errors: status 500 and above, or a cause' },
      { flags: '--slow', description: 'only slow ones' },
      { flags: '--since <time>', description: 'a duration back from now (5m), or a time (2026-01-31T14:00:00Z)' },
      { flags: '--limit <number>', description: 'at most so many (25)' },
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel requests --errors --since 5m', meaning: 'what failed just now, and why' },
      { command: "sentinel requests --filter 'status=5xx and p99>500ms'", meaning: 'failed, and slowly' },
      { command: 'sentinel requests --slow --filter route=api', meaning: 'the slow ones of a route' },
    ],
    exits: [[exitCodes.ok, 'listed'], badUsage, unreachable, denied],
    load: () => import('../commands/requests.ts'),
  },
  {
    path: ['inflight'],
    changes: (invocation) => invocation.argument('action') !== undefined,
    summary: 'requests under way, and the end of one',
    description: [
      'Lists the requests that are under way, the oldest first, with the phase that each is in: guard (held back by a rate limit), receive (its body is taken whole first), pause (between two tries), queue (for a connection to the target), connect, send (the request goes out), wait (for the target to answer), relay (the answer flows), client (the client does not read), websocket.',
      '`sentinel inflight kill ID` ends one, by its id or its correlation id: the connection of its client is closed, or its stream reset in HTTP/2, and the target is let go of. It is logged with cause killed, and counts for nobody as a failure. It asks first; the audit log has who did it.',
      'A filter compares phase, age, method, host, path, client, route, upstream, target, listener, protocol, agent, attempts, in, out, id and trace.',
    ],
    arguments: [
      { name: 'action', required: false, description: 'kill' },
      { name: 'id', required: false, description: 'of the request: ID in the list, or its correlation id' },
    ],
    options: [
      { flags: '--filter <expression>', description: "only requests that match: 'age>10s phase=wait'" },
      { flags: '--limit <number>', description: 'at most so many, the oldest (1000)' },
      { flags: '--reason <text>', description: 'why one is ended, for the audit log' },
      yes,
      daemon,
      json,
    ],
    examples: [
      { command: "sentinel inflight --filter 'age>10s'", meaning: 'what hangs, and where' },
      { command: 'sentinel inflight kill 0-1842 --reason "holds the lock"', meaning: 'end one' },
    ],
    exits: [
      [exitCodes.ok, 'listed, or ended'],
      [exitCodes.problems, 'no request under way has this id, several have it, or the answer was no'],
      [exitCodes.usage, 'the command line is wrong, or nobody can be asked and --yes is missing'],
      [exitCodes.unknown, 'no daemon answered, or not in time, or not all of its workers did'],
      denied,
    ],
    load: () => import('../commands/inflight.ts'),
  },
  {
    path: ['tap'],
    changes: false,
    streams: true,
    summary: 'requests as they finish, by what became of them',
    description: [
      'Shows each request that matches when it is over, until Ctrl-C. Because it is over, a filter may ask for status, cause, duration and bytes. When more match than anybody reads (fifty in a tenth of a second for each worker), the rest is counted and said.',
      'A tap costs nothing when nobody taps. It goes on when workers are replaced, and when the daemon is started anew it waits. With --json it is one JSON document a line, the schema first.',
      fieldsOfRequests,
    ],
    arguments: [],
    options: [requestFilter, { flags: '--limit <number>', description: 'ends after so many' }, daemon, json],
    examples: [
      { command: "sentinel tap --filter 'status=5xx or duration>1s'", meaning: 'watch what goes wrong' },
      { command: 'sentinel tap --filter client=203.0.113.7 --limit 20', meaning: 'what one client does' },
      { command: 'sentinel tap --json --filter path~^/api | jq .request.duration_ms', meaning: 'for programs' },
    ],
    counterparts: [['tail -f access.log | grep " 50[0-9] "', "sentinel tap --filter 'status=5xx'"]],
    exits: [
      [exitCodes.ok, 'there were as many as --limit, or nobody reads any more'],
      badUsage,
      unreachable,
      denied,
      [exitCodes.interrupted, 'ended by Ctrl-C'],
    ],
    load: () => import('../commands/tap.ts'),
  },
  {
    path: ['trace'],
    changes: false,
    summary: 'one request through every record, log and try',
    description: [
      'Shows everything that is known of a request: its record with a timeline of its tries, what it waits for if it is still under way, the log lines of the daemon that name it, and its lines in the access log, whose end it reads where the configuration names a file and you may open it. Last it says where was looked, and how far back.',
      'ID is a correlation id (the X-Correlation-Id of the answer), a trace id, which several requests may have, or the short id that `sentinel requests` and `sentinel inflight` show.',
    ],
    arguments: [{ name: 'id', required: true, description: 'correlation id, trace id, or short id' }],
    options: [config, daemon, json],
    examples: [
      { command: 'sentinel trace 0-1842', meaning: 'a request out of a list' },
      { command: 'sentinel trace 4bf92f3577b34da6a3ce929d0e0e4736', meaning: 'all requests of one trace' },
    ],
    exits: [
      [exitCodes.ok, 'something is known of it, and everything could be looked at'],
      [exitCodes.problems, 'nothing is known of it'],
      badUsage,
      [
        exitCodes.unknown,
        'a source could not be looked at: no daemon answered, a worker was silent, a file is not readable',
      ],
    ],
    load: () => import('../commands/trace.ts'),
  },
];
