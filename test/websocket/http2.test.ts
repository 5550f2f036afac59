/** WebSockets over HTTP/2 (RFC 8441): extended CONNECT of clients, towards targets that speak HTTP/1.1. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import { test } from 'node:test';
import { drainWithin } from '../helpers/drain-order.ts';
import { eventually } from '../helpers/eventually.ts';
import { type Http2Scene, http2Scene } from '../helpers/http2-scene.ts';
import { answering, ok, type OriginConnection, type Script } from '../helpers/origin.ts';
import type { SecuredOptions } from '../helpers/secured-plane.ts';
import { acceptOf } from '../../src/proxy/data/websocket/handshake.ts';
import { websocketsOf } from './websocket-scene.ts';

/** A target that agrees to whatever key comes. */
const agreeing: Script = {
  request: ({ connection, header }) =>
    connection.send(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${acceptOf(
        header('sec-websocket-key') ?? '',
      )}\r\nSec-WebSocket-Protocol: chat\r\n\r\n`,
    ),
};

const connectFields: OutgoingHttpHeaders = {
  ':method': 'CONNECT',
  ':protocol': 'websocket',
  ':scheme': 'https',
  ':path': '/chat?room=1',
  ':authority': 'localhost',
  'sec-websocket-version': '13',
  'sec-websocket-protocol': 'chat',
  origin: 'https://elsewhere.test',
};

interface Stream {
  readonly stream: ClientHttp2Stream;
  readonly status: number;
  readonly fields: Readonly<Record<string, unknown>>;
  received: Buffer;
  ended: boolean;
}

/** Asks for a WebSocket; resolves with the answer, whatever it is. */
async function ask(session: ClientHttp2Session, fields: OutgoingHttpHeaders = connectFields): Promise<Stream> {
  const stream = session.request(fields, { endStream: false });
  stream.on('error', () => {});
  const [head] = (await once(stream, 'response')) as [Record<string, unknown>];
  const asked: Stream = {
    stream,
    status: Number(head[':status']),
    fields: head,
    received: Buffer.alloc(0),
    ended: false,
  };
  stream.on('data', (chunk: Buffer) => {
    asked.received = Buffer.concat([asked.received, chunk]);
  });
  stream.on('end', () => {
    asked.ended = true;
  });
  return asked;
}

async function pair(
  t: { after(task: () => void | Promise<void>): void },
  options: SecuredOptions = {},
): Promise<{ scene: Http2Scene; session: ClientHttp2Session; asked: Stream; target: OriginConnection; got(): Buffer }> {
  const scene = await http2Scene(t, { script: agreeing, ...options });
  const session = await scene.session();
  const asked = await ask(session);
  assert.equal(asked.status, 200);
  const target = await scene.origin.connection();
  const before = target.received.length;
  return { scene, session, asked, target, got: () => target.received.subarray(before) };
}

test('the listener says that it takes extended CONNECT, and makes the handshake of HTTP/1.1 of it', async (t) => {
  const { session, asked, scene } = await pair(t);
  assert.equal(session.remoteSettings.enableConnectProtocol, true);
  const request = await scene.origin.request();
  assert.equal(request.startLine, 'GET /chat?room=1 HTTP/1.1');
  assert.match(request.header('sec-websocket-key') ?? '', /^[A-Za-z0-9+/]{22}==$/);
  for (const [name, value] of [
    ['host', 'localhost'],
    ['connection', 'Upgrade'],
    ['upgrade', 'websocket'],
    ['sec-websocket-version', '13'],
    ['sec-websocket-protocol', 'chat'],
    ['origin', 'https://elsewhere.test'],
    ['x-forwarded-proto', 'https'],
    ['x-forwarded-for', '127.0.0.1'],
    ['transfer-encoding', undefined],
    ['content-length', undefined],
  ] as const) {
    assert.equal(request.header(name), value, name);
  }
  assert.match(request.header('via') ?? '', /^2\.0 /);
  assert.equal(asked.fields['sec-websocket-protocol'], 'chat');
  for (const name of ['sec-websocket-accept', 'connection', 'upgrade', 'content-length']) {
    assert.equal(asked.fields[name], undefined, name);
  }
});

test('bytes pass both ways, and each end of a stream on its own', async (t) => {
  const { scene, asked, target, got } = await pair(t, { accessLog: {} });
  assert.deepEqual(websocketsOf(scene), { open: 1, total: 1 });
  asked.stream.write('from the client');
  await eventually(() => got().toString() === 'from the client');
  target.send('from the target');
  await eventually(() => asked.received.toString() === 'from the target');
  asked.stream.end();
  await eventually(() => target.gone);
  target.end(', more');
  await eventually(() => asked.ended);
  assert.equal(asked.received.toString(), 'from the target, more');
  await eventually(() => scene.held().inFlight === 0);
  assert.deepEqual(websocketsOf(scene), { open: 0, total: 1 });
  const { status, cause, method, protocol, bytes_in: bytes } = await scene.line();
  assert.deepEqual(
    { status, cause, method, protocol, bytes },
    { status: 101, cause: '', method: 'GET', protocol: 'HTTP/2.0', bytes: 15 },
  );
});

test('a stream that the client resets takes the connection to the target with it, and no other stream', async (t) => {
  const { scene, session, asked, target } = await pair(t, { accessLog: {} });
  const other = await ask(session);
  asked.stream.close(8);
  await eventually(() => target.gone);
  const second = await scene.origin.connection(1);
  second.send('alive');
  await eventually(() => other.received.toString() === 'alive');
  const { status, cause } = await scene.line();
  assert.deepEqual({ status, cause }, { status: 101, cause: 'client_closed' });
});

test('a target that resets its connection resets the stream', async (t) => {
  const { scene, asked, target } = await pair(t, { accessLog: {} });
  target.reset();
  await eventually(() => asked.stream.destroyed);
  assert.notEqual(asked.stream.rstCode, 0);
  const { status, cause } = await scene.line();
  assert.deepEqual({ status, cause }, { status: 101, cause: 'upstream_reset' });
});

test('an answer to another key than ours is 502', async (t) => {
  const wrong = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${acceptOf('x')}\r\n\r\n`;
  const scene = await http2Scene(t, { script: answering(wrong) });
  const { status } = await ask(await scene.session());
  assert.equal(status, 502);
  assert.equal(scene.errors('upstream_protocol_error'), 1);
});

