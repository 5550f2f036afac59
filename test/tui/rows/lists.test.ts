/** Rows of the views "Clients", "Certs", "Events" and "Log", and what is entered from them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventState } from '../../../src/admin/contract/event-shapes.ts';
import type { LogLineState } from '../../../src/admin/contract/log-shapes.ts';
import { rowsOf } from '../../../src/tui/rows/rows.ts';
import type { ViewName } from '../../../src/tui/rows/row.ts';
import type { State } from '../../../src/tui/store/state.ts';
import {
  readingNews,
  sampleCert,
  sampleClient,
  sampleEvent,
  sampleParts,
  sampleState,
  sampleTime,
} from '../sample-state.ts';
import { at, filtered, looking, names, row, rows, texts } from './rows-values.ts';

function telling(view: ViewName, events: readonly EventState[], lines: readonly LogLineState[] = []): State {
  return sampleState(
    [
      readingNews(),
      { kind: 'events', node: 'local', events, gap: false },
      { kind: 'logs', node: 'local', lines, gap: false },
    ],
    { view },
  );
}

test('a client that sends a striking share stands out, and one that is blocked says so', () => {
  const { clients, ...parts } = sampleParts();
  const state = looking('clients', {
    parts: {
      ...parts,
      clients: {
        ...clients,
        new_keys: 12,
        clients: [
          sampleClient('10.9.0.5', { requests: 10, share: 0.001, requests_per_s: 0.2 }),
          sampleClient('10.9.0.4', { requests: 4800, at_least: 4700, share: 0.4 }),
          sampleClient('10.9.0.6', { requests: 5000, share: 0.42, blocked: true }),
        ],
      },
    },
  });
  assert.deepEqual(names(state), ['10.9.0.6', '10.9.0.4', '10.9.0.5'], 'most requests first');
  assert.deepEqual(texts(row(state, '10.9.0.4'), 'rps', 'share', 'requests', 'err', 'refused', 'out', 'state'), [
    '20',
    '40.0',
    '4 800',
    '1.0',
    '·',
    '1.1 MiB',
    '–',
  ]);
  assert.equal(row(state, '10.9.0.4').standing, 'degraded');
  assert.match(row(state, '10.9.0.4').why ?? '', /^10\.9\.0\.4: 4 700 to 1 200 of 12 000 requests, 40 % of all; /);
  assert.equal(row(state, '10.9.0.6').standing, 'maintenance');
  assert.deepEqual(texts(row(state, '10.9.0.6'), 'state'), ['yes']);
  assert.match(rowsOf(state).title, /^Clients by ip, 12 000 requests in 1m 00s by 2, ▲ 12 of them new$/);
});

test('paths and user agents have no column for blocks', () => {
  const parts = sampleParts();
  const state = looking('clients', {
    parts: { ...parts, clients: { ...parts.clients, by: 'path', clients: [sampleClient('', { blocked: null })] } },
  });
  assert.deepEqual(
    rowsOf(state)
      .columns.map(({ title }) => title)
      .slice(-2),
    ['SENT', 'PATH'],
  );
  assert.deepEqual(names(state), ['–']);
});

test('the certificate that ends first comes first, whatever else is worse stands above', () => {
  const certificates = [
    sampleCert('fine', { standing: 'ok', days_left: 80 }),
    sampleCert('soon', { days_left: 9 }),
    sampleCert('dead', { standing: 'expired', days_left: -3 }),
    sampleCert('other', { standing: 'ok', days_left: 60, same_as_disk: false }),
    sampleCert('lost', { standing: 'ok', days_left: 70, same_as_disk: null, disk_why: 'no such file' }),
  ];
  const state = looking('certs', { parts: sampleParts({ certs: { certificates, problems: [] } }) });
  assert.deepEqual(
    rows(state).map(({ standing, cells }) => [cells['name']?.text, standing]),
    [
      ['dead', 'down'],
      ['soon', 'degraded'],
      ['other', 'degraded'],
      ['lost', 'unknown'],
      ['fine', 'up'],
    ],
  );
  assert.deepEqual(texts(row(state, 'dead listener'), 'days', 'state', 'disk'), ['-3', 'expired', 'same']);
  assert.equal(row(state, 'dead listener').code, 'SNT-T010');
  assert.deepEqual(texts(row(state, 'lost listener'), 'disk'), ['?']);
  assert.match(
    row(state, 'other listener').why ?? '',
    /the file on disk is another one: sentinel reload --certs takes it/,
  );
});

test('a certificate is found by its names', () => {
  const certificates = [sampleCert('a', { names: ['shop.example.com'] }), sampleCert('b')];
  const state = looking('certs', { parts: sampleParts({ certs: { certificates, problems: [] } }) });
  assert.deepEqual(names(filtered(state, 'shop')), ['a']);
});

test('a certificate that was entered is seen whole, its chain too', () => {
  const chain = [{ ...sampleCert('x'), subject: 'CN=Example CA', issuer: 'CN=Root' }];
  const state = looking('certs', {
    parts: sampleParts({ certs: { certificates: [sampleCert('https', { chain })], problems: [] } }),
  });
  const [cert] = rows(state);
  assert.ok(cert);
  const inside = at(state, { of: { node: 'local', thing: cert.thing } });
  const facts = new Map(rows(inside).map((one) => [one.cells['fact']?.text, one.cells['name']?.text]));
  assert.equal(facts.get('standing'), 'warning, 9 days left');
  assert.equal(facts.get('key file'), '/etc/ssl/api.key');
  assert.equal(facts.get('chain 1'), 'CN=Example CA, issued by CN=Root, until 2026-11-29');
});

test('events come newest first with what, to whom, by whom and how often', () => {
  const state = telling('events', [
    sampleEvent(1),
    sampleEvent(2, {
      kind: 'reload',
      severity: 'info',
      subject: null,
      actor: 'oncall',
      reason: 'timeouts',
      words: 'configuration applied',
      detail: null,
      count: 3,
    }),
  ]);
  assert.deepEqual(
    rows(state).map((one) => texts(one, 'st', 'kind', 'subject', 'actor', 'count', 'name')),
    [
      ['none', 'reload', '–', 'oncall', '3', 'configuration applied (“timeouts”)'],
      [
        'down',
        'target_down',
        'api-backend/10.1.1.12:8080',
        '–',
        '1',
        'target takes no requests any more: connect ECONNREFUSED, 3 times in a row',
      ],
    ],
  );
  // Whatever there is no room for in the table.
  assert.match(rows(state)[1]?.why ?? '', /^api-backend\/10\.1\.1\.12:8080: target takes no requests any more: /);
});

test('what happened is seen at once, though the state is asked for seldom or the clock of the daemon was put back', () => {
  const later = sampleTime(-3_600_000);
  const state = telling(
    'events',
    [sampleEvent(1, { at: later, last_at: later })],
    [{ time: later, level: 'INFO', module: 'http', message: 'Started' }],
  );
  assert.equal(rows(state).length, 1);
  assert.equal(rows(at(state, { view: 'log' })).length, 1);
});

test('an event that happens again keeps its row, so that the cursor stays', () => {
  const first = telling('events', [sampleEvent(1)]);
  const again = telling('events', [sampleEvent(1, { seq: 9, count: 2, last_at: sampleTime(1000) })]);
  assert.equal(rows(first)[0]?.id.replace(/59999/, ''), rows(again)[0]?.id.replace(/59999/, ''));
});

test('an event that was entered is seen with all its fields, and nothing of it is cut', () => {
  const long = 'x'.repeat(150);
  const state = telling('events', [
    sampleEvent(1, { fields: { upstream: 'api-backend', note: long, rules: { a: 1 } } }),
  ]);
  const inside = at(state, { of: { node: 'local', thing: { kind: 'event', seq: 1 } } });
  const values = rows(inside).map((one) => texts(one, 'fact', 'name'));
  assert.deepEqual(
    values.filter(([fact]) => fact === 'upstream'),
    [['upstream', 'api-backend']],
  );
  assert.deepEqual(
    values.filter(([fact]) => fact === 'rules'),
    [['rules', '{"a":1}']],
  );
  const from = values.findIndex(([fact]) => fact === 'note');
  assert.equal(
    values
      .slice(from, from + 3)
      .map(([, value]) => value)
      .join(''),
    long,
  );
  const gone = at(state, { of: { node: 'local', thing: { kind: 'event', seq: 5 } } });
  assert.equal(rowsOf(gone).empty, '? it is not there any more; Esc goes back');
});

test('lines of the log come newest first with what else they say', () => {
  const state = telling(
    'log',
    [],
    [
      { time: sampleTime(3000), level: 'INFO', module: 'http', message: 'Started', port: 80 },
      { time: sampleTime(1000), level: 'ERROR', module: 'health', message: 'Target down', target: '10.1.1.12:8080' },
      { time: sampleTime(2000), level: 'WARN', module: 'health', message: 'Slow' },
    ],
  );
  assert.deepEqual(
    rows(state).map((one) => texts(one, 'time', 'level', 'module', 'name')),
    [
      ['14:03:06.000', 'error', 'health', 'Target down target=10.1.1.12:8080'],
      ['14:03:05.000', 'warn', 'health', 'Slow'],
      ['14:03:04.000', 'info', 'http', 'Started port=80'],
    ],
  );
  assert.equal(rows(state)[0]?.why, 'Target down target=10.1.1.12:8080');
  assert.deepEqual(names(filtered(state, 'level=error')), ['Target down target=10.1.1.12:8080']);
  const inside = at(state, { of: { node: 'local', thing: { kind: 'log', line: 0 } } });
  assert.deepEqual(
    rows(inside)
      .map((one) => texts(one, 'fact', 'name'))
      .at(-1),
    ['port', '80'],
  );
});

test('each list says what to do where it has nothing', () => {
  const parts = sampleParts();
  const bare = { ...parts, certs: { certificates: [], problems: [] }, clients: { ...parts.clients, clients: [] } };
  assert.match(rowsOf(looking('certs', { parts: bare })).empty ?? '', /^no certificates: /);
  assert.match(rowsOf(looking('clients', { parts: bare })).empty ?? '', /^no requests in the last minute/);
  assert.match(rowsOf(looking('events')).empty ?? '', /sentinel events --all/);
  assert.match(rowsOf(looking('log')).empty ?? '', /sentinel logs shows older ones/);
});
