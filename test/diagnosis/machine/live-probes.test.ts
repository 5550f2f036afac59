/** What the probes of clients and of changes find out from a daemon that runs, and what is left when it is gone. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { instanceFolder } from '../../../src/base/state-folder.ts';
import { changesProbe } from '../../../src/diagnosis/probes/changes.ts';
import { clientsProbe } from '../../../src/diagnosis/probes/clients.ts';
import { clockProbe } from '../../../src/diagnosis/probes/clock.ts';
import { readPortUse } from '../../../src/diagnosis/probes/socket-table.ts';
import { generationsFolder } from '../../../src/history/folders.ts';
import { startDaemonProcess, staticConfig, testFolder } from '../../helpers/daemon.ts';
import { eventually } from '../../helpers/eventually.ts';
import { configured, plantedMachine } from './planted.ts';

const config = staticConfig('hello', 'security { block "198.51.100.0/24" }').replace(
  'listener "http" {',
  'listener "http" { trusted-proxies "127.0.0.0/8";',
);

test('clients: who sends, how many there are, how evenly requests spread over paths, what was refused', async (t) => {
  const daemon = await startDaemonProcess(t, { config });
  const send = async (client: string, path: string): Promise<void> => {
    await (await fetch(daemon.url() + path, { headers: { 'x-forwarded-for': client } })).arrayBuffer();
  };
  for (let count = 0; count < 60; count++) await send('203.0.113.1', '/popular?password=hunter2');
  const machine = plantedMachine(t);
  const more = { socket: daemon.socket };
  const few = await eventually(async () => {
    const found = await machine.known(clientsProbe, {}, more);
    assert.equal(found.by_address.requests, 60);
    assert.ok(found.refused_ratio !== null);
    return found;
  });
  assert.deepEqual([few.addresses, few.path_entropy, few.refused_ratio], [1, 0, 0]);
  assert.deepEqual([few.usual_requests_per_s, few.new_addresses_ratio], [null, null]);
  assert.ok(few.requests_per_s > 0);
  assert.equal(few.by_path.clients[0]?.key, '/popular');

  for (let count = 0; count < 60; count++) await send(`10.0.${count}.1`, `/${count * 7919}`);
  for (let count = 0; count < 30; count++) await send('198.51.100.9', '/');
  const many = await eventually(async () => {
    const found = await machine.known(clientsProbe, {}, more);
    assert.equal(found.by_address.requests, 150);
    assert.ok((found.refused_ratio ?? 0) > 0.15);
    return found;
  });
  assert.ok(Math.abs(many.addresses - 62) <= 6, `${many.addresses}`);
  assert.ok((many.path_entropy ?? 0) > 0.4 && (many.path_entropy ?? 1) < 0.8, `${many.path_entropy}`);
  assert.equal(many.by_address.clients.length, 20);
  assert.equal(many.by_address.clients[0]?.key, '203.0.113.1');
});

test('clients and changes: without a daemon they are not known, and say what was asked', async (t) => {
  const machine = plantedMachine(t);
  const clients = await machine.find(clientsProbe);
  assert.ok(clients.state === 'unknown' && clients.tried.includes('GET /admin/clients'));
  const changes = await machine.find(changesProbe);
  assert.ok(changes.state === 'unknown' && changes.tried.includes('GET /admin/events'));
});

test('changes: events and configurations with what differs, and the configurations also when the daemon is dead', async (t) => {
  const folder = testFolder(t);
  const daemon = await startDaemonProcess(t, { folder, config: staticConfig('before') });
  daemon.writeConfig(staticConfig('after', 'limits { max-uri-bytes 4096 }'));
  await daemon.client.call('config-reload', { reason: 'ticket 7' });
  const machine = plantedMachine(t);
  const more = { socket: daemon.socket, configPath: daemon.configFile, varLib: folder };
  const alive = await machine.known(changesProbe, configured(), more);
  assert.deepEqual(
    alive.generations.map(({ number, reason }) => [number, reason]),
    [
      [1, null],
      [2, 'ticket 7'],
    ],
  );
  assert.match(alive.generations[1]?.summary ?? '', /limits max-uri-bytes/);
  assert.ok(alive.events.some(({ kind, reason }) => kind === 'reload' && reason === 'ticket 7'));

  const { daemon_skew_ms: skew } = await machine.known(clockProbe, configured(), more);
  assert.ok(skew !== null && Math.abs(skew) < 5_000, `${skew}`);

  process.kill(daemon.pid, 'SIGKILL');
  await daemon.ended();
  const dead = await machine.known(changesProbe, configured(), more);
  assert.deepEqual(dead.events, []);
  assert.deepEqual(dead.generations, alive.generations);
  assert.deepEqual(alive.unread, []);
  assert.deepEqual(
    dead.unread.map(({ source }) => source),
    ['GET /admin/events'],
  );
  const newest = join(
    generationsFolder(instanceFolder(join(folder, 'sentinel'), daemon.configFile)),
    '00000002.generation',
  );
  writeFileSync(newest, 'not one');
  const torn = await machine.known(changesProbe, configured(), more);
  assert.deepEqual([torn.generations.length, torn.unread.at(-1)?.source], [1, newest]);
});

test('local ports of a long table are counted up to the bound, and said to be least ones', async (t) => {
  const folder = testFolder(t);
  const table = join(folder, 'tcp');
  const line = (port: number): string =>
    `   1: 0100007F:${port.toString(16).toUpperCase()} 0900000A:1F90 06 00000000:00000000 00:00000000 00000000\n`;
  const ports = Array.from({ length: 20_000 }, (_, index) => 40_000 + index);
  writeFileSync(table, `header\n${ports.map(line).join('')}`);
  const range = { first: 40_000, last: 59_999 };
  const { signal } = new AbortController();
  const whole = await readPortUse([table, join(folder, 'none')], range, signal);
  assert.deepEqual(whole, {
    inUse: 20_000,
    timeWait: 20_000,
    busiest: { address: '10.0.0.9:8080', count: 20_000 },
    complete: true,
  });
  const part = await readPortUse([table], range, signal, 1 << 19);
  assert.ok(!part.complete && part.inUse > 1000 && part.inUse < 20_000, `${part.inUse}`);
  await assert.rejects(readPortUse([join(folder, 'none')], range, signal), { code: 'ENOENT' });
});
