/** Rows of the view "Routes". */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleBreaker, sampleParts, sampleRoute, sampleStatus, sampleTime, sampleWindows } from '../sample-state.ts';
import { looking, names, row, sorted, texts } from './rows-values.ts';

function routes(...given: readonly ReturnType<typeof sampleRoute>[]) {
  return { parts: sampleParts({ routes: { routes: given } }) };
}

test('a route says its place, its rates, where it leads and why most of what fails does', () => {
  const windows = sampleWindows({
    errors: 80,
    error_ratio: 0.04,
    causes: [{ cause: 'connect_refused', source: 'upstream', count: 66, ratio: 0.032 }],
  });
  const api = row(looking('routes', routes(sampleRoute('api', { ranks: [3, 9], windows }))), 'api');
  assert.deepEqual(texts(api, 'rank', 'rps', 'err', 'mostly', 'upstream'), [
    '3+1',
    '207',
    '4.0',
    'connect_refused 3.2%',
    'api-backend',
  ]);
  assert.equal(api.standing, 'degraded');
  assert.equal(api.why, 'connect_refused 3.2% (upstream); takes path-prefix /api to api-backend');
});

test('a route most of whose requests fail is down', () => {
  const windows = sampleWindows({ errors: 1000, error_ratio: 0.5 });
  assert.equal(row(looking('routes', routes(sampleRoute('api', { windows }))), 'api').standing, 'down');
});

test('a disabled route has no rates and stands apart', () => {
  const off = row(looking('routes', routes(sampleRoute('old', { enabled: false, ranks: [], windows: {} }))), 'old');
  assert.equal(off.standing, 'none');
  assert.deepEqual(texts(off, 'rank', 'rps', 'err', 'p99'), ['–', '–', '–', '–']);
});

test('a route under maintenance says by whose order, and what ends it', () => {
  const override = {
    kind: 'maintenance',
    subject: 'api',
    key: null,
    value: '503',
    replaces: null,
    loosens: false,
    dormant: null,
    actor: 'oncall',
    reason: 'db move',
    set_at: sampleTime(1000),
    expires_at: null,
    expires_in_ms: null,
    undo: 'sentinel maintenance off api',
  } as const;
  const status = sampleStatus({ overrides: { counts: [{ kind: 'maintenance', count: 1 }], maintenance: [override] } });
  const state = looking('routes', { ...routes(sampleRoute('api'), sampleRoute('web')), status });
  assert.equal(row(state, 'api').standing, 'maintenance');
  assert.match(
    row(state, 'api').why ?? '',
    /^in maintenance by oncall \(“db move”\): sentinel maintenance off api ends it; /,
  );
  assert.equal(row(state, 'web').standing, 'up');
});

test('an open breaker of a route makes it down, and a route without one has a dash', () => {
  const breaker = sampleBreaker('api-backend', '-', { id: 'route/api', kind: 'route' });
  const parts = sampleParts({
    routes: { routes: [sampleRoute('api'), sampleRoute('web')] },
    breakers: { breakers: [breaker] },
  });
  const state = looking('routes', { parts });
  assert.equal(row(state, 'api').standing, 'down');
  assert.equal(row(state, 'api').code, 'SNT-U003');
  assert.deepEqual(texts(row(state, 'api'), 'breaker'), ['✗ open']);
  assert.deepEqual(texts(row(state, 'web'), 'breaker'), ['–']);
});

test('breakers that were not read are a question mark', () => {
  const { breakers: _, ...parts } = sampleParts();
  assert.deepEqual(texts(row(looking('routes', { parts }), 'api'), 'breaker'), ['?']);
});

test('rates of the first second are not known, and so is the route', () => {
  const state = looking('routes', routes(sampleRoute('api', { windows: {} })));
  assert.equal(row(state, 'api').standing, 'unknown');
  assert.deepEqual(texts(row(state, 'api'), 'rps', 'err'), ['?', '?']);
});

test('routes sort by their place as the configuration matches them', () => {
  const state = looking(
    'routes',
    routes(
      sampleRoute('c', { ranks: [10] }),
      sampleRoute('a', { ranks: [2] }),
      sampleRoute('off', { ranks: [], enabled: false }),
      sampleRoute('b', { ranks: [1] }),
    ),
  );
  assert.deepEqual(names(sorted(state, 'rank')), ['b', 'a', 'c', 'off']);
  assert.deepEqual(
    names(sorted(state, 'rank', true)),
    ['c', 'a', 'b', 'off'],
    'what has no place stands last either way',
  );
});
