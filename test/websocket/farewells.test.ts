/** WebSockets in a drain: they live on until shortly before its deadline, are told 1001 on both sides, and then are over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drainWithin } from '../helpers/drain-order.ts';
import { eventually } from '../helpers/eventually.ts';
import { answering } from '../helpers/origin.ts';
import { proxied } from '../helpers/proxied.ts';
import { get } from '../helpers/raw-http.ts';
import { agreement, closing, handshakeLines, message, socketScene, websocketsOf } from './websocket-scene.ts';

const goingAway = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

test('messages flow through a drain until both ends are told 1001, within its deadline', async (t) => {
  const scene = await socketScene(t, { manual: true, accessLog: {} });
  const socket = await scene.open();
  const theirs = await scene.target.socket();
  const [mineClosed, theirsClosed] = [closing(socket), closing(theirs)];
  const drained = scene.plane.drain(drainWithin(30_000));
  for (let i = 0; i < 28; i++) {
    scene.clock.advance(1000);
    const coming = message(socket);
    socket.send(`second ${i}`);
    assert.equal((await coming).data.toString(), `second ${i}`);
  }
  scene.clock.advance(1100);
  assert.equal((await mineClosed).code, 1001);
  assert.equal((await theirsClosed).code, 1001);
  // The clock stands a little before the deadline.
  await eventually(() => scene.held().clients === 0);
  scene.clock.advance(100);
  assert.equal(await drained, 0, 'nothing was cut');
  const { status, cause } = await scene.line();
  assert.deepEqual({ status, cause }, { status: 101, cause: 'draining' });
  assert.deepEqual(scene.websockets(), { open: 0, total: 1 });
});

/** A WebSocket between raw ends, on a clock of the test. */
async function rawPair(t: { after(task: () => void | Promise<void>): void }) {
  const scene = await proxied(t, { manual: true, script: answering(agreement()), accessLog: {} });
  const client = await scene.client();
  client.send(get('/', ...handshakeLines));
  assert.equal((await client.interim()).status, 101);
  const target = await scene.origin.connection();
  const before = target.received.length;
  return { scene, client, target, got: () => target.received.subarray(before) };
}

/** The code of the Close frame at the end of what a target has got, its mask taken off. */
function maskedCode(bytes: Buffer): number {
  const frame = bytes.subarray(-8);
  assert.deepEqual([frame[0], frame[1]], [0x88, 0x82], 'no masked Close frame');
  return ((frame[6]! ^ frame[2]!) << 8) | (frame[7]! ^ frame[3]!);
}

test('the farewell stands between frames: each direction ends the frame that is under way first', async (t) => {
  const { scene, client, target, got } = await rawPair(t);
  // 70,000 bytes of payload to the client, 300 to the target, of which some have not come.
  const header = Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70]);
  target.send(Buffer.concat([header, Buffer.alloc(69_990, 'a')]));
  const upward = Buffer.concat([Buffer.from([0x82, 0xfe, 0x01, 0x2c, 1, 2, 3, 4]), Buffer.alloc(300, 'b')]);
  client.send(upward.subarray(0, 6));
  await client.until('most of the frame', () => (client.received.length === 70_000 ? true : undefined));
  await eventually(() => got().length === 6);
  const drained = scene.plane.drain(drainWithin(30_000));
  scene.clock.advance(29_200);
  assert.deepEqual([client.received.length, got().length], [70_000, 6]);
  // The rest of each frame, and the beginning of another, which comes too late.
  target.send(Buffer.concat([Buffer.alloc(10, 'a'), Buffer.from([0x82, 5]), Buffer.from('never')]));
  client.send(Buffer.concat([upward.subarray(6), upward]));
  assert.equal(await client.closed(), 'end');
  assert.equal(client.received.length, 70_010 + goingAway.length);
  assert.deepEqual(client.received.subarray(-4), goingAway);
  await eventually(() => target.gone);
  assert.equal(got().length, upward.length + 8);
  assert.equal(maskedCode(got()), 1001);
  client.end();
  target.end();
  await eventually(() => scene.held().clients === 0);
  scene.clock.advance(100);
  assert.equal(await drained, 0);
});

test('who has begun to close already gets no second farewell', async (t) => {
  const { scene, client, target, got } = await rawPair(t);
  const theirs = Buffer.from([0x88, 0x02, 0x03, 0xe8]);
  target.send(theirs);
  await client.until('the Close frame', () => (client.received.length === 4 ? true : undefined));
  void scene.plane.drain(drainWithin(30_000));
  scene.clock.advance(29_200);
  assert.equal(await client.closed(), 'end');
  assert.deepEqual(client.received, theirs);
  await eventually(() => target.gone);
  assert.equal(maskedCode(got()), 1001);
});

test('ends that do not answer the farewell, or stand inside a frame, are cut at the deadline and counted', async (t) => {
  const { scene, client, target } = await rawPair(t);
  target.send(Buffer.from([0x82, 126]));
  await client.until('half a header', () => (client.received.length === 2 ? true : undefined));
  const drained = scene.plane.drain(drainWithin(10_000));
  scene.clock.advance(9500);
  assert.equal(client.ending, null);
  assert.equal(websocketsOf(scene).open, 1);
  scene.clock.advance(600);
  assert.equal(await drained, 1);
  await client.closed();
  assert.equal(client.received.length, 2);
  await eventually(() => target.gone);
  assert.equal((await scene.line())['cause'], 'draining');
});

test('a slow reader cannot hold the drain', async (t) => {
  const { scene, client, target } = await rawPair(t);
  client.socket.pause();
  const frame = Buffer.concat([Buffer.from([0x82, 126, 0xff, 0xff]), Buffer.alloc(65_535)]);
  for (let i = 0; i < 200; i++) target.send(frame);
  await eventually(() => target.socket.writableLength > 0);
  const drained = scene.plane.drain(drainWithin(2000));
  scene.clock.advance(1100);
  scene.clock.advance(1000);
  assert.equal(await drained, 1);
  await eventually(() => target.gone);
});
