/** Declarations of the commands that ask what runs and what would happen. */
import { clientSorts, clientWindows } from '../../admin/contract/client-shapes.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { ArgumentSpec, CommandSpec } from '../command.ts';
import { badUsage, config, daemon, denied, json, unreachable, unreadable, yes } from './options.ts';

const upstreamArgument: ArgumentSpec = { name: 'upstream', required: false, description: 'one upstream; else all' };

export const watchCommands: readonly CommandSpec[] = [
  {
    path: ['status'],
    changes: false,
    summary: 'what runs, and with which configuration',
    description: [
      'Asks the running daemon for its process, workers, listeners, counts, rate and errors of the last minute and five, and standing warnings, and whether the file on disk is the configuration in force.',
      'Certificates are listed with the days that they have left, the worst first: ✓ good, ▲ ends soon, ✗ has ended or is not valid yet. "disk differs": the files hold another one, which `sentinel reload --certs` takes over; "disk unusable": the files cannot be used, and the next start would fail.',
      'With `--runtime` also what the process uses of what the machine allows it (memory, processor time, descriptors, pressure), and how its threads are: BUSY% is the share of the last ten seconds that the event loop had work, LATE how late it came to what was due (P50, P99, MAX), GC what garbage collections cost. Collections of workers are counted while somebody looks: the first answer has `?`, the next one, seconds later, knows. A `?` is what could not be read; the reason stands below.',
    ],
    arguments: [],
    options: [
      { flags: '--runtime', description: 'also how the process and its threads are, and what the machine allows them' },
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel status', meaning: 'the daemon of this machine' },
      { command: 'sentinel status --runtime', meaning: 'and whether it lacks processor time, memory or descriptors' },
      { command: 'sentinel status --daemon 127.0.0.1:9090', meaning: 'by its metrics address' },
    ],
    exits: [
      [exitCodes.ok, 'running and ready, every upstream with enough targets'],
      [exitCodes.problems, 'running, but not ready, an upstream has too few targets, or a certificate has expired'],
      badUsage,
      [exitCodes.unknown, 'no daemon answered, or with --runtime a worker did not'],
      denied,
    ],
    load: () => import('../commands/status.ts'),
  },
  {
    path: ['routes'],
    changes: false,
    summary: 'the routes in match order, and what goes through each',
    description: [
      'Lists the routes as requests are compared with them: # is the place in that order, +2 that the route has two more further down. RPS, ERR% (answers with 5xx, whoever made them), P50, P95 and P99 (from the first byte of a request to the last of its response) and MOSTLY, the most frequent cause of requests that did not end well with its share of all, are of the last minute; · is zero, – nothing to measure, ? not known yet. `--json` has 10 s, 1 m and 5 m.',
      'Which route a given request takes, and why not another: `sentinel route explain`.',
    ],
    arguments: [],
    options: [daemon, json],
    examples: [{ command: 'sentinel routes', meaning: 'all of them' }],
    exits: [[exitCodes.ok, 'listed'], badUsage, unreachable, denied],
    load: () => import('../commands/routes.ts'),
  },
  {
    path: ['metrics'],
    changes: false,
    summary: 'the series that the daemon exposes',
    description: [
      'Shows what `/metrics` says, aligned and with what each series means; of histograms count and sum, their buckets with --raw. Every NAME is a series, the beginning of one (with or without `sentinel_`), or a regular expression that is looked for in its name.',
    ],
    arguments: [{ name: 'name', required: false, variadic: true, description: 'which series; else all' }],
    options: [{ flags: '--raw', description: 'as a scraper gets it: Prometheus text' }, daemon, json],
    examples: [
      { command: 'sentinel metrics error_rate', meaning: 'the share of errors in 10 s, 1 m and 5 m' },
      { command: 'sentinel metrics requests_total errors_total', meaning: 'two of them' },
      { command: "sentinel metrics 'quantile|p99' --raw", meaning: 'by regular expression, as text for programs' },
    ],
    exits: [
      [exitCodes.ok, 'shown'],
      [exitCodes.problems, 'no series is called like that'],
      badUsage,
      unreachable,
      denied,
    ],
    load: () => import('../commands/metrics.ts'),
  },
  {
    path: ['upstreams'],
    changes: false,
    summary: 'every target with its verdict, and why',
    description: [
      'Shows each target with what the daemon thinks of it, since when and why, its last health check with the layer at which it ended and its latency, its circuit breaker, weight and requests in flight.',
      'RPS, ERR% (failed tries and 5xx answers), P50, P95 and P99 (from the request being sent to the head of the answer) are of the last minute; · is zero, – nothing to measure, ? not known yet. `--json` has 10 s, 1 m and 5 m.',
      'Layer codes: L4 is the connection, L6 TLS, L7 the protocol. OK passed, TLS no handshake or a certificate that is not believed, CON refused or unreachable, TMOUT no answer in time, STS another status than expected, RSP a wrong answer; DNS: the name has no address; OWN: the proxy itself could not ask. A target that is unknown (its first probe has not ended) or unchecked (no health check is configured) takes requests.',
    ],
    arguments: [upstreamArgument],
    options: [daemon, json],
    examples: [
      { command: 'sentinel upstreams', meaning: 'all of them' },
      { command: 'sentinel upstreams api-backend', meaning: 'one' },
    ],
    exits: [
      [exitCodes.ok, 'no target is down or has an open breaker, and every upstream has enough'],
      [
        exitCodes.problems,
        'a target is down or has an open breaker, an upstream has too few, or there is no such upstream',
      ],
      badUsage,
      unreachable,
      denied,
    ],
    load: () => import('../commands/upstreams.ts'),
  },
  {
    path: ['check'],
    changes: false,
    summary: 'probe targets now',
    description: [
      'Has the daemon probe every target at once, by the health check of its upstream, and waits for the results. They count like those of the schedule. Where no check is configured, only a connection is tried, and nothing follows from it.',
    ],
    arguments: [upstreamArgument],
    options: [daemon, json],
    examples: [
      { command: 'sentinel check', meaning: 'all targets' },
      { command: 'sentinel check api-backend', meaning: 'those of one upstream' },
    ],
    exits: [
      [exitCodes.ok, 'every target passed'],
      [exitCodes.problems, 'a target failed, or there is no such upstream'],
      badUsage,
      [exitCodes.unknown, 'no daemon answered, an upstream has no target now, or the proxy could not ask'],
      denied,
    ],
    load: () => import('../commands/check.ts'),
  },
  {
    path: ['breakers'],
    changes: (invocation) => invocation.argument('action') !== undefined,
    summary: 'show circuit breakers, close one or hold it open',
    description: [
      'Without an action it shows every circuit breaker, of targets (UPSTREAM/TARGET) and of routes (route/ROUTE): its state and why, failures in a row, trips, and when it lets requests try again. `reset` closes one at once; `open` opens one and holds it open until it is reset. Both ask first on a terminal and need --yes elsewhere.',
    ],
    arguments: [
      { name: 'action', required: false, description: 'reset or open' },
      { name: 'id', required: false, description: 'of the breaker, as the list shows it' },
    ],
    options: [{ flags: '--reason <text>', description: 'why, for the audit log' }, yes, daemon, json],
    examples: [
      { command: 'sentinel breakers', meaning: 'all of them' },
      { command: 'sentinel breakers reset api-backend/10.1.1.10:8080', meaning: 'let its requests flow again' },
      { command: 'sentinel breakers open route/api --yes', meaning: 'refuse a route, without asking' },
    ],
    exits: [
      [exitCodes.ok, 'none is open, or done'],
      [exitCodes.problems, 'one is open, the answer was no, or there is no such breaker'],
      [exitCodes.usage, 'the command line is wrong, or nobody could be asked and --yes is missing'],
      unreachable,
      denied,
    ],
    load: () => import('../commands/breakers.ts'),
  },
  {
    path: ['clients'],
    changes: false,
    summary: 'who sends the most',
    description: [
      'Lists the addresses, networks (/24 of IPv4, /64 of IPv6), paths or user agents that most requests of the last minute or five come from or go to, with their rate, their share of all, how many were answered with 5xx and 4xx, and what was sent. Counted in bounded memory: BETWEEN is what the true number of requests lies between, = where it is exact.',
      'When one client has a striking share, the command that blocks it is printed below. Behind a trusted proxy the client is who the proxy names.',
      'A filter compares client, path, agent, requests, share, rps, err, out (bytes sent) and state (blocked, served); words are looked for in the client. sentinel-filters(7) has the language.',
    ],
    arguments: [],
    options: [
      { flags: '--by <sort>', description: 'what to tell apart', choices: clientSorts, defaultValue: 'ip' },
      {
        flags: '--window <time>',
        description: 'how far back',
        choices: Object.keys(clientWindows),
        defaultValue: '1m',
      },
      { flags: '--limit <number>', description: 'at most so many (20)' },
      { flags: '--filter <expression>', description: 'only clients that match: rps>50 or share>10%' },
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel clients', meaning: 'addresses, in the last minute' },
      { command: 'sentinel clients --by path --window 5m', meaning: 'what they ask for' },
      { command: "sentinel clients --filter 'err>10% and rps>1'", meaning: 'whose requests fail' },
    ],
    exits: [
      [exitCodes.ok, 'listed'],
      badUsage,
      [exitCodes.unknown, 'no daemon answered, or not in time, or not all of its workers did'],
      denied,
    ],
    load: () => import('../commands/clients.ts'),
  },
  {
    path: ['events'],
    changes: false,
    summary: 'what has changed, and who changed it',
    description: [
      'Lists what happened, the newest last: health flips, breaker transitions, reloads, deaths of workers, certificate swaps, changes by the admin API with the name of whoever asked. What is the same within 60 seconds is one line with a count. docs/events.md has the names.',
      'With -f it shows the last ten (or those of --since) and goes on until Ctrl-C; when the daemon is started anew it waits, and says what is missing. With --json that is one JSON document a line, the schema first. The daemon keeps the last thousand in memory; older ones are in its log.',
      'A filter compares the fields kind, severity, subject, actor, reason, state, count, age, and what the event names: upstream, target, route, client, listener. Words are looked for in all that the line says.',
    ],
    arguments: [],
    options: [
      { flags: '-f, --follow', description: 'go on with what happens from now on' },
      { flags: '--since <time>', description: 'a duration back from now (15m), or a time (2026-01-31T14:00:00Z)' },
      { flags: '--filter <expression>', description: 'only events that match: severity=warn or upstream=api' },
      { flags: '--kind <names>', description: 'only these events, comma-separated' },
      { flags: '--limit <number>', description: 'at most so many, the newest (200)' },
      { flags: '--all', description: 'also what clients and routine can cause many of' },
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel events --since 15m', meaning: 'what changed just before' },
      { command: 'sentinel events -f', meaning: 'watch' },
      {
        command: "sentinel events --filter 'severity=error or kind=admin_action'",
        meaning: 'the bad, and the deliberate',
      },
    ],
    exits: [
      [exitCodes.ok, 'listed, or nobody reads any more'],
      badUsage,
      unreachable,
      denied,
      [exitCodes.interrupted, 'ended by Ctrl-C'],
    ],
    load: () => import('../commands/events.ts'),
  },
  {
    path: ['cert-check'],
    changes: false,
    summary: 'judge certificates before clients do',
    description: [
      'Without arguments it judges everything that the configuration names: the pairs of each listener and of each sni block, authorities and revocation lists for client certificates, client certificates and authorities of upstreams. Where the daemon runs, the table says beside what is on disk what it has loaded, and what a handshake with its listener gets. Otherwise it judges the files and servers that are named: FILE is a certificate with its chain, a key, or a bundle, and keys go to the certificate that they belong to; HOST:PORT is asked in a TLS handshake of at most 5 seconds.',
      'It judges the dates of every member of the chain, by days and by the share of their lifetime that is left; the order of the file, missing intermediates (whether or not this machine has them; nothing is fetched), strangers and roots in it; names, for every host of a route and of sni; key and signature, extended key usage, basic constraints; whether key and certificate belong together, for every kind of key; who can read and exchange the files.',
      'Whom clients trust says --ca; without it these are the authorities of this system. An issuer that is not known here is then a warning, because clients may know it.',
    ],
    arguments: [
      {
        name: 'targets',
        required: false,
        variadic: true,
        description: 'certificates, keys, bundles, and servers as HOST:PORT; else what the configuration names',
      },
    ],
    options: [
      config,
      { flags: '--staged', description: 'judge the two files as the new certificate and key of the listener --for' },
      { flags: '--for <listener>', description: 'listener, or LISTENER/HOSTNAME for a pair of an sni block' },
      { flags: '--emit-fixed', description: 'print the chain of the file in order, without root and strangers' },
      { flags: '--name <host>', description: 'host that the named certificates must be good for' },
      {
        flags: '--use <use>',
        description: 'what the named files are used for (default: what they say of themselves)',
        choices: ['server', 'client', 'authority'],
      },
      { flags: '--ca <file>', description: 'authorities that clients trust, PEM (default: those of this system)' },
      {
        flags: '--format <format>',
        description: 'how to print what was found',
        choices: ['text', 'json', 'short', 'github', 'sarif'],
        defaultValue: 'text',
      },
      {
        flags: '--fail-on <severity>',
        description: 'lowest severity that makes the exit status 1',
        choices: ['error', 'warn'],
        defaultValue: 'error',
      },
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel cert-check', meaning: 'all that the configuration names: on disk, loaded, served' },
      { command: 'sentinel cert-check --ca ca.crt server.crt server.key', meaning: 'a pair, with a private authority' },
      { command: 'sentinel cert-check www.example.com:443', meaning: 'what a server sends' },
      { command: 'sentinel cert-check --staged new.crt new.key --for https', meaning: 'before it is put in place' },
      { command: 'sentinel cert-check --emit-fixed server.crt', meaning: 'the chain in order' },
    ],
    counterparts: [
      [
        'openssl x509 -in /etc/sentinel/certs/server.crt -noout -dates',
        'sentinel cert-check /etc/sentinel/certs/server.crt',
      ],
      [
        'openssl verify -CAfile /etc/sentinel/certs/ca.crt /etc/sentinel/certs/server.crt',
        'sentinel cert-check --ca /etc/sentinel/certs/ca.crt /etc/sentinel/certs/server.crt',
      ],
      [
        'diff <(openssl x509 -in /etc/sentinel/certs/server.crt -noout -modulus) \\\n <(openssl rsa -in /etc/sentinel/certs/server.key -noout -modulus)',
        'sentinel cert-check /etc/sentinel/certs/server.crt /etc/sentinel/certs/server.key',
      ],
      [
        'openssl s_client -connect localhost:443 -servername your.domain.com </dev/null',
        'sentinel cert-check localhost:443 --name your.domain.com',
      ],
      [
        'openssl x509 -in /etc/sentinel/certs/client.crt -noout -dates',
        'sentinel cert-check /etc/sentinel/certs/client.crt',
      ],
      [
        'cp /path/to/new/cert.crt /etc/sentinel/certs/server.crt',
        'sentinel cert-check --staged /path/to/new/cert.crt /path/to/new/key.key --for https',
      ],
      ['kill -HUP $(cat /var/run/sentinel.pid)', 'sentinel reload --certs'],
      [
        'echo | openssl s_client -connect localhost:443 2>/dev/null | openssl x509 -noout -dates',
        'sentinel cert-check',
      ],
    ],
    exits: [
      [exitCodes.ok, 'good; warnings are allowed unless --fail-on warn'],
      [exitCodes.problems, 'something is wrong at or above --fail-on'],
      badUsage,
      [
        exitCodes.unknown,
        'a file could not be read, a server or a daemon that was named could not be asked, or the clock is wrong',
      ],
      denied,
    ],
    load: () => import('../commands/cert-check.ts'),
  },
  {
    path: ['route', 'explain'],
    changes: false,
    summary: 'which route a request would take, and why not the others',
    description: [
      'Matches a request against the routes and says for each route what took it or ruled it out, then what the request meets on its way: block lists, challenge, limits, upstream and fallback, tries, circuit breakers. Reads the file, so that it answers before the file is applied; with --daemon it asks the running one.',
    ],
    arguments: [
      { name: 'method', required: true, description: 'for example GET' },
      { name: 'url', required: true, description: 'path, or URL with a host: /api/x, http://api.example.com/api/x' },
    ],
    options: [
      {
        flags: '-H, --header <field>',
        description: "request field, as 'Name: value'; may be repeated",
        repeatable: true,
      },
      { flags: '--client-ip <address>', description: 'address of the client', defaultValue: '127.0.0.1' },
      config,
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel route explain GET /api/users', meaning: 'by the file' },
      {
        command: "sentinel route explain POST http://api.example.com/ -H 'X-Env: prod'",
        meaning: 'with host and field',
      },
    ],
    exits: [
      [exitCodes.ok, 'a route takes it'],
      [exitCodes.problems, 'no route takes it, or the file has mistakes'],
      badUsage,
      unreadable,
      denied,
    ],
    load: () => import('../commands/route-explain.ts'),
  },
];
