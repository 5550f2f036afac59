/** A target that comes back gets the part of the requests that its part of the weight is worth, under every policy. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admission, targetStateFields } from '../../../src/proxy/shared/cells.ts';
import { balancing, upstream } from '../../helpers/data-plane.ts';
import { startOrigin } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get } from '../../helpers/raw-http.ts';
import { balancingPolicies } from '../../helpers/balancing-policies.ts';
import { balancer, chiSquare, counts, targets, TestRequest, type TestTarget } from './balance-candidates.ts';

const picks = 20_000;

for (const policy of balancingPolicies) {
  test(`${policy}: a share of the weight is a share of the requests`, () => {
    for (const [share, known] of [
      [0.1, true],
      [0.5, true],
      [0.9, true],
      [0.1, false],
    ] as const) {
      const among = targets(2, 2, 2);
      if (known) for (const target of among) target.latency.record(10, 0);
      (among[1] as TestTarget).share = share;
      const seen = counts(balancer(policy), among, picks);
      const part = share / (2 + share);
      const shares = [1 / (2 + share), part, 1 / (2 + share)];
      assert.ok(chiSquare(seen, shares) < 13.82, `${share}: ${seen.join()}`);
    }
  });

  test(`${policy}: where all are in slow start, nobody is refused and nobody is left out`, () => {
    const among = targets(1, 1, 1);
    for (const target of among) target.share = 0.1;
    const seen = counts(balancer(policy), among, 3000);
    assert.ok(chiSquare(seen, [1 / 3, 1 / 3, 1 / 3]) < 13.82, seen.join());
    const alone = targets(1, 1);
    (alone[0] as TestTarget).share = 0.01;
    (alone[1] as TestTarget).share = 0;
    assert.deepEqual(counts(balancer(policy), alone, 1000), [1000, 0]);
  });
}

for (const policy of ['least_connections', 'p2c', 'peak_ewma'] as const) {
  test(`${policy}: a target in slow start is not preferred for being idle`, () => {
    const among = targets(1, 1, 1);
    const warming = among[2] as TestTarget;
    warming.share = 0.2;
    for (const target of among) target.latency.record(10, 0);
    warming.latency.record(1, 0);
    for (const target of among) target.load = target === warming ? 0 : 50;
    const [, , taken = 0] = counts(balancer(policy), among, picks);
    assert.ok(taken < picks * (0.2 / 2.2) * 1.1, `${taken} of ${picks}`);
    assert.ok(taken > picks * (0.2 / 2.2) * 0.9, `${taken} of ${picks}`);
  });
}

test('round_robin: who sits out its turn leaves it to the others alike', () => {
  const among = targets(1, 1, 1);
  (among[1] as TestTarget).share = 0.25;
  const balance = balancer('round_robin');
  const request = new TestRequest();
  const seen = Array.from({ length: 9 }, () => balance.pick(among, request));
  assert.deepEqual(seen, [0, 2, 0, 2, 0, 2, 0, 1, 2]);
});

test('what the main thread says of a target holds from the next request on', async (t) => {
  const origins = await Promise.all([startOrigin(t), startOrigin(t)]);
  const scene = await proxied(t, {
    config: {
      upstreams: [
        upstream(
          origins.map(({ port }) => port),
          { loadBalancing: balancing('weighted') },
        ),
      ],
    },
  });
  const target = scene.plan.upstreams[0]?.targets[0];
  assert.ok(target);
  const { shared } = scene.registry.view(target.state, 0);
  const asked = async (times: number) => {
    const before = origins.map(({ requests }) => requests.length);
    for (let i = 0; i < times; i++) assert.equal((await scene.ask(get())).status, 200);
    return origins.map(({ requests }, at) => requests.length - (before[at] ?? 0));
  };
  Atomics.store(shared, targetStateFields.admission, admission.ejected);
  assert.deepEqual(await asked(4), [0, 4]);
  Atomics.store(shared, targetStateFields.admission, 0);
  Atomics.store(shared, targetStateFields.withheld, 750);
  assert.deepEqual(await asked(10), [2, 8]);
  Atomics.store(shared, targetStateFields.withheld, 0);
  assert.deepEqual(await asked(10), [5, 5]);
});
