/** WebSockets with TLS towards clients, towards targets, and both; and a real browser, over HTTP/1.1 and HTTP/2. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { freshContext, startBrowser } from '../helpers/browser.ts';
import { TestAuthority } from '../helpers/certificates.ts';
import { drainWithin } from '../helpers/drain-order.ts';
import { eventually } from '../helpers/eventually.ts';
import { type SecuredOptions, type SecuredScene, securedScene, upstreamTls } from '../helpers/secured-plane.ts';
import { scenery } from '../helpers/proxied.ts';
import { get } from '../helpers/raw-http.ts';
import { startTlsOrigin } from '../helpers/tls-origin.ts';
import { answering } from '../helpers/origin.ts';
import { agreement, closing, echo, handshakeLines, message, openSocket, startSocketServer } from './websocket-scene.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

/** A TLS listener in front of another target than the scene's own. */
async function before(t: Cleanup, port: number, options: SecuredOptions = {}, secured = false): Promise<SecuredScene> {
  const scene = await securedScene(t, options);
  const tls = secured ? upstreamTls(scene.authority) : null;
  await scene.apply({ ...scene.config, upstreams: scenery([port], { upstream: { tls } }).upstreams });
  return scene;
}

test('messages pass with TLS on both sides', async (t) => {
  const authority = TestAuthority.root(t);
  const { cert, key } = authority.issue();
  const https = createServer({ cert, key });
  const server = new WebSocketServer({ server: https });
  server.on('connection', echo);
  https.listen(0, '127.0.0.1');
  await once(https, 'listening');
  t.after(() => {
    for (const socket of server.clients) socket.terminate();
    https.close();
  });
  const scene = await before(t, (https.address() as AddressInfo).port, { authority, accessLog: {} }, true);
  const socket = await openSocket(t, `wss://localhost:${scene.port}/`, { ca: authority.cert });
  for (const sent of [Buffer.alloc(5, 'a'), Buffer.alloc(2_000_000, 'b')]) {
    const coming = message(socket);
    socket.send(sent);
    assert.ok((await coming).data.equals(sent));
  }
  const closed = closing(socket);
  socket.close(4000, 'done');
  assert.deepEqual(await closed, { code: 4000, reason: 'done' });
  const { status, cause, tls_version: version } = await scene.line();
  assert.deepEqual({ status, cause, version }, { status: 101, cause: '', version: 'TLSv1.3' });
  await scene.settled();
});

test('TLS ends each direction on its own, too', async (t) => {
  const authority = TestAuthority.root(t);
  const origin = await startTlsOrigin(t, authority.issue(), answering(agreement()));
  const scene = await before(t, origin.port, { authority }, true);
  const client = await scene.client();
  client.send(get('/', ...handshakeLines));
  assert.equal((await client.interim()).status, 101);
  const target = await origin.connection();
  client.send('last words');
  client.end();
  await eventually(() => target.gone);
  assert.ok(target.received.toString('latin1').endsWith('last words'));
  target.end('an answer');
  assert.equal(await client.closed(), 'end');
  assert.equal(client.received.toString(), 'an answer');
  await scene.settled();
});

for (const [protocol, alpn] of [
  ['HTTP/2', true],
  ['HTTP/1.1', false],
] as const) {
  test(`a browser talks through the proxy over ${protocol}, and hears how it ends`, async (t) => {
    // A browser reuses the HTTP/2 connection that its page came on; without one it begins with HTTP/1.1.
    const target = await startSocketServer(t, echo);
    const browser = await startBrowser(t, ['--ignore-certificate-errors', ...(alpn ? [] : ['--disable-http2'])]);
    if (browser === undefined) return;
    const scene = await before(t, target.port, { accessLog: {} });
    const tab = await (await freshContext(browser)).newPage();
    await tab.goto(`https://localhost:${scene.port}/`);
    const heard = await tab.evaluate(async (url: string) => {
      const socket = new WebSocket(url);
      socket.binaryType = 'arraybuffer';
      const next = (type: string) =>
        new Promise<never>((resolve) => socket.addEventListener(type, resolve as never, { once: true }));
      await next('open');
      socket.send('grüße');
      const text = ((await next('message')) as { data: string }).data;
      socket.send(new Uint8Array(1_000_000).fill(7));
      const binary = ((await next('message')) as { data: ArrayBuffer }).data.byteLength;
      socket.send('x'.repeat(300_000));
      const long = ((await next('message')) as { data: string }).data.length;
      return { text, binary, long, extensions: socket.extensions };
    }, `wss://localhost:${scene.port}/socket`);
    assert.deepEqual({ ...heard, extensions: '' }, { text: 'grüße', binary: 1_000_000, long: 300_000, extensions: '' });
    const ending = tab.evaluate(
      (url: string) =>
        new Promise<unknown>((resolve) => {
          const socket = new WebSocket(url);
          socket.onclose = ({ code, reason, wasClean }) => resolve({ code, reason, wasClean });
        }),
      `wss://localhost:${scene.port}/socket`,
    );
    (await target.socket(1)).close(4242, 'over');
    assert.deepEqual(await ending, { code: 4242, reason: 'over', wasClean: true });
    const lines = scene.lines().filter(({ path, status }) => path === '/socket' && status === 101);
    assert.deepEqual(
      lines.map((line) => [line['protocol'], line['cause']]),
      [[alpn ? 'HTTP/2.0' : 'HTTP/1.1', '']],
    );
  });
}

test('a browser hears 1001 when the proxy is drained', async (t) => {
  const target = await startSocketServer(t, echo);
  const browser = await startBrowser(t, ['--ignore-certificate-errors']);
  if (browser === undefined) return;
  const scene = await before(t, target.port, { manual: true });
  const tab = await (await freshContext(browser)).newPage();
  const ending = tab.evaluate(
    (url: string) =>
      new Promise<unknown>((resolve) => {
        const socket = new WebSocket(url);
        socket.onclose = ({ code, wasClean }) => resolve({ code, wasClean });
      }),
    `wss://localhost:${scene.port}/`,
  );
  const theirs = closing(await target.socket());
  // The target has agreed; the proxy may not have heard of it yet.
  await eventually(() => scene.plane.tunnels.size === 1);
  const drained = scene.plane.drain(drainWithin(5000));
  scene.clock.advance(4200);
  assert.deepEqual(await ending, { code: 1001, wasClean: true });
  assert.equal((await theirs).code, 1001);
  await eventually(() => scene.held().inFlight === 0);
  scene.clock.advance(1000);
  assert.equal(await drained, 0);
});
