/** The fallback upstream of a route: when it takes over, and who is said to have answered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { route, startPlane, upstream } from '../../helpers/data-plane.ts';
import { answering, deadPort, ok, startOrigin } from '../../helpers/origin.ts';
import { sceneOf, scenery, type SceneOptions } from '../../helpers/proxied.ts';
import { get, post } from '../../helpers/raw-http.ts';
import { countsOf, retryPolicy } from '../../helpers/several-targets.ts';
import type { RouteConfig, StaticResponse, UpstreamConfig } from '../../../src/config/model.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

const sorry: StaticResponse = {
  status: 503,
  headers: [['Retry-After', '60']],
  bodyBase64: Buffer.from('sorry').toString('base64'),
};
const breaker = { failureThreshold: 1, successThreshold: 1, timeoutMs: 1000, halfOpenMaxRequests: 1 };

async function withFallback(
  t: Cleanup,
  first: readonly number[],
  fallback: Partial<UpstreamConfig> & { ports?: readonly number[] },
  more: Partial<RouteConfig> & { upstreamMore?: Partial<UpstreamConfig>; scene?: SceneOptions } = {},
) {
  const { ports = [], ...rest } = fallback;
  const { upstreamMore, scene, ...routeMore } = more;
  const settings = scenery([], {
    accessLog: {},
    ...scene,
    config: {
      routes: [route({ fallbackUpstream: 'backup', ...routeMore })],
      upstreams: [upstream(first, upstreamMore), upstream(ports, { name: 'backup', ...rest })],
    },
  });
  const plane = await startPlane(t, settings);
  return { ...sceneOf(t, plane), ...countsOf(plane) };
}

test('the fallback takes what no target of the upstream took, and is named as the one that answered', async (t) => {
  const backup = await startOrigin(t, answering(ok('backup')));
  const scene = await withFallback(t, [await deadPort(), await deadPort()], { ports: [backup.port] });
  assert.equal((await scene.ask(post('abc'))).text, 'backup');
  assert.equal(backup.requests[0]?.body.toString(), 'abc');
  const line = await scene.line();
  assert.deepEqual(
    [line['upstream'], line['target'], line['attempts'], line['cause']],
    ['backup', `127.0.0.1:${backup.port}`, 3, ''],
  );
  assert.equal(scene.routeCount('failovers'), 1);
  assert.equal(scene.count('failovers'), 1, 'from the first dead target to the second');
  assert.deepEqual(scene.requests(), [{ route: 'all', upstream: 'backup', method: 'POST', status: 200, count: 1 }]);
  await scene.settled();
});

test('the fallback takes over at once when there is no target at all', async (t) => {
  const scene = await withFallback(t, [], { static: sorry });
  const response = await scene.ask(get());
  assert.deepEqual([response.status, response.text, response.header('retry-after')], [503, 'sorry', '60']);
  const line = await scene.line();
  assert.deepEqual([line['upstream'], line['target'], line['attempts']], ['backup', '', 0]);
  assert.equal(scene.routeCount('failovers'), 1);
  assert.deepEqual(scene.requests(), [{ route: 'all', upstream: 'backup', method: 'GET', status: 503, count: 1 }]);
});

test('a static fallback answers after tries that reached nobody', async (t) => {
  const scene = await withFallback(t, [await deadPort()], { static: sorry });
  assert.equal((await scene.ask(get())).text, 'sorry');
  const line = await scene.line();
  assert.deepEqual([line['upstream'], line['target'], line['attempts']], ['backup', '', 1]);
});

test('the fallback takes over while the breakers of all targets are open', async (t) => {
  const sick = await startOrigin(t, answering('HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n'));
  const backup = await startOrigin(t, answering(ok('backup')));
  const scene = await withFallback(
    t,
    [sick.port],
    { ports: [backup.port] },
    { upstreamMore: { circuitBreaker: breaker } },
  );
  assert.equal((await scene.ask(get())).status, 500, 'an answer is an answer');
  assert.equal((await scene.ask(get())).text, 'backup');
  assert.equal(sick.requests.length, 1);
});

test('the fallback takes over while the breaker of the route is open', async (t) => {
  const sick = await startOrigin(t, answering('HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n'));
  const backup = await startOrigin(t, answering(ok('backup')));
  const scene = await withFallback(t, [sick.port], { ports: [backup.port] }, { circuitBreaker: breaker });
  assert.equal((await scene.ask(get())).status, 500);
  assert.equal((await scene.ask(get())).text, 'backup');
  assert.equal(sick.requests.length, 1);
  assert.equal(scene.routeCount('failovers'), 1);
});

test('a request that only the fallback took is a failure for the breaker of its route, one without a target is none', async (t) => {
  const backup = await startOrigin(t);
  const scene = await withFallback(t, [await deadPort()], { ports: [backup.port] }, { circuitBreaker: breaker });
  for (const tries of [2, 1]) {
    assert.equal((await scene.ask(get())).status, 200);
    assert.equal(
      (await scene.line(scene.lines().length - 1))['attempts'],
      tries,
      'once it is open, nobody is asked first',
    );
  }
  assert.deepEqual(
    scene.events.map((event) => ('to' in event ? event.to : '')),
    ['open'],
  );
  const none = await withFallback(t, [], { static: sorry }, { circuitBreaker: breaker });
  for (let i = 0; i < 3; i++) assert.equal((await none.ask(get())).text, 'sorry');
  assert.deepEqual(none.events, []);
});

test('a request that was sent and not answered does not go to the fallback', async (t) => {
  const broken = await startOrigin(t, { request: ({ connection }) => connection.reset() });
  const scene = await withFallback(t, [broken.port], { static: sorry });
  const response = await scene.ask(get());
  assert.equal(response.header('proxy-status'), 'sentinel-feedbeef; error=connection_terminated');
  assert.equal(scene.routeCount('failovers'), 0);
});

test('a fallback that has nobody either is answered for, and that is the end', async (t) => {
  const dead = await deadPort();
  const scene = await withFallback(t, [dead], { ports: [await deadPort()] });
  assert.equal((await scene.ask(get())).status, 502);
  const none = await withFallback(t, [dead], {});
  const response = await none.ask(get());
  assert.deepEqual([response.status, JSON.parse(response.text)['cause']], [503, 'no_healthy_target']);
  assert.equal(none.routeCount('failovers'), 1);
});

test('the tries of the fallback follow the policy of the route', async (t) => {
  const sick = await startOrigin(t, answering('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n'));
  const well = await startOrigin(t);
  const scene = await withFallback(
    t,
    [await deadPort()],
    { ports: [sick.port, well.port] },
    { retry: retryPolicy({ maxAttempts: 2 }) },
  );
  assert.equal((await scene.ask(get())).status, 200);
  assert.equal((await scene.line())['attempts'], 3);
});
