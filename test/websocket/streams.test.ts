/** What happens to the two streams of a WebSocket: ends, deaths, silence, slow readers, and what is counted of them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { histogramFields } from '../../src/proxy/shared/cells.ts';
import { eventually } from '../helpers/eventually.ts';
import { answering, type OriginConnection } from '../helpers/origin.ts';
import { proxied, type Scene, type SceneOptions } from '../helpers/proxied.ts';
import { get, type RawClient } from '../helpers/raw-http.ts';
import { agreement, handshakeLines, openSocket, socketScene, websocketsOf } from './websocket-scene.ts';

interface Pair {
  readonly scene: Scene;
  readonly client: RawClient;
  readonly target: OriginConnection;
  /** How many bytes the target has got since the handshake. */
  got(): number;
}

/** An open WebSocket between a raw client and a raw target. */
async function pair(
  t: { after(task: () => void | Promise<void>): void },
  options: Omit<SceneOptions, 'script'> = {},
): Promise<Pair> {
  const scene = await proxied(t, { ...options, script: answering(agreement()) });
  const client = await scene.client();
  client.send(get('/', ...handshakeLines));
  assert.equal((await client.interim()).status, 101);
  const target = await scene.origin.connection();
  const before = target.received.length;
  return { scene, client, target, got: () => target.received.length - before };
}

const has = (client: RawClient, bytes: number) =>
  client.until(`${bytes} bytes`, () => (client.received.length >= bytes ? true : undefined));

test('when the client ends its side the target hears it, and can go on', async (t) => {
  const { scene, client, target } = await pair(t);
  client.send('last words');
  client.end();
  await eventually(() => target.gone);
  assert.ok(target.received.toString('latin1').endsWith('last words'));
  target.send('an answer all the same');
  await has(client, 22);
  target.end('bye');
  assert.equal(await client.closed(), 'end');
  assert.equal(client.received.toString(), 'an answer all the samebye');
  await scene.settled();
});

test('when the target ends its side the client hears it, and can go on', async (t) => {
  const { scene, client, target, got } = await pair(t);
  target.end('last words');
  assert.equal(await client.closed(), 'end');
  assert.equal(client.received.toString(), 'last words');
  client.send('an answer all the same');
  await eventually(() => got() === 22);
  assert.equal(websocketsOf(scene).open, 1);
  client.end();
  await eventually(() => target.gone);
  await scene.settled();
  assert.equal(websocketsOf(scene).open, 0);
});

test('a client that resets its connection takes the connection to the target with it', async (t) => {
  const { scene, client, target } = await pair(t, { accessLog: {} });
  client.reset();
  await eventually(() => target.gone);
  await scene.settled();
  const { status, cause } = await scene.line();
  assert.deepEqual({ status, cause }, { status: 101, cause: 'client_closed' });
});

test('a target that resets its connection takes the client with it, after what it has sent', async (t) => {
  const { scene, client, target } = await pair(t, { accessLog: {} });
  target.send('this came');
  await has(client, 9);
  target.reset();
  await client.closed();
  await scene.settled();
  const { status, cause } = await scene.line();
  assert.deepEqual({ status, cause }, { status: 101, cause: 'upstream_reset' });
  assert.equal(scene.errors('upstream_reset'), 1);
});

test('a client that is gone is closed at a target of the ws package too, and a target that is gone at such a client', async (t) => {
  const { open, target, settled } = await socketScene(t);
  const first = await open();
  const theirs = await target.socket();
  first.terminate();
  assert.equal((await once(theirs, 'close'))[0], 1006);
  const second = await open();
  const closed = once(second, 'close');
  (await target.socket(1)).terminate();
  assert.equal((await closed)[0], 1006);
  await settled();
});

