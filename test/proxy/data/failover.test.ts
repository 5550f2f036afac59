/** A target that does not even take a request: another one gets it at once, whatever it is, without a retry-policy. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targetFields } from '../../../src/proxy/shared/cells.ts';
import { upstream } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { blackHole, deadPort } from '../../helpers/origin.ts';
import { chunked, get, head, post } from '../../helpers/raw-http.ts';
import { severalTargets } from '../../helpers/several-targets.ts';

test('a target that refuses costs the client nothing while another one takes requests', async (t) => {
  const scene = await severalTargets(t, [await deadPort(), undefined], { accessLog: {} });
  for (let i = 0; i < 4; i++) assert.equal((await scene.ask(get(`/${i}`))).status, 200);
  assert.equal(scene.reached(), 4);
  assert.equal(scene.count('failovers'), 4, 'the turn came back to the dead target each time');
  const first = await scene.line();
  assert.equal(first['attempts'], 2);
  assert.equal(first['target'], `127.0.0.1:${scene.origins[0]?.port}`, 'the log names the target that answered');
  assert.deepEqual([first['cause'], scene.errors('connect_refused')], ['', 0], 'nobody was harmed');
  await scene.settled();
});

test('a request that was not sent goes on whatever its method, with its body whole', async (t) => {
  const scene = await severalTargets(t, [await deadPort(), undefined]);
  const body = 'x'.repeat(200_000);
  for (const request of [
    post('abc', '/post'),
    post(body, '/large'),
    head('PATCH', '/chunks', 'Transfer-Encoding: chunked') + chunked(['ab', 'c']),
    post('abc', '/expect', 'Expect: 100-continue'),
  ]) {
    assert.equal((await scene.ask(request, 'POST')).status, 200);
  }
  const bodies = scene.origins[0]?.requests.map((request) => request.body);
  assert.deepEqual(bodies?.map(String), ['abc', body, 'abc', 'abc']);
  assert.equal(scene.count('failovers'), 4);
});

test('each target is asked once, and when none is left the last cause is answered', async (t) => {
  const scene = await severalTargets(t, [await deadPort(), await deadPort(), await deadPort()], { accessLog: {} });
  const response = await scene.ask(post('abc'));
  assert.equal(response.status, 502);
  assert.equal(response.header('proxy-status'), 'sentinel-feedbeef; error=connection_refused');
  assert.equal((await scene.line())['attempts'], 3);
  assert.equal(scene.count('failovers'), 2);
  assert.equal(scene.errors('connect_refused'), 1);
  await scene.settled();
});

test('a target that answers no SYN is left after the connect time, and the next one answers', async (t) => {
  const scene = await severalTargets(t, [await blackHole(t), undefined], {
    manual: true,
    accessLog: {},
    upstream: { timeouts: { connectMs: 1000, requestMs: 0, readMs: 0, writeMs: 0 } },
  });
  const client = await scene.client();
  client.send(post('abc'));
  await eventually(() => scene.held().targetConnections === 1);
  assert.equal(scene.reached(), 0);
  scene.clock.advance(1200);
  assert.equal((await client.response()).status, 200);
  assert.equal((await scene.line())['attempts'], 2);
  assert.equal(scene.count('failovers'), 1);
});

test('a target whose queue is full sends its requests to the next one', async (t) => {
  const pool = { maxConnections: 1, maxIdle: 1, idleTimeoutMs: 0, maxLifetimeMs: 0, maxPending: 1 };
  const scene = await severalTargets(t, [{}, undefined], { upstream: { pool } });
  const [busy, queued] = [await scene.client(), await scene.client()];
  busy.send(get('/busy'));
  await scene.origins[0]?.request();
  assert.equal((await scene.ask(get('/other'))).status, 200);
  queued.send(get('/queued'));
  await eventually(() => scene.held().targetPending === 1);
  assert.equal((await scene.ask(get('/other'))).status, 200);
  assert.equal((await scene.ask(get('/moved'))).status, 200, 'the turn of the busy target, whose queue is full');
  assert.equal(scene.count('failovers'), 1);
  assert.deepEqual(
    scene.origins[0]?.requests.map(({ target }) => target),
    ['/busy'],
  );
});

test('a request that was sent stays where it was sent', async (t) => {
  const scene = await severalTargets(t, [{ request: ({ connection }) => connection.reset() }, undefined]);
  assert.equal((await scene.ask(get())).status, 502);
  assert.equal(scene.errors('upstream_reset'), 1);
  assert.equal(scene.origins[1]?.requests.length, 0);
  assert.equal(scene.count('failovers'), 0);
});

test('a client that leaves while another target is asked is forgotten', async (t) => {
  const scene = await severalTargets(t, [await deadPort(), {}]);
  const client = await scene.client();
  client.send(get());
  await scene.origins[0]?.request();
  client.reset();
  await scene.settled();
  assert.equal(scene.errors('client_closed'), 1);
  await eventually(() => scene.origins[0]?.open === 0);
});

test('targets that the main thread has taken out get nothing, and come back when it lets them', async (t) => {
  const scene = await severalTargets(t, [undefined, undefined]);
  const { registry, plan } = scene;
  const states = plan.upstreams[0]?.targets.map(({ state }) => registry.view(state, 0).shared) ?? [];
  const [first = new Int32Array(2), second = new Int32Array(2)] = states;
  for (const bit of [1, 2, 4]) {
    Atomics.store(first, 0, bit);
    const before = scene.origins[0]?.requests.length;
    for (let i = 0; i < 4; i++) assert.equal((await scene.ask(get())).status, 200);
    assert.equal(scene.origins[0]?.requests.length, before);
  }
  Atomics.store(second, 0, 1);
  const none = await scene.ask(get());
  assert.equal(none.status, 503);
  assert.equal(none.header('proxy-status'), 'sentinel-feedbeef; error=destination_unavailable');
  assert.ok(Number(none.header('retry-after')) >= 1);
  assert.equal(JSON.parse(none.text)['cause'], 'no_healthy_target');
  const connections = scene.origins.map((origin) => origin.connections.length);
  await scene.ask(get());
  assert.deepEqual(
    scene.origins.map((origin) => origin.connections.length),
    connections,
    'no target is touched',
  );
  Atomics.store(first, 0, 0);
  assert.equal((await scene.ask(get())).status, 200);
  Atomics.store(first, 1, 1000);
  assert.equal((await scene.ask(get())).status, 503, 'all of its weight is withheld');
});

test('an address without route and a socket that is not there are no targets that took a request either', async (t) => {
  const scene = await severalTargets(t, [undefined], {
    config: {
      upstreams: [
        upstream([], {
          targets: [
            { address: '255.255.255.255:80', socket: { kind: 'tcp', host: '255.255.255.255', port: 80 }, weight: 1 },
            { address: 'unix:/none.sock', socket: { kind: 'unix', path: '/none.sock' }, weight: 1 },
          ],
        }),
      ],
    },
    accessLog: {},
  });
  assert.equal((await scene.ask(get())).status, 502);
  assert.equal((await scene.line())['attempts'], 2);
});

test('of many targets that are all full each is asked, however many, and the answer is 503', async (t) => {
  const pool = { maxConnections: 1, maxIdle: 1, idleTimeoutMs: 0, maxLifetimeMs: 0, maxPending: 1 };
  const targets = Array.from({ length: 1500 }, (_, number) => {
    const host = `127.1.${number >> 8}.${number & 255}`;
    return { address: `${host}:1`, socket: { kind: 'tcp' as const, host, port: 1 }, weight: 1 };
  });
  const scene = await severalTargets(t, [], { upstream: { targets, pool } });
  for (const { cell } of scene.plan.upstreams[0]?.targets ?? []) {
    const { shared } = scene.registry.view(cell, 0);
    shared[targetFields.connections] = 1;
    shared[targetFields.pending] = 1;
  }
  const response = await scene.ask(get());
  assert.deepEqual([response.status, JSON.parse(response.text)['cause']], [503, 'queue_full']);
  assert.equal(scene.count('failovers'), targets.length - 1);
  assert.equal(scene.held().targetInFlight, 0);
  assert.deepEqual(scene.reports, []);
});
