/** Clients that take their time to send: bounded, told so, and nobody else's problem. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { proxied } from '../../helpers/proxied.ts';
import { chunked, get, head } from '../../helpers/raw-http.ts';

test('a head that is not complete in time is answered 408, while other clients are served', async (t) => {
  const scene = await proxied(t, { manual: true, listener: { headerTimeoutMs: 5000 } });
  const slow = await scene.client();
  slow.send('GET / HTTP/1.1\r\nHost: a\r\n');
  await scene.ask(get());
  // More bytes do not buy more time.
  for (let i = 0; i < 4; i++) {
    scene.clock.advance(1200);
    slow.send(`X-${i}: 1\r\n`);
    assert.equal((await scene.ask(get())).status, 200);
  }
  assert.equal(slow.received.length, 0);
  scene.clock.advance(500);
  const response = await slow.response();
  assert.equal(response.status, 408);
  assert.equal(response.header('connection'), 'close');
  assert.equal(await slow.closed(), 'end');
  assert.equal(scene.errors('request_timeout'), 1);
  assert.equal(scene.rejects('request_timeout'), 1);
});

test('a connection that never sends a byte is closed without a word', async (t) => {
  const scene = await proxied(t, { manual: true, listener: { headerTimeoutMs: 5000 } });
  const silent = await scene.client();
  await eventually(() => scene.held().clients === 1);
  scene.clock.advance(5200);
  assert.equal(await silent.closed(), 'end');
  assert.equal(silent.received.length, 0);
  await scene.settled();
});

test('a body that stalls is answered 408, and the upstream sees its request broken off', async (t) => {
  const scene = await proxied(t, { manual: true, listener: { bodyIdleTimeoutMs: 5000 } });
  const slow = await scene.client();
  slow.send(`${head('POST', '/', 'Content-Length: 100')}some`);
  const connection = await scene.origin.connection();
  await eventually(() => connection.received.toString().endsWith('some'));
  for (let i = 0; i < 3; i++) {
    scene.clock.advance(4500);
    slow.send('.');
    await eventually(() => connection.received.toString().endsWith('.'.repeat(i + 1)));
  }
  assert.equal(slow.received.length, 0, 'a body that moves is not cut');
  scene.clock.advance(5200);
  assert.equal((await slow.response()).status, 408);
  assert.equal(await slow.closed(), 'end');
  await eventually(() => connection.gone);
  assert.equal(scene.origin.requests.length, 0);
  slow.end();
  await scene.settled();
});

test('late bytes of a body that was given up are never read as a request', async (t) => {
  const scene = await proxied(t, { manual: true, listener: { bodyIdleTimeoutMs: 5000 } });
  const slow = await scene.client();
  slow.send(head('POST', '/', 'Content-Length: 100'));
  await scene.origin.connection();
  await eventually(() => scene.held().targetInFlight === 1);
  scene.clock.advance(5200);
  assert.equal((await slow.response()).status, 408);
  slow.send(get('/smuggled'));
  await slow.closed();
  assert.equal(slow.received.length, 0);
  assert.equal(scene.origin.requests.length, 0);
});

test('a stalled upload whose answer has begun is cut, not completed', async (t) => {
  const scene = await proxied(t, {
    manual: true,
    listener: { bodyIdleTimeoutMs: 5000 },
    script: {
      head: ({ connection }) => connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'),
    },
  });
  const slow = await scene.client();
  slow.send(head('POST', '/', 'Transfer-Encoding: chunked') + chunked(['x']).slice(0, 6));
  await slow.until('the first chunk', () => (slow.received.toString().includes('abc') ? true : undefined));
  scene.clock.advance(5200);
  const response = await slow.cutResponse();
  assert.equal(response.text, 'abc');
  await eventually(() => scene.origin.open === 0);
  await scene.settled();
  assert.equal(scene.errors('request_timeout'), 1);
});

test('a client is not blamed for silence while the proxy waits for the target', async (t) => {
  const scene = await proxied(t, {
    manual: true,
    listener: { bodyIdleTimeoutMs: 5000 },
    upstream: {
      pool: { maxConnections: 1, maxIdle: 1, idleTimeoutMs: 0, maxLifetimeMs: 0, maxPending: 10 },
      timeouts: { connectMs: 60_000, requestMs: 0, readMs: 0, writeMs: 0 },
    },
    script: {
      request: ({ connection, target }) => void (target !== '/hold' && connection.send('HTTP/1.1 204 No\r\n\r\n')),
    },
  });
  const holder = await scene.client();
  holder.send(get('/hold'));
  await scene.origin.request();
  const waiting = await scene.client();
  waiting.send(`${head('POST', '/waits', 'Content-Length: 4')}bo`);
  await eventually(() => scene.held().queued === 1);
  scene.clock.advance(20_000);
  assert.equal(waiting.received.length, 0);
  (await scene.origin.connection()).send('HTTP/1.1 204 No Content\r\n\r\n');
  await holder.response();
  await eventually(() => scene.origin.connections[0]?.received.toString().endsWith('bo') === true);
  waiting.send('dy');
  assert.equal((await waiting.response()).status, 204);
});
