/** The end of a plane: no new connection, what is under way finishes, the deadline cuts the rest. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drainWithin } from '../../helpers/drain-order.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ok } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get, head } from '../../helpers/raw-http.ts';

const holding = {
  request: ({ connection, target }: { connection: { send(bytes: string): void }; target: string }) => {
    if (target !== '/held') connection.send(ok());
  },
};

test('a drained plane takes no connection, answers what is under way and says close', async (t) => {
  const scene = await proxied(t, { manual: true, script: holding });
  const busy = await scene.client();
  busy.send(get('/held'));
  await scene.origin.request();
  let cut = -1;
  void scene.plane.drain(drainWithin(30_000)).then((count) => {
    cut = count;
  });
  await eventually(() => assert.rejects(scene.client(), { code: 'ECONNREFUSED' }));
  scene.clock.advance(5000);
  assert.equal(cut, -1, 'a request is still under way');
  scene.origin.requests[0]?.connection.send(ok());
  const response = await busy.response();
  assert.equal(response.header('connection'), 'close');
  assert.equal(await busy.closed(), 'end');
  busy.end();
  await eventually(() => scene.held().clients === 0);
  scene.clock.advance(200);
  await eventually(() => cut === 0);
  await eventually(() => scene.origin.open === 0);
});

test('a request that comes on an open connection while draining is answered, the last one', async (t) => {
  const scene = await proxied(t, { manual: true });
  const client = await scene.client();
  client.send(get());
  assert.equal((await client.response()).header('connection'), undefined);
  const drained = scene.plane.drain(drainWithin(30_000));
  client.send(get('/ready'));
  const ready = await client.response();
  assert.equal(ready.status, 503);
  assert.deepEqual(JSON.parse(ready.text), { ready: false, reasons: ['draining'] });
  assert.equal(ready.header('connection'), 'close');
  client.end();
  await client.closed();
  await eventually(() => scene.held().clients === 0);
  scene.clock.advance(200);
  assert.equal(await drained, 0);
});

test('idle connections are closed before long', async (t) => {
  const scene = await proxied(t, { manual: true });
  const clients = [await scene.client(), await scene.client()];
  for (const client of clients) {
    client.send(get());
    await client.response();
  }
  const drained = scene.plane.drain(drainWithin(30_000));
  scene.clock.advance(1500);
  for (const client of clients) assert.equal(await client.closed(), 'end');
  assert.equal(await drained, 0);
});

test('a connection that is taken from the queue after the drain has begun has as long for its request as any other', async (t) => {
  const scene = await proxied(t, { manual: true });
  const coming = scene.client();
  await new Promise((resolve) => process.nextTick(resolve));
  const drained = scene.plane.drain(drainWithin(30_000, { idleMs: 10_000 }));
  const client = await coming;
  await eventually(() => scene.held().clients === 1);
  scene.clock.advance(9_000);
  client.send(get());
  const response = await client.response();
  assert.deepEqual([response.status, response.header('connection')], [200, 'close']);
  client.end();
  await client.closed();
  await eventually(() => scene.held().clients === 0);
  scene.clock.advance(200);
  assert.equal(await drained, 0);
});

test('the deadline cuts what is left, and says how much', async (t) => {
  const scene = await proxied(t, { manual: true, script: holding, accessLog: {} });
  const clients = [await scene.client(), await scene.client(), await scene.client()];
  clients[0]?.send(get('/held'));
  clients[1]?.send(`${head('POST', '/', 'Content-Length: 10')}abc`);
  await eventually(() => scene.held().targetInFlight === 2);
  const drained = scene.plane.drain(drainWithin(3000));
  scene.clock.advance(2900);
  assert.equal(clients[0]?.ending, null);
  scene.clock.advance(200);
  assert.equal(await drained, 2);
  for (const client of clients) await client.closed();
  await eventually(() => scene.origin.open === 0);
  assert.deepEqual(
    scene.lines().map((line) => [line['status'], line['cause']]),
    [
      [503, 'draining'],
      [503, 'draining'],
    ],
  );
  assert.equal(scene.errors('client_closed'), 0, 'it was not the clients who left');
});

test('an answer that a slow client still reads is not cut as idle', async (t) => {
  const size = 64 << 20;
  const scene = await proxied(t, {
    manual: true,
    upstream: {
      targets: [],
      static: { status: 200, headers: [], bodyBase64: Buffer.alloc(size).toString('base64') },
    },
  });
  const client = await scene.client();
  client.socket.pause();
  client.send(get());
  await eventually(() => scene.requests().length === 1);
  const drained = scene.plane.drain(drainWithin(60_000));
  for (let i = 0; i < 5; i++) scene.clock.advance(2000);
  let got = 0;
  client.socket.removeAllListeners('data');
  client.socket.on('data', (chunk: Buffer) => {
    got += chunk.length;
  });
  client.socket.resume();
  await eventually(() => got > size);
  scene.clock.advance(2000);
  assert.equal(await drained, 0);
});

test('silence from before the drain does not count: a pooled connection gets its time', async (t) => {
  const scene = await proxied(t, { manual: true });
  const client = await scene.client();
  client.send(get());
  await client.response();
  scene.clock.advance(30_000);
  const drained = scene.plane.drain(drainWithin(60_000, { idleMs: 5_000 }));
  scene.clock.advance(4_800);
  client.send(get());
  const response = await client.response();
  assert.equal(response.status, 200);
  assert.equal(response.header('connection'), 'close');
  client.end();
  await client.closed();
  await eventually(() => scene.held().clients === 0);
  scene.clock.advance(200);
  assert.equal(await drained, 0);
});

test('a plane whose place another one has answers /ready as before', async (t) => {
  const scene = await proxied(t, { manual: true });
  const client = await scene.client();
  client.send(get());
  await client.response();
  const drained = scene.plane.drain(drainWithin(60_000, { handedOn: true, ending: false }));
  client.send(get('/ready'));
  const ready = await client.response();
  assert.equal(ready.status, 200);
  assert.equal(ready.header('connection'), 'close');
  client.end();
  await client.closed();
  await eventually(() => scene.held().clients === 0);
  scene.clock.advance(200);
  assert.equal(await drained, 0);
});
