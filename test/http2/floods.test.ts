/**
 * Frames that cost a client little and a server much: each kind ends the connection that sends it, bounded and counted,
 * before it has cost anybody else something. What a target sees never exceeds the streams that are allowed.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { eventually } from '../helpers/eventually.ts';
import {
  block,
  dataFrame,
  errorCodes,
  flags,
  FrameClient,
  frame,
  frameTypes,
  headersFrame,
  request,
  resetFrame,
  settingsFrame,
  text,
  windowFrame,
  words,
} from '../helpers/http2-frames.ts';
import { type Http2Scene, http2Scene } from '../helpers/http2-scene.ts';
import type { Script } from '../helpers/origin.ts';

/** Pours `bytes` again and again, until the connection is closed. */
async function flood(client: FrameClient, bytes: (turn: number) => Buffer, turns = 2000): Promise<number> {
  let turn = 0;
  while (turn < turns && (await client.pour(bytes(turn)))) {
    turn++;
    // What a flood brings back is of no interest, and would fill our own memory.
    client.frames.splice(0, client.frames.length, ...client.frames.filter(({ type }) => type !== frameTypes.ping));
  }
  return turn;
}

async function assertStopped(scene: Http2Scene, client: FrameClient, codes: readonly number[]): Promise<void> {
  await eventually(() => assert.equal(client.closed, true, 'the connection is still open'));
  const last = client.goaways.at(-1);
  if (last !== undefined) assert.ok(codes.includes(last.code), `GOAWAY ${last.code}`);
  await eventually(() => assert.equal(scene.abuses(), 1));
  client.socket.destroy();
  await scene.settled();
  assert.equal(scene.reports.filter((line) => line.startsWith('HTTP/2 connection closed')).length, 1);
  assert.equal((await scene.fetch()).status, 200);
}

