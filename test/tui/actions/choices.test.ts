/** The menu of a row: what it offers, and why it does not; the preview of what it offers, in words. As values, without a daemon. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TargetDrain } from '../../../src/admin/contract/drain-shapes.ts';
import type { TargetState } from '../../../src/admin/contract/upstream-shapes.ts';
import { choiceOf, choicesFor } from '../../../src/tui/actions/choices.ts';
import { orderOf } from '../../../src/tui/actions/order.ts';
import { previewOf } from '../../../src/tui/actions/preview.ts';
import type { Reading } from '../../../src/tui/feed/reading.ts';
import { everyNode, type Row, type Thing } from '../../../src/tui/rows/row.ts';
import { nodeAt } from '../../../src/tui/store/node.ts';
import type { NodeState } from '../../../src/tui/store/state.ts';
import { rowOf } from '../flows/flow-scene.ts';
import {
  degradedUpstreams,
  downTarget,
  drainingTarget,
  sampleBreaker,
  sampleClient,
  sampleInflight,
  sampleParts,
  sampleReading,
  sampleStatus,
  sampleTarget,
  sampleUpstream,
} from '../sample-state.ts';

function nodeWith(given: Partial<Reading> = {}, node: Partial<NodeState> = {}): NodeState {
  return { ...nodeAt('local'), reading: sampleReading(given), ...node };
}

const target = (address: string): Row => rowOf({ kind: 'target', upstream: 'api-backend', target: address });
const upstream = rowOf({ kind: 'upstream', upstream: 'api-backend' });
const route = rowOf({ kind: 'route', route: 'api' });

/** Why each action cannot be done now; null = it can. The first of each. */
function disabled(row: Row, node: NodeState): Readonly<Record<string, string | null>> {
  const pairs = choicesFor(row, node).map((one) => [one.action, one.disabled] as const);
  return Object.fromEntries(pairs.toReversed());
}

test('every row has a menu, which ends with the snapshot and says nothing empty', () => {
  const things: readonly Thing[] = [
    target('10.1.1.10:8080').thing,
    upstream.thing,
    route.thing,
    { kind: 'request', id: '1-30', correlationId: 'c' },
    { kind: 'inflight', id: '1-40', correlationId: 'c' },
    { kind: 'client', client: '10.9.0.4', by: 'ip' },
    { kind: 'cause', cause: 'upstream_timeout' },
    { kind: 'cert', name: 'https' },
    { kind: 'event', seq: 1 },
    { kind: 'log', line: 1 },
    { kind: 'line', of: 'c', index: 1 },
  ];
  for (const thing of things) {
    const choices = choicesFor(rowOf(thing, { client: '10.9.0.4', module: 'health' }), nodeWith());
    assert.equal(choices.at(-1)?.action, 'snapshot', thing.kind);
    assert.ok(choices.length > 1, thing.kind);
    for (const { words, disabled: why } of choices) assert.ok(words !== '' && why !== '', thing.kind);
  }
});

test('a target that serves can be drained; one that drains can be taken back, and says by whom', () => {
  const status = sampleStatus({
    drains: [
      {
        ...(degradedUpstreams()[0]?.targets[1]?.drain as TargetDrain),
        target: '10.1.1.11:8080',
        upstreams: ['api-backend'],
      },
    ],
  });
  const node = nodeWith({ upstreams: degradedUpstreams(), status });
  const serving = disabled(target('10.1.1.10:8080'), node);
  assert.equal(serving['drain'], null);
  assert.equal(serving['undrain'], 'it does not drain');
  assert.equal(serving['reset-breaker'], 'it is closed');
  const draining = disabled(target('10.1.1.11:8080'), node);
  assert.equal(draining['drain'], 'it is draining already, by oncall');
  assert.equal(draining['undrain'], null);
  assert.equal(choiceOf('undrain', target('10.1.1.11:8080'), node)?.words, 'cancel the drain of 10.1.1.11:8080');
  assert.equal(disabled(target('10.1.1.12:8080'), node)['reset-breaker'], null);
  assert.equal(disabled(target('10.9.9.9:1'), node)['drain'], 'api-backend has no target 10.9.9.9:1 now');
});

