/** A side that does not read holds the other side back, and costs no more memory than one mark a connection. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { ListenerConfig } from '../../../src/config/model.ts';
import { startPlane } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { pour, settles } from '../../helpers/flow.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { heldBufferBytes } from '../../helpers/memory.ts';
import { answering, ok, type Origin, socketFolder, startOrigin } from '../../helpers/origin.ts';
import { proxied, sceneOf, scenery } from '../../helpers/proxied.ts';
import { get, head, RawClient } from '../../helpers/raw-http.ts';

const MIB = 1 << 20;

test('a client that does not read a response holds the target back', async (t) => {
  let poured = () => 0;
  const scene = await proxied(t, {
    script: {
      request: ({ connection }) => {
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${1024 * MIB}\r\n\r\n`);
        poured = pour(connection.socket);
      },
    },
  });
  const before = heldBufferBytes();
  const client = await scene.client();
  client.socket.pause();
  client.send(get());
  await scene.origin.request();
  // What the kernel keeps for three sockets is some ten megabytes; what the process keeps is one mark.
  assert.ok((await settles(poured)) < 100 * MIB);
  // One collection does not always find everything.
  await eventually(() => heldBufferBytes() - before < 4 * MIB);
  assert.equal(scene.held().targetInFlight, 1);
  client.socket.destroy();
  await scene.settled();
});

test('a target that does not read an upload holds the client back', async (t) => {
  const scene = await proxied(t, {
    policies: { maxBodyBytes: 0 },
    upstream: { timeouts: { connectMs: 5000, requestMs: 5000, readMs: 5000, writeMs: 500 } },
    script: { connected: ({ socket }) => void socket.pause() },
  });
  const before = heldBufferBytes();
  const client = await scene.client();
  client.send(head('POST', '/', `Content-Length: ${1024 * MIB}`));
  const poured = pour(client.socket);
  await scene.origin.connection();
  assert.ok((await settles(poured)) < 100 * MIB);
  // One collection does not always find everything.
  await eventually(() => heldBufferBytes() - before < 4 * MIB);
  client.socket.destroy();
  await scene.settled();
});

test('a client that stops reading for its whole patience is closed, and the target is let go', async (t) => {
  const scene = await proxied(t, {
    listener: { bodyIdleTimeoutMs: 200 },
    accessLog: {},
    script: {
      request: ({ connection }) => {
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${1024 * MIB}\r\n\r\n`);
        pour(connection.socket);
      },
    },
  });
  const client = await scene.client();
  client.socket.pause();
  client.send(get() + get('/next'));
  await eventually(() => scene.errors('client_write_timeout') === 1);
  await eventually(() => scene.origin.open === 0);
  await scene.settled();
  const line = await scene.line();
  assert.equal(line['cause'], 'client_write_timeout');
  assert.equal(line['status'], 200);
  assert.equal(scene.origin.requests.length, 1, 'the request behind it must not be sent on');
});

test('the silence of a target is not counted while its client is slow', async (t) => {
  let poured = () => 0;
  const scene = await proxied(t, {
    manual: true,
    upstream: { timeouts: { connectMs: 5000, requestMs: 5000, readMs: 5000, writeMs: 5000 } },
    script: {
      request: ({ connection }) => {
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${1024 * MIB}\r\n\r\n`);
        poured = pour(connection.socket);
      },
    },
  });
  const client = await scene.client();
  client.socket.pause();
  client.send(get());
  await scene.origin.request();
  await settles(poured);
  for (let i = 0; i < 4; i++) {
    scene.clock.advance(10_000);
    await new Promise(setImmediate);
  }
  assert.equal(scene.errors('read_timeout'), 0);
  let got = 0;
  client.socket.removeAllListeners('data');
  client.socket.on('data', (chunk: Buffer) => {
    got += chunk.length;
  });
  client.socket.resume();
  await eventually(() => got > 100 * MIB);
  client.socket.destroy();
  await scene.settled();
});

test('a target that stops reading an upload is given up after the write time: 504', async (t) => {
  const scene = await proxied(t, {
    policies: { maxBodyBytes: 0 },
    upstream: { timeouts: { connectMs: 5000, requestMs: 5000, readMs: 5000, writeMs: 200 } },
    script: { connected: ({ socket }) => void socket.pause() },
  });
  const client = await scene.client();
  client.send(head('POST', '/', `Content-Length: ${64 * MIB}`));
  client.send(Buffer.alloc(64 * MIB));
  const response = await client.response();
  assert.equal(response.status, 504);
  assert.match(response.header('proxy-status') ?? '', /error=connection_write_timeout/);
  assert.equal(scene.errors('write_timeout'), 1);
});

test('the last answer of a connection is not cut for a client that takes its time to read it', async (t) => {
  const size = 48 * MIB;
  const scene = await proxied(t, {
    manual: true,
    upstream: {
      targets: [],
      static: { status: 200, headers: [], bodyBase64: Buffer.alloc(size).toString('base64') },
    },
  });
  const client = await scene.client();
  client.socket.pause();
  client.send(get('/', 'Connection: close'));
  await eventually(() => scene.requests().length === 1);
  for (let i = 0; i < 5; i++) {
    scene.clock.advance(10_000);
    await new Promise(setImmediate);
  }
  let got = 0;
  client.socket.removeAllListeners('data');
  client.socket.on('data', (chunk: Buffer) => {
    got += chunk.length;
  });
  client.socket.resume();
  assert.equal(await client.closed(), 'end');
  assert.ok(got > size, `${got} bytes came`);
});

test('a body that comes in pieces smaller than the mark reaches a slow reader unharmed', async (t) => {
  const whole = randomBytes(24 * MIB);
  for (const size of [5000, 20_000, 60_000]) {
    const scene = await proxied(t, {
      script: {
        request: ({ connection }) => {
          connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${whole.length}\r\n\r\n`);
          const send = (at: number): void => {
            if (at >= whole.length) return;
            // One read of the proxy for each piece, as far as the kernel goes along.
            const free = connection.socket.write(whole.subarray(at, at + size));
            if (free) setImmediate(send, at + size);
            else connection.socket.once('drain', () => send(at + size));
          };
          send(0);
        },
      },
    });
    const client = await scene.client();
    client.socket.removeAllListeners('data');
    client.socket.pause();
    client.send(get());
    const { connection } = await scene.origin.request();
    await settles(() => connection.socket.bytesWritten);
    const hash = createHash('sha256');
    let left = whole.length;
    let head = true;
    client.socket.on('data', (chunk: Buffer) => {
      const payload = head ? chunk.subarray(chunk.indexOf('\r\n\r\n') + 4) : chunk;
      head = false;
      left -= payload.length;
      hash.update(payload);
    });
    client.socket.resume();
    await eventually(() => left === 0);
    assert.equal(hash.digest('hex'), createHash('sha256').update(whole).digest('hex'), `pieces of ${size}`);
    client.socket.destroy();
  }
});

/** Asks for answers of 4 KB one by one, reading none, until `most` have been made or no more are. Gives their number. */
async function answersUnread(scene: QuietScene, client: RawClient, most: number): Promise<number> {
  const before = scene.origin.requests.length;
  client.socket.pause();
  for (let made = 0; made < most; made++) {
    client.send(get());
    // The answer before leaves at the end of its turn; no answer within many turns is none.
    const taken = () => scene.origin.requests.length > before + made;
    for (let turn = 0; turn < 200 && !taken(); turn++) await new Promise(setImmediate);
    if (!taken()) return made;
    await eventually(() => scene.held().inFlight === 0);
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  }
  return most;
}

