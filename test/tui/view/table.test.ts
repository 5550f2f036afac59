/** Tabs, table and footer of what is seen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Role } from '../../../src/admin/contract/roles.ts';
import { viewNames } from '../../../src/tui/rows/row.ts';
import type { State } from '../../../src/tui/store/state.ts';
import { viewOf } from '../../../src/tui/view/view-of.ts';
import {
  degradedUpstreams,
  readingNews,
  sampleEvent,
  sampleState,
  sampleStatus,
  sampleTime,
  sampleWindows,
} from '../sample-state.ts';
import { at, filtered, sorted } from '../rows/rows-values.ts';

function disabled(state: State): readonly string[] {
  return viewOf(state)
    .footer.keys.filter((key) => key.disabled)
    .map(({ key }) => key);
}

test('tabs are the views in their order, the chosen one marked, with how much of each is not well', () => {
  const cert = {
    name: 'https',
    source: 'listener',
    standing: 'warning',
    days_left: 9,
    not_after: sampleTime(),
    same_as_disk: true,
  } as const;
  const status = sampleStatus({
    windows: sampleWindows({ errors: 12, error_ratio: 0.01 }),
    certificates: { loaded: [cert], problems: [] },
    upstreams: { ...sampleStatus().upstreams, problems: [{ code: 'SNT-U003', words: 'route api: open' }] },
  });
  const news = [
    readingNews({ status, upstreams: degradedUpstreams() }),
    { kind: 'events', node: 'local', events: [sampleEvent(1)], gap: false },
  ] as const;
  const { tabs } = viewOf(sampleState(news, { view: 'routes' }));
  assert.deepEqual(
    tabs.map(({ view }) => view),
    [...viewNames],
  );
  assert.deepEqual(
    tabs.filter(({ chosen }) => chosen).map(({ title }) => title),
    ['Routes'],
  );
  assert.deepEqual(
    tabs.map(({ faults }) => faults),
    [1, 1, 12, 0, 0, 1, 1, 0],
  );
});

test('of what is well no tab says anything', () => {
  assert.ok(viewOf(sampleState()).tabs.every(({ faults }) => faults === 0));
});

test('the table says how it is sorted and filtered, and where the cursor is', () => {
  const state = filtered(
    sorted(at(sampleState(), { cursor: 'local web-backend', scroll: 2, marks: ['local api-backend'] }), 'p99'),
    'web',
  );
  const { table, why } = viewOf(state);
  assert.deepEqual(
    [table.sort, table.filter, table.cursor, table.scroll, table.total, table.rows.length],
    ['P99 ▼', 'web', 0, 2, 6, 2],
  );
  assert.deepEqual(table.marks, ['local api-backend']);
  assert.equal(why, '1 of 1 take requests (at least 1); http /health every 10 s; round-robin');
  assert.equal(viewOf(sorted(sampleState(), 'name')).table.sort, 'UPSTREAM/TARGET ▲');
  assert.equal(viewOf(sorted(sampleState(), null, true)).table.sort, 'best ▲');
});

const roles: readonly (readonly [Role | null, string])[] = [
  ['admin', 'READ-WRITE'],
  ['operator', 'READ-WRITE'],
  ['viewer', 'READ-ONLY'],
  [null, 'READ-ONLY ?'],
];
for (const [role, access] of roles) {
  test(`role ${role} is ${access}`, () => {
    const identity = role === null ? null : { actor: 'x', role };
    assert.equal(viewOf(sampleState([readingNews({ identity })])).footer.access, access);
  });
}

test('before anything was read nothing may be changed', () => {
  assert.equal(viewOf(sampleState([])).footer.access, 'READ-ONLY ?');
});

test('keys that can do nothing to the row are greyed', () => {
  const state = at(sampleState([readingNews({ upstreams: degradedUpstreams() })]), {
    cursor: 'local api-backend/10.1.1.12:8080',
  });
  assert.deepEqual(disabled(state), ['u']);
  assert.ok(disabled(at(state, { cursor: 'local api-backend/10.1.1.11:8080' })).includes('d'), 'it drains already');
  assert.ok(disabled(at(state, { cursor: 'local api-backend' })).includes('d'), 'an upstream is not drained');
});

test('a viewer, a frozen screen and the past change nothing', () => {
  const cursor = 'local api-backend/10.1.1.12:8080';
  const upstreams = degradedUpstreams();
  const viewer = at(sampleState([readingNews({ upstreams, identity: { actor: 'x', role: 'viewer' } })]), { cursor });
  const live = at(sampleState([readingNews({ upstreams })]), { cursor });
  for (const state of [viewer, { ...live, frozen: live.nodes, frozenMs: 0 }, { ...live, pastMs: 0, backMs: 1 }]) {
    assert.ok(disabled(state).includes('d'));
    assert.ok(disabled(state).includes('u'));
  }
});

test('quit and help stand first, and a view has no keys of others', () => {
  const keys = (view: 'upstreams' | 'log') =>
    viewOf(sampleState([readingNews()], { view })).footer.keys.map(({ key }) => key);
  assert.deepEqual(new Set(keys('upstreams').slice(0, 2)), new Set(['q', '?']));
  assert.ok(keys('upstreams').includes('d'));
  assert.ok(!keys('log').includes('d'));
});

test('what a daemon has not answered yet is said for as long as it has not', () => {
  const order: State['pending'][number] = {
    ...{ id: 1, node: 'local', action: 'drain', row: { id: 'x', thing: { kind: 'upstream', upstream: 'x' } } },
    ...{ reason: null, ifMatch: null, confirmed: false, values: {}, others: [] },
  };
  const state: State = { ...sampleState(), pending: [order] };
  assert.deepEqual(viewOf(state).footer.notice, { words: 'drain … waiting for local', tone: 'info' });
});

test('what was just done stands until its time is over', () => {
  const state: State = { ...sampleState(), nowMs: 5, notice: { words: 'drained', tone: 'good', untilMs: 10 } };
  assert.deepEqual(viewOf(state).footer.notice, { words: 'drained', tone: 'good' });
  assert.equal(viewOf({ ...state, nowMs: 10 }).footer.notice, null);
});

test('all that is seen can be written as JSON, but for what filters ask', () => {
  const view = viewOf(sampleState());
  const back = JSON.parse(JSON.stringify(view));
  assert.deepEqual(back.table.rows[0].cells, view.table.rows[0]?.cells);
  assert.equal(back.table.rows[0].value, undefined);
});
