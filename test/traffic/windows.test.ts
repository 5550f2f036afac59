import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Window } from '../../src/proxy/control/traffic/window.ts';
import { type Counted, counted } from './counted.ts';

/** A steady flow: so many good requests of a route in each second, spread over two workers. */
function flow(scene: Counted, seconds: number, perSecond: number, route = 'api'): void {
  for (let second = 0; second < seconds; second++) {
    for (let number = 0; number < perSecond; number++) scene.request(route, { lane: number % 2 });
    scene.clock.advance(1000);
  }
}

function rate({ requests, coveredMs }: Window): number {
  return (requests * 1000) / coveredMs;
}

function about(value: number | null | undefined, wanted: number): void {
  assert.ok(Math.abs((value ?? Number.NaN) - wanted) <= 0.02 * wanted, `${value} instead of ${wanted}`);
}

describe('windows', () => {
  test('show a steady flow at its rate, in each of the three', () => {
    const scene = counted();
    scene.plan(['api']);
    flow(scene, 400, 5);
    const windows = scene.traffic.windows('route', 'api');
    assert.ok(windows !== null);
    for (const window of Object.values(windows)) assert.equal(rate(window), 5);
    assert.equal(windows['10s'].coveredMs, 10_000);
    assert.ok(Math.abs(windows['1m'].coveredMs - 60_000) <= 5000);
    assert.ok(Math.abs(windows['5m'].coveredMs - 300_000) <= 5000);
  });

  test('divide by the time that there has been, while that is short', () => {
    const scene = counted();
    scene.plan(['api']);
    flow(scene, 3, 7);
    const windows = scene.traffic.windows('route', 'api');
    for (const window of Object.values(windows ?? {})) {
      assert.equal(window.coveredMs, 3000);
      assert.equal(rate(window), 7);
    }
  });

  test('forget what is older than they reach', () => {
    const scene = counted();
    scene.plan(['api']);
    flow(scene, 1, 50);
    const requests = () => Object.values(scene.traffic.windows('route', 'api') ?? {}).map((window) => window.requests);
    assert.deepEqual(requests(), [50, 50, 50]);
    scene.clock.advance(12_000);
    assert.deepEqual(requests(), [0, 50, 50]);
    scene.clock.advance(60_000);
    assert.deepEqual(requests(), [0, 0, 50]);
    scene.clock.advance(300_000);
    assert.deepEqual(requests(), [0, 0, 0]);
  });

  test('count errors by class, cause and who is to blame', () => {
    const scene = counted();
    scene.plan(['api']);
    for (let number = 0; number < 90; number++) scene.request('api');
    for (let number = 0; number < 6; number++) scene.request('api', { status: 503, cause: 'no_healthy_target' });
    for (let number = 0; number < 3; number++) scene.request('api', { status: 502, cause: 'upstream_status' });
    scene.request('api', { status: 499, cause: 'client_closed', lane: 1 });
    scene.clock.advance(1000);
    const window = scene.traffic.totalWindows()['10s'];
    assert.equal(window.requests, 100);
    assert.equal(window.errors, 9);
    assert.deepEqual(window.classes, [0, 0, 90, 0, 1, 9]);
    assert.deepEqual(Object.fromEntries(window.causes.map(({ cause, source, count }) => [cause, [source, count]])), {
      no_healthy_target: ['proxy', 6],
      upstream_status: ['upstream', 3],
      client_closed: ['client', 1],
    });
    assert.equal(window.bytesIn, 1000);
    assert.equal(window.bytesOut, 10_000);
  });

  test('give quantiles within 2 %, of all workers together', () => {
    const scene = counted();
    scene.plan(['api']);
    for (let number = 1; number <= 1000; number++) scene.request('api', { seconds: number / 1000, lane: number % 2 });
    scene.clock.advance(1000);
    const [p50, p90, p95, p99] = scene.traffic.windows('route', 'api')?.['10s'].quantiles ?? [];
    about(p50, 0.5);
    about(p90, 0.9);
    about(p95, 0.95);
    about(p99, 0.99);
  });

  test('keep quantiles when seconds have become tens', () => {
    const scene = counted();
    scene.plan(['api']);
    for (let second = 1; second <= 40; second++) {
      scene.request('api', { seconds: second });
      scene.clock.advance(1000);
    }
    about(scene.traffic.windows('route', 'api')?.['1m'].quantiles[0], 20);
  });

  test('know targets by their tries, and which of them failed', () => {
    const scene = counted();
    scene.plan([], { pool: ['10.0.0.1:80', '10.0.0.2:80'] });
    for (let number = 0; number < 8; number++) scene.tried('pool', '10.0.0.1:80', number < 2, 0.2);
    scene.clock.advance(1000);
    const window = scene.traffic.windows('target', 'pool/10.0.0.1:80')?.['10s'];
    assert.deepEqual([window?.requests, window?.errors], [8, 2]);
    about(window?.quantiles[3], 0.2);
    assert.equal(scene.traffic.windows('target', 'pool/10.0.0.2:80')?.['10s'].requests, 0);
    assert.equal(scene.traffic.windows('target', 'pool/10.0.0.3:80'), null);
  });

  test('say in all what routes and what took none did, and nothing twice', () => {
    const scene = counted();
    scene.plan(['a', 'b'], { pool: ['10.0.0.1:80'] });
    scene.request('a', { upstream: 'pool' });
    scene.request('b', { upstream: 'pool' });
    scene.request(null, { status: 404, cause: 'no_route' });
    scene.tried('pool', '10.0.0.1:80', false);
    scene.clock.advance(1000);
    assert.equal(scene.traffic.totalWindows()['10s'].requests, 3);
    assert.equal(scene.traffic.windows('upstream', 'pool')?.['10s'].requests, 2);
    assert.equal(scene.traffic.windows('unrouted', '')?.['10s'].requests, 1);
  });

  test('hold more bytes of one second than 32 bits can', () => {
    const scene = counted();
    scene.plan(['api']);
    scene.request('api', { bytesOut: 11e9 });
    scene.clock.advance(25_000);
    assert.equal(scene.traffic.windows('route', 'api')?.['1m'].bytesOut, 11e9);
  });
});

