/** How rows are looked at: filtered by every field, sorted by every column, faults only, held, wide; and what is said where none is left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FieldName, fieldsOf } from '../../../src/filter/fields.ts';
import { subjectOf, type ViewName, viewNames } from '../../../src/tui/rows/row.ts';
import { rowsOf } from '../../../src/tui/rows/rows.ts';
import { standings } from '../../../src/tui/rows/row.ts';
import type { State } from '../../../src/tui/store/state.ts';
import {
  degradedUpstreams,
  downTarget,
  readingNews,
  sampleBreaker,
  sampleClient,
  sampleEvent,
  sampleInflight,
  sampleParts,
  sampleRequest,
  sampleRoute,
  sampleState,
  sampleTarget,
  sampleTime,
  sampleUpstream,
} from '../sample-state.ts';
import { filtered, looking, names, rows, sorted } from './rows-values.ts';

/** Everything that a view can be filtered by is there. */
function rich(view: ViewName): State {
  const parts = sampleParts();
  const fields = {
    upstream: 'api-backend',
    route: 'api',
    target: '10.1.1.12:8080',
    client_ip: '10.9.0.4',
    listener: 'http',
    to: 'down',
  };
  return sampleState(
    [
      readingNews({
        upstreams: degradedUpstreams(),
        parts: {
          ...parts,
          routes: {
            routes: [sampleRoute('api', { hosts: ['api.example.com'], methods: ['GET'] }), sampleRoute('web')],
          },
          breakers: { breakers: [sampleBreaker('api-backend', '-', { id: 'route/api', kind: 'route' })] },
          errors: { ...parts.errors, requests: [sampleRequest('1-1')] },
          inflight: { ...parts.inflight, requests: [sampleInflight('1-2')] },
        },
      }),
      {
        kind: 'events',
        node: 'local',
        events: [sampleEvent(1, { actor: 'oncall', reason: 'patch', fields })],
        gap: false,
      },
      {
        kind: 'logs',
        node: 'local',
        lines: [
          {
            ...{
              time: sampleTime(1000),
              level: 'WARN',
              module: 'access',
              message: 'Done',
              event: 'drain',
              correlation_id: 'c-1',
              trace_id: 't-1',
            },
            ...{
              client_ip: '10.9.0.4',
              listener: 'http',
              method: 'GET',
              host: 'h',
              path: '/x',
              status: 503,
              cause: 'c',
              route: 'api',
            },
            ...{ upstream: 'api-backend', target: '10.1.1.12:8080', actor: 'oncall', reason: 'r' },
          },
        ],
        gap: false,
      },
    ],
    { view },
  );
}

/** The daemon says no such thing of a route; nothing matches them then. */
const notOfRoutes: readonly FieldName[] = ['listener', 'infl'];
/** What clients are told apart by is one of them at a time. */
const notOfAddresses: readonly FieldName[] = ['path', 'agent'];

for (const view of viewNames) {
  const subject = subjectOf[view];
  if (subject === null) continue;
  test(`rows of ${view} answer every field that their filter may name`, () => {
    const found = rows(rich(view));
    const without = view === 'routes' ? notOfRoutes : view === 'clients' ? notOfAddresses : [];
    for (const field of fieldsOf(subject)) {
      if (field === 'name' || without.includes(field)) continue;
      assert.ok(
        found.some((row) => row.value(field) !== undefined && row.value(field) !== ''),
        `no row of ${view} has ${field}`,
      );
    }
  });
}

const filters: readonly (readonly [ViewName, string, readonly string[]])[] = [
  ['upstreams', 'state=down', ['api-backend', '10.1.1.12:8080']],
  ['upstreams', 'state=unhealthy', ['api-backend', '10.1.1.12:8080']],
  ['upstreams', 'adm=drain', ['api-backend', '10.1.1.11:8080']],
  ['upstreams', 'check=L4CON', ['api-backend', '10.1.1.12:8080']],
  ['upstreams', 'breaker=open', ['api-backend', '10.1.1.12:8080']],
  ['upstreams', 'infl=6', ['api-backend', '10.1.1.11:8080']],
  ['upstreams', 'upstream=web-backend', ['web-backend', '10.1.2.10:8080']],
  ['upstreams', 'err>1%', ['api-backend']],
  ['upstreams', 'since<5m', ['api-backend', '10.1.1.12:8080']],
  ['upstreams', '10.1.2.10', ['web-backend', '10.1.2.10:8080']],
  ['routes', 'host=api.example.com', ['api']],
  ['routes', 'breaker=open', ['api']],
  ['routes', '!api', ['web']],
  ['inflight', 'age>3m and phase=wait', ['GET api.example.com/export']],
  ['clients', 'share>30%', ['10.9.0.4']],
  [
    'events',
    'severity=error actor=oncall',
    ['target takes no requests any more: connect ECONNREFUSED, 3 times in a row (“patch”)'],
  ],
];
for (const [view, text, expected] of filters) {
  test(`${view} filtered by ${text}: what matches, with what it stands below`, () => {
    assert.deepEqual(names(filtered(rich(view), text)), expected);
  });
}

test('a filter never counts away how many there are', () => {
  const state = filtered(rich('upstreams'), 'state=down');
  assert.deepEqual([rowsOf(state).rows.length, rowsOf(state).total], [2, 6]);
});

