/** `sticky`: a client stays with its target by a cookie that says nothing and that nobody can make up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBalancer } from '../../../src/proxy/data/upstream/balance/policies.ts';
import { balancing } from '../../helpers/data-plane.ts';
import { balancer, counts, seeded, targets, TestRequest, type TestTarget } from './balance-candidates.ts';

/** `name=value` of the cookie that was set. */
function given(request: TestRequest): string {
  const cookie = /^Set-Cookie: ([^;]+);/.exec(request.stuck)?.[1] ?? '';
  request.stuck = '';
  return cookie;
}

function asking(cookies?: string): TestRequest {
  const request = new TestRequest();
  if (cookies !== undefined) request.fields['cookie'] = cookies;
  return request;
}

test('who comes without a cookie is balanced in turn and gets one; who brings it stays', () => {
  const among = targets(1, 1, 1);
  const balance = balancer('sticky');
  const cookies = [0, 1, 2].map((at) => {
    const request = asking();
    assert.equal(balance.pick(among, request), at);
    return given(request);
  });
  assert.equal(new Set(cookies).size, 3);
  cookies.forEach((cookie, at) => {
    for (const line of [cookie, `a=b; ${cookie}`, `${cookie}; z=1`, `a=b, ${cookie}, z=1`, `x${cookie}; ${cookie}`]) {
      const request = asking(line);
      assert.equal(balance.pick(among, request), at, line);
      assert.equal(request.stuck, '', 'no cookie where the one it has is good');
    }
  });
});

test('every worker, and the daemon after a restart, knows the cookies of the others', () => {
  const among = targets(1, 1, 1);
  const request = asking();
  const at = balancer('sticky', seeded(1), 1).pick(among, request);
  const again = asking(given(request));
  assert.equal(balancer('sticky', seeded(9), 2).pick(targets(1, 1, 1), again), at);
  const elsewhere = targets(1, 1, 1).reverse();
  assert.equal(elsewhere[balancer('sticky').pick(elsewhere, again)]?.id, among[at]?.id, 'by identity, not by place');
});

test('the cookie says no address, and is kept from scripts, other sites and plain view alone', () => {
  const request = asking();
  balancer('sticky').pick(targets(1), request);
  assert.match(request.stuck, /^Set-Cookie: sentinel-target=[A-Za-z0-9_-]{22}; Path=\/; HttpOnly; SameSite=Lax\r\n$/);
  const lasting = { ...balancing('sticky'), cookie: { name: 'home', ttlMs: 90_000 } };
  balancer(lasting).pick(targets(1), request);
  assert.match(request.stuck, /^Set-Cookie: home=[A-Za-z0-9_-]{22}; Path=\/; Max-Age=90; HttpOnly; SameSite=Lax\r\n$/);
});

test('a cookie that is made up, cut, of another name, key or upstream counts as none', () => {
  const among = targets(1, 1);
  const balance = balancer('sticky');
  const first = asking();
  balance.pick(among, first);
  const good = given(first);
  const otherKey = createBalancer(balancing('sticky'), seeded(1), 0, Buffer.alloc(32, 7));
  const foreign = asking();
  otherKey.pick(among, foreign);
  for (const line of [
    '',
    'sentinel-target=',
    'sentinel-target=10.0.0.1:8080',
    `sentinel-target=${'A'.repeat(22)}`,
    good.slice(0, -1),
    `${good}A`,
    good.replace('sentinel-target', 'sentinel-targets'),
    good.toUpperCase(),
    given(foreign),
  ]) {
    const seen = new Set<number>();
    for (let i = 0; i < 2; i++) {
      const request = asking(line);
      seen.add(balance.pick(among, request));
      assert.notEqual(given(request), '', `a new cookie for ${line}`);
    }
    assert.equal(seen.size, 2, `balanced in turn: ${line}`);
  }
});

test('several cookies of the name are looked at until one is good', () => {
  const among = targets(1, 1, 1);
  const balance = balancer('sticky');
  const first = asking();
  const at = balance.pick(among, first);
  const good = given(first);
  const request = asking(`sentinel-target=forged; sentinel-target=${'B'.repeat(22)}; ${good}`);
  for (let i = 0; i < 3; i++) assert.equal(balance.pick(among, request), at);
});

test('when the target takes nothing, or was tried in vain, the client moves with a new cookie', () => {
  const among = targets(1, 1);
  const balance = balancer('sticky');
  const first = asking();
  assert.equal(balance.pick(among, first), 0);
  const cookie = given(first);
  const home = among[0] as TestTarget;
  home.share = 0.05;
  assert.equal(
    balance.pick(among, asking(cookie)),
    0,
    'slow start holds back new clients, not those that belong there',
  );
  home.share = 0;
  const moved = asking(cookie);
  assert.equal(balance.pick(among, moved), 1);
  const next = given(moved);
  assert.notEqual(next, cookie);
  home.share = 1;
  assert.equal(balance.pick(among, asking(next)), 1, 'it stays where it went');
  const retried = asking(cookie);
  assert.equal(balance.pick(among, retried), 0);
  retried.skipped.add(0);
  assert.equal(balance.pick(among, retried), 1);
  assert.equal(given(retried), next);
});

test('without a key requests are balanced in turn, and no cookie is set', () => {
  const among = targets(1, 1);
  const balance = createBalancer(balancing('sticky'), seeded(1), 0, null);
  assert.deepEqual(counts(balance, among, 10), [5, 5]);
  const request = asking();
  balance.pick(among, request);
  assert.equal(request.stuck, '');
});
