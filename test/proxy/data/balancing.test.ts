/** Which target a request goes to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoadBalancing } from '../../../src/config/model.ts';
import { type Candidate, createBalancer } from '../../../src/proxy/data/upstream/balance.ts';
import { balancing, upstream } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ok, type OriginRequest, startOrigin } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get } from '../../helpers/raw-http.ts';

const policies: readonly LoadBalancing[] = ['round_robin', 'weighted', 'least_connections', 'random', 'p2c'];

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const targets = (...weights: number[]): Candidate[] => weights.map((weight) => ({ weight, inFlight: () => 0 }));
const loaded = (...loads: (readonly [weight: number, inFlight: number])[]): Candidate[] =>
  loads.map(([weight, inFlight]) => ({ weight, inFlight: () => inFlight }));

function counts(policy: LoadBalancing, among: readonly Candidate[], picks: number, offset = 0): number[] {
  const balance = createBalancer(policy, seeded(1), offset);
  const result = among.map(() => 0);
  for (let i = 0; i < picks; i++) {
    const at = balance(among);
    result[at] = (result[at] ?? 0) + 1;
  }
  return result;
}

/** Pearson's statistic against expected shares. */
function chiSquare(observed: readonly number[], shares: readonly number[]): number {
  const total = observed.reduce((sum, count) => sum + count, 0);
  return observed.reduce((sum, count, at) => {
    const expected = total * (shares[at] ?? 0);
    return sum + (count - expected) ** 2 / expected;
  }, 0);
}

test('round_robin takes each target in turn, whatever its weight', () => {
  const balance = createBalancer('round_robin', Math.random, 1);
  const among = targets(1, 5, 2);
  assert.deepEqual(
    Array.from({ length: 7 }, () => balance(among)),
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
    const balance = createBalancer('weighted', Math.random, offset);
    for (let turn = 0; turn < 3; turn++) {
      const seen = weights.map(() => 0);
      for (let i = 0; i < round; i++) {
        const at = balance(among);
        seen[at] = (seen[at] ?? 0) + 1;
      }
      assert.deepEqual(seen, [...weights], `round ${turn} of ${weights.join(',')} from ${offset}`);
    }
  }
  const balance = createBalancer('weighted', Math.random, 0);
  const first = Array.from({ length: 7 }, () => balance(targets(5, 1, 1)));
  assert.ok(!first.join('').includes('00000'), 'a heavy target is not served in a row');
});

test('least_connections takes the smallest load per weight, ties in turn', () => {
  const pick = (among: readonly Candidate[]) => createBalancer('least_connections', Math.random, 0)(among);
  assert.equal(pick(loaded([1, 3], [1, 1], [1, 2])), 1);
  assert.equal(pick(loaded([1, 2], [4, 4], [1, 3])), 1, 'four of weight four is less than two of weight one');
  assert.deepEqual(counts('least_connections', targets(1, 1, 1), 300), [100, 100, 100]);
});

test('random draws by weight', () => {
  const observed = counts('random', targets(1, 2, 3, 4), 20_000);
  // 99.9 % of samples of three degrees of freedom lie below 16.27.
  assert.ok(chiSquare(observed, [0.1, 0.2, 0.3, 0.4]) < 16.27, observed.join());
});

test('p2c draws two targets by weight and takes the one with less load', () => {
  assert.ok(chiSquare(counts('p2c', targets(1, 1, 1, 1), 20_000), [0.25, 0.25, 0.25, 0.25]) < 16.27);
  const [idle = 0, busy = 0] = counts('p2c', loaded([1, 0], [1, 9]), 1000);
  assert.deepEqual([idle, busy], [1000, 0], 'of two targets both are drawn, and the idle one wins');
  const [least = 0, , most = 0] = counts('p2c', loaded([1, 0], [1, 5], [1, 10]), 6000);
  assert.equal(most, 0, 'the busiest is never the better of two');
  assert.ok(chiSquare([least, 6000 - least], [2 / 3, 1 / 3]) < 10.83, String(least));
});

for (const policy of policies) {
  test(`${policy} never takes a target of weight 0, and none where all have it`, () => {
    const balance = createBalancer(policy, seeded(7), 3);
    for (let i = 0; i < 1000; i++) assert.notEqual(balance(targets(0, 1, 0, 2)), -1);
    const seen = counts(policy, targets(0, 1, 0, 2), 1000, 2);
    assert.deepEqual([seen[0], seen[2]], [0, 0]);
    assert.equal(createBalancer(policy, seeded(7), 3)(targets(0, 0)), -1);
    assert.equal(createBalancer(policy, seeded(7), 3)([]), -1);
  });

  test(`${policy} serves every target that has weight`, () => {
    assert.ok(counts(policy, targets(1, 1, 1, 1, 1), 500).every((count) => count > 0));
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