describe('windows, where something begins, ends or stops', () => {
  test('take nothing of before a route was known, and all that ends while it is gone', () => {
    const scene = counted();
    scene.plan(['api']);
    flow(scene, 5, 4);
    scene.plan([]);
    // Requests of the plan before still end.
    scene.request('api');
    scene.clock.advance(1000);
    assert.equal(scene.traffic.totalWindows()['10s'].requests, 21);
    scene.plan(['api']);
    scene.clock.advance(1000);
    assert.equal(scene.traffic.windows('route', 'api')?.['10s'].requests, 21);
  });

  test('begin anew for a route that comes back when all windows have forgotten it', () => {
    const scene = counted();
    scene.plan(['api']);
    flow(scene, 5, 1000);
    scene.plan([]);
    scene.clock.advance(400_000);
    assert.equal(scene.traffic.windows('route', 'api'), null);
    scene.plan(['api']);
    flow(scene, 2, 3);
    const windows = scene.traffic.windows('route', 'api');
    assert.equal(windows?.['5m'].requests, 6);
    assert.equal(rate(windows['5m']), 3);
  });

  test('of a target that comes back to cells of its own or to others, count what is new alone', () => {
    const scene = counted();
    scene.plan([], { pool: ['10.0.0.1:80'] });
    for (let number = 0; number < 500; number++) scene.tried('pool', '10.0.0.1:80', false);
    scene.clock.advance(20_000);
    scene.plan([], { pool: [] });
    scene.clock.advance(20_000);
    scene.registry.release('target/pool/10.0.0.1:80');
    scene.registry.release('target-durations/pool/10.0.0.1:80');
    scene.plan([], { pool: ['10.0.0.2:80', '10.0.0.1:80'] });
    scene.tried('pool', '10.0.0.1:80', false);
    scene.tried('pool', '10.0.0.2:80', true);
    scene.clock.advance(1000);
    assert.equal(scene.traffic.windows('target', 'pool/10.0.0.1:80')?.['10s'].requests, 1);
    assert.equal(scene.traffic.windows('target', 'pool/10.0.0.2:80')?.['10s'].errors, 1);
  });

  test('of subjects that come and go for ever, need no more room than those of five minutes do', () => {
    const scene = counted(1);
    const sizes: number[] = [];
    for (let round = 0; round < 60; round++) {
      scene.plan([], { pool: [`10.0.${round}.1:80`] });
      scene.tried('pool', `10.0.${round}.1:80`, false);
      scene.clock.advance(30_000);
      scene.registry.release(`target/pool/10.0.${round - 3}.1:80`);
      scene.registry.release(`target-durations/pool/10.0.${round - 3}.1:80`);
      sizes.push(scene.traffic.size);
    }
    assert.ok(Math.max(...sizes) <= 16, `${Math.max(...sizes)} subjects`);
  });

  test('of a machine that stood still, spread what was counted over the time that it was', () => {
    const scene = counted();
    scene.plan(['api']);
    flow(scene, 30, 10);
    for (let number = 0; number < 10; number++) scene.request('api');
    scene.clock.leap(3_600_000);
    const windows = scene.traffic.windows('route', 'api');
    for (const window of Object.values(windows ?? {})) {
      assert.ok(rate(window) < 0.01, `${rate(window)} per second`);
      assert.equal(window.requests, 10);
    }
    flow(scene, 10, 10);
    assert.equal(rate(scene.traffic.windows('route', 'api')?.['10s'] as Window), 10);
  });

  test('of cells that begin again from nothing, show no request that nobody made', () => {
    const scene = counted();
    scene.plan(['api']);
    flow(scene, 3, 100);
    for (let lane = 0; lane < 2; lane++) {
      for (const name of ['route/api', 'route/api-outcomes']) {
        scene.registry.view(scene.registry.cell(name, 0, 0), lane).lane.fill(0);
      }
    }
    scene.clock.advance(1000);
    const { requests, quantiles } = scene.traffic.window('route', 'api', '10s') as Window;
    assert.equal(requests, 300);
    about(quantiles[0], 0.01);
  });
});

