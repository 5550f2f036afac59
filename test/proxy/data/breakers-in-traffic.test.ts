/** Circuit breakers under real requests: what counts, when they open, what a client is told, how they close again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBreaker } from '../../../src/proxy/shared/breaker.ts';
import { startPlanes, type TestPlane } from '../../helpers/data-plane.ts';
import { drainWithin } from '../../helpers/drain-order.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { answering, deadPort, ok, type OriginRequest, type Script, startOrigin } from '../../helpers/origin.ts';
import { sceneOf, scenery } from '../../helpers/proxied.ts';
import { get, post } from '../../helpers/raw-http.ts';
import { retryPolicy, severalTargets } from '../../helpers/several-targets.ts';

const settings = { failureThreshold: 5, successThreshold: 2, timeoutMs: 10_000, halfOpenMaxRequests: 1 };
const sick = 'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n';

/** The breaker of the first upstream's target number `at`, or that of the route. */
function state({ registry, plan }: Pick<TestPlane, 'registry' | 'plan'>, at: number | 'route' = 0): string {
  const breaker = at === 'route' ? plan.routes[0]?.breaker : plan.upstreams[0]?.targets[at]?.breaker;
  assert.ok(breaker);
  return readBreaker(registry.view(breaker.cell, 0)).state;
}

test('a breaker with threshold 5 opens after exactly five failures in a row, spread over two workers', async (t) => {
  let failing = true;
  const origin = await startOrigin(t, { request: ({ connection }) => connection.send(failing ? sick : ok()) });
  const clock = new ManualClock();
  const upstream = { circuitBreaker: settings };
  const planes = await startPlanes(t, scenery([origin.port], { upstream }), 2, clock);
  const scenes = planes.map((plane) => sceneOf(t, plane));
  const ask = async (turn: number) => (await scenes[turn % 2]?.ask(get()))?.status;
  const [first] = planes;
  assert.ok(first);
  // A success in between begins the count anew, whichever worker saw it.
  for (let turn = 0; turn < 4; turn++) assert.equal(await ask(turn), 500);
  failing = false;
  assert.equal(await ask(1), 200);
  failing = true;
  for (let turn = 0; turn < 5; turn++) {
    assert.equal(state(first), 'closed', `after ${turn} failures`);
    assert.equal(await ask(turn), 500);
  }
  assert.equal(state(first), 'open');
  const reached = origin.requests.length;
  for (const scene of scenes) {
    const response = await scene.ask(get());
    assert.equal(response.status, 503);
    assert.equal(JSON.parse(response.text)['cause'], 'breaker_open');
    assert.ok(Number(response.header('retry-after')) >= 1);
  }
  assert.equal(origin.requests.length, reached, 'no target is touched');
  const said = planes.flatMap(({ events }) => events);
  assert.equal(said.length, 1, 'whoever moved it says so, once');
  assert.deepEqual(
    { ...said[0], why: '' },
    { kind: 'breaker', id: first.plan.upstreams[0]?.targets[0]?.id, to: 'open', why: '' },
  );
  assert.match(String((said[0] as { why?: string }).why), /status 500/);

  clock.advance(10_100);
  failing = false;
  for (let turn = 0; turn < 2; turn++) assert.equal(await ask(turn), 200);
  assert.equal(state(first), 'closed');
  assert.deepEqual(
    planes.flatMap(({ events }) => events.map((event) => ('to' in event ? event.to : event.kind))).sort(),
    ['closed', 'half_open', 'open'],
  );
});

