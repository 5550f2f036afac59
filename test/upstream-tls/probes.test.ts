/** Health checks of targets that speak TLS or HTTP/2: by the same trust as requests, with why it fails. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createSecureServer, createServer, type Http2Server, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { systemClock } from '../../src/base/clock.ts';
import type { HealthCheckConfig, UpstreamConfig, UpstreamTlsConfig } from '../../src/config/model.ts';
import { probe } from '../../src/proxy/control/health/probe.ts';
import type { ProbeResult } from '../../src/proxy/control/health/probe-result.ts';
import { TargetTls } from '../../src/web/target-tls.ts';
import { type Issued, TestAuthority } from '../helpers/certificates.ts';
import { upstream } from '../helpers/data-plane.ts';
import { answering, ok, startOrigin } from '../helpers/origin.ts';
import { pairOf, TestCertificates, upstreamTls } from '../helpers/secured-plane.ts';
import { startTlsOrigin } from '../helpers/tls-origin.ts';

type Kind = HealthCheckConfig['type'];

const http: Kind = { kind: 'http', path: '/health', expectedStatus: [[200, 200]], host: null, expectedBody: null };
const grpc: Kind = { kind: 'grpc', service: '' };
const kinds: readonly Kind[] = [http, { kind: 'tcp' }, grpc];

interface Asked {
  readonly tls?: UpstreamTlsConfig | null;
  readonly httpVersion?: UpstreamConfig['httpVersion'];
  readonly timeoutMs?: number;
  readonly host?: string;
}

function ask(port: number, type: Kind | null, asked: Asked): Promise<ProbeResult> {
  const { tls = null, httpVersion = '1.1', host = '127.0.0.1', timeoutMs = 5_000 } = asked;
  const socket = { kind: 'tcp', host: '127.0.0.1', port } as const;
  const written = `${host}:${port}`;
  const identity = new TestCertificates().upstreamIdentity(upstream([port], { tls }));
  const target = {
    written,
    socket,
    httpVersion,
    tls: TargetTls.of({ socket, written, tls, identity }, systemClock, false),
  };
  const check = type && { type, intervalMs: 10_000, timeoutMs, healthyThreshold: 2, unhealthyThreshold: 3 };
  return probe(target, check, systemClock);
}

const said = ({ code, words }: ProbeResult) => [code, words];

test('http and tcp checks pass over TLS, each with a whole handshake of its own', async (t) => {
  const authority = TestAuthority.root(t);
  const origin = await startTlsOrigin(t, authority.issue({ names: ['api.internal'] }));
  const asked = { tls: upstreamTls(authority), host: 'api.internal' };
  assert.deepEqual(said(await ask(origin.port, http, asked)), ['L7OK', 'answered 200']);
  assert.deepEqual(said(await ask(origin.port, { kind: 'tcp' }, asked)), ['L6OK', 'connected, certificate good']);
  assert.deepEqual(said(await ask(origin.port, null, asked)), ['L6OK', 'connected, certificate good']);
  assert.equal((await origin.request()).header('host'), `api.internal:${origin.port}`);
  for (const { servername, resumed } of origin.handshakes)
    assert.deepEqual([servername, resumed], ['api.internal', false]);
});

test('a check that verifies nothing says of no certificate that it is good', async (t) => {
  const authority = TestAuthority.root(t);
  const origin = await startTlsOrigin(t, authority.issue({ outside: 'expired' }));
  const asked = { tls: upstreamTls(authority, { insecureSkipVerify: true }) };
  const words = 'connected, certificate not verified (insecure-skip-verify)';
  assert.deepEqual(said(await ask(origin.port, { kind: 'tcp' }, asked)), ['L6OK', words]);
});

for (const [what, shows, why] of [
  ['that has expired', (authority) => authority.issue({ outside: 'expired' }), /^certificate has expired/],
  [
    'for another name',
    (authority) => authority.issue({ names: ['other.test'] }),
    /^the certificate is for another name/,
  ],
  ['of an unknown authority', (_, other) => other.issue(), /^unknown authority/],
] as const satisfies readonly [string, (authority: TestAuthority, other: TestAuthority) => Issued, RegExp][]) {
  test(`every kind of check fails by L6TLS at a certificate ${what}`, async (t) => {
    const [authority, other] = [TestAuthority.root(t), TestAuthority.root(t, 'Other Root')];
    const origin = await startTlsOrigin(t, shows(authority, other), undefined, { ALPNProtocols: ['h2', 'http/1.1'] });
    for (const type of kinds) {
      const { ok: fine, code, words } = await ask(origin.port, type, { tls: upstreamTls(authority) });
      assert.deepEqual([fine, code], [false, 'L6TLS'], type.kind);
      assert.match(words, why);
    }
    assert.equal(origin.requests.length, 0);
  });
}

test('a check tells a port without TLS, and one that stalls, from one that is closed', async (t) => {
  const asked = { tls: upstreamTls(TestAuthority.root(t)) };
  const loud = await startOrigin(t, { connected: (connection) => connection.send('HTTP/1.1 400 Bad Request\r\n\r\n') });
  const mute = await startOrigin(t, {});
  const shut = await startOrigin(t, { connected: ({ socket }) => socket.once('data', () => socket.end()) });
  for (const type of kinds) {
    assert.deepEqual(said(await ask(loud.port, type, asked)), [
      'L6TLS',
      'what came is not TLS: the port may be a plain one (ERR_SSL_WRONG_VERSION_NUMBER)',
    ]);
    assert.deepEqual(said(await ask(mute.port, type, { ...asked, timeoutMs: 150 })), [
      'L6TLS',
      'connected, but the TLS handshake was not over within 150 ms',
    ]);
    assert.deepEqual(said(await ask(shut.port, type, asked)), [
      'L6TLS',
      'the target closed the connection during the handshake (ECONNRESET)',
    ]);
  }
});

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a client certificate is shown to a ${version} target, and its lack is L6TLS`, async (t) => {
    const authority = TestAuthority.root(t);
    const demands = { requestCert: true, rejectUnauthorized: true, ca: authority.cert, maxVersion: version };
    const origin = await startTlsOrigin(t, authority.issue(), undefined, demands);
    const clientPair = pairOf(authority.issue({ usage: 'clientAuth', names: [], subject: 'sentinel' }));
    assert.equal((await ask(origin.port, http, { tls: upstreamTls(authority, { clientPair }) })).code, 'L7OK');
    assert.equal(origin.handshakes[0]?.client, 'sentinel');
    const without = await ask(origin.port, http, { tls: upstreamTls(authority) });
    assert.equal(without.code, 'L6TLS');
    assert.match(without.words, /demands a client certificate/);
  });
}

/** An HTTP/2 server that answers every request with its path and host. */
async function http2Server(
  t: { after(end: () => void): void },
  server: Http2Server | Http2SecureServer,
  status = 200,
): Promise<number> {
  server.on('stream', (stream, head) => {
    stream.on('error', () => {});
    stream.respond({ ':status': status });
    stream.end(`${head[':method']} ${head[':scheme']} ${head[':authority']} ${head[':path']}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test('an http check of an upstream with http-version "2" asks by HTTP/2, in plain text by prior knowledge', async (t) => {
  const port = await http2Server(t, createServer());
  const asked = { httpVersion: '2' } as const;
  assert.deepEqual(said(await ask(port, http, asked)), ['L7OK', 'answered 200']);
  const expecting = (expectedBody: string) => ({ ...http, expectedBody, host: 'api.example' }) as Kind;
  assert.equal((await ask(port, expecting('GET http api.example /health'), asked)).code, 'L7OK');
  const wrong = await ask(port, expecting('elsewhere'), asked);
  assert.deepEqual(said(wrong), [
    'L7RSP',
    'answered 200, but the 28 bytes of its body do not contain the expected text',
  ]);
  const old = await startOrigin(t, answering(ok()));
  assert.equal((await ask(old.port, http, { ...asked, timeoutMs: 300 })).ok, false);
  const down = await http2Server(t, createServer(), 503);
  assert.deepEqual(said(await ask(down, http, asked)), ['L7STS', 'answered 503, expected 200']);
});

test('over TLS such a check asks by ALPN, and says of a target that cannot', async (t) => {
  const authority = TestAuthority.root(t);
  const { cert, key } = authority.issue();
  const asked = { httpVersion: '2', tls: upstreamTls(authority) } as const;
  const port = await http2Server(t, createSecureServer({ cert, key, allowHTTP1: false }));
  assert.deepEqual(said(await ask(port, { ...http, expectedBody: ' https ' } as Kind, asked)), [
    'L7OK',
    'answered 200',
  ]);
  assert.equal((await ask(port, { kind: 'tcp' }, asked)).code, 'L6OK');
  const refuses = await startTlsOrigin(t, { cert, key, certFile: '', keyFile: '' });
  const refused = await ask(refuses.port, http, asked);
  assert.equal(refused.code, 'L6TLS');
  assert.match(refused.words, /does not speak the protocol that was asked for \(ALPN\)/);
  const ignores = await startTlsOrigin(t, { cert, key, certFile: '', keyFile: '' }, undefined, { ALPNProtocols: [] });
  assert.deepEqual(said(await ask(ignores.port, http, asked)), [
    'L7RSP',
    'connected, but the other side speaks no HTTP/2 (ALPN)',
  ]);
});

test('a grpc check calls a real server over TLS', async (t) => {
  const authority = TestAuthority.root(t);
  const { cert, key } = authority.issue();
  const server = new Server();
  const asIs = (bytes: Buffer) => bytes;
  const check = {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
  server.addService({ check }, {
    check: (_: unknown, done: (error: null, answer: Buffer) => void) => done(null, Buffer.from([0x08, 1])),
  } as never);
  const pairs = [{ private_key: Buffer.from(key), cert_chain: Buffer.from(cert) }];
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createSsl(null, pairs), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  t.after(() => server.forceShutdown());
  assert.deepEqual(said(await ask(port, grpc, { tls: upstreamTls(authority), httpVersion: '2' })), ['L7OK', 'SERVING']);
  assert.deepEqual(said(await ask(port, grpc, { tls: upstreamTls(authority) })), ['L7OK', 'SERVING']);
});
