/** Certificates that are replaced under load: nobody notices but by the new one. A hundred swaps are in test/accept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { swapUnderLoad } from '../helpers/certificate-swaps.ts';
import { eventually } from '../helpers/eventually.ts';
import { healthOf, secured, shownBy, startSecuredDaemon } from '../helpers/served-certificate.ts';

test('swaps under new connections fail no handshake, and the last certificate is every worker’s', async (t) => {
  const { handshakes } = await swapUnderLoad(t, 12);
  assert.ok(handshakes > 12);
});

test('a session is resumed at whichever worker, before and after swap and reload', async (t) => {
  const { daemon, port, deploy, issue } = await startSecuredDaemon(t, '', { workers: 3 });
  const session = await sessionOf(port);
  const resumed = async () => {
    const shown = await Promise.all(
      Array.from({ length: 24 }, () => shownBy(port, { session, maxVersion: 'TLSv1.2' })),
    );
    return shown.filter((one) => one.resumed).length;
  };
  assert.equal(await resumed(), 24, 'by all three workers');
  deploy(issue());
  await daemon.client.call('certs-reload');
  assert.equal(await resumed(), 24, 'after a swap');
  await daemon.client.call('config-reload');
  assert.equal(await resumed(), 24, 'after a reload');
});

/** A session of TLS 1.2, whose ticket may be used more than once. */
async function sessionOf(port: number): Promise<Buffer> {
  const socket: TLSSocket = await secured(port, { maxVersion: 'TLSv1.2' });
  await healthOf(socket);
  const session = await eventually(() => socket.getSession() ?? false);
  socket.destroy();
  return session as Buffer;
}