const failures: readonly (readonly [what: string, script: Script])[] = [
  ['a reset', { request: ({ connection }) => connection.reset() }],
  ['garbage', answering('nonsense\r\n\r\n')],
  ['half a body', { request: ({ connection }) => connection.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx') }],
  ['a status of 500 and more', answering(sick)],
];
for (const [what, script] of failures) {
  test(`${what} counts against a target`, async (t) => {
    const scene = await severalTargets(t, [script], {
      upstream: { circuitBreaker: { ...settings, failureThreshold: 2 } },
    });
    for (let i = 0; i < 2; i++) {
      assert.equal(state(scene), 'closed');
      const client = await scene.client();
      client.send(get());
      await client.until('an answer', () => (client.received.length > 0 ? true : undefined));
      client.end();
      await scene.settled();
    }
    assert.equal(state(scene), 'open');
    assert.equal(scene.errors('breaker_open'), 0);
    assert.equal((await scene.ask(get())).status, 503);
  });
}

test('a target that refuses and one that never answers count against themselves', async (t) => {
  const scene = await severalTargets(t, [await deadPort(), {}], {
    manual: true,
    upstream: {
      circuitBreaker: { ...settings, failureThreshold: 1 },
      timeouts: { connectMs: 1000, requestMs: 1000, readMs: 0, writeMs: 0 },
    },
  });
  const client = await scene.client();
  client.send(get());
  await scene.origins[0]?.request();
  assert.equal(state(scene, 0), 'open');
  assert.equal(state(scene, 1), 'closed');
  scene.clock.advance(1200);
  assert.equal((await client.response()).status, 504);
  assert.equal(state(scene, 1), 'open');
});

test('4xx, clients that leave and refusals of the proxy itself do not count', async (t) => {
  const scene = await severalTargets(
    t,
    [
      {
        request: ({ connection, target }) => {
          if (target === '/bad') connection.send('HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n');
        },
      },
    ],
    {
      upstream: {
        circuitBreaker: { ...settings, failureThreshold: 1 },
        pool: { maxConnections: 1, maxIdle: 1, idleTimeoutMs: 0, maxLifetimeMs: 0, maxPending: 1 },
      },
    },
  );
  assert.equal((await scene.ask(get('/bad'))).status, 429);
  const leaving = await scene.client();
  leaving.send(get('/waits'));
  await scene.origins[0]?.request(1);
  const queued = await scene.client();
  queued.send(get('/queued'));
  await eventually(() => scene.held().targetPending === 1);
  const refused = await scene.ask(get('/full'));
  assert.equal(JSON.parse(refused.text)['cause'], 'queue_full');
  leaving.reset();
  queued.reset();
  await scene.settled();
  assert.equal(state(scene), 'closed');
});

test('a reused connection that died while it was idle is no failure of its target', async (t) => {
  const scene = await severalTargets(
    t,
    [
      {
        request: ({ connection }) => {
          if (connection.requests.length === 1) connection.send(ok());
          else connection.reset();
        },
      },
    ],
    { upstream: { circuitBreaker: { ...settings, failureThreshold: 1 } } },
  );
  for (let i = 0; i < 3; i++) assert.equal((await scene.ask(get())).status, 200);
  assert.equal(state(scene), 'closed');
});

test('an open breaker is not the reason where a target would take nothing anyway', async (t) => {
  const scene = await severalTargets(t, [answering(sick)], {
    upstream: { circuitBreaker: { ...settings, failureThreshold: 1 } },
  });
  assert.equal((await scene.ask(get())).status, 500);
  const cause = async () => JSON.parse((await scene.ask(get())).text)['cause'] as string;
  assert.equal(await cause(), 'breaker_open');
  const target = scene.plan.upstreams[0]?.targets[0];
  assert.ok(target);
  Atomics.store(scene.registry.view(target.state, 0).shared, 0, 1);
  assert.equal(await cause(), 'no_healthy_target');
});

test('while half-open a few requests try, and the others go elsewhere', async (t) => {
  const held: OriginRequest[] = [];
  let failing = true;
  const scene = await severalTargets(
    t,
    [{ request: (request) => void (failing ? request.connection.send(sick) : held.push(request)) }, undefined],
    { manual: true, upstream: { circuitBreaker: { ...settings, failureThreshold: 1, successThreshold: 1 } } },
  );
  assert.equal((await scene.ask(get())).status, 500);
  for (let i = 0; i < 3; i++) assert.equal((await scene.ask(get())).status, 200, 'the other target takes them');
  failing = false;
  scene.clock.advance(10_100);
  const trial = await scene.client();
  trial.send(get('/trial'));
  for (let i = 0; i < 2 && held.length === 0; i++) await scene.ask(get());
  await eventually(() => held.length === 1);
  assert.equal(state(scene), 'half_open');
  for (let i = 0; i < 3; i++) assert.equal((await scene.ask(get())).status, 200);
  assert.equal(held.length, 1, 'its only place is taken');
  held[0]?.connection.send(ok());
  await trial.response();
  await eventually(() => state(scene) === 'closed');
});

test('a client that leaves in the middle of a trial gives its place back', async (t) => {
  let failing = true;
  const scene = await severalTargets(
    t,
    [
      {
        request: ({ connection, target }) =>
          void (failing ? connection.send(sick) : target === '/in' && connection.send(ok())),
      },
    ],
    { manual: true, upstream: { circuitBreaker: { ...settings, failureThreshold: 1, successThreshold: 1 } } },
  );
  assert.equal((await scene.ask(get())).status, 500);
  failing = false;
  scene.clock.advance(10_100);
  const trial = await scene.client();
  trial.send(get('/out'));
  await scene.origins[0]?.request(1);
  assert.equal((await scene.ask(get('/full'))).status, 503);
  trial.reset();
  await scene.settled();
  assert.equal((await scene.ask(get('/in'))).status, 200);
  assert.equal(state(scene), 'closed');
});

test('a worker that drains in the middle of a trial gives its place back', async (t) => {
  let failing = true;
  const origin = await startOrigin(t, {
    request: ({ connection, target }) => {
      if (failing) connection.send(sick);
      else if (target !== '/trial') connection.send(ok());
    },
  });
  const clock = new ManualClock();
  const circuitBreaker = { ...settings, failureThreshold: 1, successThreshold: 1, timeoutMs: 60_000 };
  const planes = await startPlanes(t, scenery([origin.port], { upstream: { circuitBreaker } }), 2, clock);
  const [going, staying] = planes.map((plane) => sceneOf(t, plane));
  assert.ok(going && staying);
  assert.equal((await going.ask(get())).status, 500);
  failing = false;
  clock.advance(60_100);
  const trial = await going.client();
  trial.send(get('/trial'));
  await origin.request(1);
  assert.equal((await staying.ask(get())).status, 503);
  const drained = going.plane.drain(drainWithin(1000));
  clock.advance(1200);
  assert.equal(await drained, 1);
  assert.equal((await staying.ask(get())).status, 200);
  assert.equal(state(staying), 'closed');
});

test('the breaker of a route counts requests, not their tries', async (t) => {
  const scene = await severalTargets(t, [answering(sick), answering(sick)], {
    route: {
      circuitBreaker: { ...settings, failureThreshold: 2 },
      retry: retryPolicy({ retryableStatusCodes: [500], maxAttempts: 2 }),
    },
  });
  assert.equal((await scene.ask(get())).status, 500);
  assert.equal(scene.reached(), 2);
  assert.equal(state(scene, 'route'), 'closed');
  assert.equal((await scene.ask(get())).status, 500);
  assert.equal(state(scene, 'route'), 'open');
  const refused = await scene.ask(post('x'));
  assert.deepEqual([refused.status, JSON.parse(refused.text)['cause']], [503, 'breaker_open']);
  assert.equal(scene.reached(), 4);
  assert.deepEqual(
    scene.events.map((event) => ('id' in event ? event.id : '')),
    ['route/all'],
  );
});

test('a client that leaves in the middle of a 500 takes it back from no breaker', async (t) => {
  const half = 'HTTP/1.1 500 No\r\nContent-Length: 10\r\n\r\nsome';
  const scene = await severalTargets(t, [answering(half), undefined], {
    route: { circuitBreaker: { ...settings, failureThreshold: 1 } },
  });
  const client = await scene.client();
  client.send(get());
  await eventually(() => client.received.includes('some'));
  client.reset();
  await scene.settled();
  assert.equal(state(scene, 'route'), 'open');
  assert.equal((await scene.ask(get())).status, 503);
});
