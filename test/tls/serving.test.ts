/** Requests over TLS: what the target and the log are told, bodies both ways, and how connections end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../helpers/eventually.ts';
import { connectTls, securedScene } from '../helpers/secured-plane.ts';
import { answering, ok } from '../helpers/origin.ts';
import { chunked, get, head, post, RawClient } from '../helpers/raw-http.ts';

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a request over ${version} reaches the target as one that came by https, and the log says how`, async (t) => {
    const scene = await securedScene(t, {
      accessLog: { enabled: true },
      policies: { forwarded: 'both' },
    });
    const client = await scene.client({ maxVersion: version });
    client.send(get('/'));
    const response = await client.response();
    assert.equal(response.status, 200);
    const request = await scene.origin.request();
    assert.equal(request.header('x-forwarded-proto'), 'https');
    assert.match(request.header('forwarded') ?? '', /;proto=https;/);
    const line = await scene.line();
    assert.equal(line['tls_version'], version);
    assert.equal(line['protocol'], 'HTTP/1.1');
  });
}

test('requests follow each other on one connection, pipelined ones too', async (t) => {
  const scene = await securedScene(t, { script: { request: ({ connection, target }) => connection.send(ok(target)) } });
  const client = await scene.client();
  client.send(get('/1') + post('abc', '/2') + head('POST', '/3', 'Transfer-Encoding: chunked') + chunked(['de', 'f']));
  for (const target of ['/1', '/2', '/3']) assert.equal((await client.response()).text, target);
  client.send(get('/4', 'Connection: close'));
  assert.equal((await client.response()).text, '/4');
  assert.equal(await client.closed(), 'end');
  assert.equal(scene.origin.connections.length, 1);
  client.end();
  await scene.settled();
});

test('a client that says goodbye between requests is let go, and one that does so before its answer counts as gone', async (t) => {
  const scene = await securedScene(t, { script: {}, accessLog: { enabled: true } });
  const idle = await scene.client();
  idle.end();
  assert.equal(await idle.closed(), 'end');
  const waiting = await scene.client();
  waiting.send(get('/'));
  await scene.origin.request();
  waiting.end();
  assert.equal((await scene.line())['cause'], 'client_closed');
  await scene.settled();
});

test('a response without framing ends with the goodbye of TLS, and one that is cut without it', async (t) => {
  const scene = await securedScene(t, {
    script: {
      request: ({ connection, target }) => {
        connection.send('HTTP/1.1 200 OK\r\n\r\nsome');
        if (target === '/whole') connection.end();
        else setImmediate(() => connection.reset());
      },
    },
  });
  const request = (target: string) => `GET ${target} HTTP/1.0\r\nHost: a.test\r\n\r\n`;
  const whole = await scene.client();
  whole.send(request('/whole'));
  assert.equal((await whole.response()).text, 'some');
  assert.equal(await whole.closed(), 'end');
  whole.end();
  const cut = await scene.client();
  cut.send(request('/cut'));
  assert.equal(await cut.closed(), 'reset');
  await scene.settled();
});

test('what comes in plain text, or is no handshake at all, gets nothing but the end of the connection', async (t) => {
  const scene = await securedScene(t);
  for (const bytes of [get('/'), '\u0000'.repeat(100), 'SSH-2.0-x\r\n']) {
    const client = await RawClient.connect(t, scene.port);
    client.send(bytes);
    await client.closed();
    assert.doesNotMatch(client.received.toString('latin1'), /HTTP/);
  }
  assert.equal(scene.origin.connections.length, 0);
  await scene.settled();
});

test('a client without ALPN gets HTTP/1.1, one that knows neither of our protocols an alert', async (t) => {
  const scene = await securedScene(t, { script: answering(ok('plain')) });
  const client = await scene.client({ ALPNProtocols: [] });
  client.send(get('/'));
  assert.equal((await client.response()).text, 'plain');
  await assert.rejects(connectTls(t, scene.port, { ca: scene.authority.cert, ALPNProtocols: ['spdy/3'] }), {
    code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
  });
});

test('a client that stops reading for its whole patience is closed, and the target is let go', async (t) => {
  const body = 64 << 20;
  const scene = await securedScene(t, {
    listener: { bodyIdleTimeoutMs: 300 },
    accessLog: {},
    script: {
      request: ({ connection }) => {
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body}\r\n\r\n`);
        connection.send(Buffer.alloc(body));
      },
    },
  });
  const stopped = await scene.connect();
  stopped.on('error', () => {}).pause();
  stopped.write(get());
  await eventually(() => scene.errors('client_write_timeout') === 1);
  await eventually(() => scene.origin.open === 0);
  await scene.settled();
  assert.equal((await scene.line())['cause'], 'client_write_timeout');
});
