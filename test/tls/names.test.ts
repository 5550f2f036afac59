/** Which certificate a client gets for the name that it asks for, and requests whose host belongs to another one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { TestAuthority } from '../helpers/certificates.ts';
import { requireComponent } from '../helpers/components.ts';
import { openssl } from '../helpers/openssl-client.ts';
import { RawClient } from '../helpers/raw-http.ts';
import { pairOf, type SecuredOptions, securedScene } from '../helpers/secured-plane.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

/** A default certificate, one for exact names and one for a wildcard, which overlap. */
async function threeCertificates(t: Cleanup, options: SecuredOptions = {}) {
  const authority = TestAuthority.root(t);
  const exact = authority.intermediate().issue({ subject: 'exact', names: ['a.example', 'deep.b.example'] });
  const wild = authority.issue({ subject: 'wild', names: ['*.b.example'] });
  return securedScene(t, {
    ...options,
    authority,
    tls: {
      sni: [
        { hostnames: ['a.example', 'deep.b.example'], pair: pairOf(exact) },
        { hostnames: ['*.b.example'], pair: pairOf(wild) },
      ],
      ...options.tls,
    },
  });
}

const shownName = (socket: TLSSocket): string => String(socket.getPeerCertificate().subject.CN);
/** What certificates say is not the matter here. */
const anyName = { checkServerIdentity: () => undefined };

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`exact names come before wildcards of one label, and everybody else gets the default: ${version}`, async (t) => {
    const scene = await threeCertificates(t);
    const wanted = {
      'a.example': 'exact',
      'A.Example': 'exact',
      'deep.b.example': 'exact',
      'x.b.example': 'wild',
      'x.y.b.example': 'localhost',
      'b.example': 'localhost',
      '.b.example': 'localhost',
      'other.test': 'localhost',
      '': 'localhost',
    };
    for (const [servername, subject] of Object.entries(wanted)) {
      const socket = await scene.connect({ ...anyName, servername, maxVersion: version, ALPNProtocols: ['http/1.1'] });
      assert.equal(shownName(socket), subject, servername);
      assert.equal(socket.getProtocol(), version);
      assert.equal(socket.alpnProtocol, 'http/1.1');
      socket.destroy();
    }
  });
}

test('a certificate of an intermediate comes with it, whatever name chose it', async (t) => {
  const scene = await threeCertificates(t);
  // The client believes the root alone: without the intermediate this would fail.
  const socket = await scene.connect({ servername: 'a.example' });
  assert.equal(socket.authorized, true);
});

test('without a default certificate only clients that ask for a known name get through, others an alert', async (t) => {
  const program = requireComponent(t, 'openssl');
  if (program === undefined) return;
  const scene = await threeCertificates(t, { tls: { pair: null } });
  const socket = await scene.connect({ ...anyName, servername: 'x.b.example' });
  assert.equal(shownName(socket), 'wild');
  for (const version of ['-tls1_2', '-tls1_3']) {
    for (const name of [['-noservername'], ['-servername', 'other.test']]) {
      const said = await openssl(program, scene.port, [version, ...name]);
      assert.match(said.text, /alert handshake failure/, `${version} ${name.join(' ')}`);
      assert.notEqual(said.code, 0);
    }
  }
  socket.destroy();
  assert.equal(scene.origin.connections.length, 0);
  await scene.settled();
});

const request = (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

async function answerTo(socket: TLSSocket, host: string): Promise<number> {
  const client = RawClient.over(socket);
  client.send(request(host));
  const { status } = await client.response();
  client.socket.destroy();
  return status;
}

test('a request for the host of another certificate is misdirected, one for a host of the same is not', async (t) => {
  const scene = await threeCertificates(t, { accessLog: { enabled: true } });
  const from = (servername: string) => scene.connect({ ...anyName, servername });
  assert.equal(await answerTo(await from('a.example'), 'a.example'), 200);
  assert.equal(await answerTo(await from('a.example'), 'A.EXAMPLE:443'), 200);
  assert.equal(await answerTo(await from('a.example'), 'deep.b.example'), 200);
  assert.equal(await answerTo(await from('a.example'), 'x.b.example'), 421);
  assert.equal(await answerTo(await from('a.example'), 'other.test'), 421);
  assert.equal(await answerTo(await from('unknown.test'), 'other.test'), 200, 'both have the default');
  assert.equal(await answerTo(await from('unknown.test'), 'a.example'), 421);
  assert.equal(await answerTo(await from(''), 'a.example'), 200, 'it has asked for no name');
  assert.equal(scene.errors('misdirected'), 3);
  assert.equal((await scene.line(3))['cause'], 'misdirected');
  assert.equal(scene.origin.requests.length, 5);
});

test('the connection of a misdirected request is closed, so that the next one is opened for its host', async (t) => {
  const scene = await threeCertificates(t);
  const client = await scene.client({ ...anyName, servername: 'a.example' });
  client.send(request('x.b.example') + request('a.example'));
  const response = await client.response();
  assert.equal(response.status, 421);
  assert.equal(response.header('connection'), 'close');
  assert.match(response.header('proxy-status') ?? '', /error=http_request_error/);
  assert.equal(await client.closed(), 'end');
  assert.equal(client.received.length, 0);
  assert.equal(scene.origin.connections.length, 0);
});

test('where one certificate serves all names, the host is not compared', async (t) => {
  const scene = await securedScene(t);
  assert.equal(await answerTo(await scene.connect(), 'other.test'), 200);
});
