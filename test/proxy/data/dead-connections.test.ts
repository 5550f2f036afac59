/** Connections to targets that die: what is safe to send again is sent again, once, on a fresh connection; nothing else is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { ok, type OriginRequest } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { chunked, get, head, post } from '../../helpers/raw-http.ts';

/** Answers the first request of each connection, and does `then` at every later one. */
const answersOnce = (then: (request: OriginRequest) => void) => ({
  request: (request: OriginRequest) => {
    if (request.connection.requests.length === 1) request.connection.send(ok(request.method === 'HEAD' ? '' : 'ok'));
    else then(request);
  },
});
const resets = answersOnce(({ connection }) => connection.reset());
const closes = answersOnce(({ connection }) => connection.end());

for (const [how, script] of [
  ['resets', resets],
  ['closes', closes],
] as const) {
  test(`an idempotent request is sent again when the target ${how} its reused connection without a byte`, async (t) => {
    const scene = await proxied(t, { script, accessLog: {} });
    await scene.ask(get('/first'));
    const requests = [
      get('/get'),
      head('HEAD', '/head'),
      head('DELETE', '/delete'),
      head('OPTIONS', '/options'),
      head('PUT', '/put', 'Content-Length: 3') + 'abc',
      head('PUT', '/chunks', 'Transfer-Encoding: chunked') + chunked(['ab', 'c'], 'X-T: 1'),
    ];
    for (const [number, request] of requests.entries()) {
      const response = await scene.ask(request);
      assert.equal(response.status, 200, request);
      const { target, body, trailers } = scene.origin.requests.at(-1) as OriginRequest;
      assert.ok(request.includes(target));
      if (target === '/put' || target === '/chunks') assert.equal(body.toString(), 'abc');
      if (target === '/chunks') assert.deepEqual(trailers, [['X-T', '1']]);
      assert.equal((await scene.line(number + 1))['attempts'], 2);
    }
    assert.equal(scene.origin.connections.length, requests.length + 1);
    assert.equal(scene.errors('upstream_reset'), 0, 'nobody was harmed');
    await scene.settled();
  });

  test(`a POST is not sent again when the target ${how} its reused connection: 502`, async (t) => {
    const scene = await proxied(t, { script });
    await scene.ask(get('/first'));
    for (const request of [post('abc', '/post'), post('', '/empty'), head('PATCH', '/none')]) {
      const response = await scene.ask(request);
      assert.equal(response.status, 502);
      assert.equal(response.header('proxy-status'), 'sentinel-feedbeef; error=connection_terminated');
      await scene.ask(get('/again'));
    }
    for (const target of ['/post', '/empty', '/none']) {
      assert.equal(scene.origin.requests.filter((request) => request.target === target).length, 1);
    }
    assert.equal(scene.errors('upstream_reset'), 3);
  });
}

test('nothing is sent again on a fresh connection that dies', async (t) => {
  const scene = await proxied(t, { script: { request: ({ connection }) => connection.reset() } });
  assert.equal((await scene.ask(get())).status, 502);
  assert.equal(scene.origin.requests.length, 1);
  assert.equal(scene.errors('upstream_reset'), 1);
});

test('a request is sent again once only', async (t) => {
  const scene = await proxied(t, {
    script: {
      request: ({ connection, target }) => (target === '/first' ? connection.send(ok()) : connection.reset()),
    },
  });
  await scene.ask(get('/first'));
  assert.equal((await scene.ask(get('/second'))).status, 502);
  assert.equal(scene.origin.requests.filter(({ target }) => target === '/second').length, 2);
});

test('nothing is sent again after a byte of the answer', async (t) => {
  const scene = await proxied(t, {
    script: answersOnce(({ connection }) => {
      connection.send('HTTP/1.1 2');
      setImmediate(() => connection.end());
    }),
  });
  await scene.ask(get('/first'));
  assert.equal((await scene.ask(get('/second'))).status, 502);
  assert.equal(scene.origin.requests.length, 2);
});

test('a body that was sent in part is replayed and goes on', async (t) => {
  const scene = await proxied(t, {
    script: {
      head: ({ connection, target }) => {
        if (target === '/put' && connection.requests.length === 1) connection.reset();
      },
      request: ({ connection }) => connection.send(ok()),
    },
  });
  await scene.ask(get('/first'));
  const client = await scene.client();
  client.send(`${head('PUT', '/put', 'Content-Length: 6')}abc`);
  const fresh = await scene.origin.connection(1);
  await eventually(() => fresh.received.toString().endsWith('abc'));
  client.send('def');
  assert.equal((await client.response()).status, 200);
  assert.equal((await scene.origin.request(1)).body.toString(), 'abcdef');
});

test('a body that is too much to keep is not replayed', async (t) => {
  const scene = await proxied(t, {
    script: {
      request: ({ connection }) => (connection.requests.length === 1 ? connection.send(ok()) : connection.reset()),
    },
  });
  await scene.ask(get('/first'));
  const response = await scene.ask(head('PUT', '/put', 'Content-Length: 200000') + 'x'.repeat(200_000));
  assert.equal(response.status, 502);
  assert.equal(scene.origin.requests.filter(({ target }) => target === '/put').length, 1);
});

test('an expectation is answered once even when the request is sent again', async (t) => {
  const scene = await proxied(t, {
    script: {
      head: ({ connection, target }) => {
        if (target === '/put' && connection.requests.length === 1) connection.reset();
      },
      request: ({ connection }) => connection.send(ok()),
    },
  });
  await scene.ask(get('/first'));
  const client = await scene.client();
  client.send(head('PUT', '/put', 'Content-Length: 3', 'Expect: 100-continue'));
  assert.equal((await client.interim()).status, 100);
  await scene.origin.connection(1);
  client.send('abc');
  await client.until('the answer', () => (client.received.includes('ok') ? true : undefined));
  assert.match(client.received.toString(), /^HTTP\/1\.1 200 /);
});

test('an idle connection that the target closes is forgotten', async (t) => {
  const scene = await proxied(t);
  await scene.ask(get());
  assert.equal(scene.held().targetIdle, 1);
  (await scene.origin.connection()).end();
  await eventually(() => scene.held().targetConnections === 0);
  assert.equal(scene.held().targetIdle, 0);
  assert.equal((await scene.ask(post('abc'))).status, 200);
});
