/** Bytes of a target beyond its response: they are nobody's response. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { ok } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get } from '../../helpers/raw-http.ts';

const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';

for (const [framing, first] of [
  ['a length', ok('first')],
  ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\n'],
  ['chunks and trailers', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\nX-T: 1\r\n\r\n'],
] as const) {
  test(`a second response after one of ${framing} is thrown away with its connection`, async (t) => {
    const { client, origin, held } = await proxied(t, {
      script: {
        request: ({ connection }) => connection.send(origin.requests.length === 1 ? first + evil : ok('second')),
      },
    });
    const one = await client();
    one.send(get() + get());
    assert.equal((await one.response()).text, 'first');
    assert.equal((await one.response()).text, 'second');
    assert.equal(origin.connections.length, 2);
    await eventually(() => origin.connections[0]?.gone === true);
    assert.equal(held().targetConnections, 1);
  });
}

test('bytes on an idle connection end it', async (t) => {
  for (const bytes of [evil, '\r\n', 'x', 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n']) {
    const { client, origin, held } = await proxied(t, {
      script: { request: ({ connection }) => connection.send(ok(String(origin.requests.length))) },
    });
    const one = await client();
    one.send(get());
    assert.equal((await one.response()).text, '1');
    (await origin.connection()).send(bytes);
    await eventually(() => held().targetConnections === 0);
    one.send(get());
    assert.equal((await one.response()).text, '2');
  }
});

test('bytes on a connection before its first request end that request, not the next', async (t) => {
  const { ask, origin } = await proxied(t, {
    script: {
      connected: (connection) => {
        if (origin.connections.length === 1) connection.send(evil);
      },
      request: ({ connection, target }) => connection.send(ok(target)),
    },
  });
  const first = await ask(get('/first'));
  assert.ok(first.status === 502 || first.text === 'evil', 'such bytes cannot be told from a quick answer');
  await eventually(() => origin.connections[0]?.gone === true || origin.connections[0]?.requests.length === 1);
  for (const target of ['/second', '/third']) assert.equal((await ask(get(target))).text, target);
});

test('Connection: close of a target is kept to', async (t) => {
  const { client, origin } = await proxied(t, {
    script: { request: ({ connection }) => connection.send(ok('ok', 'Connection: close')) },
  });
  const one = await client();
  for (let i = 0; i < 3; i++) {
    one.send(get());
    const response = await one.response();
    assert.equal(response.header('connection'), undefined, 'the connection of the client is another');
  }
  assert.equal(origin.connections.length, 3);
  await eventually(() => origin.open === 0);
});

test('an HTTP/1.0 target keeps its connection only where it says so', async (t) => {
  const { client, origin } = await proxied(t, {
    script: {
      request: ({ connection, target }) => {
        const keep = target === '/keep' ? 'Connection: keep-alive\r\n' : '';
        connection.send(`HTTP/1.0 200 OK\r\n${keep}Content-Length: 2\r\n\r\nok`);
      },
    },
  });
  const one = await client();
  for (const target of ['/keep', '/keep', '/drop', '/keep']) {
    one.send(get(target));
    assert.equal((await one.response()).text, 'ok');
  }
  assert.equal(origin.connections.length, 2);
});
