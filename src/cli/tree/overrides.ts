/** Declarations of the commands that lay something over the file while the daemon runs: values, targets, maintenance. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { ArgumentSpec, CommandSpec, OptionSpec } from '../command.ts';
import { badUsage, daemon, denied, json, unreachable, yes } from './options.ts';

const reason: OptionSpec = { flags: '--reason <text>', description: 'why, for the list and the audit log' };
const time: OptionSpec = {
  flags: '--for <duration>',
  description: 'how long: 90s, 15m, 2h, at most 7d (default: 30m)',
};
const allRoutes: OptionSpec = { flags: '--all-routes', description: 'of every route, in place of one' };
const confirm: OptionSpec = {
  flags: '--confirm <target>',
  description: 'the target once more, where too few would be left',
};
const exits: CommandSpec['exits'] = [
  [exitCodes.ok, 'in force in every worker'],
  [exitCodes.problems, 'refused, or not agreed to; nothing has changed'],
  [exitCodes.usage, 'the command line is wrong, or nobody could be asked and --yes is missing'],
  unreachable,
  denied,
];
const ends =
  'It is in force in every worker when the command returns, or nothing has changed. It survives reloads and restarts, ends by itself and says so (event override_expired), also when the file says the same, and does nothing while what it speaks of is not in the file. Who, why and until when: `sentinel override list`.';

function values(description: string): ArgumentSpec {
  return { name: 'values', required: false, variadic: true, description };
}

function subject(description: string): ArgumentSpec {
  return { name: 'subject', required: false, description };
}

const targetTime: OptionSpec = { flags: '--for <duration>', description: 'how long (default: until it is taken back)' };

function targetOptions(): readonly OptionSpec[] {
  return [
    { flags: '--persist', description: 'write it into the file' },
    targetTime,
    reason,
    yes,
    confirm,
    daemon,
    json,
  ];
}

/** @param weight Whether one must be given; null = it has none. */
function targetArguments(weight: boolean | null): readonly ArgumentSpec[] {
  return [
    { name: 'upstream', required: true, description: 'name of the upstream' },
    { name: 'address', required: true, description: '10.1.1.10:8080, [::1]:8080, name:8080 or unix:/path' },
    ...(weight === null
      ? []
      : [{ name: 'weight', required: weight, description: weight ? '0 to 65535' : '0 to 65535 (default: 1)' }]),
  ];
}

const setting = async () => (await import('../commands/override-set.ts')).settingOf;
const changing = async () => (await import('../commands/target.ts')).changingOf;

