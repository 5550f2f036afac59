/** Responses that break off: the client must notice, in every framing, and the connections are not used again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import type { OriginConnection } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get } from '../../helpers/raw-http.ts';

const starts = [
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome'],
  ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n'],
  ['a chunk inside', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nsome'],
  ['chunks before the last CRLF', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n0\r\n'],
] as const;
const ends: readonly (readonly [string, (connection: OriginConnection) => void])[] = [
  ['a FIN', (connection) => connection.end()],
  ['a reset', (connection) => connection.reset()],
];

for (const [framing, start] of starts) {
  for (const [how, end] of ends) {
    test(`a response of ${framing} that ${how} cuts short is cut short for the client`, async (t) => {
      const scene = await proxied(t, {
        accessLog: {},
        script: { request: ({ connection }) => connection.send(start) },
      });
      const client = await scene.client();
      client.send(get() + get('/next'));
      await client.until('the beginning', () => (client.received.includes('some') ? true : undefined));
      end(await scene.origin.connection());
      const cut = await client.cutResponse();
      assert.equal(cut.text, 'some');
      assert.equal(cut.size, client.received.length, 'something was said after the cut');
      assert.equal(scene.origin.requests.length, 1, 'the pipelined request must not run on');
      assert.equal(scene.errors('upstream_truncated'), 1);
      const line = await scene.line();
      assert.deepEqual([line['status'], line['cause']], [200, 'upstream_truncated']);
      await scene.settled();
    });
  }
}

test('a reset in a body that ends with its connection is not taken for its end', async (t) => {
  const scene = await proxied(t, {
    script: { request: ({ connection }) => connection.send('HTTP/1.1 200 OK\r\n\r\nsome') },
  });
  const client = await scene.client();
  client.send(get());
  await client.until('the beginning', () => (client.received.includes('some') ? true : undefined));
  (await scene.origin.connection()).reset();
  assert.equal((await client.cutResponse()).text, 'some');
  assert.equal(scene.errors('upstream_truncated'), 1);
});

test('an HTTP/1.0 client learns of a cut by a reset where only the end of the connection ends the body', async (t) => {
  const scene = await proxied(t, {
    script: {
      request: ({ connection }) =>
        connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n'),
    },
  });
  const client = await scene.client();
  client.send('GET / HTTP/1.0\r\n\r\n');
  await client.until('the beginning', () => (client.received.includes('some') ? true : undefined));
  (await scene.origin.connection()).end();
  assert.equal(await client.closed(), 'reset');
});

test('a body that breaks its own framing after the head is cut', async (t) => {
  for (const broken of ['4\r\nsome\r\nXYZ\r\n', '4\r\nsomeX\r\n', '4\r\nsome\r\n0\r\nbad trailer\r\n\r\n']) {
    const scene = await proxied(t, {
      script: {
        request: ({ connection }) => {
          connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
          setImmediate(() => connection.send(broken));
        },
      },
    });
    const client = await scene.client();
    client.send(get());
    await client.cutResponse();
    assert.equal(scene.errors('upstream_protocol_error'), 1, broken);
    await eventually(() => scene.origin.open === 0);
    await scene.settled();
  }
});

test('a connection that ends before the head is complete is 502', async (t) => {
  for (const start of ['', 'H', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n']) {
    const scene = await proxied(t, { script: { request: ({ connection }) => connection.end(start) } });
    const response = await scene.ask(get());
    assert.equal(response.status, 502, start);
    assert.equal(scene.errors('upstream_reset'), 1);
    await scene.settled();
  }
});
