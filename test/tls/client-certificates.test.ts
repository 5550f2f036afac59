/** Clients that show who they are: who is let in, what the target is told of them, and that nobody can say it for himself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import type { ListenerTlsConfig } from '../../src/config/model.ts';
import { type Issued, TestAuthority } from '../helpers/certificates.ts';
import { requireComponent } from '../helpers/components.ts';
import { listener, startPlane } from '../helpers/data-plane.ts';
import { FrameClient, headersFrame, request } from '../helpers/http2-frames.ts';
import { openssl } from '../helpers/openssl-client.ts';
import { startOrigin } from '../helpers/origin.ts';
import { scenery } from '../helpers/proxied.ts';
import { chunked, get, head, RawClient } from '../helpers/raw-http.ts';
import {
  connectTls,
  listenerTls,
  type SecuredOptions,
  type SecuredScene,
  securedScene,
  TestCertificates,
  ticketOf,
} from '../helpers/secured-plane.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

interface MutualScene extends SecuredScene {
  readonly clients: TestAuthority;
}

async function mutual(
  t: Cleanup,
  terms: Partial<ListenerTlsConfig>,
  options: SecuredOptions = {},
): Promise<MutualScene> {
  const clients = TestAuthority.root(t, 'Clients');
  const tls = { clientAuth: 'require' as const, caFile: clients.certFile, subjectHeader: 'X-Client-Subject', ...terms };
  return { ...(await securedScene(t, { ...options, tls })), clients };
}

const shown = ({ cert, key }: Issued) => ({ cert, key });
const good = { usage: 'clientAuth', subject: 'ann', names: ['localhost'] } as const;
/** With client certificates the host must be the name that was asked for. */
const here = (...lines: readonly string[]) => get('/', ...lines).replace('a.test', 'localhost');

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a good certificate is let in and its subject told to the target: ${version}`, async (t) => {
    const scene = await mutual(t, {});
    const client = await scene.client({ ...shown(scene.clients.issue(good)), maxVersion: version });
    client.send(here());
    assert.equal((await client.response()).status, 200);
    assert.equal((await scene.origin.request()).header('x-client-subject'), 'CN=ann');
  });
}

test('a certificate of an intermediate that comes along is good, one without it is not', async (t) => {
  const scene = await mutual(t, {});
  const issued = scene.clients.intermediate().issue(good);
  const whole = await scene.client(shown(issued));
  whole.send(here());
  assert.equal((await whole.response()).status, 200);
  const [leaf = ''] = issued.cert.split(/(?<=-----END CERTIFICATE-----\n)/);
  const bare = await scene.client({ cert: leaf, key: issued.key });
  bare.send(here());
  assert.equal((await bare.response()).status, 403);
});

test('without a certificate the handshake fails where one is required, by the alert that says so', async (t) => {
  const program = requireComponent(t, 'openssl');
  if (program === undefined) return;
  const scene = await mutual(t, {});
  const newer = await openssl(program, scene.port, ['-tls1_3', '-ign_eof'], 'GET / HTTP/1.0\r\n\r\n');
  assert.match(newer.text, /alert certificate required|alert number 116/);
  const older = await openssl(program, scene.port, ['-tls1_2'], '');
  assert.match(older.text, /alert handshake failure|alert number 40/);
  assert.doesNotMatch(newer.text + older.text, /HTTP\/1\.1/);
  assert.equal(scene.origin.connections.length, 0);
  await scene.settled();
});

test('without a certificate a client is nobody where one is only asked for', async (t) => {
  const scene = await mutual(t, { clientAuth: 'request' });
  assert.equal((await scene.ask(here())).status, 200);
  assert.equal((await scene.origin.request()).header('x-client-subject'), undefined);
});

const faults: Readonly<Record<string, readonly [reason: RegExp, (clients: TestAuthority, t: Cleanup) => Issued]>> = {
  expired: [/^cert_has_expired$/, (clients) => clients.issue({ ...good, outside: 'expired' })],
  'not good yet': [/^cert_not_yet_valid$/, (clients) => clients.issue({ ...good, outside: 'not yet valid' })],
  'of an unknown authority': [/^unable_to_/, (_, t) => TestAuthority.root(t, 'Strangers').issue(good)],
  'of an authority that only has the name of ours': [
    /^cert_signature_failure$|^unable_to_/,
    (_, t) => TestAuthority.root(t, 'Clients').issue(good),
  ],
  'signed by itself': [/^depth_zero_self_signed_cert$/, (clients) => clients.issue({ ...good, selfSigned: true })],
  'made for servers': [/^invalid_purpose$/, (clients) => clients.issue({ ...good, usage: 'serverAuth' })],
  'named too long to be a name': [
    /^subject_too_long$/,
    (clients) =>
      clients.issue({ ...good, subject: `/${Array.from({ length: 60 }, () => `OU=${'x'.repeat(60)}`).join('/')}` }),
  ],
};

for (const clientAuth of ['request', 'require'] as const) {
  for (const [what, [reason, issue]] of Object.entries(faults)) {
    test(`a certificate that is ${what} gets 403 where one is ${clientAuth}d, and no target hears of it`, async (t) => {
      const scene = await mutual(t, { clientAuth }, { accessLog: { enabled: true } });
      const client = await scene.client(shown(issue(scene.clients, t)));
      client.send(here() + here());
      const response = await client.response();
      assert.equal(response.status, 403);
      assert.match(response.text, /"cause":"client_certificate"/);
      assert.match(response.header('proxy-status') ?? '', /error=http_request_denied/);
      assert.equal(await client.closed(), 'end');
      assert.equal(client.received.length, 0, 'the second request is not answered');
      assert.equal(scene.origin.connections.length, 0);
      assert.equal(scene.errors('client_certificate'), 1);
      assert.equal((await scene.line())['cause'], 'client_certificate');
      const said = scene.reports.find((line) => line.startsWith('Client certificate refused')) ?? '';
      assert.match(String(JSON.parse(said.slice(said.indexOf('{'))).reason), reason);
    });
  }
}

test('over HTTP/2 as well a connection whose certificate is not good ends with its first answer', async (t) => {
  const scene = await mutual(t, {});
  const expired = scene.clients.issue({ ...good, outside: 'expired' });
  const socket = await scene.connect({ ...shown(expired), ALPNProtocols: ['h2'] });
  const client = new FrameClient(socket).begin();
  client.send(headersFrame(1, request({ ':authority': 'localhost' })));
  assert.equal(await client.status(1), 403);
  assert.deepEqual(await client.goaway(), { lastStream: 1, code: 0 });
  assert.equal(scene.origin.connections.length, 0);
});

test('a revoked certificate is refused, one that the list does not name is not', async (t) => {
  const clients = TestAuthority.root(t, 'Clients');
  const [kept, revoked] = [clients.issue(good), clients.issue({ ...good, subject: 'bob' })];
  const tls = { clientAuth: 'require', caFile: clients.certFile, crlFile: clients.revoke(revoked) } as const;
  const scene = await securedScene(t, { tls });
  const answers: number[] = [];
  for (const issued of [kept, revoked]) {
    const client = await scene.client(shown(issued));
    client.send(here());
    answers.push((await client.response()).status);
  }
  assert.deepEqual(answers, [200, 403]);
  assert.match(scene.reports.join('\n'), /"reason":"cert_revoked"/);
});

test('the verdict on a certificate outlives a resumed session, good or bad', async (t) => {
  const scene = await mutual(t, {});
  const bad = scene.clients.issue({ ...good, outside: 'expired' });
  for (const [issued, status] of [
    [scene.clients.issue(good), 200],
    [bad, 403],
  ] as const) {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      let session: Buffer | undefined;
      for (const resumed of [false, true]) {
        const socket = await connectTls(t, scene.port, {
          ca: scene.authority.cert,
          ...shown(issued),
          maxVersion: version,
          ...(session === undefined ? {} : { session }),
        });
        assert.equal(socket.isSessionReused(), resumed, `${version} ${status}`);
        const client = RawClient.over(socket);
        client.send(here());
        assert.equal((await client.response()).status, status);
        if (!resumed) session = await ticketOf(socket);
        socket.destroy();
      }
    }
  }
  const told = scene.origin.requests.map((request) => request.header('x-client-subject'));
  assert.deepEqual(told, ['CN=ann', 'CN=ann', 'CN=ann', 'CN=ann']);
});

test('a certificate that has expired since is noticed when its session is resumed', async (t) => {
  let aheadMs = 0;
  const time = { ...bound(systemClock), wallMs: () => systemClock.wallMs() + aheadMs };
  const scene = await mutual(t, {}, { time });
  const issued = shown(scene.clients.issue(good));
  const first = await scene.connect(issued);
  const session = await ticketOf(first);
  aheadMs = 91 * 86_400_000;
  const socket = await scene.connect({ ...issued, session });
  assert.equal(socket.isSessionReused(), true);
  const client = RawClient.over(socket);
  client.send(here());
  assert.equal((await client.response()).status, 403);
  assert.match(scene.reports.join('\n'), /"reason":"cert_has_expired"/);
});

/** A clock whose parts can be replaced. */
function bound(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    wallMs: () => clock.wallMs(),
    every: (periodMs, task) => clock.every(periodMs, task),
    after: (delayMs, task) => clock.after(delayMs, task),
  };
}

test('a subject is one line of printable ASCII, the last component first, whatever stands in it', async (t) => {
  const scene = await mutual(t, {});
  const subjects: Readonly<Record<string, string>> = {
    '/C=DE/O=Test, Inc./CN=ann': 'CN=ann,O=Test\\, Inc.,C=DE',
    '/O=Käse/CN=zoë': 'CN=zo\\C3\\AB,O=K\\C3\\A4se',
    '/CN=a\\+b\\"c;d<e>': 'CN=a\\+b\\"c\\;d\\<e\\>',
    '/CN=line\r\nX-Admin: yes': 'CN=line\\0D\\0AX-Admin: yes',
  };
  for (const [subject, told] of Object.entries(subjects)) {
    const client = await scene.client(shown(scene.clients.issue({ ...good, subject })));
    client.send(here());
    assert.equal((await client.response()).status, 200);
    const request = scene.origin.requests.at(-1);
    assert.equal(request?.header('x-client-subject'), told);
    assert.equal(request?.header('x-admin'), undefined);
  }
});

test('a certificate may have no subject: its client is let in, and nothing is told of him', async (t) => {
  const scene = await mutual(t, {});
  const nobody = { ...good, subject: '/' };
  for (const [authority, status] of [
    [scene.clients, 200],
    [TestAuthority.root(t, 'Strangers'), 403],
  ] as const) {
    const client = await scene.client(shown(authority.issue(nobody)));
    client.send(here('X-Client-Subject: CN=root'));
    assert.equal((await client.response()).status, status);
  }
  assert.equal(scene.origin.requests.length, 1);
  assert.equal(scene.origin.requests[0]?.header('x-client-subject'), undefined);
});

const forgeries = [
  'X-Client-Subject: CN=root',
  'x-client-subject: CN=root',
  'X_Client_Subject: CN=root',
  'x_client-subject:CN=root',
  'X-CLIENT_SUBJECT:\t CN=root ',
];

for (const forged of forgeries) {
  test(`nobody can say himself who he is: ${JSON.stringify(forged)}`, async (t) => {
    const clients = TestAuthority.root(t, 'Clients');
    const origin = await startOrigin(t);
    const authority = TestAuthority.root(t);
    const certificates = new TestCertificates();
    const tls = listenerTls(authority.issue(), {
      clientAuth: 'request',
      caFile: clients.certFile,
      subjectHeader: 'X-Client-Subject',
    });
    // One listener knows clients, the other is plain; both lead to the same target.
    const settings = scenery([origin.port], { config: { listeners: [listener({ id: 'plain' }), listener({ tls })] } });
    const plane = await startPlane(t, settings, undefined, undefined, { certificates });
    const [, port = 0] = plane.ports;
    const plain = await RawClient.connect(t, plane.port);
    const unknown = RawClient.over(await connectTls(t, port, { ca: authority.cert }));
    const known = RawClient.over(await connectTls(t, port, { ca: authority.cert, ...shown(clients.issue(good)) }));
    for (const client of [plain, unknown, known]) {
      client.send(here(forged, 'Before: 1', forged, 'After: 2'));
      assert.equal((await client.response()).status, 200);
      client.send(
        head('POST', '/', 'Transfer-Encoding: chunked', 'TE: trailers').replace('a.test', 'localhost') +
          chunked(['x'], forged, 'Checksum: 3'),
      );
      assert.equal((await client.response()).status, 200);
    }
    const told = origin.requests.map(({ fields }) => fields.filter(([name]) => /client.subject/i.test(name)));
    const ann = [['X-Client-Subject', 'CN=ann']];
    assert.deepEqual(told, [[], [], [], [], ann, ann]);
    for (const { connection } of origin.requests) assert.doesNotMatch(connection.received.toString('latin1'), /root/);
    const first = origin.requests[0];
    assert.equal(first?.header('before'), '1');
    assert.equal(first?.header('after'), '2');
    assert.match(origin.requests[1]?.connection.received.toString('latin1') ?? '', /\r\nChecksum: 3\r\n/);
  });
}

test('a forged identity leads to no route either', async (t) => {
  const scene = await mutual(
    t,
    { clientAuth: 'request' },
    {
      route: {
        matches: {
          paths: [],
          hosts: [],
          methods: [],
          headers: [{ name: 'x-client-subject', values: ['CN=root'] }],
          queryParams: [],
          clientIps: [],
        },
      },
    },
  );
  assert.equal((await scene.ask(here('X-Client-Subject: CN=root'))).status, 404);
});

test('with client certificates the host must be the name that the connection was opened for', async (t) => {
  const scene = await mutual(t, {});
  const client = await scene.client(shown(scene.clients.issue(good)));
  client.send(get('/'));
  assert.equal((await client.response()).status, 421);
  assert.equal(scene.origin.connections.length, 0);
});
