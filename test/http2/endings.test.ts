/** How HTTP/2 connections end: clocks, GOAWAY (RFC 9113 §6.8), drains, and what becomes of open streams. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { pressureFields } from '../../src/proxy/shared/cells.ts';
import { viewCell } from '../../src/proxy/shared/cells.ts';
import { drainWithin } from '../helpers/drain-order.ts';
import { eventually } from '../helpers/eventually.ts';
import {
  block,
  dataFrame,
  errorCodes,
  flags,
  type FrameClient,
  frame,
  frameTypes,
  headersFrame,
  request,
  resetFrame,
  windowFrame,
  words,
} from '../helpers/http2-frames.ts';
import { answerOf, http2Scene, send } from '../helpers/http2-scene.ts';
import { answering, ok } from '../helpers/origin.ts';

/** The proxy has read what was sent before: it answers a PING. */
async function heard(client: FrameClient): Promise<void> {
  const before = client.of(frameTypes.ping).length;
  client.send(frame(frameTypes.ping, 0, 0, words(1, 2)));
  await eventually(() => assert.ok(client.of(frameTypes.ping).length > before));
}

test('a client that asks for nothing is left after the header timeout', async (t) => {
  const scene = await http2Scene(t, { manual: true, listener: { headerTimeoutMs: 5000 } });
  const client = await scene.frames();
  scene.clock.advance(4900);
  await heard(client);
  scene.clock.advance(400);
  assert.deepEqual(await client.goaway(), { lastStream: 0, code: 0 });
  assert.equal(scene.abuses(), 0);
  client.socket.destroy();
  await scene.settled();
});

test('a head that does not end is cut off at the header timeout, on an idle connection and on one that is used', async (t) => {
  const scene = await http2Scene(t, { manual: true, script: {}, listener: { headerTimeoutMs: 5000 } });
  const idle = await scene.frames();
  const used = await scene.frames();
  used.send(headersFrame(1, request({ ':method': 'POST' }), false));
  await scene.origin.connection();
  idle.send(frame(frameTypes.headers, flags.endStream, 1, block(request())));
  // Not even its first frame is whole.
  used.send(headersFrame(3, request()).subarray(0, 20));
  await eventually(() => {
    scene.clock.advance(200);
    assert.ok(idle.of(frameTypes.ping).length + used.of(frameTypes.ping).length >= 2);
  });
  for (let second = 0; second < 5; second++) {
    idle.send(frame(frameTypes.continuation, 0, 1, block([['x', 'y']])));
    scene.clock.advance(1000);
  }
  scene.clock.advance(300);
  assert.equal((await idle.goaway()).code, errorCodes.enhanceYourCalm);
  assert.equal((await used.goaway()).code, errorCodes.enhanceYourCalm);
  assert.equal(scene.abuses(), 2);
  await scene.settled();
});

test('a request that was refused is not taken for a head that does not end', async (t) => {
  const scene = await http2Scene(t, { manual: true, listener: { headerTimeoutMs: 5000 } });
  const client = await scene.session();
  assert.equal((await answerOf(send(client))).status, 200);
  assert.equal((await answerOf(send(client, { ':path': 'no-slash' }))).code, errorCodes.protocolError);
  for (let turn = 0; turn < 10; turn++) {
    scene.clock.advance(1000);
    await new Promise<void>((done, fail) => client.ping((error) => (error === null ? done() : fail(error))));
  }
  assert.equal((await answerOf(send(client))).status, 200);
  assert.equal(scene.abuses(), 0);
});

test('a client that falls silent in its body gets 408, and the target is left', async (t) => {
  const scene = await http2Scene(t, { manual: true, script: {}, accessLog: {}, listener: { bodyIdleTimeoutMs: 5000 } });
  const client = await scene.frames();
  client.send(headersFrame(1, request({ ':method': 'POST' }), false), dataFrame(1, 'some'));
  const connection = await scene.origin.connection();
  await eventually(() => assert.match(connection.received.toString(), /some\r\n$/));
  scene.clock.advance(4000);
  client.send(dataFrame(1, 'more'));
  await eventually(() => assert.match(connection.received.toString(), /more\r\n$/));
  scene.clock.advance(4000);
  assert.equal(client.of(frameTypes.headers).length, 0);
  scene.clock.advance(1500);
  assert.equal(await client.status(1), 408);
  assert.equal(await client.reset(1), errorCodes.noError);
  await eventually(() => assert.equal(connection.gone, true));
  assert.equal(scene.rejects('request_timeout'), 1);
  assert.equal(client.closed, false);
});