test('what an upstream and a route can have done says what they cannot', () => {
  const fixed = sampleUpstream('api-backend', [], { kind: 'static', check: null, routes: [] });
  const still = disabled(upstream, nodeWith({ upstreams: [fixed] }));
  assert.equal(still['check'], 'api-backend answers by itself: there is nothing to check');
  assert.equal(still['maintenance'], 'no route goes there');
  assert.match(String(still['drain']), /^targets are drained/);
  const unchecked = sampleUpstream('api-backend', [sampleTarget('10.1.1.10:8080', { breaker: null })], { check: null });
  const node = nodeWith({ upstreams: [unchecked] });
  assert.match(choiceOf('check', upstream, node)?.words ?? '', /^check api-backend now \(tries a connection\)$/);
  assert.equal(disabled(target('10.1.1.10:8080'), node)['reset-breaker'], 'it has no circuit breaker');
  assert.match(String(disabled(target('10.1.1.10:8080'), node)['maintenance']), /^of routes and upstreams only$/);
  const { breakers: _unread, ...unread } = sampleParts();
  assert.equal(disabled(route, nodeWith({ parts: unread }))['reset-breaker'], 'the breakers have not been read yet');
  const open = sampleBreaker('-', '-', { id: 'route/api', kind: 'route' });
  assert.equal(
    disabled(route, nodeWith({ parts: sampleParts({ breakers: { breakers: [open] } }) }))['reset-breaker'],
    null,
  );
});

test('what is under maintenance can only be taken out of it, whether by its own order or by the one for all', () => {
  const order = (subject: string) => ({
    kind: 'maintenance' as const,
    subject,
    key: null,
    value: '503',
    replaces: null,
    loosens: false,
    dormant: null,
    actor: 'oncall',
    reason: null,
    set_at: '2026-11-20T14:00:00.000Z',
    expires_at: '2026-11-20T15:00:00.000Z',
    expires_in_ms: 3_413_000,
    undo: 'sentinel maintenance off',
  });
  const under = (subject: string) =>
    nodeWith({ status: sampleStatus({ overrides: { counts: [], maintenance: [order(subject)] } }) });
  for (const subject of ['api', '*']) {
    const menu = disabled(route, under(subject));
    assert.equal(menu['maintenance'], 'it is under maintenance already');
    assert.equal(menu['end-maintenance'], null);
    assert.deepEqual(
      orderOf(
        'end-maintenance',
        { row: route, node: under(subject), values: {} },
        { id: 1, reason: '', confirmed: false },
      ).values,
      { subject },
    );
  }
  assert.equal(disabled(route, under('web'))['end-maintenance'], 'it is not under maintenance');
});

test('clients are blocked by address, for a time, and unblocked where they are blocked', () => {
  const clients = {
    ...sampleParts().clients,
    clients: [sampleClient('10.9.0.4', { blocked: true }), sampleClient('10.9.0.5')],
  };
  const node = nodeWith({ parts: sampleParts({ clients }) });
  const client = (key: string, by = 'ip') => rowOf({ kind: 'client', client: key, by });
  assert.equal(disabled(client('10.9.0.4'), node)['block-client'], 'it is blocked already');
  assert.equal(disabled(client('10.9.0.4'), node)['unblock-client'], null);
  const choice = choiceOf('block-client', client('10.9.0.5'), node);
  assert.equal(choice?.words, 'block client 10.9.0.5 for 1h');
  const preview = previewOf('block-client', client('10.9.0.5'), node, choice?.values);
  assert.equal(preview.danger, 'mild');
  assert.equal(preview.expires, 'after 1h, at 2026-11-20 15:03:07Z');
  assert.match(String(disabled(client('/api', 'path'), node)['block-client']), /^a path is not an address/);
  assert.equal(
    previewOf('block-client', client('127.0.0.1'), node, { address: '127.0.0.1', for: '1h' }).confirmName,
    '127.0.0.1',
  );
  assert.equal(
    disabled(rowOf({ kind: 'inflight', id: '1-40', correlationId: 'c' }), node)['block-client'],
    'its address is not known',
  );
});

test('who only reads may check, and is told who they are; who is not known may do no more', () => {
  const viewer = nodeWith({ identity: { actor: 'token wallboard', role: 'viewer' } });
  const row = target('10.1.1.10:8080');
  const menu = disabled(row, viewer);
  assert.equal(menu['check'], null);
  assert.equal(menu['snapshot'], null);
  for (const action of ['drain', 'undrain', 'reset-breaker', 'maintenance', 'end-maintenance']) {
    assert.equal(menu[action], 'read-only: token wallboard is viewer there, this needs operator', action);
  }
  const unknown = disabled(row, nodeWith({ identity: null }));
  assert.equal(unknown['check'], null);
  assert.match(String(unknown['drain']), /^read-only: the daemon does not say who you are/);
  assert.equal(disabled(row, nodeWith({ identity: { actor: 'user a', role: 'operator' } }))['drain'], null);
});

test('nothing is done to a daemon that does not answer, or to a sum of daemons', () => {
  const row = target('10.1.1.10:8080');
  const lost = { sinceMs: 0, why: 'nothing listens there', retryMs: 500, code: null };
  const gone = nodeWith({}, { lost: lost as NonNullable<NodeState['lost']> });
  assert.equal(disabled(row, gone)['drain'], 'local does not answer: nothing listens there');
  assert.equal(disabled(row, nodeAt('local'))['check'], 'nothing has been read of local yet');
  assert.match(
    String(disabled({ ...row, node: everyNode }, nodeWith())['drain']),
    /^this is the sum of several daemons/,
  );
});

