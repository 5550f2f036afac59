/** What a connection depends on: client certificates, sessions, and whose connections a request may have. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import type { TlsOptions } from 'node:tls';
import type { Config } from '../../src/config/model.ts';
import { type LiveSources, plainSources } from '../../src/proxy/control/live-parts.ts';
import { TestAuthority } from '../helpers/certificates.ts';
import { upstream } from '../helpers/data-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { answering, ok } from '../helpers/origin.ts';
import { get } from '../helpers/raw-http.ts';
import { pairOf, upstreamTls } from '../helpers/secured-plane.ts';
import { startTlsOrigin, tlsUpstreamScene } from '../helpers/tls-origin.ts';

const demanding = ({ cert }: TestAuthority): TlsOptions => ({ requestCert: true, rejectUnauthorized: true, ca: cert });

/** The port of a server that demands a client certificate and says by an alert what is wrong with one. */
async function startOpensslServer(t: TestContext, authority: TestAuthority, version: string): Promise<number> {
  const { certFile, keyFile } = authority.issue();
  const shown = ['-cert', certFile, '-key', keyFile, '-CAfile', authority.certFile];
  const speaks = version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3';
  const server = spawn('openssl', [
    's_server',
    '-accept',
    '127.0.0.1:0',
    '-www',
    ...shown,
    '-Verify',
    '1',
    '-verify_return_error',
    speaks,
  ]);
  t.after(() => void server.kill());
  let said = '';
  server.stdout.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  return eventually(() => Number(/^ACCEPT .*:(\d+)$/m.exec(said)?.[1] ?? assert.fail('it does not listen yet')));
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a client certificate is shown to a ${version} target that demands one`, async (t) => {
    const authority = TestAuthority.root(t);
    const pair = pairOf(authority.issue({ usage: 'clientAuth', subject: 'sentinel', names: [] }));
    const origin = { ...demanding(authority), maxVersion: version };
    const scene = await tlsUpstreamScene(t, { authority, origin, tls: { clientPair: pair } });
    for (let asked = 0; asked < 3; asked++) assert.equal((await scene.ask(get())).status, 200);
    assert.deepEqual(
      scene.origin.handshakes.map(({ client }) => client),
      ['sentinel'],
      'one connection for all',
    );
  });

  test(`a ${version} target that demands a client certificate and gets none is 502, and the log says why`, async (t) => {
    const authority = TestAuthority.root(t);
    const origin = { ...demanding(authority), maxVersion: version };
    const scene = await tlsUpstreamScene(t, { authority, origin });
    const response = await scene.ask(get());
    assert.equal(response.status, 502);
    assert.equal(response.header('proxy-status'), 'sentinel-feedbeef; error=tls_protocol_error');
    assert.match(scene.reasons().join(), /demands a client certificate/);
    assert.equal(scene.origin.requests.length, 0);
    await scene.settled();
  });

  for (const [what, wish, why] of [
    ['another authority has issued', { usage: 'clientAuth' }, /client certificate: its authority is unknown there/],
    ['has expired', { usage: 'clientAuth', outside: 'expired' }, /client certificate: it has expired/],
    ['is for servers', { usage: 'serverAuth' }, /client certificate: its kind or purpose is wrong/],
  ] as const) {
    test(`a client certificate that ${what} is 502 where a ${version} target says so, and the log says why`, async (t) => {
      const [authority, other] = [TestAuthority.root(t), TestAuthority.root(t, 'Other Root')];
      const pair = pairOf((what === 'another authority has issued' ? other : authority).issue(wish));
      // Of Node's servers no client learns why.
      const port = await startOpensslServer(t, authority, version);
      const scene = await tlsUpstreamScene(t, {
        authority,
        config: { upstreams: [upstream([port], { tls: upstreamTls(authority, { clientPair: pair }) })] },
      });
      const response = await scene.ask(get());
      assert.equal(response.status, 502);
      assert.equal(response.header('proxy-status'), 'sentinel-feedbeef; error=tls_protocol_error');
      assert.match(scene.reasons().join(), why);
    });
  }

  test(`a new connection resumes the session of the one before over ${version}, and bears that it is refused`, async (t) => {
    const closing = answering(ok('ok', 'Connection: close'));
    const ticketKeys = randomBytes(48);
    const server = { maxVersion: version, ticketKeys };
    const scene = await tlsUpstreamScene(t, { script: closing, origin: server });
    const resumed = () => scene.origin.handshakes.map((handshake) => handshake.resumed);
    for (let asked = 0; asked < 3; asked++) assert.equal((await scene.ask(get())).status, 200);
    assert.deepEqual(resumed(), [false, true, true]);
    scene.origin.replaceTicketKeys(randomBytes(48));
    for (let asked = 0; asked < 2; asked++) assert.equal((await scene.ask(get())).status, 200);
    assert.deepEqual(resumed(), [false, true, true, false, true]);
  });
}

test('a session is not resumed when the certificate that it was made under has expired since', async (t) => {
  const authority = TestAuthority.root(t);
  const issued = authority.issue({ days: 1 });
  const closing = answering(ok('ok', 'Connection: close'));
  const clock = new ManualClock(Date.now() + 86_400_000 - 60_000);
  const scene = await tlsUpstreamScene(t, { authority, issued, script: closing, clock });
  await scene.ask(get());
  await scene.ask(get());
  clock.advance(120_000);
  await scene.ask(get());
  assert.deepEqual(
    scene.origin.handshakes.map(({ resumed }) => resumed),
    [false, true, false],
  );
});

test('targets of one upstream have each their own session', async (t) => {
  const authority = TestAuthority.root(t);
  const closing = answering(ok('ok', 'Connection: close'));
  const shown = authority.issue();
  const origins = [await startTlsOrigin(t, shown, closing), await startTlsOrigin(t, shown, closing)];
  const scene = await tlsUpstreamScene(t, {
    authority,
    config: {
      upstreams: [
        upstream(
          origins.map(({ port }) => port),
          { tls: upstreamTls(authority) },
        ),
      ],
    },
  });
  for (let asked = 0; asked < 4; asked++) await scene.ask(get());
  for (const origin of origins) {
    assert.deepEqual(
      origin.handshakes.map(({ resumed }) => resumed),
      [false, true],
    );
  }
});

/** The configuration with another `tls` for its upstream. */
function trusting(config: Config, tls: Partial<ReturnType<typeof upstreamTls>> | null): Config {
  const [only] = config.upstreams;
  assert.ok(only?.tls);
  return { ...config, upstreams: [{ ...only, tls: tls && { ...only.tls, ...tls } }] };
}

test('after a reload with another trust no old connection is used, and one that is no longer believed is not reached', async (t) => {
  const [authority, other] = [TestAuthority.root(t), TestAuthority.root(t, 'Other Root')];
  const issued = authority.issue({ names: ['127.0.0.1', 'a.test', 'b.test'] });
  const scene = await tlsUpstreamScene(t, { authority, issued });
  const { handshakes } = scene.origin;
  const ask = async () => (await scene.ask(get())).status;
  assert.deepEqual([await ask(), await ask(), handshakes.length], [200, 200, 1]);
  await scene.apply(scene.config);
  assert.deepEqual([await ask(), handshakes.length], [200, 1], 'the same trust keeps its connections');

  await scene.apply(trusting(scene.config, { sni: 'a.test' }));
  assert.deepEqual([await ask(), handshakes.length, handshakes.at(-1)?.servername], [200, 2, 'a.test']);
  const clientPair = pairOf(authority.issue({ usage: 'clientAuth' }));
  await scene.apply(trusting(scene.config, { sni: 'a.test', clientPair }));
  assert.deepEqual([await ask(), handshakes.length, handshakes.at(-1)?.resumed], [200, 3, false]);
  await eventually(() => scene.origin.open === 1);

  await scene.apply(trusting(scene.config, { caFile: other.certFile }));
  assert.equal(await ask(), 502);
  await scene.apply(trusting(scene.config, null));
  assert.equal(await ask(), 502, 'plain text into TLS');
  assert.equal(scene.origin.requests.length, 5);
  await scene.apply(scene.config);
  assert.equal(await ask(), 200);
});

test('a target that is written with another name has connections of its own', async (t) => {
  const authority = TestAuthority.root(t);
  const issued = authority.issue({ names: ['a.internal'] });
  let host = 'a.internal';
  const targets: LiveSources['targets'] = {
    ...plainSources.targets,
    // The same address behind another name, as discovery would have it.
    targetsOf: ({ targets: [only] }) => (only === undefined ? [] : [{ ...only, written: `${host}:443` }]),
  };
  const scene = await tlsUpstreamScene(t, { authority, issued, sources: { targets } });
  assert.equal((await scene.ask(get())).status, 200);
  host = 'b.internal';
  await scene.apply(scene.config);
  assert.equal((await scene.ask(get())).status, 502);
});
