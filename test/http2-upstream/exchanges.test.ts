/** Requests and responses between an HTTP/1.1 client and a target that speaks HTTP/2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../helpers/eventually.ts';
import { chunked, get, head, post } from '../helpers/raw-http.ts';
import { http2Scene } from './http2-scene.ts';

test('a request goes out as an HTTP/2 head with lower-case names, its Host as authority and nothing of one hop', async (t) => {
  const s = await http2Scene(t);
  const response = await s.ask(
    get(
      '/a/b?c=%20d',
      'X-Mixed: \xe9t\xe9',
      'Cookie: a=1',
      'Cookie: b=2',
      'Connection: X-Hop',
      'X-Hop: 1',
      'Accept: */*',
    ),
  );
  assert.equal(response.status, 200);
  assert.equal(response.text, 'ok');
  const { raw } = await s.origin.request();
  const named = (name: string) => raw.filter((_, at) => at % 2 === 1 && raw[at - 1] === name);
  assert.deepEqual(raw.slice(0, 8), [
    ':method',
    'GET',
    ':path',
    '/a/b?c=%20d',
    ':scheme',
    'http',
    ':authority',
    'a.test',
  ]);
  assert.deepEqual(named('x-mixed'), ['\xe9t\xe9']);
  assert.deepEqual(named('cookie'), ['a=1', 'b=2']);
  for (const name of ['host', 'connection', 'x-hop', 'te']) assert.deepEqual(named(name), [], name);
  assert.match(named('via')[0] ?? '', /^1\.1 sentinel-/);
});

test('bodies of every framing arrive, with trailers where the client sends them', async (t) => {
  const s = await http2Scene(t);
  const client = await s.client();
  client.send(post('hello'));
  assert.equal((await client.response('POST')).status, 200);
  client.send(
    head('POST', '/', 'Transfer-Encoding: chunked', 'TE: trailers', 'Connection: TE') +
      chunked(['ab', 'cde'], 'X-Sum: 5'),
  );
  assert.equal((await client.response('POST')).status, 200);
  client.send(head('POST', '/', 'Content-Length: 0'));
  assert.equal((await client.response('POST')).status, 200);
  const first = await s.origin.request(0);
  assert.equal(first.body.toString(), 'hello');
  assert.equal(first.headers['content-length'], '5');
  const second = await s.origin.request(1);
  assert.equal(second.body.toString(), 'abcde');
  assert.equal(second.headers['te'], 'trailers');
  assert.equal(second.trailers?.['x-sum'], '5');
  assert.equal((await s.origin.request(2)).body.length, 0);
  assert.equal(s.origin.sessions.length, 1);
  assert.equal(s.held().targetConnections, 1);
  client.socket.destroy();
  await s.settled();
  assert.equal(s.held().targetIdle, 1);
});

test('a response of unknown length comes in chunks, with its interim heads and trailers', async (t) => {
  const s = await http2Scene(t, ({ stream }) => {
    stream.additionalHeaders({ ':status': 103, link: '</a>' });
    stream.respond({ ':status': 200, 'x-a': '1', 'set-cookie': ['a=1', 'b=2'] }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '7' }));
    stream.end('abc');
  });
  const client = await s.client();
  client.send(get('/', 'TE: trailers', 'Connection: TE'));
  const interim = await client.interim();
  assert.equal(interim.status, 103);
  assert.equal(interim.header('link'), '</a>');
  const response = await client.response();
  assert.equal(response.text, 'abc');
  assert.equal(response.header('transfer-encoding'), 'chunked');
  assert.deepEqual(
    response.fields.filter(([name]) => name === 'set-cookie').map(([, value]) => value),
    ['a=1', 'b=2'],
  );
  assert.deepEqual(response.trailers, [['x-sum', '7']]);
});

test('an answer that ends with its head has the length 0, and one to HEAD, a 204 and a 304 have none', async (t) => {
  const s = await http2Scene(t, ({ stream, headers }) => {
    const status = Number(String(headers[':path']).slice(1));
    stream.respond(
      { ':status': status, ...(headers[':method'] === 'HEAD' ? { 'content-length': 9 } : {}) },
      { endStream: true },
    );
  });
  const client = await s.client();
  for (const [method, status, length] of [
    ['GET', 200, '0'],
    ['HEAD', 200, '9'],
    ['GET', 204, undefined],
    ['GET', 304, undefined],
    ['GET', 404, '0'],
  ] as const) {
    client.send(head(method, `/${status}`));
    const response = await client.response(method);
    assert.equal(response.status, status);
    assert.equal(response.header('content-length'), length, `${method} ${status}`);
  }
});

test('a client that leaves has its stream reset at once, and the session goes on', async (t) => {
  const s = await http2Scene(t, ({ stream, headers }) => {
    if (headers[':path'] === '/slow') {
      stream.respond({ ':status': 200 });
      stream.write('begun');
    } else stream.respond({ ':status': 204 }, { endStream: true });
  });
  const client = await s.client();
  client.send(get('/slow'));
  await s.origin.stream();
  client.reset();
  const [seen] = s.origin.streams;
  await eventually(() => seen?.closed === 8);
  assert.equal((await s.ask(get('/next'))).status, 204);
  assert.equal(s.origin.sessions.length, 1);
  await s.settled();
});

test('a head as large as the limits let in goes out whole', async (t) => {
  const limits = { maxHeaderBytes: 300_000, maxHeaderValueBytes: 30_000 };
  const s = await http2Scene(t, undefined, { limits, origin: { settings: { maxHeaderListSize: 400_000 } } });
  const value = 'v'.repeat(25_000);
  const lines = ['a', 'b', 'c', 'd'].map((letter) => `X-${letter}: ${value}`);
  assert.equal((await s.ask(get('/', ...lines))).text, 'ok');
  assert.equal((await s.origin.stream()).headers['x-d'], value);
  assert.equal((await s.ask(get())).text, 'ok');
  assert.equal(s.origin.sessions.length, 1);
});
