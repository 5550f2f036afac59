/** Requests with a body that the proxy answers itself: the body is read to its end or the connection ends; it is never a request. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deadPort } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { upstream } from '../../helpers/data-plane.ts';
import { chunked, get, head, post } from '../../helpers/raw-http.ts';

const nowhere = {
  route: {
    matches: {
      paths: [{ kind: 'prefix', path: '/served' }],
      hosts: [],
      methods: [],
      headers: [],
      queryParams: [],
      clientIps: [],
    },
  },
} as const;

test('a small body of a request without a route is dropped, and the connection goes on', async (t) => {
  const { client, origin } = await proxied(t, nowhere);
  const one = await client();
  const smuggled = get('/served/smuggled');
  one.send(post(smuggled, '/nowhere') + get('/served/next'));
  const first = await one.response();
  assert.equal(first.status, 404);
  assert.equal(first.header('connection'), undefined);
  assert.equal((await one.response()).status, 200);
  assert.deepEqual(
    origin.requests.map(({ target }) => target),
    ['/served/next'],
  );
});

test('a small body that comes after the answer is dropped too', async (t) => {
  const { client, origin } = await proxied(t, nowhere);
  const one = await client();
  const body = get('/served/smuggled');
  one.send(head('POST', '/nowhere', `Content-Length: ${body.length}`));
  assert.equal((await one.response()).status, 404);
  one.send(body.slice(0, 10));
  await new Promise(setImmediate);
  one.send(body.slice(10) + get('/served/next'));
  assert.equal((await one.response()).status, 200);
  assert.equal(origin.requests.length, 1);
});

test('a large, chunked or awaited body ends the connection after the answer', async (t) => {
  const { client, origin } = await proxied(t, nowhere);
  const requests = [
    head('POST', '/nowhere', 'Content-Length: 100000') + get('/served/smuggled'),
    head('POST', '/nowhere', 'Transfer-Encoding: chunked') + chunked(['abc']) + get('/served/smuggled'),
    head('POST', '/nowhere', 'Content-Length: 5', 'Expect: 100-continue') + get('/served/smuggled'),
  ];
  for (const request of requests) {
    const one = await client();
    one.send(request);
    const response = await one.response();
    assert.equal(response.status, 404);
    assert.equal(response.header('connection'), 'close');
    assert.equal(await one.closed(), 'end');
    assert.equal(one.received.length, 0);
  }
  assert.equal(origin.requests.length, 0);
});

test('a client that goes on sending a large body still reads the answer', async (t) => {
  const { client } = await proxied(t, nowhere);
  const one = await client();
  one.send(head('POST', '/nowhere', 'Content-Length: 8000000'));
  for (let i = 0; i < 80; i++) one.send(Buffer.alloc(100_000));
  const response = await one.response();
  assert.equal(response.status, 404);
  assert.equal(await one.closed(), 'end', 'a reset could have taken the answer from the client');
});

test('a body that was meant for a target which cannot be reached is dropped or ends the connection', async (t) => {
  const { client } = await proxied(t, { config: { upstreams: [upstream([await deadPort()])] } });
  const one = await client();
  one.send(post(get('/smuggled')) + post('x'.repeat(100_000)) + get());
  assert.equal((await one.response()).status, 502);
  const second = await one.response();
  assert.equal(second.status, 502);
  assert.equal(second.header('connection'), 'close');
  assert.equal(await one.closed(), 'end');
  assert.equal(one.received.length, 0);
});
