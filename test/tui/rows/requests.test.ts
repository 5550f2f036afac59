/** Rows of single requests: errors with their causes, what is under way, what was entered, and timelines. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Thing } from '../../../src/tui/rows/row.ts';
import { rowsOf } from '../../../src/tui/rows/rows.ts';
import type { State } from '../../../src/tui/store/state.ts';
import {
  sampleInflight,
  sampleParts,
  sampleRequest,
  sampleStatus,
  sampleTime,
  sampleWindows,
} from '../sample-state.ts';
import { at, filtered, looking, names, row, rows, sorted, texts } from './rows-values.ts';

const causes = [
  { cause: 'no_healthy_target', source: 'proxy', count: 98, ratio: 0.04 },
  { cause: 'upstream_timeout', source: 'upstream', count: 2, ratio: 0.0008 },
] as const;

function errors(...requests: readonly ReturnType<typeof sampleRequest>[]) {
  const parts = sampleParts();
  return {
    parts: { ...parts, errors: { ...parts.errors, requests } },
    status: sampleStatus({ windows: sampleWindows({ causes }) }),
  };
}

function entered(state: State, thing: Thing): State {
  return at(state, { of: { node: 'local', thing } });
}

test('above the requests stands why they fail, the most frequent first, and who made the answer', () => {
  const state = looking('errors', errors(sampleRequest('1-1', { time: sampleTime(4000) })));
  const [first, second, third] = rows(state);
  assert.ok(first && second && third);
  assert.deepEqual(texts(first, 'time', 'status', 'cause', 'name'), [
    'last minute',
    '×98',
    'no_healthy_target',
    '98.0% of failures, by the proxy; 4.0% of all, last 3s ago at api-backend/10.1.1.10:8080',
  ]);
  assert.deepEqual(texts(second, 'cause', 'name'), [
    'upstream_timeout',
    '2.0% of failures, by the upstream; <0.1% of all',
  ]);
  assert.equal(first.code, 'no_healthy_target');
  assert.equal(third.thing.kind, 'request');
});

test('a failed request says when, what, why, where and for whom', () => {
  const state = looking('errors', errors(sampleRequest('1-1')));
  const one = row(state, '1-1');
  assert.deepEqual(texts(one, 'time', 'status', 'cause', 'duration', 'route', 'target', 'client', 'attempts', 'name'), [
    '14:03:02',
    '503',
    'no_healthy_target',
    '120ms',
    'api',
    '10.1.1.10:8080',
    '10.9.0.4',
    '2',
    'GET api.example.com/api/users',
  ]);
  assert.equal(one.standing, 'down');
  assert.equal(one.why, 'no_healthy_target; first at 10.1.1.12:8080: connect_refused; Enter: its timeline');
  assert.equal(one.code, 'no_healthy_target');
});

test('requests come newest first, and a day that is not today is said', () => {
  const state = looking(
    'errors',
    errors(
      sampleRequest('1-1', { time: sampleTime(20_000) }),
      sampleRequest('1-2', { time: sampleTime(2000) }),
      sampleRequest('1-3', { time: sampleTime(86_400_000) }),
    ),
  );
  const requests = rows(state).filter(({ thing }) => thing.kind === 'request');
  assert.deepEqual(
    requests.map(({ thing }) => (thing.kind === 'request' ? thing.id : '')),
    ['1-2', '1-1', '1-3'],
  );
  assert.deepEqual(texts(row(state, '1-3'), 'time'), ['11-19 14:03']);
});

test('sorted by a column that causes do not have, they stand below the requests', () => {
  const state = sorted(
    looking('errors', errors(sampleRequest('1-1', { duration_ms: 5 }), sampleRequest('1-2', { duration_ms: 500 }))),
    'duration',
  );
  assert.deepEqual(
    rows(state).map(({ thing }) => thing.kind),
    ['request', 'request', 'cause', 'cause'],
  );
  assert.deepEqual(texts(rows(state)[0] ?? row(state, '1-2'), 'duration'), ['500ms']);
});

test('a filter of requests leaves the causes that it names and hides the others', () => {
  const state = looking(
    'errors',
    errors(sampleRequest('1-1'), sampleRequest('1-2', { cause: 'upstream_timeout', status: 504 })),
  );
  assert.deepEqual(
    rows(filtered(state, 'cause=upstream_timeout')).map(({ id }) => id),
    ['local cause upstream_timeout', 'local 1-2'],
  );
  assert.deepEqual(
    rows(filtered(state, 'status=503')).map(({ id }) => id),
    ['local 1-1'],
  );
});

test('without errors it says so, and without an answer that it is not known', () => {
  const none = looking('errors', { ...errors(), status: sampleStatus() });
  assert.match(rowsOf(none).empty ?? '', /^no errors: /);
  const { errors: _, ...parts } = sampleParts();
  const unread = looking('errors', { parts, unread: { errors: 'the daemon took too long' } });
  assert.equal(rowsOf(unread).empty, '? not known: the daemon took too long');
});

const whose: readonly { readonly words: string; readonly thing: Thing }[] = [
  { words: 'a target', thing: { kind: 'target', upstream: 'api-backend', target: '10.1.1.10:8080' } },
  { words: 'a route', thing: { kind: 'route', route: 'api' } },
  { words: 'a client', thing: { kind: 'client', client: '10.9.0.4', by: 'ip' } },
  { words: 'a network', thing: { kind: 'client', client: '10.9.0.0/24', by: 'prefix' } },
  { words: 'a user agent', thing: { kind: 'client', client: 'curl/8.5.0', by: 'user-agent' } },
];
for (const { words, thing } of whose) {
  test(`of ${words} that was entered its requests are seen, those under way first, and nobody else's`, () => {
    const other = { target: '10.1.1.99:8080', route: 'web', client_ip: '10.9.1.9', user_agent: 'other' };
    const given = errors(sampleRequest('1-1'), sampleRequest('1-2', other));
    const inflight = { ...sampleParts().inflight, requests: [sampleInflight('1-40'), sampleInflight('1-41', other)] };
    const state = entered(looking('errors', { ...given, parts: { ...given.parts, inflight } }), thing);
    assert.deepEqual(
      rows(state).map(({ id }) => id),
      ['local 1-40', 'local 1-1'],
    );
    assert.equal(rowsOf(state).title, 'Requests');
  });
}

test('of a cause that was entered its requests are seen, and the path names it', () => {
  const state = entered(
    looking('errors', errors(sampleRequest('1-1'), sampleRequest('1-2', { cause: 'upstream_timeout' }))),
    { kind: 'cause', cause: 'upstream_timeout' },
  );
  assert.deepEqual(
    rows(state).map(({ id }) => id),
    ['local 1-2'],
  );
  assert.deepEqual(rowsOf(state).path, ['upstream_timeout']);
});

test('what is under way comes oldest first, but for WebSockets, and says what it waits for', () => {
  const inflight = {
    ...sampleParts().inflight,
    requests: [
      sampleInflight('1-1', { age_ms: 7_200_000, phase: 'websocket' }),
      sampleInflight('1-2', { age_ms: 900 }),
      sampleInflight('1-3', { age_ms: 190_000, bytes_out: 2048 }),
    ],
  };
  const state = looking('inflight', { parts: sampleParts({ inflight }) });
  assert.deepEqual(
    rows(state).map(({ id }) => id),
    ['local 1-3', 'local 1-2', 'local 1-1'],
  );
  assert.deepEqual(texts(row(state, '1-3'), 'age', 'phase', 'out', 'in', 'name'), [
    '3m 10s',
    'wait',
    '2.0 KiB',
    '·',
    'GET api.example.com/export',
  ]);
  assert.equal(row(state, '1-3').standing, 'degraded');
  assert.equal(row(state, '1-1').standing, 'none', 'a WebSocket is meant to live');
  assert.equal(row(state, '1-3').why, 'under way for 3m 10s: waits for the target to answer, at 10.1.1.10:8080');
});

test('what a silent worker has under way is not said to be nothing', () => {
  const inflight = { ...sampleParts().inflight, requests: [], total: 0, matching: 0, unanswered: [1] };
  assert.equal(
    rowsOf(looking('inflight', { parts: sampleParts({ inflight }) })).empty,
    '? none known: a worker did not answer',
  );
});

test('the timeline of a request has each failed try, the waits of the last and the end on one scale', () => {
  const state = entered(looking('errors', errors(sampleRequest('1-1'))), {
    kind: 'request',
    id: '1-1',
    correlationId: 'c0ffee-1-1',
  });
  const steps = rows(state).map((step) => texts(step, 'at', 'took', 'name'));
  assert.deepEqual(steps.slice(3), [
    ['0ms', '–', 'in at listener http, route api → api-backend'],
    ['0.4ms', '1.0ms', 'first try at api-backend 10.1.1.12:8080: connect_refused; queued 0.1ms, connect 0.9ms'],
    ['1.4ms', '–', 'retry try at api-backend 10.1.1.10:8080'],
    ['1.4ms', '1.0ms', 'queued for a connection'],
    ['2.4ms', '2.0ms', 'connect'],
    ['4.4ms', '100ms', 'wait for the first byte'],
    ['104ms', '17ms', 'transfer'],
    ['120ms', '–', 'answered 503: no_healthy_target, 512 B sent'],
  ]);
  for (const step of rows(state)) {
    assert.equal(step.why, step.cells['name']?.text, 'whole below a narrow table');
    const bar = step.cells['bar']?.text ?? '';
    assert.ok(bar === '–' || bar.length === 24, `${bar} is not as wide as its column`);
  }
});

test('a request whose every try failed has no answer in its timeline', () => {
  const failed = sampleRequest('1-1', { attempts: 1, first_byte_ms: 0, transfer_ms: 0 });
  const state = entered(looking('errors', errors(failed)), { kind: 'request', id: '1-1', correlationId: 'c' });
  assert.deepEqual(
    rows(state)
      .slice(3)
      .map((step) => step.cells['name']?.text.split(':')[0]),
    ['in at listener http, route api → api-backend', 'first try at api-backend 10.1.1.12', 'answered 503'],
  );
});

test('one under way that ended while it was looked at shows how it ended, and one that is gone says where to look', () => {
  const thing: Thing = { kind: 'inflight', id: '1-40', correlationId: 'f00d-1-40' };
  const under = entered(looking('inflight', errors()), thing);
  assert.equal(rowsOf(under).title, 'Request under way');
  assert.match(names(under).at(-1) ?? '', /^under way: waits for the target to answer; /);
  const ended = entered(looking('inflight', errors(sampleRequest('1-40'))), thing);
  assert.equal(names(ended).at(-1), 'answered 503: no_healthy_target, 512 B sent');
  const inflight = { ...sampleParts().inflight, requests: [] };
  const gone = entered(looking('inflight', { parts: { ...errors().parts, inflight } }), thing);
  assert.equal(
    rowsOf(gone).empty,
    '? request 1-40 is over and was not kept: sentinel trace f00d-1-40 looks in the logs too',
  );
});
