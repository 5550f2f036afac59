/** `ip_hash` and `consistent_hash`: the same key finds the same target, and as few keys as possible ever move. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HashKey, LoadBalancingConfig } from '../../../src/config/model.ts';
import { balancing, upstream } from '../../helpers/data-plane.ts';
import { startOrigin } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get } from '../../helpers/raw-http.ts';
import { balancer, chiSquare, client, counts, targets, TestRequest, type TestTarget } from './balance-candidates.ts';

const keys = 20_000;
const by = (key: HashKey): LoadBalancingConfig => ({ ...balancing('consistent_hash'), key });

/** Who takes each of many clients. */
function owners(among: readonly TestTarget[], policy: LoadBalancingConfig = by({ kind: 'client_ip' })): string[] {
  const balance = balancer(policy);
  const request = new TestRequest();
  return Array.from({ length: keys }, (_, number) => {
    request.clientIp = client(number);
    return among[balance.pick(among, request)]?.id ?? '';
  });
}

/** How many of `among` belong to each target. */
function tally(among: readonly TestTarget[], ids: readonly string[]): number[] {
  return among.map(({ id }) => ids.filter((other) => other === id).length);
}

for (const policy of ['ip_hash', 'consistent_hash'] as const) {
  test(`${policy} gives each target its share of clients by weight`, () => {
    for (const weights of [
      [1, 1, 1],
      [1, 2, 5],
      [3, 1],
    ]) {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const seen = counts(balancer(policy), targets(...weights), keys);
      const shares = weights.map((weight) => weight / total);
      assert.ok(chiSquare(seen, shares) < 13.82, `${weights.join()}: ${seen.join()}`);
    }
  });
}

test('many targets share alike', () => {
  const many = Array.from({ length: 100 }, () => 1);
  const seen = counts(balancer('consistent_hash'), targets(...many), 100_000);
  // 99.9 % of samples of 99 degrees of freedom lie below 148.2.
  assert.ok(
    chiSquare(
      seen,
      many.map(() => 0.01),
    ) < 148.2,
    seen.join(),
  );
});

test('a target that leaves the upstream gives up its own clients alone, to the others by weight', () => {
  const before = targets(1, 2, 3, 2);
  const after = before.filter((_, at) => at !== 1);
  const was = owners(before);
  const is = owners(after);
  const moved = was.flatMap((id, key) => (id === is[key] ? [] : [{ id, to: is[key] as string }]));
  assert.ok(moved.length > 0 && moved.every(({ id }) => id === before[1]?.id));
  assert.equal(moved.length, tally(before, was)[1], 'all that it had');
  const heirs = tally(
    after,
    moved.map(({ to }) => to),
  );
  assert.ok(chiSquare(heirs, [1 / 6, 3 / 6, 2 / 6]) < 13.82, heirs.join());
});

test('the order in which targets are written moves nobody', () => {
  const among = targets(1, 2, 3);
  assert.deepEqual(owners(among), owners([...among].reverse()));
});

test('clients of a target that takes nothing for a while spread, and come back', () => {
  const among = targets(1, 1, 1, 1);
  const balance = balancer('ip_hash');
  const request = new TestRequest();
  const pick = (number: number) => {
    request.clientIp = client(number);
    return balance.pick(among, request);
  };
  const first = Array.from({ length: keys }, (_, number) => pick(number));
  const away = among[2] as TestTarget;
  away.share = 0;
  const meanwhile = first.map((_, number) => pick(number));
  const refuge = [0, 0, 0, 0];
  first.forEach((at, number) => {
    const now = meanwhile[number] as number;
    if (at === 2) refuge[now] = (refuge[now] ?? 0) + 1;
    else assert.equal(now, at);
  });
  assert.equal(refuge[2], 0);
  assert.ok(chiSquare([refuge[0] ?? 0, refuge[1] ?? 0, refuge[3] ?? 0], [1 / 3, 1 / 3, 1 / 3]) < 13.82, refuge.join());
  // A request that has tried its target in vain goes where it would go without that one.
  away.share = 1;
  request.skipped.add(2);
  assert.deepEqual(
    first.map((_, number) => pick(number)),
    meanwhile,
  );
  request.skipped.clear();
  assert.deepEqual(
    first.map((_, number) => pick(number)),
    first,
  );
});