test('a preview says what, where, what it does in numbers, what undoes it and when it ends', () => {
  const node = nodeWith({ upstreams: degradedUpstreams() });
  const preview = previewOf('drain', target('10.1.1.10:8080'), node);
  assert.deepEqual(
    { ...preview, basis: '' },
    {
      what: 'drain 10.1.1.10:8080 (below min-healthy)',
      where: '10.1.1.10:8080 at daemon local (sentinel, pid 812), generation 41',
      effect:
        'api-backend: 0/3 take requests then (min-healthy 1; 1 draining, 1 down already), nobody is left: its routes answer 503, or go to their fallback; now 207/s, 41 in flight, 3 idle sockets',
      undo: 'sentinel undrain 10.1.1.10:8080',
      expires: 'never: it stays drained until it is taken back (deadline 5m, then wait)',
      danger: 'severe',
      confirmName: '10.1.1.10:8080',
      cli: 'sentinel drain 10.1.1.10:8080 --allow-below-min --confirm=10.1.1.10:8080',
      basis: '',
    },
  );
  const elsewhere = previewOf('drain', target('10.1.1.10:8080'), { ...nodeWith(), node: '10.0.0.1:9090' });
  assert.equal(elsewhere.undo, 'sentinel undrain 10.1.1.10:8080 --daemon 10.0.0.1:9090');
  assert.equal(elsewhere.danger, 'moderate');
});

test('taking back what still fails its check is not said to bring it back', () => {
  const { drain } = drainingTarget('10.1.1.12:8080');
  const back = (one: TargetState): string =>
    previewOf('undrain', target(one.address), nodeWith({ upstreams: [sampleUpstream('api-backend', [one])] })).effect;
  assert.match(back(drainingTarget('10.1.1.12:8080')), /it takes requests again$/);
  assert.match(
    back(downTarget('10.1.1.12:8080', { drain })),
    /; while its check fails it stays draining: connect ECONNREFUSED$/,
  );
});

test('what a preview was judged by is the same until something that matters has changed', () => {
  const row = target('10.1.1.10:8080');
  const basis = (given: Partial<Reading>) => previewOf('drain', row, nodeWith(given)).basis;
  const quiet = basis({});
  assert.equal(basis({ receivedMs: 1000, etag: '"41-8"' }), quiet);
  const busier = [
    sampleUpstream(
      'api-backend',
      ['10', '11', '12'].map((end) => sampleTarget(`10.1.1.${end}:8080`, { in_flight: 99 })),
    ),
  ];
  assert.equal(basis({ upstreams: busier }), quiet);
  assert.notEqual(basis({ generation: 42 }), quiet);
  assert.notEqual(basis({ upstreams: degradedUpstreams() }), quiet);
  const request = rowOf({ kind: 'inflight', id: '1-40', correlationId: 'c' });
  const inflight = (ids: readonly string[], age: number) => ({
    parts: sampleParts({
      inflight: { ...sampleParts().inflight, requests: ids.map((id) => sampleInflight(id, { age_ms: age })) },
    }),
  });
  const killing = (given: Partial<Reading>) => previewOf('kill-request', request, nodeWith(given));
  assert.equal(killing(inflight(['1-40'], 10)).basis, killing(inflight(['1-40'], 5000)).basis);
  assert.notEqual(killing(inflight([], 0)).basis, killing(inflight(['1-40'], 10)).basis);
  assert.equal(killing(inflight([], 0)).effect, 'it is not there any more');
});

test('orders for what was judged carry the state that it was judged by; single requests and clients have no part in it', () => {
  const node = nodeWith();
  const terms = { id: 7, reason: '  ', confirmed: false };
  const order = orderOf('drain', { row: target('10.1.1.10:8080'), node, values: {} }, terms);
  assert.deepEqual(
    [order.ifMatch, order.reason, order.id, order.values],
    ['"41-7"', null, 7, { target: '10.1.1.10:8080' }],
  );
  const kill = orderOf(
    'kill-request',
    { row: rowOf({ kind: 'inflight', id: '1-40', correlationId: 'c' }), node, values: {} },
    terms,
  );
  assert.equal(kill.ifMatch, null);
});

test('what others said cannot draw on the screen', () => {
  const hostile = '10.9.0.4\u001b[2J\n\u202e';
  const row = rowOf({ kind: 'client', client: hostile, by: 'ip' });
  const clean = /^[^\p{Cc}\p{Bidi_Control}]+$/u;
  for (const { words } of choicesFor(row, nodeWith())) assert.match(words, clean);
  const preview = previewOf('block-client', row, nodeWith(), { address: hostile, for: '1h' });
  for (const text of [preview.what, preview.where, preview.effect, preview.undo, preview.cli])
    assert.match(text, clean);
});