export const overrideCommands: readonly CommandSpec[] = [
  {
    path: ['override', 'limits'],
    changes: true,
    summary: 'other limits for a while, without touching the file',
    description: [
      'Every key of `limits {}`, as KEY=VALUE; sizes may be written 10MB. 0 switches a limit off. What allows more than the file is done, and said.',
      ends,
    ],
    arguments: [values('KEY=VALUE, several')],
    options: [time, reason, yes, daemon, json],
    examples: [
      {
        command:
          'sentinel override limits max-connections-per-client=20 max-requests-per-second-global=5000 --for 30m --reason "flood"',
        meaning: 'a flood',
      },
      { command: 'sentinel override limits max-total-connections=1000 --yes', meaning: 'memory runs out' },
    ],
    exits,
    load: async () => (await setting())('limits'),
  },
  {
    path: ['override', 'rate-limit'],
    changes: true,
    summary: 'another rate limit for a route, or for all of them',
    description: [
      'requests-per-second, burst, key (client_ip, path, route, header:NAME, client_ip+path) and action (block, delay, log), as KEY=VALUE. A bare number is requests-per-second. Without a burst it is the rate; key and action stay those of the file, else client_ip and block. What is set for one route is stronger than what is set for all.',
      ends,
    ],
    arguments: [subject('route'), values('KEY=VALUE, several')],
    options: [allRoutes, time, reason, yes, daemon, json],
    examples: [
      { command: 'sentinel override rate-limit api requests-per-second=10 burst=20 --for 15m', meaning: 'one route' },
      { command: 'sentinel override rate-limit --all-routes requests-per-second=5 --yes', meaning: 'every route' },
    ],
    exits,
    load: async () => (await setting())('rate-limit'),
  },
  {
    path: ['override', 'timeout'],
    changes: true,
    summary: 'other timeouts for a route or an upstream',
    description: [
      'A bare time is `timeout-secs` of a route. Of an upstream: connect-secs, request-secs, read-secs and write-secs, as KEY=VALUE. The shorter of the route’s and the upstream’s wins, as in the file.',
      ends,
    ],
    arguments: [subject('route; upstream, for its own keys'), values('60s, or KEY=VALUE')],
    options: [time, reason, yes, daemon, json],
    examples: [
      { command: 'sentinel override timeout api 60s', meaning: 'give a slow route more time' },
      { command: 'sentinel override timeout api-backend connect-secs=1', meaning: 'give up sooner on dead targets' },
    ],
    exits,
    load: async () => (await setting())('timeout'),
  },
  {
    path: ['override', 'health'],
    changes: true,
    summary: 'other thresholds of health checks',
    description: [
      'Of the active check of an upstream: unhealthy-threshold, healthy-threshold, interval-secs, timeout-secs. Of its passive health: failure-rate, window-requests, eject-secs, max-ejected-percent. As KEY=VALUE.',
      ends,
    ],
    arguments: [subject('upstream'), values('KEY=VALUE, several')],
    options: [time, reason, yes, daemon, json],
    examples: [
      { command: 'sentinel override health api-backend unhealthy-threshold=10', meaning: 'checks flap: be patient' },
      { command: 'sentinel override health api-backend failure-rate=90 --for 1h', meaning: 'eject less' },
    ],
    exits,
    load: async () => (await setting())('health'),
  },
  {
    path: ['override', 'fallback'],
    changes: true,
    summary: 'send a route to its fallback upstream, or to another one',
    description: [
      'All new requests of the route go to its `fallback-upstream`, or to the upstream that is named, whether its own has healthy targets or not.',
      ends,
    ],
    arguments: [subject('route'), { name: 'upstream', required: false, description: 'default: its fallback-upstream' }],
    options: [time, reason, yes, daemon, json],
    examples: [
      { command: 'sentinel override fallback api --for 1h', meaning: 'fail over by hand' },
      { command: 'sentinel override fallback api emergency-static', meaning: 'answer 503 with Retry-After at once' },
    ],
    exits,
    load: async () => (await setting())('fallback'),
  },
  {
    path: ['override', 'weight'],
    changes: true,
    summary: 'another weight for a target',
    description: [
      'The target is UPSTREAM/ADDRESS; of a name, one of its addresses or the name. 0 gives it no new request, under every balancing policy; to wait until nothing is in flight to it, `sentinel drain` is the verb. A drained target stays drained. `--for ever` lasts until it is taken back.',
      ends,
    ],
    arguments: [
      { ...subject('UPSTREAM/ADDRESS'), required: true },
      { name: 'weight', required: true, description: '0 to 65535' },
    ],
    options: [{ ...time, description: `${time.description}; \`ever\`` }, reason, yes, confirm, daemon, json],
    examples: [
      { command: 'sentinel override weight api-backend/10.1.1.10:8080 0', meaning: 'nothing new goes there' },
      { command: 'sentinel override weight api-backend/10.1.1.10:8080 5 --for ever', meaning: 'more of the traffic' },
    ],
    exits,
    load: async () => (await setting())('weight'),
  },
  {
    path: ['override', 'list'],
    changes: false,
    summary: 'everything that is set at run time',
    description: [
      'Values, weights, targets, maintenance, blocked networks and log levels: what is set, what the file says in its place, by whom, why and for how long.',
    ],
    arguments: [],
    options: [daemon, json],
    examples: [{ command: 'sentinel override list', meaning: 'what differs from the file, and who did it' }],
    exits: [[exitCodes.ok, 'shown'], badUsage, unreachable, denied],
    load: () => import('../commands/override-list.ts'),
  },
  {
    path: ['override', 'clear'],
    changes: true,
    summary: 'take back what is set at run time',
    description: [
      'All of one kind, of one subject of it, or one value; with --all everything that lies over the file. The file is in force then, in every worker. Blocked networks and log levels are taken back by `sentinel block remove` and `sentinel log-level reset`.',
    ],
    arguments: [
      {
        name: 'kind',
        required: false,
        description: 'limits, rate-limit, timeout, health, fallback, weight, maintenance or target',
      },
      { name: 'subject', required: false, description: 'as the list shows it' },
      { name: 'key', required: false, description: 'as the list shows it' },
    ],
    options: [
      { flags: '--all', description: 'everything that lies over the file' },
      { ...allRoutes, description: 'what is set for every route at once' },
      reason,
      yes,
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel override clear limits max-connections-per-client', meaning: 'one limit' },
      { command: 'sentinel override clear --all --yes', meaning: 'the file and nothing else' },
    ],
    exits: [
      [exitCodes.ok, 'taken back'],
      [exitCodes.problems, 'nothing of it was set, or it was not agreed to'],
      badUsage,
      unreachable,
      denied,
    ],
    load: () => import('../commands/override-clear.ts'),
  },
  {
    path: ['maintenance'],
    changes: (invocation) => invocation.argument('action') !== undefined,
    summary: 'answer clients with a maintenance page, for a while',
    description: [
      'Without a word: what is under maintenance. `on` answers new requests of a route, or of all and of those that no route takes, with 503, Retry-After and a page, in every worker at once; the cause in logs and metrics is `maintenance`. Requests, uploads and WebSockets under way go on. gRPC clients get UNAVAILABLE. /health and /ready answer as ever, so that balancers keep the node. Clients of --allow are served as usual: behind a trusted proxy the client is who the proxy names.',
      'The page is that of the upstream `maintenance-page`, or a file of at most 64 KiB, which is read now. It ends by itself; `off` ends it before.',
    ],
    arguments: [{ name: 'action', required: false, description: 'on or off' }],
    options: [
      { flags: '--route <route>', description: 'this route' },
      { flags: '--all', description: 'every route, and requests that none takes' },
      { flags: '--page <file>', description: 'HTML (or .txt, .json) to answer with' },
      {
        flags: '--retry-after <duration>',
        description: 'when clients should come again (default: that of the page, 15m)',
      },
      { flags: '--allow <network>', description: 'clients that are served as usual', repeatable: true },
      { flags: '--for <duration>', description: 'how long: 90s, 15m, 2h, at most 7d (default: 1h)' },
      reason,
      yes,
      { flags: '--confirm <all>', description: '`all` once more, for --all where nobody can be asked' },
      daemon,
      json,
    ],
    examples: [
      {
        command: 'sentinel maintenance on --route api --for 1h --reason "schema change"',
        meaning: 'one route',
      },
      {
        command: 'sentinel maintenance on --all --page down.html --retry-after 15m --allow 10.0.0.0/8 --confirm=all',
        meaning: 'everybody but the office',
      },
      { command: 'sentinel maintenance off', meaning: 'back to work' },
    ],
    exits,
    load: () => import('../commands/maintenance.ts'),
  },
  {
    path: ['target', 'add'],
    changes: true,
    summary: 'give an upstream one more target',
    description: [
      'It gets health checks and the slow start of its upstream. It is there until it is removed, or in the file with --persist: one line is written, comments and layout stay. One that was removed at run time comes back.',
      ends,
    ],
    arguments: targetArguments(false),
    options: targetOptions(),
    examples: [
      { command: 'sentinel target add api-backend 10.1.1.13:8080', meaning: 'while the daemon runs' },
      { command: 'sentinel target add api-backend 10.1.1.13:8080 2 --persist --yes', meaning: 'in the file' },
    ],
    exits,
    load: async () => (await changing())('add'),
  },
  {
    path: ['target', 'remove'],
    changes: true,
    summary: 'take a target out of an upstream',
    description: [
      'It gets no new requests; those in flight end as they would. Where fewer targets would be left than min-healthy, or none, it is refused unless it is confirmed by name. To wait until nothing is in flight: `sentinel drain ADDRESS --then remove`.',
      ends,
    ],
    arguments: targetArguments(null),
    options: targetOptions().filter((option) => option !== targetTime),
    examples: [
      { command: 'sentinel target remove api-backend 10.1.1.12:8080', meaning: 'while the daemon runs' },
      { command: 'sentinel target remove api-backend 10.1.1.12:8080 --persist --yes', meaning: 'in the file' },
    ],
    exits,
    load: async () => (await changing())('remove'),
  },
  {
    path: ['target', 'weight'],
    changes: true,
    summary: 'another weight for a target',
    description: [
      'As `sentinel override weight`, until it is taken back; with --persist in the file. A weight of 0 that would leave too few targets is refused unless it is confirmed by name.',
      ends,
    ],
    arguments: targetArguments(true),
    options: targetOptions(),
    examples: [
      { command: 'sentinel target weight api-backend 10.1.1.10:8080 5', meaning: 'while the daemon runs' },
      { command: 'sentinel target weight api-backend 10.1.1.10:8080 0 --persist --yes', meaning: 'in the file' },
    ],
    exits,
    load: async () => (await changing())('weight'),
  },
];