describe('the last 15 minutes', () => {
  test('have a point a second for two minutes, and one for ten seconds before that, and never more', () => {
    const scene = counted();
    scene.plan(['api']);
    flow(scene, 1300, 2);
    const points = scene.traffic.series('route', 'api');
    const seconds = points.filter(({ coveredMs }) => coveredMs === 1000);
    const tens = points.filter(({ coveredMs }) => coveredMs === 10_000);
    assert.equal(seconds.length, 120);
    assert.equal(points.length, seconds.length + tens.length);
    assert.ok(seconds.every(({ requests }) => requests === 2));
    assert.ok(tens.every(({ requests }) => requests === 20));
    const covered = points.reduce((sum, { coveredMs }) => sum + coveredMs, 0);
    assert.ok(Math.abs(covered - 900_000) <= 20_000, `${covered} ms`);
    for (const [index, point] of points.entries()) {
      const before = points[index - 1];
      // Between tens and seconds some seconds of a ten may be missing, none is there twice.
      if (before !== undefined) assert.ok(point.atMs - point.coveredMs >= before.atMs - 1);
    }
    assert.equal(points.at(-1)?.atMs, scene.clock.wallMs());
  });

  test('say when errors came, and how long requests took', () => {
    const scene = counted();
    scene.plan(['api']);
    flow(scene, 200, 1);
    scene.request('api', { status: 500, seconds: 3 });
    scene.clock.advance(1000);
    flow(scene, 200, 1);
    const points = scene.traffic.totalSeries();
    const bad = points.filter(({ errors }) => errors > 0);
    assert.equal(bad.length, 1);
    assert.equal(bad[0]?.errors, 1);
    about(bad[0]?.p99, 3);
    about(points.at(-1)?.p99, 0.01);
    assert.equal(scene.traffic.series('upstream', 'none').length, 0);
  });

  test('are empty of quantiles where nothing was timed', () => {
    const scene = counted();
    scene.plan(['api']);
    scene.clock.advance(2000);
    const { requests, p50, p99 } = scene.traffic.series('route', 'api').at(-1) ?? {};
    assert.deepEqual({ requests, p50, p99 }, { requests: 0, p50: null, p99: null });
  });
});
