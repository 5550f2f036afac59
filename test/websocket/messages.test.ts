/** Messages of both ends through the proxy, with the `ws` package at each: what one sends is what the other gets. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import type { WebSocket } from 'ws';
import { eventually } from '../helpers/eventually.ts';
import { closing, echo, message, socketScene } from './websocket-scene.ts';

/** Sends `data` and waits for what comes back. */
async function echoed(socket: WebSocket, data: string | Buffer) {
  const coming = message(socket);
  socket.send(data);
  return coming;
}

test('text and binary messages pass both ways, of every length class, and are told apart', async (t) => {
  const { open } = await socketScene(t);
  const socket = await open();
  const text = await echoed(socket, 'héllo');
  assert.deepEqual([text.data.toString(), text.binary], ['héllo', false]);
  for (const length of [0, 1, 125, 126, 65_535, 65_536, 300_000]) {
    const sent = randomBytes(length);
    const { data, binary } = await echoed(socket, sent);
    assert.equal(binary, true);
    assert.ok(data.equals(sent), `${length} bytes changed on their way`);
  }
});

test('fragments arrive as one message', async (t) => {
  const { open } = await socketScene(t);
  const socket = await open({ perMessageDeflate: false });
  const coming = message(socket);
  socket.send('one, ', { fin: false });
  socket.ping('between');
  socket.send('two, ', { fin: false });
  socket.send('three', { fin: true });
  assert.equal((await coming).data.toString(), 'one, two, three');
});

test('pings and pongs pass with what they carry', async (t) => {
  const { open, target } = await socketScene(t);
  const socket = await open();
  const ponged = once(socket, 'pong') as Promise<[Buffer]>;
  socket.ping('are you there');
  assert.equal((await ponged)[0].toString(), 'are you there');
  const pinged = once(socket, 'ping') as Promise<[Buffer]>;
  (await target.socket()).ping('and you');
  assert.equal((await pinged)[0].toString(), 'and you');
});

for (const [who, code] of [
  ['client', 1000],
  ['client', 4321],
  ['target', 1000],
  ['target', 4999],
] as const) {
  test(`the ${who} closes with ${code}: the other side hears code and reason, and nothing is held after it`, async (t) => {
    const scene = await socketScene(t, { accessLog: {} });
    const mine = await scene.open();
    const theirs = await scene.target.socket();
    const [from, to] = who === 'client' ? [mine, theirs] : [theirs, mine];
    const [heard, answered] = [closing(to), closing(from)];
    from.close(code, 'for a reason');
    assert.deepEqual(await heard, { code, reason: 'for a reason' });
    assert.equal((await answered).code, code);
    await scene.settled();
    assert.deepEqual(scene.websockets(), { open: 0, total: 1 });
    const { status, cause } = await scene.line();
    assert.deepEqual({ status, cause }, { status: 101, cause: '' });
  });
}

test('compression that the ends agree on is theirs: the proxy passes the extension and the compressed bytes', async (t) => {
  const { open, line } = await socketScene(t, { target: { perMessageDeflate: true }, accessLog: {} });
  const socket = await open({ perMessageDeflate: true });
  assert.match(socket.extensions, /^permessage-deflate/);
  const text = 'all the same '.repeat(50_000);
  assert.equal((await echoed(socket, text)).data.toString(), text);
  socket.close();
  const { bytes_in: bytesIn } = await line();
  assert.ok(Number(bytesIn) < text.length / 10, `${bytesIn} bytes came in, though they were compressed`);
});

test('the subprotocol that the target chooses reaches the client', async (t) => {
  const { open } = await socketScene(t, { target: { handleProtocols: () => 'second' } });
  const socket = await open({}, ['first', 'second']);
  assert.equal(socket.protocol, 'second');
});

test('many small messages arrive in order, in both directions at once', async (t) => {
  const count = 20_000;
  const fromTarget: number[] = [];
  const fromClient: number[] = [];
  const { open } = await socketScene(t, {
    serve: (socket) => {
      socket.once('message', () => {
        for (let i = 0; i < count; i++) socket.send(String(i));
      });
      socket.on('message', (data) => fromClient.push(Number(data)));
    },
  });
  const socket = await open();
  socket.on('message', (data) => fromTarget.push(Number(data)));
  for (let i = 0; i < count; i++) socket.send(String(i));
  await eventually(() => fromTarget.length === count && fromClient.length === count);
  assert.ok(fromClient.every((value, at) => value === at));
  assert.ok(fromTarget.every((value, at) => value === at));
});

test('a storm of pings is answered by the target, one pong for each, in order', async (t) => {
  // Left to itself the package ends a connection that pings faster than it reads.
  const serve = (socket: WebSocket) => {
    socket.on('ping', (data) => socket.pong(data));
    echo(socket);
  };
  const { open } = await socketScene(t, { target: { autoPong: false }, serve });
  const socket = await open();
  const pongs: string[] = [];
  socket.on('pong', (data) => pongs.push(data.toString()));
  for (let i = 0; i < 5000; i++) socket.ping(String(i));
  await eventually(() => pongs.length === 5000);
  assert.ok(pongs.every((data, at) => Number(data) === at));
  assert.equal((await echoed(socket, 'still here')).data.toString(), 'still here');
});
