/** Bodies in chunks, both ways, however their bytes are cut up on the way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { answering, ok } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { chunked, get, head } from '../../helpers/raw-http.ts';

const parts = ['a', 'bb'.repeat(50), 'ccc'.repeat(3000), 'd'];
const whole = parts.join('');
const start = head('POST', '/', 'Transfer-Encoding: chunked');

test('a chunked request arrives as it was sent, in any number of pieces', async (t) => {
  const { client, origin } = await proxied(t);
  const one = await client();
  const bytes = start + chunked(parts, 'X-Sum: 1', 'X-Other: 2');
  for (const [number, size] of [1_000_000, 5000, 700, 61].entries()) {
    for (let at = 0; at < bytes.length; at += size) {
      one.send(bytes.slice(at, at + size));
      if (at % 3 === 0) await new Promise(setImmediate);
    }
    assert.equal((await one.response()).status, 200);
    const request = await origin.request(number);
    assert.equal(request.body.toString(), whole);
    assert.equal(request.header('content-length'), undefined);
    assert.deepEqual(request.trailers, [
      ['X-Sum', '1'],
      ['X-Other', '2'],
    ]);
  }
});

test('a chunked request whose bytes wait for the connection arrives whole, trailers and all', async (t) => {
  const { client, origin } = await proxied(t, {
    upstream: { pool: { maxConnections: 1, maxIdle: 1, idleTimeoutMs: 0, maxLifetimeMs: 0, maxPending: 10 } },
    script: { request: ({ connection, target }) => void (target !== '/hold' && connection.send(ok())) },
  });
  const holder = await client();
  holder.send(get('/hold'));
  await origin.request();
  const waiting = await client();
  waiting.send(start + chunked(parts, 'X-Sum: 1') + get('/next'));
  await new Promise(setImmediate);
  (await origin.connection()).send(ok());
  await holder.response();
  assert.equal((await waiting.response()).status, 200);
  assert.equal((await waiting.response()).status, 200);
  assert.equal(origin.requests[1]?.body.toString(), whole);
  assert.deepEqual(origin.requests[1]?.trailers, [['X-Sum', '1']]);
  assert.equal(origin.requests[2]?.target, '/next');
});

test('a chunked response arrives as it was sent, in any number of pieces, trailers included', async (t) => {
  const bytes = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n${chunked(parts, 'X-Sum: 1', 'Content-Length: 5')}`;
  let size = 0;
  const { client } = await proxied(t, {
    script: {
      request: ({ connection }) => {
        const send = (at: number): void => {
          if (at >= bytes.length) return;
          connection.send(bytes.slice(at, at + size));
          setImmediate(send, at + size);
        };
        send(0);
      },
    },
  });
  const one = await client();
  for (size of [1_000_000, 5000, 700, 61]) {
    one.send(get());
    const response = await one.response();
    assert.equal(response.text, whole);
    assert.equal(response.framing, 'chunked');
    assert.equal(response.header('trailer'), 'X-Sum');
    assert.deepEqual(response.trailers, [['X-Sum', '1']]);
  }
});

test('extensions of response chunks are dropped', async (t) => {
  const body = '3;a=b\r\nabc\r\n0;c\r\n\r\n';
  const { client } = await proxied(t, {
    script: answering(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`),
  });
  const one = await client();
  one.send(get());
  await one.until('the end of the body', () => (one.received.includes('\r\n\r\n3') ? true : undefined));
  await eventually(() => one.received.toString().endsWith('\r\n\r\n3\r\nabc\r\n0\r\n\r\n'));
});

test('a chunk reaches the other side before the next one exists', async (t) => {
  const { client, origin } = await proxied(t, {
    script: { head: ({ connection }) => connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n') },
  });
  const one = await client();
  one.send(start);
  const connection = await origin.connection();
  for (const letter of ['a', 'b', 'c']) {
    one.send(`1\r\n${letter}\r\n`);
    await eventually(() => connection.received.toString().endsWith(`1\r\n${letter}\r\n`));
    connection.send(`1\r\n${letter.toUpperCase()}\r\n`);
    await one.until('the echo', () =>
      one.received.toString().endsWith(`${letter.toUpperCase()}\r\n`) ? true : undefined,
    );
  }
  connection.send('0\r\n\r\n');
  assert.equal((await one.response()).text, 'ABC');
});

test('a response of known length is not chunked, one of unknown length is', async (t) => {
  const { ask } = await proxied(t, {
    script: {
      request: ({ connection, target }) => {
        if (target === '/known') connection.send(ok('known'));
        else connection.end('HTTP/1.0 200 OK\r\n\r\nunknown');
      },
    },
  });
  const known = await ask(get('/known'));
  assert.deepEqual([known.framing, known.header('content-length'), known.text], ['length', '5', 'known']);
  const unknown = await ask(get('/unknown'));
  assert.deepEqual(
    [unknown.framing, unknown.header('content-length'), unknown.text],
    ['chunked', undefined, 'unknown'],
  );
});
