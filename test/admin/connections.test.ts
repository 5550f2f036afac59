/** The connections of the admin address: one client that takes all it can get keeps nobody else out. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { AdminServer } from '../../src/proxy/control/admin/server.ts';
import { socketFolder } from '../helpers/origin.ts';

function status(port: number, localAddress: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, localAddress, agent: false }, (response: IncomingMessage) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}

test('a client that holds every connection loses its oldest to whoever comes, and only it does', async (t) => {
  const server = new AdminServer(
    (_, __, response) => void response.end(),
    () => {},
  );
  t.after(() => server.close());
  await server.listenOnTcp('127.0.0.1', 0);
  const port = Number(server.addresses.address?.split(':').at(-1));
  const open = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port, localAddress }).on('error', () => {});
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  const patient = await open('127.0.0.3');
  const hoard: Socket[] = [];
  for (let at = 0; at < 256; at++) hoard.push(await open('127.0.0.2'));
  const [oldest] = hoard as [Socket];
  if (!oldest.closed) await once(oldest, 'close');
  assert.equal(await status(port, '127.0.0.4'), 200, 'somebody else is answered');
  assert.equal(await status(port, '127.0.0.2'), 200, 'and so is another program at the same address');
  patient.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const [answer] = (await once(patient, 'data')) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 200/);
});

test("what a process of the same number has left beside the admin socket is in nobody's way", async (t) => {
  const folder = socketFolder(t);
  writeFileSync(`${folder}/.${process.pid.toString(36)}`, '');
  const server = new AdminServer(
    () => {},
    () => {},
  );
  t.after(() => server.close());
  await server.listenOnSocket(`${folder}/admin.sock`);
  assert.deepEqual(readdirSync(folder), ['admin.sock']);
});