test('silence in both directions ends a WebSocket after websocket-idle-secs, and not before', async (t) => {
  const { scene, client, target, got } = await pair(t, {
    manual: true,
    policies: { websocketIdleMs: 60_000 },
    accessLog: {},
  });
  const { clock } = scene;
  // Bytes of either side begin it anew.
  for (let i = 1; i <= 3; i++) {
    clock.advance(50_000);
    client.send('c');
    await eventually(() => got() === i);
    clock.advance(50_000);
    target.send('t');
    await has(client, i);
  }
  clock.advance(59_000);
  assert.equal(websocketsOf(scene).open, 1);
  clock.advance(1500);
  await client.closed();
  await eventually(() => target.gone);
  const { status, cause, duration_ms: duration } = await scene.line();
  assert.deepEqual({ status, cause, duration }, { status: 101, cause: 'websocket_idle', duration: 360_100 });
  assert.equal(scene.errors('websocket_idle'), 1);
});

test('no other clock ends a WebSocket: none with websocket-idle-secs 0', async (t) => {
  const { scene, client, target, got } = await pair(t, {
    manual: true,
    policies: { websocketIdleMs: 0, timeoutMs: 1000 },
    listener: { bodyIdleTimeoutMs: 1000, headerTimeoutMs: 1000, keepaliveTimeoutMs: 1000 },
    upstream: {
      timeouts: { connectMs: 1000, requestMs: 1000, readMs: 1000, writeMs: 1000 },
      pool: { maxConnections: 1, maxIdle: 1, idleTimeoutMs: 1000, maxLifetimeMs: 1000, maxPending: 1 },
    },
  });
  for (let hour = 1; hour <= 3; hour++) {
    for (let i = 0; i < 36; i++) scene.clock.advance(100_000);
    client.send('c');
    target.send('t');
    await has(client, hour);
    await eventually(() => got() === hour);
  }
});

test('of a WebSocket that one side has ended silence is bounded even with websocket-idle-secs 0', async (t) => {
  const { scene, client, target } = await pair(t, { manual: true, policies: { websocketIdleMs: 0 } });
  client.end();
  await eventually(() => target.gone);
  scene.clock.advance(299_000);
  assert.equal(websocketsOf(scene).open, 1);
  scene.clock.advance(2000);
  await client.closed();
  await scene.settled();
});

test('a client that reads nothing holds the target back, gets all of it in the end, and costs the proxy no memory', async (t) => {
  const size = 64 * 1024 * 1024;
  const scene = await socketScene(t, {
    target: { perMessageDeflate: false },
    serve: (socket) => socket.once('message', () => socket.send(Buffer.alloc(size, 'x'))),
  });
  const socket = await scene.open({ perMessageDeflate: false, maxPayload: size });
  socket.pause();
  socket.send('go');
  const theirs = await scene.target.socket();
  await eventually(() => theirs.bufferedAmount > size / 2);
  const held = process.memoryUsage().arrayBuffers;
  // Whole other messages have their turn meanwhile, and nothing moves here.
  const other = await scene.open({ perMessageDeflate: false });
  for (let i = 0; i < 3; i++) {
    other.ping();
    await once(other, 'pong');
  }
  assert.ok(theirs.bufferedAmount > size / 2, 'the target could send it all');
  assert.ok(process.memoryUsage().arrayBuffers - held < 8 * 1024 * 1024);
  const coming = once(socket, 'message') as Promise<[Buffer]>;
  socket.resume();
  assert.equal((await coming)[0].length, size);
});

test('a target that reads nothing holds the client back, and gets all of it in the end', async (t) => {
  const { client, target, got } = await pair(t);
  target.socket.pause();
  const size = 16 * 1024 * 1024;
  client.socket.write(Buffer.alloc(size, 'x'));
  await eventually(() => client.socket.writableLength > 0);
  client.send('the end');
  target.send('meanwhile');
  await has(client, 9);
  assert.ok(client.socket.writableLength > 0, 'all of it was read');
  target.socket.removeAllListeners('data');
  let last = Buffer.alloc(0);
  let more = 0;
  target.socket.on('data', (chunk: Buffer) => {
    more += chunk.length;
    last = Buffer.concat([last.subarray(-16), chunk.subarray(-16)]);
  });
  const before = got();
  target.socket.resume();
  await eventually(() => before + more === size + 7);
  assert.ok(last.toString('latin1').endsWith('the end'));
});

