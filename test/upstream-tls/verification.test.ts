/** Whom the proxy believes: a certificate that is not good means 502, and not a byte of the request on the wire. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Issued, TestAuthority } from '../helpers/certificates.ts';
import { upstream } from '../helpers/data-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { socketFolder, startOrigin } from '../helpers/origin.ts';
import { get, post } from '../helpers/raw-http.ts';
import { upstreamTls } from '../helpers/secured-plane.ts';
import { startTlsOrigin, tlsUpstreamScene } from '../helpers/tls-origin.ts';

interface Bad {
  readonly what: string;
  readonly shows: (believed: TestAuthority, other: TestAuthority) => Issued;
  readonly why: RegExp;
}

const bad: readonly Bad[] = [
  {
    what: 'for another name',
    shows: (believed) => believed.issue({ names: ['other.test', '10.9.9.9'] }),
    why: /^the certificate is for another name: 127\.0\.0\.1 is not one of other\.test, 10\.9\.9\.9$/,
  },
  {
    what: 'that has expired',
    shows: (believed) => believed.issue({ outside: 'expired' }),
    why: /^certificate has expired \(CERT_HAS_EXPIRED\)$/,
  },
  {
    what: 'that is not valid yet',
    shows: (believed) => believed.issue({ outside: 'not yet valid' }),
    why: /^certificate is not yet valid/,
  },
  {
    what: 'that signs itself',
    shows: (believed) => believed.issue({ selfSigned: true }),
    why: /^self-signed certificate \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
  },
  {
    what: 'of an authority that is not believed',
    shows: (_, other) => other.issue(),
    why: /^unknown authority/,
  },
  {
    what: 'without its intermediate',
    shows: (believed) => {
      const whole = believed.intermediate().issue();
      return { ...whole, cert: `${whole.cert.split('-----END CERTIFICATE-----')[0]}-----END CERTIFICATE-----\n` };
    },
    why: /intermediate certificate is missing/,
  },
  {
    what: 'that is for clients alone',
    shows: (believed) => believed.issue({ usage: 'clientAuth' }),
    why: /^the certificate is not for servers/,
  },
];

for (const { what, shows, why } of bad) {
  test(`a target with a certificate ${what} is 502 and is sent nothing`, async (t) => {
    const [authority, other] = [TestAuthority.root(t), TestAuthority.root(t, 'Other Root')];
    const scene = await tlsUpstreamScene(t, { authority, issued: shows(authority, other), accessLog: {} });
    const response = await scene.ask(post('secret', '/x'));
    assert.equal(response.status, 502);
    assert.equal(response.header('proxy-status'), 'sentinel-feedbeef; error=tls_certificate_error');
    assert.equal((JSON.parse(response.text) as { cause: string }).cause, 'tls_certificate');
    assert.equal((await scene.line())['cause'], 'tls_certificate');
    assert.match(scene.reasons().join(), why);
    await scene.settled();
    for (const connection of scene.origin.connections) assert.equal(connection.received.length, 0);
    assert.equal(scene.errors('tls_certificate'), 1);
    // The same reason again is no news.
    await scene.ask(get());
    assert.equal(scene.reasons().length, 1);
  });
}

test('a certificate is good by the name of the target, which is what is asked for', async (t) => {
  const authority = TestAuthority.root(t);
  const issued = authority.intermediate().issue({ names: ['api.internal'] });
  const scene = await tlsUpstreamScene(t, { authority, issued, host: 'api.internal' });
  assert.equal((await scene.ask(get())).status, 200);
  assert.deepEqual(scene.origin.handshakes, [
    { servername: 'api.internal', resumed: false, alpn: 'http/1.1', client: undefined },
  ]);
});

test('a certificate is good by the address of a target that has no name, and none is asked for', async (t) => {
  const scene = await tlsUpstreamScene(t);
  assert.equal((await scene.ask(get())).status, 200);
  assert.equal(scene.origin.handshakes[0]?.servername, false);
});

test('an sni replaces the name that is asked for and checked', async (t) => {
  const authority = TestAuthority.root(t);
  const issued = authority.issue({ names: ['*.shop.test'] });
  const scene = await tlsUpstreamScene(t, { authority, issued, tls: { sni: 'a.shop.test' } });
  assert.equal((await scene.ask(get())).status, 200);
  assert.equal(scene.origin.handshakes[0]?.servername, 'a.shop.test');
  const deeper = await tlsUpstreamScene(t, { authority, issued, tls: { sni: 'a.b.shop.test' } });
  assert.equal((await deeper.ask(get())).status, 502);
  assert.match(deeper.reasons().join(), /for another name: a\.b\.shop\.test is not one of \*\.shop\.test$/);
});

test('a unix socket is believed by its sni, and by nothing without one', async (t) => {
  const authority = TestAuthority.root(t);
  const path = `${socketFolder(t)}/tls.sock`;
  const origin = await startTlsOrigin(t, authority.issue({ names: ['api.internal'] }), undefined, {}, path);
  const targets = [{ address: `unix:${path}`, socket: { kind: 'unix', path } as const, weight: 1 }];
  const named = await tlsUpstreamScene(t, { authority, tls: { sni: 'api.internal' }, upstream: { targets } });
  assert.equal((await named.ask(get())).status, 200);
  const nameless = await tlsUpstreamScene(t, { authority, upstream: { targets } });
  assert.equal((await nameless.ask(get())).status, 502);
  assert.match(nameless.reasons().join(), /it has no name to check/);
  assert.equal(origin.requests.length, 1);
});

test('a certificate without other names is good by its common name', async (t) => {
  const authority = TestAuthority.root(t);
  const issued = authority.issue({ names: [], subject: 'api.internal' });
  const scene = await tlsUpstreamScene(t, { authority, issued, host: 'api.internal' });
  assert.equal((await scene.ask(get())).status, 200);
});

test('a client that leaves in the middle of a handshake is no fault of the target', async (t) => {
  const authority = TestAuthority.root(t);
  const mute = await startOrigin(t, {});
  const scene = await tlsUpstreamScene(t, {
    authority,
    config: { upstreams: [upstream([mute.port], { tls: upstreamTls(authority) })] },
  });
  const client = await scene.client();
  client.send(get());
  await eventually(async () => (await mute.connection()).received.length > 0);
  client.reset();
  await scene.settled();
  assert.equal(scene.errors('client_closed'), 1);
  assert.deepEqual(scene.reasons(), []);
});

test('the log says why again after a minute, and at once where the reason is another', async (t) => {
  const authority = TestAuthority.root(t);
  const scene = await tlsUpstreamScene(t, { authority, issued: authority.issue({ outside: 'expired' }), manual: true });
  for (const [laterMs, lines] of [
    [0, 1],
    [30_000, 1],
    [31_000, 2],
  ] as const) {
    scene.clock.advance(laterMs);
    assert.equal((await scene.ask(get())).status, 502);
    assert.equal(scene.reasons().length, lines);
  }
  const shown = authority.issue({ names: ['other.test'] });
  scene.origin.show({ cert: shown.cert, key: shown.key });
  assert.equal((await scene.ask(get())).status, 502);
  assert.match(scene.reasons().at(-1) as string, /for another name/);
  assert.equal(scene.reasons().length, 3);
});

test('insecure-skip-verify believes whatever comes', async (t) => {
  const other = TestAuthority.root(t, 'Other Root');
  const issued = other.issue({ names: ['other.test'], outside: 'expired' });
  const scene = await tlsUpstreamScene(t, { issued, tls: { insecureSkipVerify: true } });
  assert.equal((await scene.ask(get())).status, 200);
});

test('a target that is not believed counts as failed, and the next one answers instead, even a POST', async (t) => {
  const [authority, other] = [TestAuthority.root(t), TestAuthority.root(t, 'Other Root')];
  const [good, wrong] = [await startTlsOrigin(t, authority.issue()), await startTlsOrigin(t, other.issue())];
  const breaker = { failureThreshold: 2, successThreshold: 1, timeoutMs: 60_000, halfOpenMaxRequests: 1 };
  const scene = await tlsUpstreamScene(t, {
    authority,
    config: {
      upstreams: [upstream([wrong.port, good.port], { tls: upstreamTls(authority), circuitBreaker: breaker })],
    },
  });
  for (let asked = 0; asked < 6; asked++) assert.equal((await scene.ask(post('x'))).status, 200);
  assert.equal(good.requests.length, 6);
  assert.equal(wrong.requests.length, 0);
  assert.deepEqual(
    scene.events.map((event) => (event.kind === 'breaker' ? `${event.id} ${event.to} ${event.why}` : event.kind)),
    [`origin/127.0.0.1:${wrong.port} open 2 failures in a row: tls_certificate`],
  );
});
