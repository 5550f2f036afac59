/** Sessions that are resumed: at any worker, after swaps and rotations, and not where they must not be. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import type { Config, ListenerTlsConfig } from '../../src/config/model.ts';
import { handshakeIndex } from '../../src/proxy/shared/handshake-results.ts';
import { type Issued, TestAuthority } from '../helpers/certificates.ts';
import { listener, startPlanes, type TestPlane } from '../helpers/data-plane.ts';
import { startOrigin } from '../helpers/origin.ts';
import { scenery } from '../helpers/proxied.ts';
import { get, RawClient } from '../helpers/raw-http.ts';
import { connectTls, listenerTls, TestCertificates, ticketOf } from '../helpers/secured-plane.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

interface Workers {
  readonly planes: readonly [TestPlane, TestPlane];
  readonly authority: TestAuthority;
  readonly certificates: TestCertificates;
  readonly config: Config;
  /** The same configuration with this `tls`, in force at both. */
  apply(tls: ListenerTlsConfig): Promise<void>;
  /** One request; with the session of an earlier one, whose ticket it then has used. */
  visit(
    plane: TestPlane,
    options: ConnectionOptions,
  ): Promise<{ readonly resumed: boolean; ticket(): Promise<Buffer> }>;
}

/** Two workers under one plan, each with a port of its own. */
async function twoWorkers(t: Cleanup, terms: (issued: Issued) => ListenerTlsConfig): Promise<Workers> {
  const authority = TestAuthority.root(t);
  const certificates = new TestCertificates();
  const origin = await startOrigin(t);
  const configOf = (tls: ListenerTlsConfig) => scenery([origin.port], { config: { listeners: [listener({ tls })] } });
  const config = configOf(terms(authority.issue()));
  const planes = await startPlanes(t, config, 2, undefined, undefined, { certificates });
  return {
    planes: planes as [TestPlane, TestPlane],
    authority,
    certificates,
    config,
    apply: async (tls) => {
      for (const plane of planes) await plane.apply(configOf(tls));
    },
    visit: async ({ port }, options) => {
      const socket = await connectTls(t, port, { ca: authority.cert, ...options });
      const client = RawClient.over(socket);
      client.send(get('/').replace('a.test', 'localhost'));
      assert.equal((await client.response()).status, 200);
      const resumed = socket.isSessionReused();
      return {
        resumed,
        ticket: async () => {
          const ticket = await ticketOf(socket);
          socket.destroy();
          return ticket;
        },
      };
    },
  };
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  const terms = { maxVersion: version };

  test(`a session that one worker has begun is resumed at another: ${version}`, async (t) => {
    const workers = await twoWorkers(t, listenerTls);
    const [first, second] = workers.planes;
    const ticket = await (await workers.visit(first, terms)).ticket();
    assert.equal((await workers.visit(second, { ...terms, session: ticket })).resumed, true);
    const counted = (result: 'full' | 'resumed') =>
      first.registry.sum(first.plan.cells.handshakes, handshakeIndex(version, result));
    assert.deepEqual([counted('full'), counted('resumed')], [1, 1]);
  });

  test(`a session is resumed after the certificate has been swapped: ${version}`, async (t) => {
    const workers = await twoWorkers(t, listenerTls);
    const [first, second] = workers.planes;
    const ticket = await (await workers.visit(first, terms)).ticket();
    await workers.apply(listenerTls(workers.authority.issue({ subject: 'swapped' })));
    assert.equal((await workers.visit(second, { ...terms, session: ticket })).resumed, true);
  });

  test(`after the keys have been changed a session begins anew, and is then resumed at any worker: ${version}`, async (t) => {
    const workers = await twoWorkers(t, listenerTls);
    const [first, second] = workers.planes;
    const old = await (await workers.visit(first, terms)).ticket();
    workers.certificates.ticketKeys = randomBytes(48);
    for (const plane of workers.planes) await plane.apply(workers.config);
    const again = await workers.visit(second, { ...terms, session: old });
    assert.equal(again.resumed, false);
    const ticket = await again.ticket();
    assert.equal((await workers.visit(first, { ...terms, session: ticket })).resumed, true);
  });

  test(`session-resumption #false resumes nothing, at the same worker or another: ${version}`, async (t) => {
    const workers = await twoWorkers(t, (issued) => listenerTls(issued, { sessionResumption: false }));
    const [first, second] = workers.planes;
    // A TLS 1.2 client is given nothing to come back with; one of 1.3 gets a ticket that stands for nothing.
    const visit = await workers.visit(first, terms);
    const session = version === 'TLSv1.2' ? await sessionOf(t, workers, first) : await visit.ticket();
    for (const plane of [first, second]) {
      assert.equal((await workers.visit(plane, { ...terms, session })).resumed, false);
    }
  });

  test(`a session is not resumed where other clients are believed: ${version}`, async (t) => {
    const workers = await twoWorkers(t, listenerTls);
    const [first, second] = workers.planes;
    const ticket = await (await workers.visit(first, terms)).ticket();
    const clients = TestAuthority.root(t, 'Clients');
    const { tls } = workers.config.listeners[0] ?? {};
    assert.ok(tls);
    await workers.apply({ ...tls, clientAuth: 'request', caFile: clients.certFile });
    assert.equal((await workers.visit(second, { ...terms, session: ticket })).resumed, false);
  });
}

/** What a client of TLS 1.2 knows of its session, with or without a ticket. */
async function sessionOf(t: Cleanup, { authority }: Workers, { port }: TestPlane): Promise<Buffer> {
  const socket = await connectTls(t, port, { ca: authority.cert, maxVersion: 'TLSv1.2' });
  return socket.getSession() as Buffer;
}
