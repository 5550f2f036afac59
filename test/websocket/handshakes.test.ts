/** Opening handshakes, byte for byte: what goes on, what comes back, and what is refused or does not become a WebSocket. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upstreamFields } from '../../src/proxy/shared/cells.ts';
import { startPlane } from '../helpers/data-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { answering, deadPort, ok, startOrigin, type Script } from '../helpers/origin.ts';
import { proxied, sceneOf, scenery } from '../helpers/proxied.ts';
import { get, head } from '../helpers/raw-http.ts';
import { agreement, handshakeLines, sampleAccept, sampleKey, websocketsOf } from './websocket-scene.ts';

const agreeing = answering(agreement());
const names = (fields: readonly (readonly [string, string])[]) => fields.map(([name]) => name);

test('a handshake reaches the target with its own fields, ours, and nothing else that speaks of a connection', async (t) => {
  const { client, origin } = await proxied(t, { script: agreeing });
  const one = await client();
  one.send(
    get(
      '/chat?room=1',
      'Connection: keep-alive, Upgrade, X-Hop',
      'Upgrade: WebSocket',
      'X-Hop: 1',
      'TE: trailers',
      'Origin: https://elsewhere.test',
      `Sec-WebSocket-Key: ${sampleKey}`,
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: chat, superchat',
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
      'Cookie: a=b',
    ),
  );
  const request = await origin.request();
  assert.equal(request.startLine, 'GET /chat?room=1 HTTP/1.1');
  assert.deepEqual(names(request.fields), [
    'Host',
    'Origin',
    'Sec-WebSocket-Key',
    'Sec-WebSocket-Version',
    'Sec-WebSocket-Protocol',
    'Sec-WebSocket-Extensions',
    'Cookie',
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Forwarded-Host',
    'Via',
    'X-Correlation-Id',
    'traceparent',
    'Connection',
    'Upgrade',
  ]);
  assert.equal(request.header('connection'), 'Upgrade');
  assert.equal(request.header('upgrade'), 'websocket');
  assert.equal(request.header('origin'), 'https://elsewhere.test');
});

test('the agreement reaches the client with the fields of the target, and bytes pass both ways', async (t) => {
  const { client, origin } = await proxied(t, {
    script: answering(agreement('Sec-WebSocket-Protocol: chat', 'Keep-Alive: timeout=5', 'Content-Length: 0')),
  });
  const one = await client();
  one.send(get('/', ...handshakeLines));
  const answer = await one.interim();
  assert.equal(answer.startLine, 'HTTP/1.1 101 Switching Protocols');
  assert.deepEqual(names(answer.fields), [
    'Sec-WebSocket-Accept',
    'Sec-WebSocket-Protocol',
    'X-Correlation-Id',
    'Connection',
    'Upgrade',
  ]);
  assert.equal(answer.header('sec-websocket-accept'), sampleAccept);
  const target = await origin.connection();
  const before = target.received.length;
  one.send('not even frames');
  await eventually(() => target.received.length === before + 15);
  target.send('nor these');
  await one.until('bytes', () => (one.received.toString() === 'nor these' ? true : undefined));
});

test('bytes that follow the agreement at once belong to the stream', async (t) => {
  const { client } = await proxied(t, { script: answering(`${agreement()}\x81\x02hi`) });
  const one = await client();
  one.send(get('/', ...handshakeLines));
  assert.equal((await one.interim()).status, 101);
  await one.until('the frame', () => (one.received.toString('latin1') === '\x81\x02hi' ? true : undefined));
});

test('bytes that the client sends early wait for the agreement', async (t) => {
  const { client, origin } = await proxied(t, { script: {} });
  const one = await client();
  one.send(`${get('/', ...handshakeLines)}early`);
  const request = await origin.request();
  one.send(' birds');
  const { connection } = request;
  const before = connection.received.length;
  assert.equal(connection.received.indexOf('early'), -1);
  connection.send(agreement());
  assert.equal((await one.interim()).status, 101);
  await eventually(() => connection.received.length === before + 'early birds'.length);
  assert.ok(connection.received.toString('latin1').endsWith('early birds'));
});

test('early bytes are bounded: a client that goes on is not read', async (t) => {
  const { client, origin } = await proxied(t, { script: {} });
  const one = await client();
  one.send(get('/', ...handshakeLines));
  const { connection } = await origin.request();
  const flood = Buffer.alloc(8 * 1024 * 1024, 'x');
  const before = connection.received.length;
  one.socket.write(flood);
  // A whole other exchange has its turn meanwhile; what the kernel does not take stays with the client.
  const other = await client();
  other.send(get());
  await origin.request(1);
  assert.ok(one.socket.writableLength > 0, 'all of it was read');
  connection.send(agreement());
  assert.equal((await one.interim()).status, 101);
  await eventually(() => connection.received.length === before + flood.length);
});

for (const [what, answer, status] of [
  ['426', 'HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nno', 426],
  ['200', ok('no'), 200],
  ['401', 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno', 401],
] as const) {
  test(`a target that answers a handshake with ${what} gets no stream: the client has the answer and goes on in HTTP`, async (t) => {
    const scene = await proxied(t, { script: answering(answer) });
    const one = await scene.client();
    one.send(get('/', ...handshakeLines));
    const first = await one.response();
    assert.deepEqual([first.status, first.text], [status, 'no']);
    assert.equal(first.header('connection'), undefined);
    one.send(get('/next'));
    assert.equal((await one.response()).text, 'no');
    assert.deepEqual(
      scene.origin.requests.map(({ target, connection }) => [target, scene.origin.connections.indexOf(connection)]),
      [
        ['/', 0],
        ['/next', 0],
      ],
    );
    assert.deepEqual(websocketsOf(scene), { open: 0, total: 0 });
  });
}

test('what came early for a WebSocket that is refused is neither sent on nor taken for a request', async (t) => {
  const scene = await proxied(t, { script: {} });
  const one = await scene.client();
  one.send(get('/', ...handshakeLines) + get('/smuggled'));
  const { connection } = await scene.origin.request();
  connection.send(ok('no'));
  const answer = await one.response();
  assert.deepEqual([answer.status, answer.header('connection')], [200, 'close']);
  assert.equal(await one.closed(), 'end');
  one.end();
  await scene.settled();
  assert.equal(scene.origin.requests.length, 1);
  assert.equal(connection.received.indexOf('smuggled'), -1);
});

for (const [what, answer] of [
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'],
  ['no protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['a protocol that its Connection does not list', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'],
] as const) {
  test(`a 101 that names ${what} is 502, and its connection is closed`, async (t) => {
    const scene = await proxied(t, { script: answering(answer) });
    const one = await scene.client();
    one.send(get('/', ...handshakeLines));
    const response = await one.response();
    assert.equal(response.status, 502);
    assert.equal(scene.errors('upstream_protocol_error'), 1);
    await eventually(() => scene.origin.open === 0);
    assert.deepEqual(websocketsOf(scene), { open: 0, total: 0 });
  });
}

test('an agreement that was not asked for is 502, also on a connection that carried a handshake before', async (t) => {
  let asked = 0;
  const script: Script = { request: ({ connection }) => connection.send(asked++ === 0 ? ok() : agreement()) };
  const { client, origin } = await proxied(t, { script });
  const one = await client();
  one.send(get('/', ...handshakeLines));
  assert.equal((await one.response()).status, 200);
  one.send(get());
  assert.equal((await one.response()).status, 502);
  assert.equal(origin.connections.length, 1);
});

test('a route that forbids WebSockets answers 403 and asks no target; the connection goes on', async (t) => {
  const scene = await proxied(t, { policies: { websocket: false }, accessLog: {} });
  const one = await scene.client();
  one.send(get('/', ...handshakeLines));
  const answer = await one.response();
  assert.equal(answer.status, 403);
  assert.match(answer.header('proxy-status') ?? '', /; error=http_request_denied/);
  assert.equal((JSON.parse(answer.text) as { cause: string }).cause, 'upgrade_refused');
  assert.equal(scene.errors('upgrade_refused'), 1);
  assert.equal((await scene.line()).cause, 'upgrade_refused');
  assert.equal(scene.origin.requests.length, 0);
  one.send(get());
  assert.equal((await one.response()).status, 200);
});

for (const [what, request] of [
  ['no key', get('/', ...handshakeLines.filter((line) => !line.startsWith('Sec-WebSocket-Key')))],
  ['two keys', get('/', ...handshakeLines, `Sec-WebSocket-Key: ${sampleKey}`)],
  [
    'a key that is none',
    get('/', ...handshakeLines.slice(0, 2), 'Sec-WebSocket-Key: short', 'Sec-WebSocket-Version: 13'),
  ],
  ['no version', get('/', ...handshakeLines.slice(0, 3))],
  ['two versions', get('/', ...handshakeLines, 'Sec-WebSocket-Version: 8')],
  ['a version that is none', get('/', ...handshakeLines.slice(0, 3), 'Sec-WebSocket-Version: new')],
  ['a length', `${get('/', ...handshakeLines, 'Content-Length: 5')}hello`],
  ['a length of 0', get('/', ...handshakeLines, 'Content-Length: 0')],
  ['a chunked body', `${get('/', ...handshakeLines, 'Transfer-Encoding: chunked')}0\r\n\r\n${get('/smuggled')}`],
] as const) {
  test(`a handshake with ${what} is 400, asks no target, and ends its connection`, async (t) => {
    const scene = await proxied(t);
    const one = await scene.client();
    one.send(request);
    assert.equal((await one.response()).status, 400);
    assert.equal(await one.closed(), 'end');
    assert.equal(scene.rejects('upgrade'), 1);
    assert.equal(scene.origin.connections.length, 0);
  });
}

for (const [what, request] of [
  ['POST', head('POST', '/', ...handshakeLines, 'Content-Length: 0')],
  ['HTTP/1.0', get('/', ...handshakeLines, 'Connection: keep-alive').replace('HTTP/1.1', 'HTTP/1.0')],
  ['an Upgrade that Connection does not list', get('/', ...handshakeLines.slice(1))],
  ['an Upgrade to h2c', get('/', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AA')],
] as const) {
  test(`${what} makes no WebSocket: the target does not hear of the wish, and the answer is one of HTTP`, async (t) => {
    const { client, origin } = await proxied(t);
    const one = await client();
    one.send(request);
    assert.equal((await one.response()).status, 200);
    const { fields } = await origin.request();
    assert.deepEqual(
      names(fields).filter((name) => /^(?:connection|upgrade|http2-settings)$/i.test(name)),
      [],
    );
  });
}

test('a handshake behind a refused one is served on the same connection', async (t) => {
  let asked = 0;
  const script: Script = { request: ({ connection }) => connection.send(asked++ === 0 ? ok() : agreement()) };
  const scene = await proxied(t, { script });
  const one = await scene.client();
  one.send(get('/', ...handshakeLines));
  assert.equal((await one.response()).status, 200);
  one.send(get('/', ...handshakeLines));
  assert.equal((await one.interim()).status, 101);
  assert.deepEqual(websocketsOf(scene), { open: 1, total: 1 });
});

test('a target that does not answer a handshake in time is 504, one that cannot be reached 502', async (t) => {
  const slow = await proxied(t, { script: {}, manual: true, policies: { timeoutMs: 2000 } });
  const one = await slow.client();
  one.send(get('/', ...handshakeLines));
  await slow.origin.request();
  slow.clock.advance(2500);
  assert.equal((await one.response()).status, 504);
  const gone = await startPlane(t, scenery([await deadPort()], {}));
  assert.equal((await sceneOf(t, gone).ask(get('/', ...handshakeLines))).status, 502);
});

test('a handshake goes to another target when the first cannot be reached', async (t) => {
  const origin = await startOrigin(t, agreeing);
  const plane = await startPlane(t, scenery([await deadPort(), origin.port], {}));
  const scene = sceneOf(t, plane);
  for (let i = 0; i < 2; i++) {
    const one = await scene.client();
    one.send(get('/', ...handshakeLines));
    assert.equal((await one.interim()).status, 101);
  }
  const { counts } = plane.plan.upstreams[0] as (typeof plane.plan.upstreams)[number];
  assert.ok(plane.registry.sum(counts, upstreamFields.failovers) >= 1);
  assert.equal(origin.requests.length, 2);
});

test('static answers, limits and own paths know no WebSockets', async (t) => {
  const scene = await proxied(t, { script: agreeing });
  const health = await scene.ask(get('/health', ...handshakeLines));
  assert.deepEqual([health.status, health.text], [200, 'OK\n']);
  const full = await proxied(t, { script: agreeing, limits: { maxInFlightRequests: 1 } });
  const one = await full.client();
  one.send(get('/', ...handshakeLines));
  assert.equal((await one.interim()).status, 101);
  assert.equal((await full.ask(get('/', ...handshakeLines))).status, 503);
  assert.equal(full.held().inFlight, 1);
});

test('a body that follows an upgrade which is left out is a body: its connection goes on', async (t) => {
  const { client } = await proxied(t);
  const one = await client();
  const upgrade = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AA'];
  for (let i = 0; i < 2; i++) {
    one.send(`${get('/health', ...upgrade, 'Content-Length: 3')}abc`);
    const answer = await one.response();
    assert.deepEqual([answer.status, answer.header('connection')], [200, undefined]);
  }
});