test('what is sent right before an end arrives, however slowly it is read', async (t) => {
  const size = 8 * 1024 * 1024;
  const { client, target } = await pair(t);
  client.socket.pause();
  target.socket.end(Buffer.alloc(size, 'x'));
  await eventually(() => target.socket.bytesWritten > 0);
  client.socket.resume();
  assert.equal(await client.closed(), 'end');
  assert.equal(client.received.length, size);
  client.end();
  await eventually(() => target.gone);
});

test('a WebSocket is in flight, is counted by its route and its bytes, and is timed by its handshake', async (t) => {
  const { scene, client, target, got } = await pair(t, { manual: true, accessLog: {} });
  const { registry, plan, clock } = scene;
  assert.deepEqual(websocketsOf(scene), { open: 1, total: 1 });
  const { inFlight, targetInFlight, targetConnections } = scene.held();
  assert.deepEqual(
    { inFlight, targetInFlight, targetConnections },
    { inFlight: 1, targetInFlight: 1, targetConnections: 1 },
  );
  client.send('12345');
  target.send('1234567890');
  await has(client, 10);
  await eventually(() => got() === 5);
  clock.advance(100_000);
  client.end();
  await eventually(() => target.gone);
  target.end();
  await scene.settled();
  assert.deepEqual(websocketsOf(scene), { open: 0, total: 1 });
  const line = await scene.line();
  assert.deepEqual(
    { status: line['status'], in: line['bytes_in'], duration: line['duration_ms'], method: line['method'] },
    { status: 101, in: 5, duration: 100_000, method: 'GET' },
  );
  assert.ok(Number(line['bytes_out']) > 110, 'the head and ten bytes went out');
  const { cell } = plan.routes[0] as (typeof plan.routes)[number];
  assert.equal(registry.sum(cell, histogramFields.sum), 0, 'its length counts as slowness');
  assert.equal(registry.sum(cell, histogramFields.buckets), 1);
  assert.deepEqual(
    scene.requests().map(({ status, count }) => ({ status, count })),
    [{ status: 101, count: 1 }],
  );
});

test('a reload that removes its route, its upstream and its listener leaves a WebSocket alone', async (t) => {
  const { scene, client, target, got } = await pair(t, { manual: true });
  const { config } = scene;
  const [listener] = config.listeners;
  await scene.apply({
    ...config,
    listeners: [{ ...(listener as NonNullable<typeof listener>), id: 'other' }],
    routes: [],
    upstreams: [],
  });
  scene.clock.advance(120_000);
  client.send('still here');
  target.send('so am I');
  await has(client, 7);
  await eventually(() => got() === 10);
  client.end();
  await eventually(() => target.gone);
  target.end();
  await scene.settled();
});

test('twenty reloads while messages flow lose none of them', async (t) => {
  const scene = await socketScene(t);
  const sockets = await Promise.all(Array.from({ length: 5 }, () => openSocket(t, `ws://127.0.0.1:${scene.port}/`)));
  let sent = 0;
  const came = sockets.map(() => 0);
  sockets.forEach((socket, at) => {
    socket.on('message', (data) => {
      assert.equal(Number(data), came[at]);
      came[at] = (came[at] as number) + 1;
    });
  });
  for (let reload = 0; reload < 20; reload++) {
    for (const socket of sockets) for (let i = 0; i < 10; i++) socket.send(String(sent + i));
    sent += 10;
    await scene.apply(scene.config);
  }
  await eventually(() => came.every((count) => count === sent));
});
