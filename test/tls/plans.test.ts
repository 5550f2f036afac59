/** What a new plan changes for TLS: certificates, terms and demands; and what it leaves alone. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import type { Config, ListenerTlsConfig } from '../../src/config/model.ts';
import { TestAuthority } from '../helpers/certificates.ts';
import { eventually } from '../helpers/eventually.ts';
import { answering, ok } from '../helpers/origin.ts';
import { get, RawClient } from '../helpers/raw-http.ts';
import { listenerTls, pairOf, securedScene, type SecuredScene } from '../helpers/secured-plane.ts';

const shownName = (socket: TLSSocket): string => String(socket.getPeerCertificate().subject.CN);
const here = get('/').replace('a.test', 'localhost');

/** The configuration of the scene with other terms; null = plain HTTP. */
function withTls({ config }: SecuredScene, tls: ListenerTlsConfig | null): Config {
  return { ...config, listeners: config.listeners.map((one) => ({ ...one, tls })) };
}

test('a new certificate is shown to new connections, and those that are open live on', async (t) => {
  const scene = await securedScene(t);
  const before = await scene.client();
  before.send(here);
  assert.equal((await before.response()).status, 200);
  await scene.apply(withTls(scene, listenerTls(scene.authority.issue({ subject: 'second' }))));
  assert.equal(shownName(await scene.connect()), 'second');
  before.send(here);
  assert.equal((await before.response()).status, 200);
});

test('a plan with a pair that does not fit is refused, and nothing changes', async (t) => {
  const scene = await securedScene(t);
  const [one, other] = [scene.authority.issue(), scene.authority.issue()];
  const name = { hostnames: ['a.example'], pair: { certFile: one.certFile, keyFile: other.keyFile } };
  await assert.rejects(
    scene.apply(withTls(scene, listenerTls(scene.authority.issue({ subject: 'second' }), { sni: [name] }))),
    /listener "http", certificate of a\.example: .*key values mismatch/,
  );
  const broken = scene.authority.issue();
  writeFileSync(broken.certFile, broken.cert.replace(/[A-Za-z]{4}\n/g, '!!!!\n'));
  await assert.rejects(scene.apply(withTls(scene, listenerTls(broken))));
  assert.equal(shownName(await scene.connect()), 'localhost');
});

test('other versions and suites hold for the next handshake', async (t) => {
  const scene = await securedScene(t);
  const tls = listenerTls(scene.authority.issue(), { minVersion: 'TLSv1.3', cipherSuites: ['TLS_AES_256_GCM_SHA384'] });
  assert.equal((await scene.connect({ maxVersion: 'TLSv1.2' })).getProtocol(), 'TLSv1.2');
  await scene.apply(withTls(scene, tls));
  await assert.rejects(scene.connect({ maxVersion: 'TLSv1.2' }), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  assert.equal((await scene.connect()).getCipher().name, 'TLS_AES_256_GCM_SHA384');
});

test('a listener becomes https and http again on the same port, and nobody is served what he came under', async (t) => {
  const scene = await securedScene(t);
  const secured = await scene.client();
  secured.send(here);
  assert.equal((await secured.response()).status, 200);
  await scene.apply(withTls(scene, null));
  await secured.closed();
  const plain = await RawClient.connect(t, scene.port);
  plain.send(here);
  assert.equal((await plain.response()).status, 200);
  await assert.rejects(scene.connect());
  await scene.apply(scene.config);
  await plain.closed();
  assert.equal((await scene.ask(here)).status, 200);
  const late = await RawClient.connect(t, scene.port);
  late.send(here);
  await late.closed();
  assert.equal(late.received.toString('latin1').includes('HTTP/'), false);
});

test('who was let in without a certificate is not served once one is demanded: idle, under way or pipelined', async (t) => {
  const waiting: (() => void)[] = [];
  const scene = await securedScene(t, {
    script: { request: ({ connection }) => waiting.push(() => connection.send(ok())) },
  });
  const [idle, busy, half] = [await scene.client(), await scene.client(), await scene.client()];
  busy.send(here + here);
  await scene.origin.request();
  half.send('GET / HTT');
  await eventually(() => [...scene.plane.connections].filter((connection) => !connection.idle).length === 2);
  const clients = TestAuthority.root(t, 'Clients');
  const terms = { clientAuth: 'require', caFile: clients.certFile } as const;
  await scene.apply(withTls(scene, listenerTls(scene.authority.issue(), terms)));
  await idle.closed();
  for (const answer of waiting) answer();
  const response = await busy.response();
  assert.equal(response.status, 200, 'it began before');
  assert.equal(response.header('connection'), 'close');
  await busy.closed();
  assert.equal(busy.received.length, 0);
  half.send('P/1.1\r\nHost: localhost\r\n\r\n');
  assert.equal((await half.response()).status, 421);
  assert.equal(await half.closed(), 'end');
  assert.equal(scene.origin.requests.length, 1);
});

test('who was in his handshake when more was demanded is let in, and refused his first request', async (t) => {
  const scene = await securedScene(t);
  const clients = TestAuthority.root(t, 'Clients');
  const terms = listenerTls(scene.authority.issue(), { clientAuth: 'require', caFile: clients.certFile });
  const raw = await RawClient.connect(t, scene.port);
  raw.socket.removeAllListeners();
  await scene.apply(withTls(scene, terms));
  const socket = connect({ socket: raw.socket, ca: scene.authority.cert, servername: 'localhost' });
  const client = RawClient.over(socket);
  client.send(here);
  assert.equal((await client.response()).status, 421);
  assert.equal(scene.origin.connections.length, 0);
});

test('a plan that changes nothing of TLS leaves connections and sessions alone', async (t) => {
  const scene = await securedScene(t, {
    script: answering(ok()),
    tls: { sni: [] },
  });
  const client = await scene.client();
  for (let plan = 0; plan < 3; plan++) {
    await scene.apply(scene.config);
    client.send(here);
    const response = await client.response();
    assert.equal(response.status, 200);
    assert.equal(response.header('connection'), undefined);
  }
});

test('a listener that is gone takes nobody who was still in his handshake', async (t) => {
  const scene = await securedScene(t);
  const other = scene.config.listeners.map((one) => ({ ...one, id: 'other' }));
  const raw = await RawClient.connect(t, scene.port);
  raw.socket.removeAllListeners();
  await scene.apply({ ...scene.config, listeners: other });
  const socket = connect({ socket: raw.socket, ca: scene.authority.cert, servername: 'localhost' });
  const client = RawClient.over(socket);
  client.send(here + here);
  assert.equal((await client.response()).header('connection'), 'close');
  await client.closed();
});

test('names of the sni block are served as written: a pair for each', async (t) => {
  const scene = await securedScene(t);
  const named = scene.authority.issue({ subject: 'named', names: ['a.example'] });
  const tls = listenerTls(scene.authority.issue(), { sni: [{ hostnames: ['a.example'], pair: pairOf(named) }] });
  await scene.apply(withTls(scene, tls));
  assert.equal(shownName(await scene.connect({ servername: 'a.example' })), 'named');
  await scene.apply(scene.config);
  assert.equal(shownName(await scene.connect()), 'localhost');
});