test('slow start brings clients back bit by bit, and each of them once', () => {
  const among = targets(1, 1, 1);
  const warming = among[1] as TestTarget;
  warming.share = 0;
  let had = owners(among);
  for (const share of [0.1, 0.3, 0.7, 1]) {
    warming.share = share;
    const has = owners(among);
    const moved = has.flatMap((id, key) => (id === had[key] ? [] : [id]));
    assert.ok(moved.every((id) => id === warming.id));
    const part = share / (2 + share);
    const mine = tally([warming], has)[0] ?? 0;
    assert.ok(chiSquare([mine, keys - mine], [part, 1 - part]) < 10.83, `${share}: ${mine}`);
    had = has;
  }
});

test('an IPv6 client is known by its /64, an IPv4 client by its address', () => {
  const among = targets(...Array.from({ length: 50 }, () => 1));
  const balance = balancer('ip_hash');
  const request = new TestRequest();
  const pick = (ip: string) => {
    request.clientIp = ip;
    return balance.pick(among, request);
  };
  for (let net = 0; net < 20; net++) {
    const prefix = `2001:db8:${net.toString(16)}:7`;
    const home = pick(`${prefix}::1`);
    assert.equal(pick(`${prefix}:ffff:ffff:ffff:ffff`), home);
    assert.equal(pick(`2001:0db8:${net.toString(16)}:0007:0:0:0:9`), home, 'whatever its spelling');
  }
  const nets = new Set(Array.from({ length: 200 }, (_, net) => pick(`2001:db8:0:${net.toString(16)}::1`)));
  assert.ok(nets.size > 40, 'other networks go elsewhere');
  const hosts = new Set(Array.from({ length: 200 }, (_, host) => pick(`192.0.2.${host}`)));
  assert.ok(hosts.size > 40, 'neighbours in IPv4 too');
});

for (const [key, give] of [
  [{ kind: 'path' }, (request: TestRequest, value: string) => (request.path = `/${value}`)],
  [{ kind: 'header', name: 'x-user' }, (request: TestRequest, value: string) => (request.fields['x-user'] = value)],
  [
    { kind: 'cookie', name: 'sid' },
    (request: TestRequest, value: string) => (request.fields['cookie'] = `x=1; sid=${value}; xsid=${Math.random()}`),
  ],
] as const) {
  test(`consistent_hash goes by ${key.kind}`, () => {
    const among = targets(1, 1, 1, 1);
    const balance = balancer(by(key));
    const request = new TestRequest();
    const pick = (number: number) => {
      request.clientIp = client(number * 31);
      give(request, `value-${number % 1000}`);
      return balance.pick(among, request);
    };
    const first = Array.from({ length: 1000 }, (_, number) => pick(number));
    assert.deepEqual(
      first.map((_, number) => pick(number + 1000)),
      first,
    );
    const seen = among.map((_, at) => first.filter((other) => other === at).length);
    assert.ok(chiSquare(seen, [0.25, 0.25, 0.25, 0.25]) < 16.27, seen.join());
  });
}

test('requests without the key are balanced in turn', () => {
  for (const key of [
    { kind: 'header', name: 'x-user' },
    { kind: 'cookie', name: 'sid' },
    { kind: 'client_ip' },
  ] as const) {
    const among = targets(1, 1, 1);
    const balance = balancer(by(key));
    const request = new TestRequest();
    request.clientIp = '';
    request.fields['cookie'] = 'other=1; xsid=2';
    const seen = Array.from({ length: 6 }, () => balance.pick(among, request));
    assert.deepEqual(seen, [0, 1, 2, 0, 1, 2], key.kind);
  }
});

test('requests of one user reach one origin, whoever carries them', async (t) => {
  const origins = await Promise.all([startOrigin(t), startOrigin(t), startOrigin(t)]);
  const loadBalancing = by({ kind: 'header', name: 'x-user' });
  const scene = await proxied(t, {
    config: {
      upstreams: [
        upstream(
          origins.map(({ port }) => port),
          { loadBalancing },
        ),
      ],
    },
  });
  for (const user of ['ann', 'bob', 'eve', 'joe', 'kim', 'lea', 'max', 'sue']) {
    for (let i = 0; i < 3; i++) assert.equal((await scene.ask(get(`/${user}`, `X-User: ${user}`))).status, 200);
    const homes = origins.filter(({ requests }) => requests.some(({ target }) => target === `/${user}`));
    assert.equal(homes.length, 1, user);
  }
  assert.ok(origins.filter(({ requests }) => requests.length > 0).length > 1, 'not all of them reach the same one');
});
