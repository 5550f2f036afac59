/** Clients that go away: the target's request is cancelled at once, nothing stays held, and the log says 499. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upstream } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { blackHole, ok } from '../../helpers/origin.ts';
import { proxied, type Scene } from '../../helpers/proxied.ts';
import { get, head, type RawClient } from '../../helpers/raw-http.ts';

const ways: readonly (readonly [string, (client: RawClient) => void])[] = [
  ['by a reset', (client) => client.reset()],
  ['by closing', (client) => client.socket.destroy()],
  ['by ending its side', (client) => client.end()],
];

async function assertGone(scene: Scene): Promise<void> {
  await eventually(() => scene.origin.open === 0);
  await scene.settled();
  const line = await scene.line();
  assert.equal(line['status'], 499);
  assert.equal(line['cause'], 'client_closed');
  assert.equal(scene.errors('client_closed'), 1);
  const [counted] = scene.requests();
  assert.deepEqual([counted?.status, counted?.count], [499, 1]);
}

for (const [how, leave] of ways) {
  test(`a client that leaves ${how} before the answer frees the target`, async (t) => {
    const scene = await proxied(t, { accessLog: {}, script: {} });
    const client = await scene.client();
    client.send(get());
    await scene.origin.request();
    leave(client);
    await assertGone(scene);
  });

  test(`a client that leaves ${how} inside its body frees the target`, async (t) => {
    const scene = await proxied(t, { accessLog: {}, script: {} });
    const client = await scene.client();
    client.send(`${head('POST', '/', 'Content-Length: 100')}some`);
    const connection = await scene.origin.connection();
    await eventually(() => connection.received.toString().endsWith('some'));
    leave(client);
    await assertGone(scene);
    assert.equal(scene.origin.requests.length, 0);
  });

  test(`a client that leaves ${how} inside the answer frees the target`, async (t) => {
    const scene = await proxied(t, {
      accessLog: {},
      script: { request: ({ connection }) => connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome') },
    });
    const client = await scene.client();
    client.send(get());
    await client.until('the beginning', () => (client.received.includes('some') ? true : undefined));
    leave(client);
    await assertGone(scene);
  });
}

test('a client that leaves while the connection to the target is being made frees its place', async (t) => {
  const port = await blackHole(t);
  const scene = await proxied(t, { accessLog: {}, config: { upstreams: [upstream([port])] } });
  const client = await scene.client();
  client.send(get());
  await eventually(() => scene.held().targetConnections === 1);
  client.reset();
  await scene.settled();
  assert.equal((await scene.line())['status'], 499);
});

test('clients that leave at once, one after another, leave nothing behind', async (t) => {
  const scene = await proxied(t, { accessLog: {} });
  for (let i = 0; i < 20; i++) {
    const client = await scene.client();
    client.send(`${head('POST', '/', 'Content-Length: 5')}12345`);
    // The proxy reads the request and the reset in one turn of its loop, or in two: both must do.
    if (i % 2 === 1) await new Promise(setImmediate);
    client.reset();
  }
  await scene.settled();
  await eventually(() => scene.origin.open === scene.held().targetIdle);
  assert.equal((await scene.ask(get())).status, 200);
});

test('a client that leaves while it waits in the queue leaves the queue', async (t) => {
  const scene = await proxied(t, {
    accessLog: {},
    upstream: { pool: { maxConnections: 1, maxIdle: 1, idleTimeoutMs: 0, maxLifetimeMs: 0, maxPending: 10 } },
    script: { request: ({ connection, target }) => void (target !== '/hold' && connection.send(ok())) },
  });
  const holder = await scene.client();
  holder.send(get('/hold'));
  await scene.origin.request();
  const waiting = await scene.client();
  waiting.send(get('/waits'));
  await eventually(() => scene.held().queued === 1);
  waiting.reset();
  await eventually(() => scene.held().queued === 0 && scene.held().targetPending === 0);
  (await scene.origin.connection()).send(ok());
  assert.equal((await holder.response()).status, 200);
  assert.equal(scene.origin.requests.length, 1);
});

test('a small pool survives any number of clients that give up', async (t) => {
  const scene = await proxied(t, {
    upstream: { pool: { maxConnections: 4, maxIdle: 4, idleTimeoutMs: 0, maxLifetimeMs: 0, maxPending: 100 } },
    script: { request: ({ connection, target }) => void (target === '/' && connection.send(ok())) },
  });
  for (let round = 0; round < 5; round++) {
    const stalled = await Promise.all(Array.from({ length: 10 }, () => scene.client()));
    for (const client of stalled) client.send(`${head('POST', '/never', 'Content-Length: 1000')}x`);
    await eventually(() => scene.held().targetConnections === 4 && scene.held().queued === 6);
    for (const client of stalled) client.reset();
    await scene.settled();
  }
  assert.equal((await scene.ask(get())).status, 200);
});

test('a client that ends its side between two requests is answered by the same', async (t) => {
  const scene = await proxied(t);
  const client = await scene.client();
  client.send(get());
  await client.response();
  client.end();
  assert.equal(await client.closed(), 'end');
  await scene.settled();
});