interface QuietScene {
  readonly origin: Origin;
  readonly clock: ManualClock;
  held(): { readonly inFlight: number; readonly clients: number };
  connect(): Promise<RawClient>;
}

/** A listener on a unix socket, whose kernel buffers are small, with answers of 4 KB behind it. */
async function quietScene(t: TestContext, times: Partial<ListenerConfig>): Promise<QuietScene> {
  const path = `${socketFolder(t)}/front.sock`;
  const origin = await startOrigin(t, answering(ok('x'.repeat(3900))));
  const clock = new ManualClock();
  const settings = scenery([origin.port], { listener: { address: { kind: 'unix', path }, ...times } });
  const plane = await startPlane(t, settings, clock);
  const { held } = sceneOf(t, plane);
  return { origin, clock, held, connect: () => RawClient.connect(t, path) };
}

test('a client that asks again and again without reading is closed after its patience', async (t) => {
  const scene = await quietScene(t, { bodyIdleTimeoutMs: 300 });
  const made = await answersUnread(scene, await scene.connect(), 5000);
  assert.ok(made < 5000, 'answers were made without end');
  await eventually(() => scene.held().clients === 0);
});

test('a client that is still reading its last answers is not idle', async (t) => {
  const scene = await quietScene(t, { keepaliveTimeoutMs: 1000, bodyIdleTimeoutMs: 5000 });
  const room = await answersUnread(scene, await scene.connect(), 5000);
  const slow = await scene.connect();
  const made = await answersUnread(scene, slow, room - 8);
  scene.clock.advance(3000);
  slow.socket.resume();
  for (let i = 0; i < made; i++) assert.equal((await slow.response()).text.length, 3900, `answer ${i} of ${made}`);
  await eventually(() => {
    scene.clock.advance(3000);
    return slow.ending !== null;
  });
});