test('where nothing matches it says what would show more', () => {
  const state = rich('upstreams');
  assert.equal(rowsOf(filtered(state, 'nobody')).empty, 'none of 6 matches nobody: n clears the filter');
  assert.equal(
    rowsOf({ ...filtered(state, 'nobody'), faultsOnly: true }).empty,
    'no fault among 6 matches nobody: n clears the filter, f shows all',
  );
  assert.equal(rowsOf({ ...looking('upstreams'), faultsOnly: true }).empty, '✓ no faults among 6: f shows all');
});

test('faults only leaves what is down, degraded or not known, and the upstreams above', () => {
  const upstreams = [
    sampleUpstream('api', [sampleTarget('a:1'), downTarget('b:1'), sampleTarget('c:1', { verdict: 'unknown' })]),
    sampleUpstream('web', [sampleTarget('d:1')]),
  ];
  assert.deepEqual(names({ ...looking('upstreams', { upstreams }), faultsOnly: true }), ['api', 'b:1', 'c:1']);
});

for (const view of viewNames) {
  test(`every column of ${view} that sorts puts its worst first, and reversed its best`, () => {
    const state = { ...rich(view), wide: true };
    for (const { id, worst } of rowsOf(state).columns) {
      if (worst === undefined) continue;
      const tops = (reverse: boolean) => {
        const values = rows(sorted(state, id, reverse))
          .filter(({ parent }) => parent === null)
          .map(({ sortBy }) => sortBy[id] ?? null);
        const known = values.filter((value) => value !== null);
        assert.deepEqual(values.slice(0, known.length), known, `what has no ${id} stands last`);
        return known;
      };
      const falling = (values: readonly (number | string)[]) =>
        values.every(
          (value, index) => index === 0 || typeof value === 'string' || value <= (values[index - 1] as number),
        );
      const rising = (values: readonly (number | string)[]) =>
        values.every(
          (value, index) => index === 0 || typeof value === 'string' || value >= (values[index - 1] as number),
        );
      assert.ok((worst === 'high' ? falling : rising)(tops(false)), `${id} is not worst first`);
      assert.ok((worst === 'high' ? rising : falling)(tops(true)), `${id} is not best first when reversed`);
    }
  });
}

test('names with numbers in them sort as people count', () => {
  const upstreams = [sampleUpstream('api', [sampleTarget('10.1.1.10:80'), sampleTarget('10.1.1.9:80')])];
  assert.deepEqual(names(sorted(looking('upstreams', { upstreams }), 'name')), ['api', '10.1.1.9:80', '10.1.1.10:80']);
});

test('an order that is held stays while values go on, and what is new comes last', () => {
  const before = looking('upstreams', {
    upstreams: [sampleUpstream('api', [sampleTarget('a:1'), sampleTarget('b:1')])],
  });
  const held = rows(before).map(({ id }) => id);
  const after = looking('upstreams', {
    upstreams: [sampleUpstream('api', [sampleTarget('c:1'), sampleTarget('a:1'), downTarget('b:1')])],
  });
  assert.deepEqual(names(after), ['api', 'b:1', 'c:1', 'a:1']);
  assert.deepEqual(names({ ...after, held }), ['api', 'a:1', 'b:1', 'c:1']);
});

test('more columns are there only when they are asked for', () => {
  const state = rich('upstreams');
  const ids = (of: State) => rowsOf(of).columns.map(({ id }) => id);
  assert.ok(!ids(state).includes('conns'));
  assert.ok(ids({ ...state, wide: true }).includes('conns'));
});

test('columns go in the order of the contract: SINCE, P50, W, BRK to its glyph, P95, RPS, CHECK to its code', () => {
  const steps = rowsOf(rich('upstreams')).columns.flatMap(({ id, drop, narrow }) => [
    ...(drop === undefined ? [] : [{ step: id, drop }]),
    ...(narrow === undefined ? [] : [{ step: `${id} narrow`, drop: narrow.drop }]),
  ]);
  const order = steps.sort((a, b) => b.drop - a.drop).map(({ step }) => step);
  assert.deepEqual(order.slice(0, 7), ['since', 'p50', 'weight', 'breaker narrow', 'p95', 'rps', 'check narrow']);
  for (const never of ['st', 'name', 'err', 'infl']) assert.ok(!order.includes(never), `${never} would be left out`);
});

test('rows are made once for the same readings, whatever keys are pressed', () => {
  const state = rich('upstreams');
  const [first] = rows(state);
  const level = state.stack[0];
  assert.ok(level);
  const moved = { ...state, stack: [{ ...level, cursor: 'local web-backend', scroll: 3 }], nowMs: 17 };
  assert.equal(rows(moved)[0], first);
  assert.equal(rowsOf(moved), rowsOf(state));
});

test('every cell of every view says something, and every standing is one', () => {
  for (const view of viewNames) {
    const state = { ...rich(view), wide: true };
    for (const row of rows(state)) {
      for (const { id } of rowsOf(state).columns)
        assert.ok((row.cells[id]?.text ?? '') !== '', `${view} ${row.id} says nothing of ${id}`);
      assert.ok(standings.includes(row.standing));
    }
  }
});

test('a client is told apart by what was asked', () => {
  const parts = sampleParts();
  const state = looking('clients', {
    parts: {
      ...parts,
      clients: { ...parts.clients, by: 'user-agent', clients: [sampleClient('curl/8', { blocked: null })] },
    },
  });
  assert.deepEqual(names(filtered(state, 'agent~curl')), ['curl/8']);
  assert.deepEqual(names(filtered(state, 'client~curl')), []);
});
