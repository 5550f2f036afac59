/** A new plan under running traffic: requests keep the plan that they began with, connections go over to the new one. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { targetFields } from '../../../src/proxy/shared/cells.ts';
import { listener, route, startPlane, upstream } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ok, socketFolder, startOrigin } from '../../helpers/origin.ts';
import { proxied, scenery } from '../../helpers/proxied.ts';
import { get, head, RawClient } from '../../helpers/raw-http.ts';

const holding = {
  request: ({ connection, target }: { connection: { send(bytes: string): void }; target: string }) => {
    if (target !== '/held') connection.send(ok('old'));
  },
};

test('a request under way finishes under the old plan, the next of its connection takes the new one', async (t) => {
  const scene = await proxied(t, {
    script: holding,
    policies: { responseHeaders: { rename: [], remove: [], set: [['X-Plan', 'old']], add: [] } },
  });
  const next = await startOrigin(t, { request: ({ connection }) => connection.send(ok('new')) });
  const client = await scene.client();
  client.send(get('/held') + get('/next'));
  const { connection } = await scene.origin.request();
  await scene.apply({
    ...scene.config,
    routes: [route({ policies: { responseHeaders: { rename: [], remove: [], set: [['X-Plan', 'new']], add: [] } } })],
    upstreams: [upstream([next.port])],
  });
  connection.send(ok('old'));
  const first = await client.response();
  assert.deepEqual([first.text, first.header('x-plan'), first.header('connection')], ['old', 'old', undefined]);
  const second = await client.response();
  assert.deepEqual([second.text, second.header('x-plan')], ['new', 'new']);
});

test('a target that is gone finishes what it carries, and keeps no connection', async (t) => {
  const scene = await proxied(t, { script: holding });
  await scene.ask(get());
  const next = await startOrigin(t);
  const client = await scene.client();
  client.send(get('/held'));
  await eventually(() => scene.origin.requests.length === 2);
  await scene.apply({ ...scene.config, upstreams: [upstream([next.port])] });
  scene.origin.requests[1]?.connection.send(ok('late'));
  assert.equal((await client.response()).text, 'late');
  await eventually(() => scene.origin.open === 0);
  const gone = scene.plan.upstreams[0]?.targets[0];
  assert.ok(gone);
  assert.equal(scene.registry.shared(gone.cell, targetFields.connections), 0);
  assert.equal(scene.registry.shared(gone.cell, targetFields.idle), 0);
});

test('a request that waits for a connection to a target that is gone still gets one', async (t) => {
  const scene = await proxied(t, {
    script: holding,
    upstream: { pool: { maxConnections: 1, maxIdle: 1, idleTimeoutMs: 0, maxLifetimeMs: 0, maxPending: 10 } },
  });
  const first = await scene.client();
  first.send(get('/held'));
  await scene.origin.request();
  const second = await scene.client();
  second.send(get('/waits'));
  await eventually(() => scene.held().queued === 1);
  const next = await startOrigin(t);
  await scene.apply({ ...scene.config, upstreams: [upstream([next.port])] });
  (await scene.origin.connection()).send(ok());
  assert.equal((await first.response()).status, 200);
  assert.equal((await second.response()).text, 'old');
  assert.equal(next.requests.length, 0);
});

test('idle connections to a target that stays are kept, with its counts', async (t) => {
  const scene = await proxied(t);
  await scene.ask(get());
  await scene.apply({ ...scene.config, routes: [route({ id: 'other' })] });
  await scene.ask(get());
  assert.equal(scene.origin.connections.length, 1);
  const target = scene.plan.upstreams[0]?.targets[0];
  assert.ok(target);
  assert.equal(scene.registry.sum(target.cell, targetFields.acquired), 2);
});

test('a target that comes back while its last request ends is served and watched like any other', async (t) => {
  const scene = await proxied(t, { manual: true, script: holding });
  const client = await scene.client();
  client.send(get('/held'));
  const { connection } = await scene.origin.request();
  const next = await startOrigin(t);
  await scene.apply({ ...scene.config, upstreams: [upstream([next.port])] });
  await scene.prepare({
    ...scene.config,
    upstreams: [upstream([scene.origin.port], { timeouts: { connectMs: 0, requestMs: 2000, readMs: 0, writeMs: 0 } })],
  });
  connection.send(ok());
  await client.response();
  // Now nothing of it is left, but the plan that will want it again is ready.
  scene.clock.advance(1000);
  scene.plane.commit();
  client.send(get('/held'));
  await scene.origin.request(1);
  scene.clock.advance(2200);
  assert.equal((await client.response()).status, 504);
});

test('a listener that is gone takes no new connection; an open one gets its answer and is closed', async (t) => {
  const scene = await proxied(t, { manual: true, script: holding });
  const busy = await scene.client();
  busy.send(get('/held') + get('/more'));
  await scene.origin.request();
  const idle = await scene.client();
  idle.send(get());
  await idle.response();
  await scene.apply({ ...scene.config, listeners: [listener({ id: 'other' })] });
  await eventually(() => assert.rejects(scene.client(), { code: 'ECONNREFUSED' }));
  scene.origin.requests[0]?.connection.send(ok('finished'));
  const last = await busy.response();
  assert.deepEqual([last.text, last.header('connection')], ['finished', 'close']);
  assert.equal(await busy.closed(), 'end');
  scene.clock.advance(1500);
  assert.equal(await idle.closed(), 'end', 'an idle connection is closed before long');
  assert.equal(scene.origin.requests.length, 2);
});

test('a connection of a listener that is gone may have been silent for long: what it sends just then is answered', async (t) => {
  const scene = await proxied(t, { manual: true });
  const client = await scene.client();
  client.send(get());
  await client.response();
  scene.clock.advance(5_000);
  await scene.apply({ ...scene.config, listeners: [listener({ id: 'other' })] });
  scene.clock.advance(500);
  client.send(get());
  const response = await client.response();
  assert.deepEqual([response.status, response.header('connection')], [200, 'close']);
  assert.equal(await client.closed(), 'end');
});

test('a listener that moves serves at its new address, and its connections go on', async (t) => {
  const scene = await proxied(t);
  const client = await scene.client();
  client.send(get());
  await client.response();
  const path = `${socketFolder(t)}/moved.sock`;
  await scene.apply({ ...scene.config, listeners: [listener({ address: { kind: 'unix', path } })] });
  await eventually(() => assert.rejects(scene.client(), { code: 'ECONNREFUSED' }));
  client.send(get());
  assert.equal((await client.response()).status, 200);
  const moved = await RawClient.connect(t, path);
  moved.send(get());
  assert.equal((await moved.response()).status, 200);
});

test('a plan whose listener cannot be bound changes nothing', async (t) => {
  const scene = await proxied(t);
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => void taken.close());
  const { port } = taken.address() as { port: number };
  const free = listener({ id: 'free' });
  const blocked = listener({ id: 'blocked', address: { kind: 'tcp', host: '127.0.0.1', port } });
  await assert.rejects(scene.apply({ ...scene.config, listeners: [free, blocked] }), { code: 'EADDRINUSE' });
  assert.equal((await scene.ask(get())).status, 200);
  await scene.apply(scene.config);
  assert.equal((await scene.ask(get())).status, 200);
});

test('a limit that a plan changes holds for the next request of an open connection', async (t) => {
  const scene = await proxied(t);
  const client = await scene.client();
  client.send(head('POST', '/', 'Content-Length: 3') + 'abc');
  assert.equal((await client.response()).status, 200);
  await scene.apply({ ...scene.config, routes: [route({ policies: { maxBodyBytes: 2 } })] });
  client.send(head('POST', '/', 'Content-Length: 3') + 'abc');
  assert.equal((await client.response()).status, 413);
});

test('twenty plans under traffic harm no request', async (t) => {
  const origin = await startOrigin(t);
  const settings = scenery([origin.port], {});
  const plane = await startPlane(t, settings);
  let stop = false;
  const statuses = new Map<number, number>();
  const ask = async () => {
    const client = await RawClient.connect(t, plane.port);
    while (!stop) {
      client.send(get());
      const { status } = await client.response();
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    client.socket.destroy();
  };
  const asking = Array.from({ length: 8 }, ask);
  for (let i = 0; i < 20; i++) {
    const answered = statuses.get(200) ?? 0;
    await plane.apply({ ...settings, routes: [route({ id: `route-${i}` })] });
    await eventually(() => (statuses.get(200) ?? 0) > answered + 20);
  }
  stop = true;
  await Promise.all(asking);
  assert.deepEqual([...statuses.keys()], [200]);
});
