/** What a configuration file says of TLS, HTTP/2 and WebSockets is what a daemon does: each key, seen from outside. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as plainRequest, type ServerResponse } from 'node:http';
import { connect as connectHttp2, createSecureServer } from 'node:http2';
import { createServer as createTlsServer, request } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { type Issued, TestAuthority } from '../helpers/certificates.ts';
import { type DaemonProcess, startDaemonProcess } from '../helpers/daemon.ts';

/** What an origin says that it was asked. */
interface Told {
  readonly headers: Readonly<Record<string, string>>;
  readonly version: string;
  readonly servername: string | false | undefined;
  /** Common name of the client certificate that the proxy showed. */
  readonly peer: string | undefined;
}

interface Scene {
  readonly daemon: DaemonProcess;
  readonly good: Issued;
  readonly revoked: Issued;
  port(listener: string): number;
}

function tell(asked: IncomingMessage, answer: ServerResponse): void {
  const { servername } = asked.socket as Partial<TLSSocket>;
  const peer = servername === undefined ? undefined : (asked.socket as TLSSocket).getPeerCertificate()?.subject?.CN;
  answer.end(JSON.stringify({ headers: asked.headers, version: asked.httpVersion, servername, peer }));
}

async function portOf(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function startScene(t: TestContext): Promise<Scene> {
  const [authority, elsewhere] = [TestAuthority.root(t), TestAuthority.root(t, 'Another Root')];
  const site = authority.issue({ names: ['localhost'] });
  const other = authority.issue({ names: ['other.example', '*.wild.example'] });
  const target = authority.issue({ names: ['target.internal'] });
  const stranger = elsewhere.issue({ names: ['127.0.0.1'] });
  const shown = authority.issue({ subject: 'proxy.internal', usage: 'clientAuth' });
  const good = authority.issue({ subject: 'alice', usage: 'clientAuth' });
  const revoked = authority.issue({ subject: 'mallory', usage: 'clientAuth' });
  const crl = authority.revoke(revoked);

  const plain = createServer(tell).on('upgrade', (_asked, socket) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n');
    socket.write('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n');
  });
  const asking = { requestCert: true, rejectUnauthorized: false, ca: authority.cert };
  const plainPort = await portOf(t, plain);
  const tlsPort = await portOf(t, createTlsServer({ cert: target.cert, key: target.key, ...asking }, tell));
  const strangePort = await portOf(t, createTlsServer({ cert: stranger.cert, key: stranger.key }, tell));
  const h2 = createSecureServer({ cert: target.cert, key: target.key }, (asked, answer) => {
    answer.end(JSON.stringify({ headers: {}, version: asked.httpVersion, peer: undefined }));
  });
  const h2Port = await portOf(t, h2);

  const pair = `cert-file "${site.certFile}"; key-file "${site.keyFile}"`;
  const verified = `sni "target.internal"; ca-file "${authority.certFile}"`;
  const daemon = await startDaemonProcess(t, {
    workers: 1,
    config: `
listener "http" { address "127.0.0.1:0" }
listener "old" {
  address "127.0.0.1:0"
  protocol "https"
  tls { ${pair}; max-version "TLS1.2"; cipher-suites "ECDHE-ECDSA-AES256-GCM-SHA384"; session-resumption #false }
}
listener "new" {
  address "127.0.0.1:0"
  protocol "https"
  max-concurrent-streams 7
  tls {
    ${pair}
    sni { hostnames "Other.example" "*.wild.example"; cert-file "${other.certFile}"; key-file "${other.keyFile}" }
    min-version "TLS1.3"
    cipher-suites "TLS_AES_256_GCM_SHA384"
  }
}
listener "named" {
  address "127.0.0.1:0"
  protocol "https"
  tls { sni { hostnames "other.example"; cert-file "${other.certFile}"; key-file "${other.keyFile}" } }
}
listener "mutual" {
  address "127.0.0.1:0"
  protocol "https"
  tls {
    ${pair}
    client-auth "require"
    ca-file "${authority.certFile}"
    crl-file "${crl}"
    subject-header "X-Client-Subject"
  }
}
listener "asking" {
  address "127.0.0.1:0"
  protocol "https"
  tls { ${pair}; client-auth "request"; ca-file "${authority.certFile}" }
}
route "plain" { upstream "plain" }
route "no-ws" { matches { path-prefix "/no-ws" }; upstream "plain"; policies { websocket #false } }
route "short-ws" { matches { path-prefix "/short-ws" }; upstream "plain"; policies { websocket-idle-secs 0.2 } }
route "tls" { matches { path-prefix "/tls" }; upstream "tls" }
route "unverified" { matches { path-prefix "/unverified" }; upstream "unverified" }
route "unknown" { matches { path-prefix "/unknown" }; upstream "unknown" }
route "h2" { matches { path-prefix "/h2" }; upstream "h2" }
upstream "plain" { target "127.0.0.1:${plainPort}" }
upstream "tls" {
  target "127.0.0.1:${tlsPort}"
  tls { ${verified}; client-cert "${shown.certFile}"; client-key "${shown.keyFile}" }
}
upstream "unverified" { target "127.0.0.1:${strangePort}"; tls { insecure-skip-verify #true } }
upstream "unknown" { target "127.0.0.1:${strangePort}"; tls {} }
upstream "h2" { target "127.0.0.1:${h2Port}"; tls { ${verified} }; http-version "2" }`,
  });
  return { daemon, good, revoked, port: (listener) => Number(new URL(daemon.url(listener)).port) };
}