test('a client may be silent in its body once the answer has begun', async (t) => {
  const scene = await http2Scene(t, {
    manual: true,
    script: { head: ({ connection }) => connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n') },
    listener: { bodyIdleTimeoutMs: 5000 },
    upstream: { timeouts: { connectMs: 5000, requestMs: 0, readMs: 0, writeMs: 15_000 } },
  });
  const client = await scene.frames();
  client.send(headersFrame(1, request({ ':method': 'POST' }), false));
  assert.equal(await client.status(1), 200);
  scene.clock.advance(100_000);
  client.send(dataFrame(1, 'late', true));
  assert.equal((await scene.origin.request()).body.toString(), 'late');
  const { connection } = await scene.origin.request();
  connection.send('2\r\nok\r\n0\r\n\r\n');
  await eventually(() => assert.equal(client.ended(1), true));
});

test('an idle connection is closed after the keep-alive timeout, with GOAWAY', async (t) => {
  const scene = await http2Scene(t, { manual: true, listener: { keepaliveTimeoutMs: 30_000 } });
  const client = await scene.frames();
  client.send(headersFrame(1, request()));
  await client.status(1);
  await heard(client);
  scene.clock.advance(29_000);
  client.send(headersFrame(3, request()));
  await client.status(3);
  await heard(client);
  scene.clock.advance(29_000);
  assert.deepEqual(client.goaways, []);
  scene.clock.advance(2000);
  assert.deepEqual(await client.goaway(), { lastStream: 3, code: 0 });
  client.socket.destroy();
  await scene.settled();
});

test('after keepalive-max-requests the client is sent elsewhere, what it has asked until then is answered', async (t) => {
  const scene = await http2Scene(t, { listener: { maxRequestsPerConnection: 3 } });
  const client = await scene.frames();
  client.send(...[1, 3, 5, 7].map((stream) => headersFrame(stream, request())));
  const { lastStream, code } = await client.goaway();
  assert.equal(code, 0);
  assert.ok(lastStream >= 5);
  for (let stream = 1; stream <= lastStream; stream += 2) assert.equal(await client.status(stream), 200);
  assert.equal(scene.origin.requests.length, (lastStream + 1) / 2);
  client.socket.destroy();
  await scene.settled();
});

test('a client that goes by the book asks again elsewhere what came after the last request', async (t) => {
  const scene = await http2Scene(t, { listener: { maxRequestsPerConnection: 10 } });
  let client = await scene.session();
  let served = 0;
  for (let asked = 0; asked < 100; asked++) {
    if (client.closed || client.destroyed) client = await scene.session();
    const answer = await answerOf(send(client));
    if (answer.status === 200) served++;
  }
  assert.equal(served, 100);
  assert.equal(scene.origin.requests.length, 100);
});

test('a drain names the last request, answers all up to it, and ends when their streams have', async (t) => {
  const scene = await http2Scene(t, { manual: true, script: {}, accessLog: {} });
  const client = await scene.frames();
  client.send(headersFrame(1, request()), headersFrame(3, request()));
  await scene.origin.request(1);
  const drained = scene.plane.drain(drainWithin(60_000));
  await eventually(() => assert.deepEqual(client.goaways, [{ lastStream: 3, code: 0 }]));
  client.send(headersFrame(5, request({ ':path': '/late' })));
  scene.clock.advance(30_000);
  for (const { connection } of scene.origin.requests) connection.send(ok('done'));
  await eventually(() => assert.ok(client.ended(1) && client.ended(3)));
  await eventually(() => client.closed);
  client.socket.destroy();
  await scene.settled();
  scene.clock.advance(200);
  assert.equal(await drained, 0);
  assert.equal(scene.origin.requests.length, 2);
});

test('a drain that is out of patience cuts its streams, each counted', async (t) => {
  const scene = await http2Scene(t, { manual: true, script: {}, accessLog: {} });
  const client = await scene.frames();
  client.send(headersFrame(1, request()), headersFrame(3, request()));
  await scene.origin.request(1);
  const drained = scene.plane.drain(drainWithin(5000));
  scene.clock.advance(5200);
  assert.equal(await drained, 2);
  await eventually(() => client.closed);
  assert.deepEqual(
    scene.lines().map(({ cause }) => cause),
    ['draining', 'draining'],
  );
});

test('idle connections leave at once when the proxy drains', async (t) => {
  const scene = await http2Scene(t, { manual: true });
  const client = await scene.frames();
  client.send(headersFrame(1, request()));
  await client.status(1);
  await heard(client);
  const drained = scene.plane.drain(drainWithin(60_000));
  scene.clock.advance(1500);
  assert.equal(await drained, 0);
  assert.equal((await client.goaway()).code, 0);
});

test('a new plan holds for the next stream of a connection that is open', async (t) => {
  const scene = await http2Scene(t, { script: { request: ({ connection, target }) => connection.send(ok(target)) } });
  const client = await scene.session();
  assert.equal((await answerOf(send(client, { ':path': '/a' }))).status, 200);
  await scene.apply({ ...scene.config, limits: { ...scene.config.limits, maxUriBytes: 10 } });
  assert.equal((await answerOf(send(client, { ':path': '/a' }))).status, 200);
  assert.equal((await answerOf(send(client, { ':path': '/a-longer-path' }))).status, 414);
});

test('while memory is short no connection is kept', async (t) => {
  const scene = await http2Scene(t, { manual: true });
  const client = await scene.frames();
  const pressure = viewCell(scene.registry.segments, scene.plan.cells.pressure, 0);
  Atomics.store(pressure.shared, pressureFields.shedding, 1);
  client.send(headersFrame(1, request()));
  await eventually(() => assert.deepEqual(client.goaways[0], { lastStream: 1, code: 0 }));
  assert.equal(await client.status(1), 200);
});

test('a client that goes away takes its streams with it, each logged once', async (t) => {
  const scene = await http2Scene(t, { script: {}, accessLog: {} });
  const client = await scene.frames();
  client.send(...[1, 3, 5].map((stream) => headersFrame(stream, request())));
  await scene.origin.request(2);
  client.socket.destroy();
  await scene.settled();
  assert.deepEqual(
    scene.lines().map(({ status, cause }) => [status, cause]),
    Array.from({ length: 3 }, () => [499, 'client_closed']),
  );
  assert.equal(scene.origin.open, 0);
});

test('a client that never reads our last words does not keep its connection', async (t) => {
  const scene = await http2Scene(t, { manual: true, listener: { headerTimeoutMs: 5000 } });
  const client = await scene.frames();
  client.socket.pause();
  scene.clock.advance(5300);
  scene.clock.advance(3200);
  await eventually(() => assert.equal(scene.held().clients, 0));
  await scene.settled();
});

for (const [where, size] of [
  ['in the middle', 1_000_000],
  ['at the end', 100_000],
] as const) {
  test(`a stream that its client resets without an error ${where} of an answer gives its place back`, async (t) => {
    const script = answering(ok('x'.repeat(size)));
    const scene = await http2Scene(t, { script, listener: { maxConcurrentStreams: 2 } });
    const client = await scene.frames();
    for (const stream of [1, 3]) {
      client.send(headersFrame(stream, request()));
      assert.equal(await client.status(stream), 200);
    }
    await eventually(() => assert.equal(client.body(1).length + client.body(3).length, 65_535));
    client.send(resetFrame(1, errorCodes.noError), resetFrame(3, errorCodes.noError));
    let stream = 3;
    await eventually(async () => {
      stream += 2;
      client.send(headersFrame(stream, request()));
      await eventually(() => assert.ok(client.frames.some((one) => one.stream === stream)));
      assert.equal(client.of(frameTypes.headers, stream).length, 1, 'refused');
    });
    client.socket.destroy();
    await scene.settled();
  });
}

test('an answer goes out whole, and is the end, where the rest of its request comes while it waits for the client', async (t) => {
  const early = ok('x'.repeat(100_000));
  const scene = await http2Scene(t, { script: { head: ({ connection }) => connection.send(early) } });
  const client = await scene.frames();
  client.send(headersFrame(1, request({ ':method': 'POST' }), false), dataFrame(1, 'some'));
  assert.equal(await client.status(1), 200);
  await eventually(() => assert.equal(client.body(1).length, 65_535));
  client.send(dataFrame(1, 'rest', true));
  await heard(client);
  client.send(windowFrame(0, 100_000), windowFrame(1, 100_000));
  await eventually(() => assert.equal(client.ended(1), true));
  assert.equal(client.body(1).length, 100_000);
  await heard(client);
  client.socket.destroy();
  await scene.settled();
});
