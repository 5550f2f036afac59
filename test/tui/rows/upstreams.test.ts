/** Rows of the view "Upstreams": how each target stands, what its cells say, and in which order they come. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  degradedUpstreams,
  downTarget,
  drainingTarget,
  sampleBreaker,
  sampleParts,
  sampleTarget,
  sampleTime,
  sampleUpstream,
  sampleWindows,
} from '../sample-state.ts';
import { rowsOf } from '../../../src/tui/rows/rows.ts';
import { looking, names, row, rows, texts } from './rows-values.ts';

test('a target that is down says its code, how often, its breaker and since when', () => {
  const down = row(looking('upstreams', { upstreams: degradedUpstreams() }), '10.1.1.12:8080');
  assert.equal(down.standing, 'down');
  assert.deepEqual(texts(down, 'name', 'adm', 'check', 'breaker', 'infl', 'rps', 'err', 'p99', 'since'), [
    '10.1.1.12:8080',
    'ready',
    'L4CON ×3',
    '✗ open',
    '·',
    '·',
    '–',
    '–',
    '2m11s',
  ]);
  assert.equal(down.cells['check']?.short, 'L4CON');
  assert.equal(down.cells['breaker']?.short, '✗');
  assert.equal(down.code, 'SNT-U020');
});

test('why it is down tells of the check, of the breaker and when it tries again', () => {
  const parts = sampleParts({ breakers: { breakers: [sampleBreaker('api-backend', '10.1.1.12:8080')] } });
  const down = row(looking('upstreams', { upstreams: degradedUpstreams(), parts }), '10.1.1.12:8080');
  assert.equal(
    down.why,
    'connect ECONNREFUSED, 3 times in a row; checked 4s ago; breaker open since 2m09s, half-open in 11s: 5 failures in a row',
  );
});

test('a target that drains says whose order it is, what is left and how long that takes', () => {
  const draining = row(looking('upstreams', { upstreams: degradedUpstreams() }), '10.1.1.11:8080');
  assert.equal(draining.standing, 'draining');
  assert.deepEqual(texts(draining, 'adm', 'infl'), ['drain ~20s', '6']);
  assert.match(draining.why ?? '', /^draining since 1m02s by oncall \(“kernel patch”\), 6 left, ~20s; /);
  const why = 'its last check passed; draining by oncall (d-1f2e3d: kernel patch)';
  const said = row(
    looking('upstreams', { upstreams: [sampleUpstream('api', [drainingTarget('a:1', { why, weight: 0 })])] }),
    'a:1',
  );
  assert.equal(said.why?.match(/oncall/g)?.length, 1, 'and says it once');
  assert.doesNotMatch(said.why ?? '', /weight/);
  assert.equal(draining.code, null, 'what was ordered needs no explanation');
});

test('an upstream sums its targets and says how many are down', () => {
  const upstream = row(looking('upstreams', { upstreams: degradedUpstreams() }), 'api-backend');
  assert.equal(upstream.standing, 'degraded');
  assert.deepEqual(texts(upstream, 'name', 'adm', 'check', 'breaker', 'weight', 'infl', 'rps', 'err'), [
    'api-backend',
    '–',
    '1/3 down',
    '–',
    '–',
    '47',
    '412',
    '4.2',
  ]);
});

const standings = [
  { words: 'a healthy one is up', target: sampleTarget('a:1'), standing: 'up' },
  {
    words: 'one that was never probed is unknown',
    target: sampleTarget('a:1', { verdict: 'unknown', last_check: null }),
    standing: 'unknown',
  },
  {
    words: 'one without a check is neither well nor ill',
    target: sampleTarget('a:1', { verdict: 'unchecked', last_check: null }),
    standing: 'none',
  },
  {
    words: 'an ejected one is down',
    target: sampleTarget('a:1', { verdict: 'ejected', ejection: { ends_in_ms: 9000, times: 2 } }),
    standing: 'down',
  },
  {
    words: 'one with an open breaker is down whatever its check says',
    target: sampleTarget('a:1', { breaker: 'open' }),
    standing: 'down',
  },
  { words: 'one that is held open is down', target: sampleTarget('a:1', { breaker: 'forced_open' }), standing: 'down' },
  {
    words: 'one that is tried again is degraded',
    target: sampleTarget('a:1', { breaker: 'half_open' }),
    standing: 'degraded',
  },
  {
    words: 'one that drains stands so even while its check fails',
    target: downTarget('a:1', { drain: drainingTarget('a:1').drain }),
    standing: 'draining',
  },
] as const;
for (const { words, target, standing } of standings) {
  test(`of targets ${words}`, () => {
    const state = looking('upstreams', { upstreams: [sampleUpstream('api', [target])] });
    assert.equal(row(state, 'a:1').standing, standing);
    assert.equal(row(state, 'a:1').cells['st']?.text, standing);
  });
}

test('what was not probed yet is a question mark, and what has no check a dash', () => {
  const upstreams = [
    sampleUpstream('api', [
      sampleTarget('a:1', { verdict: 'unknown', last_check: null }),
      sampleTarget('b:1', { verdict: 'unchecked', last_check: null, breaker: null }),
    ]),
  ];
  const state = looking('upstreams', { upstreams });
  assert.deepEqual(texts(row(state, 'a:1'), 'check', 'breaker'), ['?', 'closed']);
  assert.deepEqual(texts(row(state, 'b:1'), 'check', 'breaker'), ['–', '–']);
  assert.deepEqual(texts(row(state, 'api'), 'check'), ['0/2 up']);
});

test('an upstream whose targets nobody checks is not said to be up', () => {
  const unchecked = sampleTarget('a:1', { verdict: 'unchecked', last_check: null });
  const upstream = row(
    looking('upstreams', { upstreams: [sampleUpstream('web', [unchecked], { state: 'up' })] }),
    'web',
  );
  assert.equal(upstream.standing, 'none');
  assert.deepEqual(texts(upstream, 'check'), ['unchecked']);
});

test('an upstream whose answers are errors says so', () => {
  const windows = sampleWindows({ errors: 173, error_ratio: 0.042 });
  const upstream = row(
    looking('upstreams', { upstreams: [sampleUpstream('api', [sampleTarget('a:1')], { windows })] }),
    'api',
  );
  assert.equal(upstream.standing, 'degraded');
  assert.equal(upstream.why, '4.2% of its requests end with 5xx');
  assert.equal(upstream.code, 'SNT-E005');
});

test('rates that are not known yet are question marks, not zeros', () => {
  const state = looking('upstreams', { upstreams: [sampleUpstream('api', [sampleTarget('a:1', { windows: {} })])] });
  assert.deepEqual(texts(row(state, 'a:1'), 'rps', 'err', 'p50', 'p95', 'p99'), ['?', '?', '?', '?', '?']);
});

test('numbers keep the width of their column', () => {
  const windows = sampleWindows({ requests_per_s: 1_234_567, p99_ms: 61_000 });
  const target = sampleTarget('a:1', { in_flight: 123_456, weight: 1000, windows });
  const state = looking('upstreams', { upstreams: [sampleUpstream('api', [target], { windows })] });
  assert.deepEqual(texts(row(state, 'a:1'), 'infl', 'weight', 'rps', 'p99'), ['123k', '1k', '1.2M', '1m 01s']);
});

test('what is built in is shown only where a route uses it', () => {
  const upstreams = [
    sampleUpstream('_builtin', [], { kind: 'static', builtin: true, routes: [], state: 'up', why: null }),
    sampleUpstream('_used', [], { kind: 'static', builtin: true, routes: ['health'], state: 'up', why: null }),
  ];
  const state = looking('upstreams', { upstreams });
  assert.deepEqual(names(state), ['_used']);
  assert.deepEqual(texts(row(state, '_used'), 'check'), ['static']);
  assert.equal(row(state, '_used').standing, 'none');
});

test('an upstream whose name has no address is down and says so', () => {
  const failure = { code: 'no_such_name', words: 'no such name', since: sampleTime(60_000) };
  const upstreams = [
    sampleUpstream('api', [], {
      state: 'down',
      why: 'no target takes requests',
      names: [{ name: 'api.internal:80', addresses: [], resolved_at: null, failure }],
    }),
  ];
  const upstream = row(looking('upstreams', { upstreams }), 'api');
  assert.equal(upstream.standing, 'down');
  assert.deepEqual(texts(upstream, 'check', 'since'), ['no target', '1m00s']);
  assert.equal(upstream.why, 'no target takes requests; api.internal:80: no such name since 1m00s');
  assert.equal(upstream.code, 'SNT-U002');
});

test('the worst comes first: upstreams among each other, and targets below theirs', () => {
  const upstreams = [
    sampleUpstream('fine', [sampleTarget('a:1')]),
    sampleUpstream('ill', [
      sampleTarget('b:1'),
      drainingTarget('c:1'),
      downTarget('d:1'),
      sampleTarget('e:1', { verdict: 'unknown' }),
    ]),
    sampleUpstream('dead', [downTarget('f:1')]),
  ];
  assert.deepEqual(names(looking('upstreams', { upstreams })), [
    'dead',
    'f:1',
    'ill',
    'd:1',
    'e:1',
    'c:1',
    'b:1',
    'fine',
    'a:1',
  ]);
});

test('of healthy targets the one that fails most comes first, and equals stay as the configuration has them', () => {
  const failing = sampleWindows({ errors: 50, error_ratio: 0.02 });
  const upstreams = [
    sampleUpstream('api', [sampleTarget('a:1'), sampleTarget('b:1'), sampleTarget('c:1', { windows: failing })]),
  ];
  assert.deepEqual(names(looking('upstreams', { upstreams })), ['api', 'c:1', 'a:1', 'b:1']);
});

test('errors beyond the threshold make a target that is up degraded', () => {
  const failing = sampleWindows({ errors: 50, error_ratio: 0.02 });
  const state = looking('upstreams', {
    upstreams: [sampleUpstream('api', [sampleTarget('a:1', { windows: failing })])],
  });
  assert.equal(row(state, 'a:1').standing, 'degraded');
  assert.equal(row(state, 'a:1').cells['err']?.tone, 'warn');
  assert.match(row(state, 'a:1').why ?? '', /^2\.0% of its tries fail; /);
  assert.equal(row(state, 'a:1').code, 'SNT-E005');
});

test('an upstream that was entered is seen with its targets alone', () => {
  const state = looking('upstreams', { upstreams: degradedUpstreams() });
  const level = state.stack[0];
  assert.ok(level);
  const inside = {
    ...state,
    stack: [level, { ...level, of: { node: 'local', thing: { kind: 'upstream', upstream: 'web-backend' } as const } }],
  };
  assert.deepEqual(names(inside), ['web-backend', '10.1.2.10:8080']);
});

test('a configuration without upstreams is said to have none', () => {
  const state = looking('upstreams', { upstreams: [] });
  assert.deepEqual(rows(state), []);
  assert.equal(rowsOf(state).empty, 'no upstreams: the configuration names none; sentinel config print shows it');
});
