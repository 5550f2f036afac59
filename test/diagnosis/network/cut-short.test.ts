/** A diagnosis with less time than its questions need: what nobody waited for is unknown, never a failure. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { testFolder } from '../../helpers/daemon.ts';
import { freePort } from '../scene.ts';
import { probe } from './probing.ts';

test('what is not waited for is neither a listener that is silent nor a target that fails', async (t) => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const folder = testFolder(t);
  const configFile = join(folder, 'sentinel.kdl');
  const write = (listeners: string): void =>
    writeFileSync(
      configFile,
      `${listeners}
route "all" { upstream "own" }
upstream "own" { target "127.0.0.1:${port}"; health-check { timeout-secs 5 } }
observability { metrics { enabled #false } }`,
    );
  write(`listener "here" { address "127.0.0.1:${port}" }`);
  const subject = { socket: join(folder, 'admin.sock'), configFile, withinMs: 1_200 };
  const { endpoints, targets } = await probe(subject, ['daemon', 'endpoints', 'targets']);
  assert.deepEqual(
    [endpoints.state, 'why' in endpoints && endpoints.why],
    ['unknown', 'the diagnosis was over after 1.2 s'],
  );
  assert.deepEqual(targets.state === 'known' && targets.value.targets.map(({ tcp, http }) => [tcp?.ok, http]), [
    [true, null],
  ]);

  write(`listener "here" { address "127.0.0.1:${port}" }
listener "away" { address "127.0.0.1:${await freePort()}" }`);
  const again = await probe(subject, ['daemon', 'endpoints']);
  assert.deepEqual(
    again.endpoints.state === 'known' &&
      again.endpoints.value.listeners.map(({ id, health }) => [id, health.timed_out, health.refused > 0]),
    [
      ['here', 0, false],
      ['away', 0, true],
    ],
    'what was refused in time is known',
  );
});