/** A handshake; rejects with the alert. */
function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const all = { host: '127.0.0.1', port, servername: 'localhost', rejectUnauthorized: false, ...options };
    const socket = connect(all, () => resolve(socket));
    socket.on('error', reject).on('close', () => reject(new Error('closed')));
  });
}

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

function ask(port: number, path: string, options: ConnectionOptions & { headers?: object } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const all = { host: '127.0.0.1', port, path, servername: 'localhost', rejectUnauthorized: false, agent: false };
    const asking = request({ ...all, ...options, headers: { host: 'localhost', ...options.headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    asking.on('error', reject).end();
  });
}

async function told(port: number, path: string, options: ConnectionOptions & { headers?: object } = {}): Promise<Told> {
  const { status, text } = await ask(port, path, options);
  assert.equal(status, 200, text);
  return JSON.parse(text) as Told;
}

/** Asks for a WebSocket on the plain listener; `closed` tells of its end. */
function upgrade(port: number, path: string): Promise<{ status: number | undefined; closed: Promise<unknown> }> {
  return new Promise((resolve, reject) => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const asking = plainRequest({ host: '127.0.0.1', port, path, headers, agent: false });
    asking.on('upgrade', ({ statusCode }, socket) => {
      socket.on('error', () => {}).resume();
      resolve({ status: statusCode, closed: once(socket, 'close') });
    });
    asking.on('response', (response) => {
      response.resume();
      resolve({ status: response.statusCode, closed: Promise.resolve() });
    });
    asking.on('error', reject).end();
  });
}

