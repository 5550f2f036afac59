/** A target that speaks HTTP over TLS with a given certificate. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Issued } from '../helpers/certificates.ts';
import { type Scene, well } from './scene.ts';

export async function tlsTarget(scene: Scene, { cert, key }: Issued): Promise<string> {
  const server = createServer({ cert, key }, well).listen(0, '127.0.0.1');
  await once(server, 'listening');
  scene.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
