/** What a timeline makes of what is known: one line for one thing, in the order in which things happened, and nothing lost. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { EventState } from '../../../src/admin/contract/event-shapes.ts';
import type { FlightReading } from '../../../src/history/flight-reader.ts';
import type { GenerationHead } from '../../../src/history/generation.ts';
import type { EntryBody, JournalEntry } from '../../../src/incident/record/entry.ts';
import { buildTimeline } from '../../../src/incident/timeline/build.ts';
import type { LoggedCommand } from '../../../src/incident/timeline/logged-command.ts';
import type { TimelineSources } from '../../../src/incident/timeline/sources.ts';
import type { Entry } from '../../../src/runbook/run/entry.ts';

const day = '2026-11-20T';
const at = (clock: string): string => `${day}${clock}${clock.includes('.') ? '' : '.000'}Z`;

const none: TimelineSources = {
  journal: [],
  commands: [],
  events: [],
  flight: [],
  runs: [],
  generations: [],
  missing: [],
};
const incident = { id: 'INC-1', times: { alert: null, opened: at('14:05:00'), closed: at('15:00:00') } };

function entry(seq: number, clock: string, body: EntryBody, actor = 'ada'): JournalEntry {
  return { ...body, seq, at: at(clock), actor, host: 'prod-1', prev: '0', hash: 'f' };
}

function command(clock: string, line: string, more: Partial<LoggedCommand> = {}): LoggedCommand {
  const argv = line.split(' ');
  const words = ['config', 'override', 'target', 'block', 'incident', 'runbook'].includes(argv[0] as string) ? 2 : 1;
  return {
    at: at(clock),
    duration_ms: 500,
    actor: 'ada',
    by: null,
    host: 'prod-1',
    pid: 77,
    program: 'sentinel',
    command: argv.slice(0, words).join(' '),
    argv,
    exit: 0,
    daemon: null,
    incident: null,
    ...more,
  };
}

type FlightLine = FlightReading['lines'][number];
const flown = (lines: readonly FlightLine[], gaps: FlightReading['gaps'] = []): TimelineSources['flight'] => [
  { lines, gaps },
];

let seqs = 0;
function event(clock: string, kind: string, more: Partial<EventState> = {}): EventState {
  return {
    seq: ++seqs,
    at: at(clock),
    last_at: at(clock),
    count: 1,
    kind,
    severity: 'info',
    subject: null,
    actor: null,
    reason: null,
    words: kind,
    detail: null,
    generation: 41,
    fields: {},
    ...more,
  };
}

const action = (clock: string, name: string, fields: Record<string, string>, actor = 'user ada'): EventState =>
  event(clock, 'admin_action', {
    actor,
    subject: name,
    words: 'Admin action',
    fields: { action: name, result: 'done', ...fields },
  });

const words = (sources: Partial<TimelineSources>, window = {}): readonly string[] =>
  buildTimeline({ ...none, ...sources }, incident, window).moments.map(
    (moment) => `${moment.at.slice(11, 19)} ${moment.source} ${moment.words}`,
  );

test('what is known is told in the order in which it happened, from 15 minutes before the opening until it was closed', () => {
  const opened: EntryBody = {
    kind: 'opened',
    title: 'api is down',
    sev: 'SEV2',
    why: null,
    by: 'operator',
    service: null,
  };
  const sources = {
    journal: [
      entry(1, '14:05:00', opened),
      entry(2, '14:10:00', { kind: 'note', text: 'the deploy?' }),
      entry(3, '14:20:00', { kind: 'marked', mark: 'alert', when: at('14:04:00'), from: null }),
    ],
    events: [
      event('14:03:00', 'health', { severity: 'warn', subject: 'api/10.1.1.12:8080', words: 'Target is down' }),
      event('13:30:00', 'ready'),
      event('15:30:00', 'ready'),
    ],
    commands: [command('14:02:00', 'config apply new.kdl')],
  };
  assert.deepEqual(words(sources), [
    '14:02:00 command sentinel config apply new.kdl',
    '14:03:00 event Target is down api/10.1.1.12:8080',
    '14:04:00 journal first alert fired',
    '14:05:00 journal incident opened: SEV2: api is down',
    '14:10:00 journal note: the deploy?',
  ]);
  const timeline = buildTimeline({ ...none, ...sources }, incident);
  assert.deepEqual([timeline.since, timeline.until], [at('13:50:00'), at('15:00:00')]);
  assert.equal(words(sources, { since: at('13:00:00'), until: at('16:00:00') }).length, 7);
});

test('what an incident has written down of itself is in it, however long ago it says that it was', () => {
  const marked: EntryBody = { kind: 'marked', mark: 'resolved', when: at('23:00:00'), from: null };
  assert.deepEqual(words({ journal: [entry(1, '14:20:00', marked)] }), ['23:00:00 journal resolved']);
});

test('an action of the admin API is no line of its own beside the command that asked for it', () => {
  const sources = {
    commands: [command('14:06:00', 'drain 10.1.1.12:8080 --yes', { duration_ms: 16_000 })],
    events: [
      action('14:06:00.200', 'drain-begin', { target: '10.1.1.12:8080' }),
      event('14:06:00.200', 'drain_begin', { actor: 'user ada', subject: 'api/10.1.1.12:8080', words: 'Drain begun' }),
      event('14:06:15.000', 'drain_done', { subject: 'api/10.1.1.12:8080', words: 'Drained' }),
    ],
  };
  assert.deepEqual(words(sources), [
    '14:06:00 command sentinel drain 10.1.1.12:8080 --yes (16s)',
    '14:06:15 event Drained api/10.1.1.12:8080',
  ]);
  const [line] = buildTimeline({ ...none, ...sources }, incident).moments;
  const confirmed = line?.fields['confirmed_by'] as readonly { readonly kind: string }[];
  assert.deepEqual(
    confirmed.map(({ kind }) => kind),
    ['admin_action', 'drain_begin'],
  );
});

test('what somebody else did, elsewhere, at another time or to something else keeps its line', () => {
  const typed = [command('14:06:00', 'drain 10.1.1.12:8080')];
  const target = { target: '10.1.1.12:8080' };
  for (const other of [
    action('14:06:00.200', 'drain-begin', target, 'user bob'),
    action('14:06:00.600', 'drain-begin', target),
    action('14:05:59.900', 'drain-begin', target),
    action('14:06:00.200', 'drain-begin', { target: '10.1.1.1:8080' }),
    action('14:06:00.200', 'drain-begin', { target: '10.1.1.12:80' }),
    action('14:06:00.200', 'drain-end', target),
    { ...action('14:06:00.200', 'drain-begin', target), count: 2, last_at: at('14:06:30') },
  ]) {
    assert.equal(words({ commands: typed, events: [other] }).length, 2, JSON.stringify(other));
  }
});

test('where two commands may have caused it, all three are told', () => {
  const commands = [command('14:06:00', 'reload'), command('14:06:00.100', 'reload', { pid: 78 })];
  assert.equal(words({ commands, events: [action('14:06:00.200', 'config-reload', {})] }).length, 3);
});

test('an event that is read from two places is one, and its higher count is right', () => {
  const once = event('14:03:00', 'health', { words: 'flaps', severity: 'warn' });
  const later = { ...once, seq: 99, count: 3, last_at: at('14:03:40') };
  const flight = flown([{ kind: 'event', event: once }]);
  assert.deepEqual(words({ flight, events: [later] }), ['14:03:00 event flaps ×3 until 14:03:40']);
});

test('deeds that the daemon counted as one are told one by one where each was written down', () => {
  const first = action('14:06:00.200', 'block-add', { address: '203.0.113.7/32' });
  const second = {
    ...first,
    seq: 50,
    count: 2,
    last_at: at('14:06:20.200'),
    fields: { ...first.fields, address: '198.51.100.1/32' },
  };
  const flight = flown([first, second].map((one) => ({ kind: 'event', event: one })));
  const commands = [
    command('14:06:00', 'block add 203.0.113.7'),
    command('14:06:20', 'block add 198.51.100.1', { pid: 78 }),
  ];
  assert.deepEqual(words({ flight, commands }), [
    '14:06:00 command sentinel block add 203.0.113.7',
    '14:06:20 command sentinel block add 198.51.100.1',
  ]);
});

test('a generation tells of the reload that brought it, and a reload that failed is told besides', () => {
  const generation: GenerationHead = {
    number: 42,
    at: at('14:01:00.100'),
    actor: 'ada',
    reason: 'raise timeouts',
    origin: 'reload',
    digest: 'd',
    files: ['/etc/sentinel/config.kdl'],
    hashes: ['h'],
  };
  const reload = event('14:01:00.120', 'reload', { generation: 42, words: 'Configuration reloaded' });
  const failed = event('14:01:01.000', 'reload', { generation: 42, severity: 'error', words: 'Reload failed' });
  assert.deepEqual(words({ generations: [generation, generation], events: [reload, failed] }), [
    '14:01:00 configuration configuration generation 42 in force, by a reload: raise timeouts',
    '14:01:01 event Reload failed',
  ]);
});

test('steps of a runbook that are commands show as such; what was only shown does not', () => {
  const place = { runbook: 'upstream-failure', part: 1, line: 1 };
  const step = (clock: string, outcome: 'done' | 'failed' | 'shown', argv: readonly string[], exit = 0): Entry => ({
    at: at(clock),
    kind: 'step',
    place,
    name: 'take-out',
    number: 3,
    words: 'Take it out',
    effect: 'change',
    outcome,
    argv,
    undo: null,
    command: {
      argv,
      cwd: '/',
      started: at(clock),
      duration_ms: 2000,
      exit,
      end: 'exited',
      output: 'secret',
      truncated: false,
    },
    why: null,
  });
  const entries: readonly Entry[] = [
    {
      at: at('14:07:00.100'),
      kind: 'begun',
      schema: 'sentinel.run/1',
      run: 'r-1',
      runbook: 'upstream-failure',
      title: 'Upstream failure',
      severity: null,
      file: '/x.md',
      digest: 'd',
      mode: 'run',
      actor: 'ada',
      host: 'prod-1',
      pid: 90,
      version: '1',
    },
    step('14:07:10', 'done', ['sentinel', 'drain', '10.1.1.12:8080']),
    step('14:07:20', 'failed', ['ping', '10.1.1.12'], 1),
    step('14:07:30', 'shown', ['reboot']),
    { at: at('14:08:00'), kind: 'ended', outcome: 'failed', exit_code: 1, code: null, words: '', next: [], open: [] },
  ];
  const sources = {
    runs: [{ file: '/runs/r-1.ndjson', entries }],
    commands: [
      command('14:07:00', 'runbook run upstream-failure', { pid: 90, duration_ms: 61_000, exit: 1 }),
      command('14:07:10.300', 'drain 10.1.1.12:8080', { pid: 91 }),
    ],
    journal: [
      entry(2, '14:08:00.900', {
        kind: 'runbook',
        runbook: 'upstream-failure',
        run: 'r-1',
        outcome: 'failed',
        exit_code: 1,
        file: null,
      }),
    ],
  };
  assert.deepEqual(words(sources), [
    '14:07:00 runbook runbook upstream-failure begun',
    '14:07:10 command sentinel drain 10.1.1.12:8080',
    '14:07:20 runbook runbook upstream-failure, step 3 take-out: Take it out: ping 10.1.1.12, failed (exit 1)',
    '14:08:00 journal runbook upstream-failure failed (r-1, exit 1)',
  ]);
  assert.doesNotMatch(JSON.stringify(buildTimeline({ ...none, ...sources }, incident)), /secret/);
});

test('a command that wrote an entry of the journal is that entry; one that failed is told, one that was mistyped is not', () => {
  const sources = {
    journal: [entry(1, '14:10:00.200', { kind: 'note', text: 'the deploy?' })],
    commands: [
      command('14:10:00', 'incident note the deploy?'),
      command('14:11:00', 'incident close', { exit: 1 }),
      command('14:12:00', 'incident mark nonsense', { exit: 2 }),
    ],
  };
  assert.deepEqual(words(sources), [
    '14:10:00 journal note: the deploy?',
    '14:11:00 command sentinel incident close (exit 1)',
  ]);
});

test('traffic turns twice: where failures rise above what is normal, and where they fall back', () => {
  const traffic = (index: number, affected: number): FlightLine => ({
    kind: 'traffic',
    at: new Date(Date.parse(at('14:00:00')) + (index + 1) * 10_000).toISOString(),
    covered_ms: 10_000,
    generation: 41,
    requests: 1000,
    errors: affected,
    affected,
    causes: affected > 5 ? { connect_refused: affected } : {},
    routes: {},
    upstreams: {},
    p50_ms: 1,
    p99_ms: 2,
    connections: 1,
    rss_bytes: 1,
  });
  // One bad sample in between two good ones is within the same trouble.
  const affected = [1, 0, 2, 1, 0, 1, 300, 310, 1, 290, 0, 1, 2, 0, 1, 1];
  const flight = affected.map((count, index) => traffic(index, count));
  assert.deepEqual(words({ flight: flown(flight) }), [
    '14:01:00 traffic failures rise: 30 % of requests, before 0.083 %; connect_refused ×900',
    '14:01:40 traffic failures back to normal after 40s: 901 of 4000 requests affected, at worst 31 %',
  ]);
  assert.deepEqual(words({ flight: flown(flight.slice(0, 9)) }).length, 1, 'it goes on');
  assert.deepEqual(words({ flight: flown(flight.slice(0, 6)) }), []);
});

test('a daemon that was gone without a word has died; one that ended, or handed over, has not', () => {
  const version = '1.0';
  const lines: readonly FlightLine[] = [
    { kind: 'began', at: at('14:00:00'), pid: 1, version },
    { kind: 'event', event: event('14:04:00', 'health', { words: 'down' }) },
    { kind: 'began', at: at('14:05:00'), pid: 2, version },
    { kind: 'event', event: event('14:05:00.500', 'ready', { words: 'Ready' }) },
    { kind: 'ended', at: at('14:05:30'), pid: 2, version, heir: 3 },
    { kind: 'ended', at: at('14:06:00'), pid: 3, version, heir: null },
  ];
  const flight = flown(lines, [
    { from: at('14:04:00'), until: at('14:05:00'), why: 'died' },
    { from: at('14:06:00'), until: null, why: 'ended' },
  ]);
  assert.deepEqual(words({ flight }), [
    '14:00:00 traffic daemon is up (process 1, 1.0)',
    '14:04:00 event down',
    '14:04:00 traffic daemon wrote nothing more from here on: it died or was killed; up again at 14:05:00',
    '14:05:00 event Ready',
    '14:05:30 traffic daemon handed over: process 2 to process 3',
    '14:06:00 traffic daemon has ended (process 3)',
  ]);
});

test('a source that could not be read is said', () => {
  const missing = [{ source: 'event', why: 'no daemon answered within 1 s' }] as const;
  assert.deepEqual(buildTimeline({ ...none, missing }, incident).missing, missing);
});

test('what was typed for another daemon, for another incident or in vain is none of its business', () => {
  const mine = {
    ...incident,
    daemons: ['/run/sentinel/admin.sock', '127.0.0.1:9090'],
    config: '/etc/sentinel/config.kdl',
  };
  const meant = (...addresses: string[]): Partial<LoggedCommand> => ({ addresses, config: null });
  const commands = [
    command('14:10:00', 'reload', meant('/run/sentinel/admin.sock', '/tmp/sentinel-0/admin.sock')),
    command('14:10:01', 'drain 10.1.1.1:80', { ...meant('localhost:9090'), daemon: 'localhost:9090' }),
    command('14:10:02', 'drain 10.1.1.2:80', { ...meant('/run/other.sock'), daemon: '/run/other.sock' }),
    command('14:10:03', 'drain 10.1.1.3:80', { daemon: '/run/other.sock' }),
    command('14:10:04', 'drain 10.1.1.4:80', { daemon: null }),
    command('14:10:05', 'init', { addresses: null, config: '/srv/other.kdl' }),
    command('14:10:06', 'init', { addresses: null, config: null }),
    command('14:10:07', 'reload', { ...meant('127.0.0.1:9090'), exit: 2 }),
    command('14:10:08', 'reload', { ...meant('127.0.0.1:9090'), exit: 1 }),
    command('14:10:09', 'incident note x -i INC-2', { addresses: null, config: null }),
    command('14:10:10', 'incident close', { exit: 1, incident: 'INC-2' }),
    command('14:10:11', 'incident close', { exit: 1, incident: 'INC-1' }),
  ];
  const seconds = (subject: typeof incident): readonly number[] =>
    buildTimeline({ ...none, commands }, subject).moments.map((moment) => Number(moment.at.slice(17, 19)));
  assert.deepEqual(seconds(mine), [0, 1, 4, 6, 8, 11]);
  assert.deepEqual(seconds(incident), [0, 1, 2, 3, 4, 5, 6, 8, 11], 'of which nothing is known may be about any');
});

test('a breaker that opens again and again is one line for each of its states until it closes', () => {
  const breaker = (clock: string, words: string, to: string, detail: string) =>
    event(clock, 'breaker', { words, detail, subject: 'api/10.1.1.1:80', fields: { to } });
  const events = [
    breaker('14:10:00', 'Circuit breaker opened', 'open', '5 failures in a row'),
    breaker('14:10:30', 'Circuit breaker half-open', 'half_open', 'the timeout is over'),
    breaker('14:10:31', 'Circuit breaker opened', 'open', 'a trial failed'),
    breaker('14:11:01', 'Circuit breaker half-open', 'half_open', 'the timeout is over'),
    breaker('14:11:02', 'Circuit breaker closed', 'closed', '2 requests succeeded'),
    breaker('14:12:00', 'Circuit breaker opened', 'open', '5 failures in a row'),
  ];
  assert.deepEqual(words({ events }), [
    '14:10:00 event Circuit breaker opened api/10.1.1.1:80: 5 failures in a row ×2 until 14:10:31',
    '14:10:30 event Circuit breaker half-open api/10.1.1.1:80: the timeout is over ×2 until 14:11:01',
    '14:11:02 event Circuit breaker closed api/10.1.1.1:80: 2 requests succeeded',
    '14:12:00 event Circuit breaker opened api/10.1.1.1:80: 5 failures in a row',
  ]);
});

test('what the admin API was asked for is told once, with what came of it', () => {
  const fields = { target: '10.1.1.1:80' };
  const person = { actor: 'user bob', subject: 'api/10.1.1.1:80' };
  const events = [
    event('14:10:00.100', 'admin_action', {
      actor: 'user bob',
      subject: 'drain-begin',
      fields: { ...fields, action: 'drain-begin', result: 'done' },
    }),
    event('14:10:00.200', 'drain_begin', { ...person, words: 'Target draining', fields }),
  ];
  assert.deepEqual(words({ events }), ['14:10:00 event Target draining api/10.1.1.1:80']);
});

test('what the daemon says of an incident that it opened is in the journal already', () => {
  const receipt = {
    actor: 'token am',
    subject: 'alerts-receive',
    fields: { action: 'alerts-receive', result: 'done' },
  };
  const refused = { ...receipt, fields: { action: 'alerts-receive', result: 'refused', detail: 'the disk is full' } };
  const events = [
    event('14:10:00', 'incident_opened', { words: 'Incident opened', subject: 'INC-1' }),
    event('14:10:00', 'admin_action', receipt),
    event('14:10:01', 'admin_action', refused),
  ];
  assert.deepEqual(words({ events }), ['14:10:01 event admin API: alerts-receive, refused: the disk is full']);
});