/** Answers `/` alone, and counts the others that are open. */
class SlowTarget {
  open = 0;
  most = 0;
  readonly script: Script = {
    head: ({ connection, target }) => {
      if (target === '/') {
        connection.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      this.most = Math.max(this.most, ++this.open);
      connection.socket.on('end', () => this.open--);
    },
  };
}

const { enhanceYourCalm, internalError, protocolError } = errorCodes;

test('rapid reset: a client that resets what it asks for is told to calm down after a few hundred requests', async (t) => {
  const slow = new SlowTarget();
  const scene = await http2Scene(t, {
    script: slow.script,
    upstream: {
      pool: { maxConnections: 1000, maxIdle: 50, idleTimeoutMs: 120_000, maxLifetimeMs: 300_000, maxPending: 1000 },
    },
    listener: { maxConcurrentStreams: 10 },
  });
  const client = await scene.frames();
  let stream = 1;
  await flood(client, () => {
    const heads: Buffer[] = [];
    const resets: Buffer[] = [];
    for (let i = 0; i < 10; i++, stream += 2) {
      heads.push(headersFrame(stream, request({ ':path': '/slow' })));
      resets.push(resetFrame(stream, errorCodes.cancel));
    }
    return Buffer.concat([...heads, ...resets]);
  });
  await assertStopped(scene, client, [enhanceYourCalm, internalError]);
  assert.ok(stream < 2 * 3000, `${stream / 2} requests were taken`);
  assert.ok(slow.most <= 10, `${slow.most} requests at once`);
});

test('rapid reset, each after it has reached the target: never more at once than streams are allowed', async (t) => {
  const slow = new SlowTarget();
  const scene = await http2Scene(t, {
    script: slow.script,
    listener: { maxConcurrentStreams: 10 },
  });
  const client = await scene.frames();
  let stream = 1;
  for (let turn = 0; turn < 60 && !client.closed; turn++) {
    const first = stream;
    for (; stream < first + 20; stream += 2) client.send(headersFrame(stream, request({ ':path': '/slow' })));
    await eventually(() => client.closed || slow.open === 10);
    for (let id = first; id < stream; id += 2) client.send(resetFrame(id, errorCodes.cancel));
    await eventually(() => client.closed || slow.open === 0);
  }
  assert.ok(stream < 2 * 300, `${stream / 2} requests were taken`);
  await assertStopped(scene, client, [enhanceYourCalm]);
  assert.ok(slow.most <= 10, `${slow.most} requests at once`);
});

test('resets among answers are no offence', async (t) => {
  const scene = await http2Scene(t);
  const client = await scene.frames();
  for (let turn = 0, stream = 1; turn < 400; turn++, stream += 4) {
    client.send(headersFrame(stream, request()));
    client.send(headersFrame(stream + 2, request()), resetFrame(stream + 2, errorCodes.cancel));
    if (turn % 40 === 0) await client.status(stream);
  }
  await client.status(1597);
  assert.equal(client.closed, false);
  assert.equal(scene.abuses(), 0);
});

test('MadeYouReset: resets that we are provoked into count as its own', async (t) => {
  const scene = await http2Scene(t, { script: { head: () => {} } });
  const client = await scene.frames();
  let stream = 1;
  await flood(client, () => {
    const parts: Buffer[] = [];
    for (let i = 0; i < 20; i++, stream += 2) {
      // DATA after the end of the stream: the server must reset it.
      parts.push(headersFrame(stream, request({ ':method': 'POST' })), dataFrame(stream, 'x'));
    }
    return Buffer.concat(parts);
  });
  const last = client.goaways.at(-1);
  assert.ok(last !== undefined && last.lastStream < 4000, `${last?.lastStream}`);
  await eventually(() => assert.equal(scene.abuses(), 1));
});

test('malformed heads by the hundred end the connection', async (t) => {
  const scene = await http2Scene(t);
  const client = await scene.frames();
  let stream = 1;
  await flood(client, () => {
    const parts: Buffer[] = [];
    for (let i = 0; i < 20; i++, stream += 2) parts.push(headersFrame(stream, request({}, [['connection', 'x']])));
    return Buffer.concat(parts);
  });
  await assertStopped(scene, client, [internalError, protocolError, enhanceYourCalm]);
  assert.equal(scene.origin.requests.length, 1);
});

const continuations: readonly (readonly [what: string, payload: Buffer])[] = [
  ['empty ones', Buffer.alloc(0)],
  ['small ones', block([['x', 'y']])],
  ['large ones', block([['x', 'y'.repeat(16_000)]])],
];

for (const [what, payload] of continuations) {
  test(`CONTINUATION without end: ${what} end the connection before they fill memory`, async (t) => {
    const scene = await http2Scene(t);
    const client = await scene.frames();
    client.send(frame(frameTypes.headers, flags.endStream, 1, block(request())));
    await flood(client, () => frame(frameTypes.continuation, 0, 1, payload));
    await assertStopped(scene, client, [internalError, protocolError, enhanceYourCalm]);
  });
}

const cheap: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['PING', frame(frameTypes.ping, 0, 0, words(1, 2))],
  ['answers to PING', frame(frameTypes.ping, flags.ack, 0, words(1, 2))],
  ['SETTINGS', settingsFrame([3, 100])],
  ['acknowledgements of SETTINGS', frame(frameTypes.settings, flags.ack, 0)],
  ['WINDOW_UPDATE', windowFrame(0, 1)],
  ['PRIORITY', frame(frameTypes.priority, 0, 1, Buffer.from([0, 0, 0, 3, 10]))],
  ['RST_STREAM of streams that are over', resetFrame(1, 8)],
  ['frames of an unknown type', frame(0x77, 0, 0, words(1))],
];

for (const [what, bytes] of cheap) {
  test(`a flood of ${what} ends the connection`, async (t) => {
    const scene = await http2Scene(t);
    const client = await scene.frames();
    client.send(headersFrame(1, request()));
    await client.status(1);
    const thousand = Buffer.concat(Array.from({ length: 1000 }, () => bytes));
    await flood(client, () => thousand, 100_000);
    await assertStopped(scene, client, [protocolError, internalError, enhanceYourCalm, errorCodes.streamClosed]);
  });
}

