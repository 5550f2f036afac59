/** Which target a request goes to: shares, weights, slow start. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { balancingPolicies } from '../../helpers/balancing-policies.ts';
import { upstream, balancing } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ok, type OriginRequest, startOrigin } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get } from '../../helpers/raw-http.ts';
import {
  balancer,
  chiSquare,
  counts,
  loaded,
  seeded,
  targets,
  type TestTarget,
  TestRequest,
} from './balance-candidates.ts';

/** 99.9 % of samples lie below, by degrees of freedom. */
const chiBound = { 1: 10.83, 2: 13.82, 3: 16.27, 4: 18.47 } as const;
const request = new TestRequest();

test('round_robin takes each target in turn, whatever its weight', () => {
  const balance = balancer('round_robin', seeded(1), 1);
  const among = targets(1, 5, 2);
  assert.deepEqual(
    Array.from({ length: 7 }, () => balance.pick(among, request)),
    [1, 2, 0, 1, 2, 0, 1],
  );
});

test('weighted gives each target exactly its share of every round, spread over it', () => {
  for (const [weights, offset] of [
    [[5, 1, 1], 0],
    [[5, 1, 1], 2],
    [[1, 2, 3, 4], 1],
    [[1, 1], 1],
    [[100, 1], 0],
    [[3], 0],
  ] as const) {
    const among = targets(...weights);
    const round = weights.reduce<number>((sum, weight) => sum + weight, 0);
    const balance = balancer('weighted', seeded(1), offset);
    for (let turn = 0; turn < 3; turn++) {
      assert.deepEqual(
        counts(balance, among, round),
        [...weights],
        `round ${turn} of ${weights.join(',')} from ${offset}`,
      );
    }
  }
  const balance = balancer('weighted');
  const among = targets(5, 1, 1);
  const first = Array.from({ length: 7 }, () => balance.pick(among, request));
  assert.ok(!first.join('').includes('00000'), 'a heavy target is not served in a row');
});

test('least_connections takes the smallest load per weight, ties in turn', () => {
  const pick = (among: readonly TestTarget[]) => balancer('least_connections').pick(among, request);
  assert.equal(pick(loaded([1, 3], [1, 1], [1, 2])), 1);
  assert.equal(pick(loaded([1, 2], [4, 4], [1, 3])), 1, 'four of weight four is less than two of weight one');
  assert.deepEqual(counts(balancer('least_connections'), targets(1, 1, 1), 300), [100, 100, 100]);
  assert.deepEqual(counts(balancer('least_connections'), targets(1, 2), 300), [100, 200], 'idle targets by weight');
});

test('workers begin their rotations with different targets', () => {
  for (const policy of ['round_robin', 'weighted', 'least_connections'] as const) {
    const first = [0, 1, 2, 3].map((worker) => balancer(policy, seeded(1), worker).pick(targets(1, 1, 1), request));
    assert.deepEqual(first, [0, 1, 2, 0], policy);
  }
});

test('random draws by weight, among few targets and among many', () => {
  const observed = counts(balancer('random'), targets(1, 2, 3, 4), 20_000);
  assert.ok(chiSquare(observed, [0.1, 0.2, 0.3, 0.4]) < chiBound[3], observed.join());
  const many = counts(balancer('random'), targets(...Array.from({ length: 40 }, (_, at) => (at % 4) + 1)), 100_000);
  const byWeight = [0, 1, 2, 3].map((rest) => many.reduce((sum, n, at) => sum + (at % 4 === rest ? n : 0), 0));
  assert.ok(chiSquare(byWeight, [0.1, 0.2, 0.3, 0.4]) < chiBound[3], byWeight.join());
});

test('p2c draws two targets by weight and takes the one with less load', () => {
  assert.ok(chiSquare(counts(balancer('p2c'), targets(1, 1, 1, 1), 20_000), [0.25, 0.25, 0.25, 0.25]) < chiBound[3]);
  const [idle = 0, busy = 0] = counts(balancer('p2c'), loaded([1, 0], [1, 9]), 1000);
  assert.deepEqual([idle, busy], [1000, 0], 'of two targets both are drawn, and the idle one wins');
  const [least = 0, , most = 0] = counts(balancer('p2c'), loaded([1, 0], [1, 5], [1, 10]), 6000);
  assert.equal(most, 0, 'the busiest is never the better of two');
  assert.ok(chiSquare([least, 6000 - least], [2 / 3, 1 / 3]) < chiBound[1], String(least));
});

for (const policy of balancingPolicies) {
  test(`${policy} never takes a target of weight 0, and none where all have it`, () => {
    const among = targets(0, 1, 0, 2);
    const seen = counts(balancer(policy, seeded(7), 3), among, 1000);
    assert.deepEqual([seen[0], seen[2]], [0, 0]);
    assert.equal((seen[1] ?? 0) + (seen[3] ?? 0), 1000, 'every request finds one');
    assert.equal(balancer(policy, seeded(7), 3).pick(targets(0, 0), request), -1);
    assert.equal(balancer(policy, seeded(7), 3).pick([], request), -1);
    const many = targets(...Array.from({ length: 40 }, (_, at) => (at === 20 ? 1 : 0)));
    assert.equal(balancer(policy, seeded(7), 3).pick(many, request), 20, 'the only one among many');
  });

  test(`${policy} serves every target that has weight`, () => {
    assert.ok(counts(balancer(policy), targets(1, 1, 1, 1, 1), 500).every((count) => count > 0));
  });
}

for (const policy of balancingPolicies) {
  test(`${policy} goes on to a target that the request has not tried, and gives up when there is none`, () => {
    const among = targets(1, 1, 1);
    for (let i = 0; i < 50; i++) {
      const retried = new TestRequest();
      retried.clientIp = `192.0.2.${i}`;
      const balance = balancer(policy, seeded(i + 1), i);
      const tried = [balance.pick(among, retried)];
      for (let again = 0; again < 2; again++) {
        retried.skipped.add(tried.at(-1) as number);
        tried.push(balance.pick(among, retried));
      }
      assert.deepEqual(
        tried.toSorted((a, b) => a - b),
        [0, 1, 2],
      );
      retried.skipped.add(tried.at(-1) as number);
      assert.equal(balance.pick(among, retried), -1);
    }
  });
}

test('an upstream whose targets all have weight 0 answers 503', async (t) => {
  const scene = await proxied(t);
  const none = upstream([scene.origin.port]);
  await scene.apply({
    ...scene.config,
    upstreams: [{ ...none, targets: none.targets.map((target) => ({ ...target, weight: 0 })) }],
  });
  const response = await scene.ask(get());
  assert.equal(response.status, 503);
  assert.equal(response.header('proxy-status'), 'sentinel-feedbeef; error=destination_unavailable');
  assert.equal(response.header('retry-after'), '1');
  assert.equal(scene.errors('no_healthy_target'), 1);
  assert.equal(scene.origin.connections.length, 0);
});

test('least_connections sees requests in flight', async (t) => {
  const busy: OriginRequest[] = [];
  const first = await startOrigin(t, { request: (request) => void busy.push(request) });
  const second = await startOrigin(t);
  const scene = await proxied(t, {
    config: { upstreams: [upstream([first.port, second.port], { loadBalancing: balancing('least_connections') })] },
  });
  const holder = await scene.client();
  holder.send(get('/held'));
  await eventually(() => busy.length === 1);
  for (let i = 0; i < 5; i++) assert.equal((await scene.ask(get())).status, 200);
  assert.equal(second.requests.length, 5);
  busy[0]?.connection.send(ok());
  await holder.response();
});
