/** Responses that have no body whatever their fields say: to HEAD, 204 and 304. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { answering, ok } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get, head } from '../../helpers/raw-http.ts';

test('an answer to HEAD announces its length and the connection stays in step', async (t) => {
  const { client, origin } = await proxied(t, {
    script: {
      request: ({ connection, method }) => {
        connection.send(method === 'HEAD' ? 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n' : ok('body'));
      },
    },
  });
  const one = await client();
  for (let i = 0; i < 3; i++) {
    one.send(head('HEAD', '/'));
    const response = await one.response('HEAD');
    assert.equal(response.header('content-length'), '1000');
    one.send(get());
    assert.equal((await one.response()).text, 'body');
  }
  assert.equal(origin.connections.length, 1);
});

test('an answer to HEAD of unknown length says nothing of it', async (t) => {
  const { client } = await proxied(t, { script: answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n') });
  const one = await client();
  one.send(head('HEAD', '/') + head('HEAD', '/'));
  for (let i = 0; i < 2; i++) {
    const response = await one.response('HEAD');
    assert.equal(response.header('content-length'), undefined);
    assert.equal(response.header('transfer-encoding'), undefined);
  }
});

test('204 has neither body nor length, 304 may announce one', async (t) => {
  const { client, origin } = await proxied(t, {
    script: {
      request: ({ connection, target }) =>
        connection.send(`HTTP/1.1 ${target.slice(1)} X\r\nContent-Length: 5\r\nETag: "a"\r\n\r\n`),
    },
  });
  const one = await client();
  one.send(get('/204') + get('/304') + get('/204'));
  assert.equal((await one.response()).header('content-length'), undefined);
  const unmodified = await one.response();
  assert.equal(unmodified.header('content-length'), '5');
  assert.equal(unmodified.header('etag'), '"a"');
  assert.equal((await one.response()).status, 204);
  assert.equal(origin.connections.length, 2, 'the 304 goes on, the first 204 does not: it says that a body follows');
});

for (const [what, request, response] of [
  ['HEAD', head('HEAD', '/'), ok('body')],
  ['204', get('/'), 'HTTP/1.1 204 No Content\r\n\r\nbody'],
  ['304', get('/'), 'HTTP/1.1 304 Not Modified\r\n\r\nbody'],
  ['Content-Length: 0', get('/'), 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nbody'],
] as const) {
  test(`a body after ${what} is a protocol error and never the next response`, async (t) => {
    const evil = `${response}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`;
    const { client, origin, errors, held } = await proxied(t, {
      script: {
        request: ({ connection }) => connection.send(origin.requests.length === 1 ? evil : ok('good')),
      },
    });
    const one = await client();
    one.send(request);
    const refused = await one.response(request.slice(0, request.indexOf(' ')));
    assert.equal(refused.status, 502);
    assert.match(refused.header('proxy-status') ?? '', /error=http_protocol_error/);
    one.send(get());
    assert.equal((await one.response()).text, 'good');
    assert.equal(origin.connections.length, 2);
    assert.equal(errors('upstream_protocol_error'), 1);
    assert.equal(held().targetConnections, 1);
  });

  test(`a body that comes later, after ${what}, costs its connection`, async (t) => {
    const headEnd = response.indexOf('\r\n\r\n') + 4;
    const { client, origin } = await proxied(t, {
      script: {
        request: ({ connection }) =>
          connection.send(origin.requests.length === 1 ? response.slice(0, headEnd) : ok('good')),
      },
    });
    const one = await client();
    one.send(request);
    assert.notEqual((await one.response(request.slice(0, request.indexOf(' ')))).status, 502);
    (await origin.connection()).send(`${response.slice(headEnd)}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`);
    await eventually(() => origin.connections[0]?.gone === true);
    one.send(get());
    assert.equal((await one.response()).text, 'good');
  });
}

for (const announced of ['Transfer-Encoding: chunked', 'Content-Length: 5']) {
  test(`a 204 that announces a body (${announced}) gives its connection to no other request`, async (t) => {
    const { client, origin } = await proxied(t, {
      script: answering(`HTTP/1.1 204 No Content\r\n${announced}\r\n\r\n`),
    });
    const one = await client();
    for (let i = 0; i < 2; i++) {
      one.send(get());
      const response = await one.response();
      assert.deepEqual(
        [response.status, response.header('content-length'), response.header('transfer-encoding')],
        [204, undefined, undefined],
      );
    }
    assert.equal(origin.connections.length, 2);
  });
}
