/** Handshakes that stall, drip, are too long, too many or not wanted, and what a connection holds while it is in one. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect as connectPlain, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect as connectSecured } from 'node:tls';
import { handshakeIndex, type HandshakeResult } from '../../src/proxy/shared/handshake-results.ts';
import { connectionRejectReasons } from '../../src/proxy/shared/plan.ts';
import { requireComponent } from '../helpers/components.ts';
import { drainWithin } from '../helpers/drain-order.ts';
import { eventually } from '../helpers/eventually.ts';
import { openssl } from '../helpers/openssl-client.ts';
import { get, RawClient } from '../helpers/raw-http.ts';
import { connectTls, securedScene, type SecuredScene } from '../helpers/secured-plane.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

type Version = Parameters<typeof handshakeIndex>[0];

const counted = ({ registry, plan }: SecuredScene, result: HandshakeResult, version: Version = '-') =>
  registry.sum(plan.cells.handshakes, handshakeIndex(version, result));

const rejected = ({ registry, plan }: SecuredScene, reason: (typeof connectionRejectReasons)[number]) =>
  registry.sum(plan.cells.connectionRejects, connectionRejectReasons.indexOf(reason));

/** Waits until the proxy has taken this many connections. */
const holding = (scene: SecuredScene, clients: number) => eventually(() => assert.equal(scene.held().clients, clients));

/** A way to `port` that says `before` first, and then what its client says: in pieces of this many bytes, `before` included. */
async function relay(t: Cleanup, port: number, pieceBytes: number, before = ''): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer({ noDelay: true }, (client) => {
    const proxy = connectPlain({ host: '127.0.0.1', port, noDelay: true });
    sockets.push(client, proxy);
    for (const socket of [client, proxy]) socket.on('error', () => {});
    proxy.pipe(client);
    void (async () => {
      let rest = Buffer.from(before, 'latin1');
      for await (const chunk of client as AsyncIterable<Buffer>) {
        rest = Buffer.concat([rest, chunk]);
        for (let at = 0; at < rest.length; at += pieceBytes) {
          proxy.write(rest.subarray(at, at + pieceBytes));
          if (pieceBytes < 100) await new Promise(setImmediate);
        }
        rest = Buffer.alloc(0);
      }
      proxy.end();
    })().catch(() => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as { port: number }).port;
}

/** The first record of a client that begins a handshake. */
async function clientHello(t: Cleanup): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const client = connectSecured({ host: '127.0.0.1', port, servername: 'localhost' }).on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [hello] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  return hello;
}

for (const [what, bytes] of [
  ['says nothing', 0],
  ['says half of its hello', 60],
  ['does not answer ours', Infinity],
] as const) {
  test(`a client that ${what} is left after header-timeout-secs`, async (t) => {
    const scene = await securedScene(t, { manual: true, listener: { headerTimeoutMs: 5000 } });
    const hello = await clientHello(t);
    const client = await RawClient.connect(t, scene.port);
    client.send(hello.subarray(0, bytes));
    await holding(scene, 1);
    if (bytes === Infinity)
      await client.until('the hello of the server', () => client.received.length > 0 || undefined);
    scene.clock.advance(4900);
    assert.equal(scene.held().clients, 1);
    scene.clock.advance(400);
    await client.closed();
    assert.equal(scene.held().clients, 0);
    assert.equal(counted(scene, 'timeout'), 1);
  });
}