test('a target that takes it for an ordinary request makes no WebSocket: 502, since 200 would be one, and nothing against the target', async (t) => {
  const breaker = { failureThreshold: 1, successThreshold: 1, timeoutMs: 10_000, halfOpenMaxRequests: 1 };
  const scene = await http2Scene(t, { script: answering(ok('no')), upstream: { circuitBreaker: breaker } });
  const session = await scene.session();
  for (let i = 0; i < 2; i++) {
    const stream = session.request(connectFields, { endStream: false });
    stream.on('error', () => {});
    stream.write('early');
    const [head] = (await once(stream, 'response')) as [Record<string, unknown>];
    assert.equal(head[':status'], 502);
    stream.resume();
    await eventually(() => stream.destroyed);
  }
  assert.equal(scene.errors('upgrade_failed'), 2);
  const [first, second] = scene.origin.requests;
  assert.equal(first?.connection, second?.connection, 'the connection to the target is as good as before');
  assert.equal(first?.connection.received.indexOf('early'), -1);
  assert.deepEqual(websocketsOf(scene), { open: 0, total: 0 });
});

test('a target that refuses is heard: its status and its body reach the client', async (t) => {
  const refusal = 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno';
  const scene = await http2Scene(t, { script: answering(refusal) });
  const asked = await ask(await scene.session());
  assert.deepEqual([asked.status, asked.fields['www-authenticate']], [401, 'Basic']);
  await eventually(() => asked.ended);
  assert.equal(asked.received.toString(), 'no');
});

test('an answer of the proxy itself is no WebSocket either: a 200 resets the stream', async (t) => {
  const scene = await http2Scene(t, {});
  const stream = (await scene.session()).request({ ...connectFields, ':path': '/health' }, { endStream: false });
  stream.on('error', () => {});
  stream.on('response', () => assert.fail('it was answered'));
  await eventually(() => stream.destroyed);
  assert.equal(stream.rstCode, 10);
});

test('a route that forbids WebSockets answers 403, other protocols are 501, a key of the client 400', async (t) => {
  const forbidden = await http2Scene(t, { policies: { websocket: false } });
  assert.equal((await ask(await forbidden.session())).status, 403);
  const scene = await http2Scene(t, {});
  const session = await scene.session();
  assert.equal((await ask(session, { ...connectFields, ':protocol': 'connect-udp' })).status, 501);
  const keyed = { ...connectFields, 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  assert.equal((await ask(session, keyed)).status, 400);
  assert.equal(scene.origin.connections.length, 0);
});

test('silence ends the stream after websocket-idle-secs, and nothing else does', async (t) => {
  const { scene, asked, target, got } = await pair(t, {
    manual: true,
    policies: { websocketIdleMs: 600_000, timeoutMs: 1000 },
    listener: { bodyIdleTimeoutMs: 1000, headerTimeoutMs: 1000, keepaliveTimeoutMs: 1000 },
  });
  for (let i = 1; i <= 3; i++) {
    scene.clock.advance(500_000);
    asked.stream.write('c');
    await eventually(() => got().length === i);
    target.send('t');
    await eventually(() => asked.received.length === i);
  }
  scene.clock.advance(599_000);
  assert.equal(websocketsOf(scene).open, 1);
  scene.clock.advance(2000);
  await eventually(() => asked.stream.destroyed && target.gone);
  assert.equal(scene.errors('websocket_idle'), 1);
});

test('a reader that is slow holds the target back, and its own session goes on', async (t) => {
  const { scene, session, asked, target } = await pair(t);
  asked.stream.pause();
  const size = 32 * 1024 * 1024;
  target.socket.write(Buffer.alloc(size, 'x'));
  await eventually(() => target.socket.writableLength > 0);
  const other = await ask(session);
  (await scene.origin.connection(1)).send('alive');
  await eventually(() => other.received.toString() === 'alive');
  assert.ok(target.socket.writableLength > 0, 'all of it was read');
  let came = 0;
  asked.stream.removeAllListeners('data');
  asked.stream.on('data', (chunk: Buffer) => {
    came += chunk.length;
  });
  const had = asked.received.length;
  asked.stream.resume();
  await eventually(() => had + came === size);
});

test('a drain says 1001 in the stream', async (t) => {
  const { scene, asked, target } = await pair(t, { manual: true });
  const drained = scene.plane.drain(drainWithin(10_000));
  scene.clock.advance(9200);
  await eventually(() => asked.ended);
  assert.deepEqual(asked.received, Buffer.from([0x88, 0x02, 0x03, 0xe9]));
  await eventually(() => target.gone);
  asked.stream.end();
  target.end();
  await eventually(() => scene.held().inFlight === 0);
  scene.clock.advance(1000);
  assert.equal(await drained, 0);
});
