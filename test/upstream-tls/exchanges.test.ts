/** Exchanges over TLS connections to targets: what holds in plain text holds under TLS, and an end must be announced. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { watchClosure } from '../../src/proxy/data/upstream/tls-closure.ts';
import { TestAuthority } from '../helpers/certificates.ts';
import { upstream } from '../helpers/data-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { answering, ok, type OriginRequest, startOrigin } from '../helpers/origin.ts';
import { get, head, post, RawClient } from '../helpers/raw-http.ts';
import { connectTls, listenerTls, upstreamTls } from '../helpers/secured-plane.ts';
import { tlsUpstreamScene } from '../helpers/tls-origin.ts';

const versions = ['TLSv1.2', 'TLSv1.3'] as const;
const untilClose = 'HTTP/1.1 200 OK\r\n\r\nhello';

test('a connection whose answer ended while it was held back is good for the next request', async (t) => {
  const authority = TestAuthority.root(t);
  const scene = await tlsUpstreamScene(t, {
    authority,
    listener: { tls: listenerTls(authority.issue()) },
    script: { request: ({ connection, body }) => connection.send(ok(body.toString())) },
  });
  // Writes to this client are done a turn late: an answer of more than 64 KiB must wait for it when its last records have
  // been read already.
  const client = RawClient.over(await connectTls(t, scene.port, { ca: authority.cert }));
  for (let length = 64_000; length <= 84_000; length += 2000) {
    client.send(post('x'.repeat(length)));
    assert.equal((await client.response()).text.length, length);
  }
  assert.equal(scene.origin.connections.length, 1);
});

for (const version of versions) {
  test(`requests and bodies go over one ${version} connection, again and again`, async (t) => {
    const scene = await tlsUpstreamScene(t, {
      origin: { maxVersion: version },
      script: { request: ({ connection, body }) => connection.send(ok(body.toString())) },
    });
    const client = await scene.client();
    for (const body of ['', 'abc', 'x'.repeat(100_000)]) {
      client.send(post(body));
      assert.equal((await client.response()).text, body);
    }
    assert.equal(scene.origin.connections.length, 1);
    client.end();
    await scene.settled();
  });

  test(`a ${version} response that ends with its connection is whole when the target says so`, async (t) => {
    const scene = await tlsUpstreamScene(t, {
      origin: { maxVersion: version },
      script: { request: ({ connection }) => connection.end(untilClose) },
    });
    assert.equal((await scene.ask(get())).text, 'hello');
    const client = await scene.client();
    client.send('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
    assert.equal((await client.response()).text, 'hello');
  });

  test(`a ${version} response that ends with its connection is cut when only the wire ends`, async (t) => {
    const scene = await tlsUpstreamScene(t, {
      origin: { maxVersion: version },
      accessLog: {},
      script: { request: ({ connection }) => connection.send(untilClose) },
    });
    const client = await scene.client();
    client.send(get());
    await client.until('the body', () => client.received.includes('hello') || undefined);
    scene.origin.beneath(await scene.origin.connection()).end();
    const cut = await client.cutResponse();
    assert.equal(cut.text, 'hello');
    assert.equal((await scene.line())['cause'], 'upstream_truncated');
    await scene.settled();
  });

  test(`a ${version} response that ends while its reader is slow is whole all the same`, async (t) => {
    const body = Buffer.alloc(24_000_000, 'a');
    const scene = await tlsUpstreamScene(t, {
      origin: { maxVersion: version },
      script: {
        request: ({ connection }) => {
          connection.send('HTTP/1.1 200 OK\r\n\r\n');
          connection.socket.end(body);
        },
      },
    });
    const socket = connect({ host: '127.0.0.1', port: scene.port });
    t.after(() => void socket.destroy());
    socket.write(get('/', 'Connection: close'));
    // Nobody reads: what has come fills every buffer up to the origin.
    await scene.origin.request();
    let [bytes, tail] = [0, ''];
    for await (const piece of socket as AsyncIterable<Buffer>) {
      bytes += piece.length;
      tail = (tail + piece.toString('latin1', Math.max(0, piece.length - 5))).slice(-5);
    }
    assert.ok(bytes > body.length, `${bytes} bytes`);
    assert.equal(tail, '0\r\n\r\n');
  });
}

for (const [how, leave] of [
  ['the wire', 'beneath'],
  ['TLS', 'above'],
  ['a reset', 'reset'],
] as const) {
  test(`a response of a length that ${how} cuts short is cut short for the client`, async (t) => {
    const scene = await tlsUpstreamScene(t, {
      accessLog: {},
      script: { request: ({ connection }) => connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello') },
    });
    const client = await scene.client();
    client.send(get());
    await client.until('the body', () => client.received.includes('hello') || undefined);
    const connection = await scene.origin.connection();
    if (leave === 'above') connection.end();
    else if (leave === 'beneath') scene.origin.beneath(connection).end();
    else scene.origin.beneath(connection).resetAndDestroy();
    assert.equal((await client.cutResponse()).text, 'hello');
    assert.equal((await scene.line())['cause'], 'upstream_truncated');
    await scene.settled();
  });
}

test('a reset before any answer is 502', async (t) => {
  const scene = await tlsUpstreamScene(t, {
    script: { request: ({ connection }) => void scene.origin.beneath(connection).resetAndDestroy() },
  });
  const response = await scene.ask(post('abc'));
  assert.equal(response.status, 502);
  assert.equal(response.header('proxy-status'), 'sentinel-feedbeef; error=connection_terminated');
});

test('an early answer under a large upload is not lost when the target then goes', async (t) => {
  const refusal = 'HTTP/1.1 413 Too Much\r\nContent-Length: 6\r\nConnection: close\r\n\r\nno way';
  const authority = TestAuthority.root(t);
  const issued = authority.issue();
  for (const leave of ['announced', 'unannounced'] as const) {
    let lost = 0;
    for (let round = 0; round < 10; round++) {
      const scene = await tlsUpstreamScene(t, {
        authority,
        issued,
        policies: { maxBodyBytes: 0 },
        script: {
          head: ({ connection }) => {
            connection.socket.pause();
            connection.socket.write(refusal, () => {
              if (leave === 'announced') connection.socket.destroySoon();
              else scene.origin.beneath(connection).destroy();
            });
          },
        },
      });
      const client = await scene.client();
      client.send(head('POST', '/', 'Content-Length: 8000000'));
      for (let i = 0; i < 80; i++) client.send(Buffer.alloc(100_000));
      const response = await client.response();
      if (response.status !== 413) lost++;
      client.socket.destroy();
    }
    assert.equal(lost, 0, `of 10 answers, ${leave}`);
  }
});

test('an idempotent request goes out again when its reused connection is dead, a POST does not', async (t) => {
  const script = {
    request: ({ connection }: OriginRequest) => {
      if (connection.requests.length === 1) connection.send(ok());
      else connection.socket.destroySoon();
    },
  };
  const scene = await tlsUpstreamScene(t, { script });
  await scene.ask(get());
  assert.equal((await scene.ask(get('/again'))).status, 200);
  assert.equal((await scene.ask(post('x'))).status, 502);
  assert.equal(scene.origin.connections.length, 2);
});

test('bytes on an idle connection that nobody asked for end it', async (t) => {
  const scene = await tlsUpstreamScene(t, { script: answering(ok()) });
  await scene.ask(get());
  await eventually(() => scene.held().targetIdle === 1);
  (await scene.origin.connection()).send(ok('stray'));
  await eventually(() => scene.held().targetConnections === 0);
});

test('a target that stalls the handshake is 504 when connect-secs are over, TCP and TLS together', async (t) => {
  const authority = TestAuthority.root(t);
  const mute = await startOrigin(t, {});
  const scene = await tlsUpstreamScene(t, {
    authority,
    manual: true,
    config: {
      upstreams: [
        upstream([mute.port], {
          tls: upstreamTls(authority),
          timeouts: { connectMs: 2000, requestMs: 0, readMs: 0, writeMs: 0 },
        }),
      ],
    },
  });
  const client = await scene.client();
  client.send(get());
  await eventually(async () => (await mute.connection()).received.length > 0);
  scene.clock.advance(1800);
  assert.equal(scene.errors('connect_timeout'), 0);
  scene.clock.advance(400);
  const response = await client.response();
  assert.equal(response.status, 504);
  assert.equal(response.header('proxy-status'), 'sentinel-feedbeef; error=connection_timeout');
  assert.ok(!mute.connections[0]?.received.includes('GET'));
  client.end();
  await scene.settled();
});

for (const [what, greeting, why] of [
  ['speaks plain HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', /what came is not TLS: the port may be a plain one/],
  ['hangs up', null, /closed the connection during the handshake/],
] as const) {
  test(`a target that ${what} instead of TLS is 502, with the reason in the log`, async (t) => {
    const authority = TestAuthority.root(t);
    const other = await startOrigin(t, {
      connected: (connection) =>
        connection.socket.once('data', () => (greeting === null ? connection.end() : connection.send(greeting))),
    });
    const scene = await tlsUpstreamScene(t, {
      authority,
      config: { upstreams: [upstream([other.port], { tls: upstreamTls(authority) })] },
    });
    const response = await scene.ask(get());
    assert.equal(response.status, 502);
    assert.equal(response.header('proxy-status'), 'sentinel-feedbeef; error=tls_protocol_error');
    assert.match(scene.reasons().join(), why);
    await scene.settled();
  });
}

test('a target that speaks nothing newer than TLS 1.1 is 502', async (t) => {
  const scene = await tlsUpstreamScene(t, {
    origin: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
  });
  assert.equal((await scene.ask(get())).status, 502);
  assert.match(scene.reasons().join(), /no common version of TLS/);
});

test('a connection that is let go says goodbye', async (t) => {
  const scene = await tlsUpstreamScene(t, { manual: true });
  await scene.ask(get());
  const connection = await scene.origin.connection();
  await eventually(() => scene.held().targetIdle === 1);
  const closure = watchClosure(connection.socket as TLSSocket);
  scene.clock.advance(130_000);
  await eventually(() => connection.gone);
  assert.ok(closure.announced);
});