test('a client that goes away in its handshake leaves nothing behind', async (t) => {
  const scene = await securedScene(t);
  const hello = await clientHello(t);
  const ends: ((client: RawClient) => void)[] = [(client) => client.end(), (client) => client.reset()];
  for (const end of ends) {
    const client = await RawClient.connect(t, scene.port);
    client.send(hello.subarray(0, 80));
    await holding(scene, 1);
    end(client);
    await holding(scene, 0);
  }
  assert.equal(counted(scene, 'closed'), 2);
});

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a hello that comes byte by byte is understood: ${version}`, async (t) => {
    const scene = await securedScene(t);
    const port = await relay(t, scene.port, 1);
    const client = RawClient.over(await connectTls(t, port, { ca: scene.authority.cert, maxVersion: version }));
    client.send(get('/'));
    assert.equal((await client.response()).status, 200);
    assert.equal(counted(scene, 'full', version), 1);
  });
}

test('a hello longer than a record is understood, one without bounds is not', async (t) => {
  const scene = await securedScene(t);
  const unknown = Array.from({ length: 100 }, (_, at) => `${at}${'x'.repeat(200)}`);
  const client = await scene.client({ ALPNProtocols: [...unknown, 'http/1.1'] });
  client.send(get('/'));
  assert.equal((await client.response()).status, 200);
  const endless = await RawClient.connect(t, scene.port);
  // A record of handshake bytes that begin a hello of sixteen megabytes.
  endless.send(Buffer.concat([Buffer.from('160301400001ffffff0303', 'hex'), Buffer.alloc(16_378)]));
  await endless.closed();
  assert.equal(endless.received[0], 0x15, 'an alert');
  assert.equal(counted(scene, 'failed'), 1);
});

test('where more handshakes are open than a worker has room for, the oldest gives way and an honest client gets in', async (t) => {
  const scene = await securedScene(t);
  const oldest = await RawClient.connect(t, scene.port);
  await holding(scene, 1);
  const others = await Promise.all(Array.from({ length: 999 }, () => RawClient.connect(t, scene.port)));
  await holding(scene, 1000);
  assert.equal(oldest.ending, null);
  const honest = await scene.client();
  honest.send(get('/'));
  assert.equal((await honest.response()).status, 200);
  await oldest.closed();
  assert.equal(counted(scene, 'displaced'), 1);
  assert.equal(others.filter(({ ending }) => ending !== null).length, 0);
  assert.equal(scene.held().clients, 1000);
});

test('a client that wants to negotiate again may not', async (t) => {
  const scene = await securedScene(t);
  const socket = await scene.connect({ maxVersion: 'TLSv1.2' });
  const refused = new Promise<Error | null>((resolve) => {
    socket.on('error', resolve);
    socket.renegotiate({}, resolve);
  });
  assert.equal(((await refused) as NodeJS.ErrnoException | null)?.code, 'ERR_SSL_NO_RENEGOTIATION');
  assert.equal(counted(scene, 'full', 'TLSv1.2'), 1);
});

test('data before the handshake is done are not taken', async (t) => {
  const program = requireComponent(t, 'openssl');
  if (program === undefined) return;
  const scene = await securedScene(t);
  const folder = scene.authority.folder;
  const [ticket, early] = [join(folder, 'ticket'), join(folder, 'early')];
  writeFileSync(early, get('/early'));
  const known = ['-tls1_3', '-servername', 'localhost', '-ign_eof'];
  await openssl(program, scene.port, [...known, '-sess_out', ticket], get('/first', 'Connection: close'));
  const again = ['-sess_in', ticket, '-early_data', early];
  const said = await openssl(program, scene.port, [...known, ...again], get('/late', 'Connection: close'));
  assert.match(said.text, /Reused, TLSv1\.3/);
  assert.match(said.text, /Max Early Data: 0|Early data was not sent|Early data was rejected/);
  assert.deepEqual(
    scene.origin.requests.map(({ target }) => target),
    ['/first', '/late'],
  );
});

test('a connection in its handshake has a seat, and who has none is closed without a word', async (t) => {
  const scene = await securedScene(t, { manual: true, limits: { maxTotalConnections: 1 } });
  await RawClient.connect(t, scene.port);
  await holding(scene, 1);
  const second = await RawClient.connect(t, scene.port);
  second.send(get('/'));
  await second.closed();
  assert.equal(second.received.length, 0);
  await assert.rejects(scene.connect());
  assert.equal(rejected(scene, 'connection_limit'), 2);
  scene.clock.advance(10_300);
  await holding(scene, 0);
  const third = await scene.client();
  third.send(get('/'));
  assert.equal((await third.response()).status, 200);
});

test('the limit of one client counts handshakes that were begun before there was one', async (t) => {
  const scene = await securedScene(t);
  await RawClient.connect(t, scene.port);
  await RawClient.connect(t, scene.port);
  await holding(scene, 2);
  await scene.apply({ ...scene.config, limits: { ...scene.config.limits, maxConnectionsPerClient: 2 } });
  await assert.rejects(scene.connect());
  assert.equal(rejected(scene, 'client_limit'), 1);
});

test('the limit of one client counts handshakes, and they give their places back', async (t) => {
  const scene = await securedScene(t, { limits: { maxConnectionsPerClient: 2 } });
  const stalled = [await RawClient.connect(t, scene.port), await RawClient.connect(t, scene.port)];
  await holding(scene, 2);
  await assert.rejects(scene.connect());
  assert.equal(rejected(scene, 'client_limit'), 1);
  await scene.apply({ ...scene.config, limits: { ...scene.config.limits, maxConnectionsPerClient: 3 } });
  const client = await scene.client();
  await assert.rejects(scene.connect());
  for (const one of [...stalled, client]) one.socket.destroy();
  await scene.settled();
  await Promise.all([1, 2, 3].map(() => scene.connect()));
});

for (const pieceBytes of [1, 7, 65_536]) {
  test(`what follows a PROXY header is the handshake: in pieces of ${pieceBytes}`, async (t) => {
    const scene = await securedScene(t, { listener: { proxyProtocol: true } });
    const port = await relay(t, scene.port, pieceBytes, 'PROXY TCP4 203.0.113.9 192.0.2.1 5000 443\r\n');
    const client = RawClient.over(await connectTls(t, port, { ca: scene.authority.cert }));
    client.send(get('/'));
    assert.equal((await client.response()).status, 200);
    assert.equal((await scene.origin.request()).header('x-forwarded-for'), '203.0.113.9');
  });
}

test('a drain waits a moment for handshakes, serves those that are done, and does not wait for the others', async (t) => {
  const scene = await securedScene(t, { manual: true });
  const stalled = await RawClient.connect(t, scene.port);
  const hello = await clientHello(t);
  stalled.send(hello.subarray(0, 50));
  const gate = await gatedRelay(t, scene.port);
  const slow = connectTls(t, gate.port, { ca: scene.authority.cert });
  await holding(scene, 2);
  let over = false;
  const drained = scene.plane.drain(drainWithin(30_000)).finally(() => {
    over = true;
  });
  gate.open();
  const client = RawClient.over(await slow);
  client.send(get('/'));
  const response = await client.response();
  assert.equal(response.status, 200);
  assert.equal(response.header('connection'), 'close');
  client.socket.destroy();
  await holding(scene, 1);
  scene.clock.advance(500);
  await new Promise(setImmediate);
  assert.equal(over, false, 'one more may be done in time');
  scene.clock.advance(700);
  await stalled.closed();
  assert.equal(await drained, 0);
});

test('closing a plane ends handshakes', async (t) => {
  const scene = await securedScene(t);
  const stalled = await RawClient.connect(t, scene.port);
  await holding(scene, 1);
  await scene.plane.close();
  await stalled.closed();
  assert.equal(counted(scene, 'cut'), 1);
  assert.equal(scene.held().clients, 0);
});

test('a flood of bad handshakes is no flood of lines', async (t) => {
  const scene = await securedScene(t);
  const clients = await Promise.all(Array.from({ length: 50 }, () => RawClient.connect(t, scene.port)));
  for (const client of clients) client.send(get('/'));
  for (const client of clients) await client.closed();
  assert.equal(counted(scene, 'failed'), 50);
  const said = scene.reports.filter((line) => line.startsWith('TLS handshake failed'));
  assert.ok(said.length >= 5 && said.length <= 15, `${said.length} lines`);
  assert.match(said[0] ?? '', /"reason":"http_request"/);
});

/** A way to `port` that lets nothing of its client through until it is opened. */
async function gatedRelay(t: Cleanup, port: number): Promise<{ readonly port: number; open(): void }> {
  let through: () => void = () => {};
  const server = createServer((client) => {
    const proxy = connectPlain({ host: '127.0.0.1', port });
    for (const socket of [client, proxy]) socket.on('error', () => {});
    t.after(() => void proxy.destroy());
    proxy.pipe(client);
    through = () => void client.pipe(proxy);
  }).listen(0, '127.0.0.1');
  t.after(() => void server.close());
  await once(server, 'listening');
  return { port: (server.address() as { port: number }).port, open: () => through() };
}
