/** Flow control over HTTP/2 (RFC 9113 §5.2): who does not read makes the other side wait, and never costs memory. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { upstream } from '../helpers/data-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { settles } from '../helpers/flow.ts';
import { dataFrame, errorCodes, frameTypes, headersFrame, request, windowFrame } from '../helpers/http2-frames.ts';
import { answerOf, http2Scene, send } from '../helpers/http2-scene.ts';
import { ok, type OriginConnection } from '../helpers/origin.ts';

const initialWindow = 4;
const windowBytes = 64 * 1024;
const large = Buffer.from(Array.from({ length: 4 * 1024 * 1024 }, (_, index) => index % 251));

const sendsLarge = {
  request: ({ connection, target }: { connection: OriginConnection; target: string }) => {
    const body = target === '/small' ? Buffer.from('ok') : large;
    connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
    connection.send(body);
  },
};

test('a client without a window holds its target back; when it does not read for too long its stream is reset, and others go on', async (t) => {
  const scene = await http2Scene(t, {
    script: sendsLarge,
    manual: true,
    accessLog: {},
    listener: { bodyIdleTimeoutMs: 20_000 },
  });
  const client = await scene.frames([initialWindow, 0]);
  client.send(headersFrame(1, request()));
  assert.equal(await client.status(1), 200);
  const { connection } = await scene.origin.request();
  await eventually(() => assert.ok(connection.socket.writableLength > 1024 * 1024, 'the proxy took it all'));
  client.send(headersFrame(3, request({ ':path': '/small' })), windowFrame(3, 10));
  await eventually(() => assert.equal(client.body(3).toString(), 'ok'));
  scene.clock.advance(22_000);
  assert.equal(await client.reset(1), errorCodes.cancel);
  await eventually(() => assert.equal(connection.gone, true));
  const line = scene.lines().find(({ cause }) => cause !== '');
  assert.deepEqual([line?.cause, line?.status], ['client_write_timeout', 200]);
  client.send(headersFrame(5, request({ ':path': '/small' })), windowFrame(5, 10));
  await eventually(() => assert.equal(client.body(5).toString(), 'ok'));
  client.socket.destroy();
  await scene.settled();
});

test('an answer that is complete but not read does not stay for good either', async (t) => {
  const scene = await http2Scene(t, { manual: true, listener: { bodyIdleTimeoutMs: 20_000 } });
  const client = await scene.frames([initialWindow, 0]);
  client.send(headersFrame(1, request()));
  assert.equal(await client.status(1), 200);
  assert.equal(client.body(1).length, 0);
  scene.clock.advance(22_000);
  assert.equal(await client.reset(1), errorCodes.cancel);
});

test('a client that opens its window a little at a time gets every byte', async (t) => {
  const scene = await http2Scene(t, { script: sendsLarge });
  const client = await scene.frames([initialWindow, 1000]);
  client.send(windowFrame(0, 2 ** 30), headersFrame(1, request()));
  await client.status(1);
  let given = 1000;
  while (given < 300_000) {
    await eventually(() => assert.equal(client.body(1).length, given));
    client.send(windowFrame(1, 29_900));
    given += 29_900;
  }
  client.send(windowFrame(1, 2 ** 30));
  await eventually(() => assert.equal(client.ended(1), true));
  assert.equal(client.body(1).equals(large), true);
});

test('the largest answer and the largest request pass through small windows unchanged', async (t) => {
  const scene = await http2Scene(t, { script: sendsLarge, policies: { maxBodyBytes: large.length } });
  const client = await scene.session();
  const answer = await answerOf(send(client, { ':method': 'POST' }, large));
  assert.equal(answer.body.equals(large), true);
  assert.equal((await scene.origin.request()).body.equals(large), true);
});

test('a target that does not read holds its client back to one window', async (t) => {
  const scene = await http2Scene(t, {
    script: { connected: ({ socket }) => void socket.pause() },
    policies: { maxBodyBytes: 100_000_000 },
  });
  const client = await scene.session();
  const stream = client.request({ ':method': 'POST' }, { endStream: false });
  stream.on('error', () => {});
  let accepted = 0;
  const chunk = Buffer.alloc(windowBytes);
  const pump = () =>
    stream.write(chunk, () => {
      accepted += chunk.length;
      if (accepted < 64 * 1024 * 1024) pump();
    });
  pump();
  const connection = await scene.origin.connection();
  // Kernels on the way take a few megabytes; then nothing moves any more.
  let before = -1;
  await eventually(async () => {
    const now = accepted;
    await new Promise((done) => void setImmediate(done));
    const still = now === before;
    before = now;
    assert.ok(still && now > 0);
  });
  assert.ok(accepted < 32 * 1024 * 1024, `${accepted} bytes were taken for a target that reads none`);
  stream.close(errorCodes.cancel);
  connection.socket.resume();
  await eventually(() => assert.equal(connection.gone, true));
});

test('a client that sends more than its window loses its connection, and what it held is let go', async (t) => {
  const scene = await http2Scene(t, { script: { connected: ({ socket }) => void socket.pause() } });
  const client = await scene.frames();
  client.send(headersFrame(1, request({ ':method': 'POST' }), false));
  for (let sent = 0; sent < 8 * 1024 * 1024 && !client.closed; sent += 16_000) {
    if (!(await client.pour(dataFrame(1, Buffer.alloc(16_000))))) break;
  }
  await eventually(() => assert.equal(client.closed, true));
  assert.ok(client.of(frameTypes.reset).length + client.goaways.length > 0);
  client.socket.destroy();
  await scene.settled();
});

test('bodies of many streams that nobody takes are held to their windows', async (t) => {
  const scene = await http2Scene(t, {
    script: { connected: ({ socket }) => void socket.pause() },
    upstream: { pool: { maxConnections: 1, maxIdle: 1, idleTimeoutMs: 1000, maxLifetimeMs: 1000, maxPending: 100 } },
  });
  const client = await scene.session();
  const streams = Array.from({ length: 20 }, () => client.request({ ':method': 'POST' }, { endStream: false }));
  for (const stream of streams) {
    stream.on('error', () => {});
    stream.write(Buffer.alloc(1024 * 1024));
  }
  await eventually(() => assert.equal(scene.held().targetPending, 19));
  const states = streams.slice(1).map((stream) => stream.bufferSize);
  assert.ok(
    states.every((left) => left > 900_000),
    'a stream sent beyond its window',
  );
  client.destroy();
  await once(client, 'close');
  await scene.settled();
});

test('uploads that wait for a target are no waste of ours: their client stays, and all of them arrive', async (t) => {
  const scene = await http2Scene(t, {
    manual: true,
    script: {
      connected: ({ socket }) => void socket.pause(),
      request: ({ connection }) => connection.send(ok('ok')),
    },
    upstream: { pool: { ...upstream([]).pool, maxConnections: 1 } },
  });
  const client = await scene.session();
  const body = Buffer.alloc(60 * 1024, 'b');
  const answers = Array.from({ length: 8 }, () => answerOf(send(client, { ':method': 'POST' }, body)));
  await eventually(() => assert.equal(scene.held().targetPending, 7));
  await settles(() => client.socket.bytesWritten);
  for (let looks = 0; looks < 5; looks++) scene.clock.advance(250);
  assert.equal(scene.abuses(), 0);
  for (const { socket } of scene.origin.connections) socket.resume();
  for (const { status } of await Promise.all(answers)) assert.equal(status, 200);
  assert.ok(scene.origin.requests.every((one) => one.body.length === body.length));
});
