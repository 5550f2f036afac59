/** WebSockets towards targets that speak HTTP/2: extended CONNECT (RFC 8441), whatever the client speaks. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { startPlane } from '../helpers/data-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { type Behaviour, startHttp2Origin } from '../helpers/http2-origin.ts';
import { http2Scene } from '../helpers/http2-scene.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { type SceneOptions, sceneOf, scenery } from '../helpers/proxied.ts';
import { get } from '../helpers/raw-http.ts';
import { handshakeLines, openSocket, sampleAccept, websocketsOf } from './websocket-scene.ts';

/** Agrees, and sends back what comes. */
const echoing: Behaviour = ({ stream }) => {
  stream.respond({ ':status': 200, 'sec-websocket-protocol': 'chat' });
  stream.pipe(stream);
};

async function scene(
  t: { after(task: () => void | Promise<void>): void },
  behave: Behaviour = echoing,
  { connect = true, ...options }: SceneOptions & { readonly connect?: boolean } = {},
) {
  const origin = await startHttp2Origin(t, behave, { settings: { enableConnectProtocol: connect }, read: false });
  const clock = new ManualClock();
  const config = scenery([origin.port], { ...options, upstream: { httpVersion: '2', ...options.upstream } });
  const plane = await startPlane(t, config, options.manual === true ? clock : undefined);
  return { ...sceneOf(t, plane), origin, clock };
}

test('a handshake of HTTP/1.1 becomes an extended CONNECT, and its 200 the 101 that answers the key', async (t) => {
  const s = await scene(t, echoing, { accessLog: {} });
  const client = await s.client();
  client.send(get('/chat?room=1', ...handshakeLines, 'Sec-WebSocket-Protocol: chat'));
  const answer = await client.interim();
  assert.equal(answer.status, 101);
  assert.equal(answer.header('sec-websocket-accept'), sampleAccept);
  assert.equal(answer.header('sec-websocket-protocol'), 'chat');
  const { headers } = await s.origin.stream();
  const sent = Object.fromEntries(
    [':method', ':protocol', ':scheme', ':path', ':authority', 'sec-websocket-version', 'sec-websocket-protocol'].map(
      (name) => [name, headers[name]],
    ),
  );
  assert.deepEqual(sent, {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'http',
    ':path': '/chat?room=1',
    ':authority': 'a.test',
    'sec-websocket-version': '13',
    'sec-websocket-protocol': 'chat',
  });
  for (const name of ['sec-websocket-key', 'connection', 'upgrade']) assert.equal(headers[name], undefined, name);
  client.send('echo?');
  await client.until('the echo', () => (client.received.toString() === 'echo?' ? true : undefined));
  assert.deepEqual(websocketsOf(s), { open: 1, total: 1 });
  client.end();
  assert.equal(await client.closed(), 'end');
  await eventually(() => s.held().inFlight === 0);
  const { status, cause } = await s.line();
  assert.deepEqual({ status, cause }, { status: 101, cause: '' });
});

test('an extended CONNECT of a client goes on as one', async (t) => {
  const origin = await startHttp2Origin(t, echoing, { settings: { enableConnectProtocol: true }, read: false });
  const front = await http2Scene(t);
  const [upstream] = front.config.upstreams;
  assert.ok(upstream);
  await front.apply({
    ...front.config,
    upstreams: [{ ...upstream, ...scenery([origin.port], {}).upstreams[0], httpVersion: '2' }],
  });
  const stream = (await front.session()).request(
    {
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': 'https',
      ':path': '/',
      ':authority': 'localhost',
      'sec-websocket-version': '13',
    },
    { endStream: false },
  );
  const [head] = (await once(stream, 'response')) as [Record<string, unknown>];
  assert.equal(head[':status'], 200);
  assert.equal(head['sec-websocket-accept'], undefined);
  stream.write('echo?');
  assert.equal(String((await once(stream, 'data'))[0]), 'echo?');
  assert.equal((await origin.stream()).headers[':protocol'], 'websocket');
  const ended = once(stream, 'end');
  stream.end();
  await ended;
});

test('a target that knows no extended CONNECT is not asked: 502 with its cause, and nothing held against it', async (t) => {
  const breaker = { failureThreshold: 1, successThreshold: 1, timeoutMs: 10_000, halfOpenMaxRequests: 1 };
  const s = await scene(t, undefined, { connect: false, upstream: { circuitBreaker: breaker }, accessLog: {} });
  for (let i = 0; i < 2; i++) {
    const response = await s.ask(get('/', ...handshakeLines));
    assert.equal(response.status, 502);
    assert.match(response.header('proxy-status') ?? '', /; error=http_upgrade_failed/);
  }
  assert.equal(s.origin.streams.length, 0);
  assert.equal((await s.line())['cause'], 'upgrade_failed');
});

test('a target that refuses is heard', async (t) => {
  const s = await scene(t, ({ stream }) => {
    stream.respond({ ':status': 403 });
    stream.end('no');
  });
  const response = await s.ask(get('/', ...handshakeLines));
  assert.deepEqual([response.status, response.text], [403, 'no']);
  assert.deepEqual(websocketsOf(s), { open: 0, total: 0 });
});

test('a reset by the target ends the client, one by the client ends the stream', async (t) => {
  const s = await scene(t);
  const one = await openSocket(t, `ws://127.0.0.1:${s.port}/`, {}, ['chat']);
  const closed = once(one, 'close');
  (await s.origin.stream()).stream.close(8);
  assert.equal((await closed)[0], 1006);
  const two = await openSocket(t, `ws://127.0.0.1:${s.port}/`, {}, ['chat']);
  const second = await s.origin.stream(1);
  two.terminate();
  await eventually(() => second.stream.closed || second.stream.destroyed);
  await eventually(() => s.held().inFlight === 0);
});

test('silence, and nothing else, ends it: the clock is the same as in HTTP/1.1', async (t) => {
  const timeouts = { connectMs: 1000, requestMs: 1000, readMs: 1000, writeMs: 1000 };
  const s = await scene(t, echoing, { manual: true, policies: { websocketIdleMs: 600_000 }, upstream: { timeouts } });
  const client = await s.client();
  client.send(get('/', ...handshakeLines));
  assert.equal((await client.interim()).status, 101);
  for (let i = 1; i <= 3; i++) {
    s.clock.advance(500_000);
    client.send('c');
    await client.until('the echo', () => (client.received.length === i ? true : undefined));
  }
  s.clock.advance(599_000);
  assert.equal(websocketsOf(s).open, 1);
  s.clock.advance(2000);
  await client.closed();
  assert.equal(s.errors('websocket_idle'), 1);
});

test('16 MiB go there and back past a slow reader', async (t) => {
  const s = await scene(t);
  const client = await s.client();
  client.send(get('/', ...handshakeLines));
  assert.equal((await client.interim()).status, 101);
  const size = 16 * 1024 * 1024;
  client.socket.pause();
  client.socket.write(Buffer.alloc(size, 'x'));
  await eventually(() => client.socket.writableLength > 0);
  let came = client.received.length;
  client.socket.removeAllListeners('data');
  client.socket.on('data', (chunk: Buffer) => {
    came += chunk.length;
  });
  client.socket.resume();
  await eventually(() => came === size);
});
