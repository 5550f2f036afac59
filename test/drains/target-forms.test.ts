/** What an operator may write for a target, and which targets that means. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CoveredTarget } from '../../src/proxy/control/drains/drain-record.ts';
import { judgePool } from '../../src/admin/contract/pool-math.ts';
import { findTargets } from '../../src/proxy/control/drains/target-forms.ts';

const at = (upstream: string, address: string, written = address): CoveredTarget => ({ upstream, address, written });
const targets = [
  at('api', '10.1.1.10:8080'),
  at('api', '10.1.1.11:8080'),
  at('web', '10.1.1.10:8080'),
  at('web', '[2001:db8::1]:80'),
  at('names', '10.2.0.1:80', 'app.internal:80'),
  at('names', '10.2.0.2:80', 'app.internal:80'),
  at('a/b', 'unix:/run/app.sock'),
];
const find = (text: string, upstream: string | null = null, all = false) => findTargets(text, upstream, all, targets);
const found = (target: string, by: 'address' | 'name', ...upstreams: string[]) => ({
  kind: 'found',
  subjects: [{ target, by, upstreams }],
});

test('an address means the target in every upstream that has it, unless one is named', () => {
  assert.deepEqual(find('10.1.1.10:8080'), found('10.1.1.10:8080', 'address', 'api', 'web'));
  assert.deepEqual(find('10.1.1.10:8080', 'web'), found('10.1.1.10:8080', 'address', 'web'));
  assert.deepEqual(find('api/10.1.1.10:8080'), found('10.1.1.10:8080', 'address', 'api'));
  assert.deepEqual(find('[2001:db8:0::1]:80'), found('[2001:db8::1]:80', 'address', 'web'));
  assert.deepEqual(find('a/b/unix:/run/app.sock'), found('unix:/run/app.sock', 'address', 'a/b'));
  assert.deepEqual(find('unix:/run/app.sock'), found('unix:/run/app.sock', 'address', 'a/b'));
});

test('a name means all its addresses, and one of them means that one', () => {
  assert.deepEqual(find('App.Internal:80'), found('app.internal:80', 'name', 'names'));
  assert.deepEqual(find('10.2.0.2:80'), found('10.2.0.2:80', 'address', 'names'));
});

test('a pattern is taken for several targets only when all is said', () => {
  const both = ['10.1.1.10:8080', '10.1.1.11:8080'];
  const pattern = find('10.1.1.*');
  assert.equal(pattern.kind, 'pattern');
  const all = find('10.1.1.*', null, true);
  assert.ok(all.kind === 'found');
  assert.deepEqual(
    all.subjects.map(({ target }) => target),
    both,
  );
  assert.deepEqual(find('web/*:80', null, true), found('[2001:db8::1]:80', 'address', 'web'));
  assert.deepEqual(find('10.9.*', null, true), { kind: 'none', near: [] });
});

test('what is no target is answered with those that look like it', () => {
  assert.deepEqual(find('10.1.1.10'), { kind: 'none', near: ['10.1.1.10:8080'] });
  assert.deepEqual(find('10.1.1.10:8080', 'names').kind, 'none');
});

const one = (address: string, more: Partial<Parameters<typeof judgePool>[0][number]> = {}) => ({
  address,
  takes: true,
  draining: false,
  weight: 1,
  rate: 0,
  ...more,
});

test('what is left of a pool does not count who drains, is down or weighs nothing', () => {
  const pool = [
    one('a'),
    one('b'),
    one('c', { takes: false, draining: true }),
    one('d', { takes: false }),
    one('e', { takes: false, weight: 0 }),
  ];
  assert.deepEqual(judgePool(pool, new Set(['a']), 2), {
    total: 5,
    available: 2,
    draining: 1,
    down: 1,
    left: 1,
    minHealthy: 2,
    belowMin: true,
    loadRatio: 2,
  });
  // It takes nothing away: what is down may always go.
  assert.equal(judgePool(pool, new Set(['d']), 3).belowMin, false);
  assert.equal(judgePool(pool, new Set(['a', 'b']), 0).loadRatio, null);
});

test('the load on the rest goes by what they take, and by weight where that is next to nothing', () => {
  const busy = [one('a', { rate: 60 }), one('b', { rate: 20 }), one('c', { rate: 20 })];
  assert.equal(judgePool(busy, new Set(['a']), 1).loadRatio, 2.5);
  const quiet = [one('a', { weight: 3 }), one('b', { weight: 1 })];
  assert.equal(judgePool(quiet, new Set(['a']), 1).loadRatio, 4);
});