test('every key of TLS, HTTP/2 and WebSockets in a file does what it says', async (t) => {
  const { port, good, revoked } = await startScene(t);
  const named = (socket: TLSSocket): unknown => socket.getPeerCertificate().subject.CN;

  await t.test('versions and suites are those of the file', async () => {
    const old = await handshake(port('old'));
    assert.deepEqual([old.getProtocol(), old.getCipher().name], ['TLSv1.2', 'ECDHE-ECDSA-AES256-GCM-SHA384']);
    old.destroy();
    const fresh = await handshake(port('new'));
    assert.deepEqual([fresh.getProtocol(), fresh.getCipher().name], ['TLSv1.3', 'TLS_AES_256_GCM_SHA384']);
    fresh.destroy();
    await assert.rejects(handshake(port('old'), { minVersion: 'TLSv1.3' }), /protocol version/);
    await assert.rejects(handshake(port('new'), { maxVersion: 'TLSv1.2' }), /protocol version/);
    await assert.rejects(handshake(port('old'), { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }), /handshake failure/);
    await assert.rejects(handshake(port('new'), { ciphers: 'TLS_AES_128_GCM_SHA256' }), /handshake failure/);
  });

  await t.test('the name that is asked for chooses the certificate', async () => {
    for (const [servername, subject] of [
      ['localhost', 'localhost'],
      ['other.example', 'other.example'],
      ['a.wild.example', 'other.example'],
      ['a.b.wild.example', 'localhost'],
    ] as const) {
      const socket = await handshake(port('new'), { servername });
      assert.equal(named(socket), subject, servername);
      socket.destroy();
    }
    await assert.rejects(handshake(port('named')), /unrecognized name|handshake failure/);
    const socket = await handshake(port('named'), { servername: 'other.example' });
    assert.equal(named(socket), 'other.example');
    socket.destroy();
  });

  await t.test('clients that come back are known again, unless that is off', async () => {
    for (const [listener, known] of [
      ['asking', true],
      ['old', false],
    ] as const) {
      const options = { maxVersion: 'TLSv1.2' } as const;
      const first = await handshake(port(listener), options);
      const session = first.getSession();
      first.destroy();
      const again = await handshake(port(listener), { ...options, ...(session === undefined ? {} : { session }) });
      assert.equal(again.isSessionReused(), known, listener);
      again.destroy();
    }
  });

  await t.test('clients show who they are where that is asked for, and nobody can say it for them', async () => {
    const identity = { cert: good.cert, key: good.key };
    const forged = { headers: { 'X-Client-Subject': 'root', x_client_subject: 'root' } };
    const { headers } = await told(port('mutual'), '/', { ...identity, ...forged });
    assert.match(headers['x-client-subject'] ?? '', /alice/);
    assert.doesNotMatch(JSON.stringify(headers), /root/);
    for (const listener of ['old', 'asking']) {
      const { headers: others } = await told(port(listener), '/', forged);
      assert.doesNotMatch(JSON.stringify(others), /root|subject/, listener);
    }
    await assert.rejects(ask(port('mutual'), '/'), /certificate required/);
    assert.equal((await ask(port('mutual'), '/', { cert: revoked.cert, key: revoked.key })).status, 403);
  });

  await t.test('HTTP/2 is offered with the number of streams of the file', async () => {
    const session = connectHttp2(`https://127.0.0.1:${port('new')}`, { rejectUnauthorized: false });
    const [settings] = (await once(session, 'remoteSettings')) as [{ maxConcurrentStreams?: number }];
    assert.equal(settings.maxConcurrentStreams, 7);
    session.close();
    await once(session, 'close');
  });

  await t.test('targets are verified, shown a certificate, and spoken to as the file says', async () => {
    const tls = await told(port('new'), '/tls');
    assert.deepEqual([tls.servername, tls.peer, tls.version], ['target.internal', 'proxy.internal', '1.1']);
    assert.equal((await told(port('new'), '/h2')).version, '2.0');
    assert.equal((await told(port('new'), '/unverified')).version, '1.1');
    const { status, text } = await ask(port('new'), '/unknown');
    assert.deepEqual([status, (JSON.parse(text) as { cause: string }).cause], [502, 'tls_certificate']);
  });

  await t.test('requests become WebSockets where the route allows it, and silent ones are closed', async () => {
    assert.equal((await upgrade(port('http'), '/no-ws')).status, 403);
    const { status, closed } = await upgrade(port('http'), '/short-ws');
    assert.equal(status, 101);
    await closed;
  });
});
