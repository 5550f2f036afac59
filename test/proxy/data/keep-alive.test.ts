/** How long a client's connection lives, and who decides. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answering, ok } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get, post } from '../../helpers/raw-http.ts';

test('one connection carries one request after another', async (t) => {
  const { client, origin } = await proxied(t);
  const one = await client();
  for (let i = 0; i < 5; i++) {
    one.send(get(`/${i}`));
    const response = await one.response();
    assert.equal(response.status, 200);
    assert.equal(response.header('connection'), undefined);
  }
  assert.deepEqual(
    origin.requests.map(({ target }) => target),
    ['/0', '/1', '/2', '/3', '/4'],
  );
  assert.equal(origin.connections.length, 1, 'the connection to the target is reused');
});

test('bodies of every framing leave the connection in step', async (t) => {
  const { client, origin } = await proxied(t);
  const one = await client();
  one.send(post('12345', '/length'));
  assert.equal((await one.response()).text, 'ok');
  one.send('POST /chunks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n');
  assert.equal((await one.response()).text, 'ok');
  one.send(post('', '/empty'));
  assert.equal((await one.response()).text, 'ok');
  one.send(get('/none'));
  assert.equal((await one.response()).text, 'ok');
  assert.deepEqual(
    origin.requests.map(({ target, body }) => `${target} ${body}`),
    ['/length 12345', '/chunks abc', '/empty ', '/none '],
  );
});

test('Connection: close ends the connection after its answer', async (t) => {
  const { client } = await proxied(t);
  const one = await client();
  one.send(get('/', 'Connection: close'));
  const response = await one.response();
  assert.equal(response.header('connection'), 'close');
  assert.equal(await one.closed(), 'end');
});

test('bytes after a request with Connection: close are never read as a request', async (t) => {
  const { client, origin } = await proxied(t);
  const one = await client();
  one.send(get('/first', 'Connection: close') + get('/second') + 'garbage');
  assert.equal((await one.response()).status, 200);
  assert.equal(await one.closed(), 'end');
  assert.equal(one.received.length, 0);
  assert.deepEqual(
    origin.requests.map(({ target }) => target),
    ['/first'],
  );
});

test('an HTTP/1.0 client gets its connection closed, unless it asks for keep-alive', async (t) => {
  const { client } = await proxied(t);
  const closing = await client();
  closing.send('GET / HTTP/1.0\r\n\r\n');
  assert.equal((await closing.response()).header('connection'), 'close');
  assert.equal(await closing.closed(), 'end');
  const kept = await client();
  for (let i = 0; i < 2; i++) {
    kept.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    assert.equal((await kept.response()).header('connection'), 'keep-alive');
  }
});

test('an HTTP/1.0 client learns the end of a body of unknown length from the end of the connection', async (t) => {
  const body = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n';
  const { client } = await proxied(t, { script: answering(body) });
  const one = await client();
  one.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  const response = await one.response();
  assert.equal(response.text, 'abcde');
  assert.equal(response.framing, 'close');
  assert.equal(response.header('connection'), 'close');
  assert.equal(response.header('transfer-encoding'), undefined);
});

test('a connection takes no more than its number of requests', async (t) => {
  const { client } = await proxied(t, { listener: { maxRequestsPerConnection: 2 } });
  const one = await client();
  one.send(get() + get() + get());
  assert.equal((await one.response()).header('connection'), undefined);
  assert.equal((await one.response()).header('connection'), 'close');
  assert.equal(await one.closed(), 'end');
  assert.equal(one.received.length, 0);
});

test('a connection that stays silent after a response is closed after the keep-alive time, without a word', async (t) => {
  const { client, clock, settled } = await proxied(t, { manual: true, listener: { keepaliveTimeoutMs: 5000 } });
  const one = await client();
  one.send(get());
  await one.response();
  clock.advance(4800);
  one.send(get());
  await one.response();
  clock.advance(5200);
  assert.equal(await one.closed(), 'end');
  assert.equal(one.received.length, 0);
  await settled();
});

test('a connection is idle again after a body that was read in pieces', async (t) => {
  const { client, clock, origin } = await proxied(t, { manual: true, listener: { keepaliveTimeoutMs: 60_000 } });
  const one = await client();
  // The head goes out while the connection to the target is still being made, so that the body waits.
  one.send(post('x'.repeat(2000)));
  await one.response();
  assert.equal(origin.requests.length, 1);
  // Longer than the time for a head: were the connection taken for one that is inside a head, it would get 408.
  clock.advance(30_000);
  one.send(get());
  assert.equal((await one.response()).status, 200);
});

test('the body of a response that ends with its connection reaches the client in chunks', async (t) => {
  const { client } = await proxied(t, {
    script: { request: ({ connection }) => connection.end('HTTP/1.1 200 OK\r\n\r\nuntil the end') },
  });
  const one = await client();
  for (let i = 0; i < 2; i++) {
    one.send(get());
    const response = await one.response();
    assert.equal(response.framing, 'chunked');
    assert.equal(response.text, 'until the end');
  }
});

test('an empty line before a request is skipped', async (t) => {
  const { client } = await proxied(t, { script: answering(ok('1')) });
  const one = await client();
  one.send(`\r\n${get()}\r\n${get()}`);
  assert.equal((await one.response()).text, '1');
  assert.equal((await one.response()).text, '1');
});
