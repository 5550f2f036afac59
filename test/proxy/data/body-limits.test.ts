/** Request bodies above the limit of their route. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { proxied } from '../../helpers/proxied.ts';
import { chunked, get, head, post } from '../../helpers/raw-http.ts';

const limited = { policies: { maxBodyBytes: 10 } };

test('a body of announced length above the limit is refused before an upstream is touched', async (t) => {
  const scene = await proxied(t, limited);
  const client = await scene.client();
  client.send(`${post('x'.repeat(11))}${get('/smuggled')}`);
  const response = await client.response();
  assert.equal(response.status, 413);
  assert.equal(response.header('connection'), 'close');
  assert.equal(await client.closed(), 'end');
  assert.equal(client.received.length, 0);
  assert.equal(scene.origin.connections.length, 0);
  assert.equal(scene.errors('body_too_large'), 1);
  assert.equal(scene.rejects('body_too_large'), 1);
});

test('a body of exactly the limit passes, announced or in chunks', async (t) => {
  const { ask, origin } = await proxied(t, limited);
  assert.equal((await ask(post('0123456789'))).status, 200);
  const chunks = head('POST', '/', 'Transfer-Encoding: chunked') + chunked(['01234', '56789']);
  assert.equal((await ask(chunks)).status, 200);
  assert.deepEqual(
    origin.requests.map(({ body }) => body.toString()),
    ['0123456789', '0123456789'],
  );
});

test('a chunked body that grows above the limit is refused on the way, and never complete at the upstream', async (t) => {
  const scene = await proxied(t, limited);
  const client = await scene.client();
  client.send(`${head('POST', '/', 'Transfer-Encoding: chunked')}5\r\n01234\r\n`);
  const connection = await scene.origin.connection();
  await eventually(() => connection.received.includes('01234'));
  client.send('6\r\n567890\r\n0\r\n\r\n');
  assert.equal((await client.response()).status, 413);
  assert.equal(await client.closed(), 'end');
  await eventually(() => connection.gone);
  assert.equal(scene.origin.requests.length, 0);
  client.socket.destroy();
  await scene.settled();
});

test('a chunked body that comes whole and above the limit is refused all the same', async (t) => {
  const { ask, origin } = await proxied(t, limited);
  const request = head('POST', '/', 'Transfer-Encoding: chunked') + chunked(['01234', '567890']);
  for (let i = 0; i < 3; i++) assert.equal((await ask(request)).status, 413);
  assert.equal(origin.requests.length, 0);
});

test('a limit of zero is none', async (t) => {
  const { ask, origin } = await proxied(t, { policies: { maxBodyBytes: 0 } });
  assert.equal((await ask(post('x'.repeat(100_000)))).status, 200);
  assert.equal((await origin.request()).body.length, 100_000);
});

test('a client that sends all of a body that is too large still reads its 413', async (t) => {
  const { client } = await proxied(t, limited);
  const one = await client();
  one.send(head('POST', '/', 'Content-Length: 20000000'));
  for (let i = 0; i < 200; i++) one.send(Buffer.alloc(100_000));
  assert.equal((await one.response()).status, 413);
  assert.equal(await one.closed(), 'end');
});
