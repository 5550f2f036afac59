/** What TLS has settled holds for HTTP/2 and for upgrades as it does for HTTP/1.1. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { test } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { TestAuthority } from '../helpers/certificates.ts';
import { get } from '../helpers/raw-http.ts';
import { pairOf, securedScene, type SecuredScene, ticketOf } from '../helpers/secured-plane.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

async function session(t: Cleanup, scene: SecuredScene, options: ConnectionOptions = {}): Promise<ClientHttp2Session> {
  const socket = await scene.connect({ ALPNProtocols: ['h2'], ...options });
  assert.equal(socket.alpnProtocol, 'h2');
  const client = connectHttp2('https://localhost', { createConnection: () => socket });
  client.on('error', () => {});
  t.after(() => client.destroy());
  return client;
}

async function statusOf(client: ClientHttp2Session, fields: Readonly<Record<string, string>> = {}): Promise<number> {
  const stream = client.request({ ':path': '/', ...fields });
  stream.on('error', () => {}).resume();
  const [head] = (await once(stream, 'response')) as [Readonly<Record<string, string | number>>];
  return Number(head[':status']);
}

const good = { usage: 'clientAuth', subject: 'ann', names: ['localhost'] } as const;

test('HTTP/2 is agreed on where the client offers it, resumed sessions included, and HTTP/1.1 where it does not', async (t) => {
  const scene = await securedScene(t);
  const first = await scene.connect({ ALPNProtocols: ['h2'] });
  const ticket = await ticketOf(first);
  const resumed = await scene.connect({ ALPNProtocols: ['h2'], session: ticket });
  assert.deepEqual([resumed.isSessionReused(), resumed.alpnProtocol], [true, 'h2']);
  assert.equal(await statusOf(await session(t, scene)), 200);
  const socket = await scene.connect({ ALPNProtocols: ['http/1.1', 'h2'] });
  assert.equal(socket.alpnProtocol, 'h2', 'we prefer it');
  assert.equal((await scene.connect({ ALPNProtocols: ['http/1.1'] })).alpnProtocol, 'http/1.1');
});

test('the subject of a client is told over HTTP/2, and a forged one is not', async (t) => {
  const clients = TestAuthority.root(t, 'Clients');
  const tls = { clientAuth: 'request', caFile: clients.certFile, subjectHeader: 'X-Client-Subject' } as const;
  const scene = await securedScene(t, { tls });
  const { cert, key } = clients.issue(good);
  const forged = { 'x-client-subject': 'CN=root', x_client_subject: 'CN=root' };
  assert.equal(await statusOf(await session(t, scene, { cert, key }), forged), 200);
  assert.equal(await statusOf(await session(t, scene), forged), 200);
  const told = scene.origin.requests.map(({ fields }) => fields.filter(([name]) => /client.subject/i.test(name)));
  assert.deepEqual(told, [[['X-Client-Subject', 'CN=ann']], []]);
});

test('a bad certificate gets 403 on the first stream, nothing on others, and no target hears of them', async (t) => {
  const clients = TestAuthority.root(t, 'Clients');
  const scene = await securedScene(t, { tls: { clientAuth: 'request', caFile: clients.certFile } });
  const { cert, key } = clients.issue({ ...good, outside: 'expired' });
  const client = await session(t, scene, { cert, key });
  const [first, second] = await Promise.allSettled([statusOf(client), statusOf(client)]);
  assert.deepEqual(first, { status: 'fulfilled', value: 403 });
  // The connection ends with the first answer: what came with it is answered too, or refused.
  if (second?.status === 'fulfilled') assert.equal(second.value, 403);
  else assert.match(String(second?.reason), /REFUSED_STREAM/);
  assert.equal(scene.origin.connections.length, 0);
});

test('a stream for the host of another certificate is misdirected, and the others go on', async (t) => {
  const authority = TestAuthority.root(t);
  const other = authority.issue({ names: ['a.example'] });
  const tls = { sni: [{ hostnames: ['a.example'], pair: pairOf(other) }] };
  const scene = await securedScene(t, { authority, tls });
  const client = await session(t, scene);
  assert.equal(await statusOf(client, { ':authority': 'a.example' }), 421);
  assert.equal(await statusOf(client, { ':authority': 'localhost' }), 200);
});

test('an upgrade over TLS tells the target who the client is, and what it says of itself is dropped', async (t) => {
  const clients = TestAuthority.root(t, 'Clients');
  const tls = { clientAuth: 'require', caFile: clients.certFile, subjectHeader: 'X-Client-Subject' } as const;
  const scene = await securedScene(t, {
    tls,
    script: {
      head: ({ connection }) =>
        connection.send(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhi',
        ),
    },
  });
  const { cert, key } = clients.issue(good);
  const client = await scene.client({ cert, key });
  client.send(
    get(
      '/',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'X_Client-Subject: CN=root',
    ).replace('a.test', 'localhost'),
  );
  await client.until('the upgrade', () => client.received.toString('latin1').endsWith('\r\n\r\nhi') || undefined);
  const head = (await scene.origin.connection()).received.toString('latin1');
  assert.match(head, /\r\nX-Client-Subject: CN=ann\r\n/);
  assert.doesNotMatch(head, /root/);
});
