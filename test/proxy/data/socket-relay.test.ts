/** Doubles of listening sockets: had from another process, whatever the program's folder is called. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, cpSync, mkdirSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type * as SocketRelay from '../../../src/proxy/data/socket-relay.ts';
import { testFolder } from '../../helpers/daemon.ts';

const here = join(import.meta.dirname, '../../../src/proxy/data');

test('listening sockets are doubled where the path of the program has spaces and signs', async (t) => {
  const program = join(testFolder(t), 'my programs 100%, ä#1');
  const folder = join(program, 'proxy/data');
  mkdirSync(folder, { recursive: true });
  cpSync(join(here, '../../base'), join(program, 'base'), { recursive: true });
  for (const name of ['socket-relay.ts', 'socket-relay-child.ts']) copyFileSync(join(here, name), join(folder, name));
  const { relaySockets } = (await import(pathToFileURL(join(folder, 'socket-relay.ts')).href)) as typeof SocketRelay;
  const original = createServer().listen(0, '127.0.0.1');
  t.after(() => original.close());
  await once(original, 'listening');
  const { fd } = (original as unknown as { readonly _handle: { readonly fd: number } })._handle;
  const taken: unknown[] = [];
  await relaySockets([fd], (_index, double: Server) => {
    const own = createServer((socket: Socket) => socket.end()).listen(double);
    t.after(() => own.close());
    taken.push(own.address());
  });
  assert.deepEqual(taken, [original.address()]);
});
