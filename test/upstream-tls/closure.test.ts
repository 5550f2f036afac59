/** How a TLS connection ended, whatever its reader does meanwhile. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { connect, type ConnectionOptions, TLSSocket } from 'node:tls';
import { watchClosure } from '../../src/proxy/data/upstream/tls-closure.ts';
import { TestAuthority } from '../helpers/certificates.ts';

const bytes = 40_000;

/** Sends 40,000 bytes and then acts; says what the reader, which may pause after its first bytes, saw of the end. */
async function endSeen(
  t: TestContext,
  version: 'TLSv1.2' | 'TLSv1.3',
  pauses: boolean,
  act: (above: TLSSocket, beneath: Socket) => void,
): Promise<string> {
  const { cert, key } = TestAuthority.root(t).issue();
  const server = createServer((beneath) => {
    const above = new TLSSocket(
      beneath.on('error', () => {}),
      { isServer: true, cert, key, maxVersion: version },
    );
    above.on('error', () => {});
    above.once('data', () => act(above, beneath));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  let read = 0;
  const socket = connect({
    port: (server.address() as { port: number }).port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    onread: {
      buffer: Buffer.alloc(16_384),
      callback: (length: number) => {
        if (read === 0 && pauses) {
          socket.pause();
          // Whatever comes of this read has come when the loop goes round.
          setImmediate(() => setImmediate(() => socket.resume()));
        }
        read += length;
        return true;
      },
    },
  } as ConnectionOptions);
  t.after(() => void socket.destroy());
  const closure = watchClosure(socket);
  socket.on('secureConnect', () => socket.write('x'));
  await once(socket, 'end');
  return `${read} ${closure.announced ? 'announced' : 'unannounced'}`;
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  for (const pauses of [false, true]) {
    const reader = pauses ? 'a reader that pauses' : 'a reader';
    test(`${reader} tells an end that ${version} announces from one that it does not`, async (t) => {
      const body = Buffer.alloc(bytes);
      assert.equal(await endSeen(t, version, pauses, (above) => void above.end(body)), '40000 announced');
      assert.equal(await endSeen(t, version, pauses, (above) => void above.end('abc')), '3 announced');
      const cut = (above: TLSSocket, beneath: Socket) => void above.write(body, () => beneath.end());
      assert.equal(await endSeen(t, version, pauses, cut), '40000 unannounced');
    });
  }
}
