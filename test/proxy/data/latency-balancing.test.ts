/** `peak_ewma`: requests go where answers come soonest, and a target that was slow or is new gets its chance. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LatencyAverage } from '../../../src/proxy/data/upstream/balance/latency-average.ts';
import { balancer, counts, targets, TestRequest, type TestTarget } from './balance-candidates.ts';

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < expected * 0.01, `${actual} is not about ${expected}`);

test('a latency jumps up with one slow answer and comes down over seconds', () => {
  const latency = new LatencyAverage();
  assert.equal(latency.known, false);
  assert.equal(latency.read(5), 0);
  latency.record(10, 1000);
  assert.equal(latency.known, true);
  assert.equal(latency.read(1000), 10);
  latency.record(500, 1000);
  assert.equal(latency.read(1000), 500, 'a peak counts at once');
  for (let now = 1000; now <= 2000; now += 100) latency.record(10, now);
  assert.ok(latency.read(2000) > 400, 'and is not forgotten after a second of good answers');
  for (let now = 2000; now <= 120_000; now += 100) latency.record(10, now);
  near(latency.read(120_000), 10);
});

test('a latency fades while nothing is heard: to a third in ten seconds', () => {
  const latency = new LatencyAverage();
  latency.record(900, 0);
  near(latency.read(10_000), 900 / Math.E);
  near(latency.read(0), 900);
  latency.record(1, 100_000);
  assert.ok(latency.read(100_000) < 2);
});

test('a failure counts as an answer of a second at least', () => {
  const latency = new LatencyAverage();
  latency.failed(1, 0);
  assert.equal(latency.read(0), 1000);
  latency.failed(4000, 0);
  assert.equal(latency.read(0), 4000);
});

test('of two targets the faster one is taken, unless more wait there', () => {
  const among = targets(1, 1);
  const [fast, slow] = among as [TestTarget, TestTarget];
  fast.latency.record(10, 0);
  slow.latency.record(50, 0);
  assert.deepEqual(counts(balancer('peak_ewma'), among, 100), [100, 0]);
  fast.load = 3;
  assert.deepEqual(counts(balancer('peak_ewma'), among, 100), [100, 0], '10 × 4 is less than 50 × 1');
  fast.load = 5;
  assert.deepEqual(counts(balancer('peak_ewma'), among, 100), [0, 100], '10 × 6 is more than 50 × 1');
});

test('the slowest of three is never the better of two', () => {
  const among = targets(1, 1, 1);
  among.forEach((target, at) => target.latency.record(10 ** at, 0));
  const seen = counts(balancer('peak_ewma'), among, 3000);
  assert.equal(seen[2], 0);
  assert.ok((seen[0] ?? 0) > 1800 && (seen[1] ?? 0) > 800, seen.join());
});

test('a target of which nothing is known is tried by one request, also while other workers keep it busy', () => {
  const among = targets(1, 1);
  const [known, fresh] = among as [TestTarget, TestTarget];
  known.latency.record(5, 0);
  fresh.load = 7;
  const balance = balancer('peak_ewma');
  const request = new TestRequest();
  assert.equal(balance.pick(among, request), 1);
  for (let i = 0; i < 20; i++) assert.equal(balance.pick(among, request), 0, 'the first answer is awaited');
  request.now = 11_000;
  assert.equal(balance.pick(among, request), 1, 'the one that was to find out never came back');
  assert.equal(balance.pick(among, request), 0);
  fresh.load = 0;
  fresh.latency.record(1, 11_000);
  assert.equal(balance.pick(among, request), 1);
});

test('a target that was slow is tried again by and by', () => {
  const among = targets(1, 1);
  const [good, slow] = among as [TestTarget, TestTarget];
  const balance = balancer('peak_ewma');
  const request = new TestRequest();
  slow.latency.record(5000, 0);
  for (request.now = 0; request.now < 120_000; request.now += 100) {
    const at = balance.pick(among, request);
    if (at === 1) break;
    good.latency.record(20, request.now);
  }
  assert.ok(request.now > 30_000 && request.now < 90_000, `after ${request.now} ms`);
});

test('a heavier target takes longer waits', () => {
  const among = targets(4, 1);
  among[0]?.latency.record(30, 0);
  among[1]?.latency.record(10, 0);
  assert.deepEqual(counts(balancer('peak_ewma'), among, 100), [100, 0]);
});