test('a flood of empty DATA ends the connection, and the exchange with it', async (t) => {
  const scene = await http2Scene(t, {
    script: { request: ({ connection }) => connection.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n') },
  });
  const client = await scene.frames();
  client.send(headersFrame(1, request({ ':method': 'POST' }), false));
  const thousand = Buffer.concat(Array.from({ length: 1000 }, () => dataFrame(1, '')));
  await flood(client, () => thousand);
  await assertStopped(scene, client, [internalError, protocolError, enhanceYourCalm]);
});

test('an HPACK bomb and crumbs of cookies are refused before they are unpacked', async (t) => {
  const scene = await http2Scene(t);
  const client = await scene.frames();
  const entry = Buffer.concat([Buffer.from([0x40]), text('x'), text('a'.repeat(3500))]);
  const bomb = Buffer.concat([block(request()), entry, Buffer.alloc(12_000, 0xbe)]);
  client.send(frame(frameTypes.headers, flags.endHeaders | flags.endStream, 1, bomb));
  assert.equal(await client.reset(1), enhanceYourCalm);
  const crumbs = Buffer.concat([
    block(request()),
    Buffer.concat([Buffer.from([0x40]), text('cookie'), text('a')]),
    Buffer.alloc(15_000, 0xbe),
  ]);
  client.send(frame(frameTypes.headers, flags.endHeaders | flags.endStream, 3, crumbs));
  assert.equal(await client.reset(3), enhanceYourCalm);
  client.send(
    headersFrame(
      5,
      request(
        {},
        Array.from({ length: 150 }, () => ['cookie', 'a=b'] as const),
      ),
    ),
  );
  assert.equal(await client.status(5), 200);
  assert.equal(scene.origin.requests[0]?.header('cookie')?.length, 150 * 5 - 2);
});

test('a client that makes the table thrash is answered, and costs no memory', async (t) => {
  const scene = await http2Scene(t);
  const client = await scene.frames();
  for (let stream = 1; stream < 400; stream += 2) {
    const size = Buffer.from([0x20, 0x3f, 0xe1, 0x1f]);
    const entries = Array.from({ length: 10 }, (_, index) =>
      Buffer.concat([Buffer.from([0x40]), text(`x-${stream}-${index}`), text('v'.repeat(300))]),
    );
    client.send(frame(frameTypes.headers, 5, stream, Buffer.concat([size, block(request()), ...entries])));
    if (stream % 40 === 1) assert.equal(await client.status(stream), 200);
  }
  assert.equal(await client.status(399), 200);
});

test('streams above a limit that the client has not heard of are refused, so that they can be tried again', async (t) => {
  const scene = await http2Scene(t, { script: {}, listener: { maxConcurrentStreams: 5 } });
  const client = new FrameClient(await scene.connect({ ALPNProtocols: ['h2'] })).begin();
  client.send(...Array.from({ length: 20 }, (_, index) => headersFrame(2 * index + 1, request())));
  for (let stream = 11; stream < 40; stream += 2) assert.equal(await client.reset(stream), errorCodes.refusedStream);
  await eventually(() => assert.equal(scene.held().targetInFlight, 5));
  assert.equal(client.closed, false);
  assert.equal(scene.abuses(), 0);
  client.socket.destroy();
  await scene.settled();
});

test('a client that exceeds the limit that it has acknowledged loses its connection; the target sees none of the excess', async (t) => {
  const scene = await http2Scene(t, { script: {}, listener: { maxConcurrentStreams: 5 } });
  const client = await scene.frames();
  for (let stream = 1; stream < 11; stream += 2) client.send(headersFrame(stream, request()));
  await eventually(() => assert.equal(scene.held().targetInFlight, 5));
  client.send(headersFrame(11, request()));
  assert.deepEqual(await client.goaway(), { lastStream: 9, code: protocolError });
  client.socket.destroy();
  await scene.settled();
  assert.equal(scene.origin.connections.length, 5);
});
