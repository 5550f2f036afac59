/** What the daemon is asked over its admin API, and what becomes of a daemon that does not answer. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDaemonProcess, staticConfig, testFolder } from '../../helpers/daemon.ts';
import { probe, valueOf } from './probing.ts';

test('a daemon tells its state, the limits in force with what is laid over them, and those of alerts', async (t) => {
  const daemon = await startDaemonProcess(t, {
    config: staticConfig(
      'hello',
      'limits { max-total-connections 300; max-in-flight-requests 70 }\nalerts { error-rate-percent 5 }',
    ),
  });
  await daemon.client.call('override-set', {
    params: { kind: 'limits' },
    body: { values: { 'max-total-connections': 200 } },
  });
  const sections = await probe(daemon, ['daemon', 'threads']);
  const { status, workers, limits, alerts, upstreams } = valueOf(sections.daemon);
  assert.equal(status.pid, daemon.pid);
  assert.equal(workers.length, 2);
  assert.deepEqual(limits, { max_total_connections: 200, max_in_flight_requests: 70, max_memory_bytes: 0 });
  assert.deepEqual([alerts?.error_rate_percent, alerts?.p99_ms], [5, 1000]);
  assert.ok(upstreams.upstreams.some(({ name }) => name === 'fixed'));
  assert.equal(valueOf(sections.threads).workers.length, 2);
});

test('a socket that takes connections and never answers is unknown, and what was asked is said', async (t) => {
  const folder = testFolder(t);
  const socket = join(folder, 'admin.sock');
  const open: Socket[] = [];
  const server = createServer((connection) => {
    connection.on('error', () => undefined);
    open.push(connection);
  }).listen(socket);
  t.after(() => {
    for (const connection of open) connection.destroy();
    server.close();
  });
  await once(server, 'listening');
  const { daemon, threads, endpoints } = await probe({ socket, configFile: join(folder, 'none.kdl') }, [
    'daemon',
    'threads',
    'endpoints',
  ]);
  assert.equal(daemon.state, 'unknown');
  assert.ok(daemon.state === 'unknown' && daemon.why.includes('no answer in time') && daemon.why.includes(socket));
  assert.deepEqual(daemon.state === 'unknown' && daemon.tried, ['GET /admin/status']);
  assert.deepEqual(threads.state === 'unknown' && threads.tried, ['GET /admin/runtime']);
  assert.equal(valueOf(endpoints).admin.reached, false);
});

test('without a daemon there is nothing to be known of it', async (t) => {
  const folder = testFolder(t);
  const { daemon } = await probe({ socket: join(folder, 'admin.sock'), configFile: join(folder, 'none.kdl') }, [
    'daemon',
  ]);
  assert.ok(daemon.state === 'unknown' && daemon.why.includes('no such socket'));
});

test('the settings of one block can be asked for alone, and what is no block is refused', async (t) => {
  const daemon = await startDaemonProcess(t);
  const { data } = await daemon.client.call('config', { query: { form: 'json', block: 'limits' } });
  assert.equal(data.text, '');
  assert.ok((data.settings?.length ?? 0) > 5 && data.settings?.every(({ path }) => path.startsWith('limits.')));
  for (const query of [{ form: 'json', block: 'limit' } as const, { form: 'kdl', block: 'limits' } as const]) {
    await assert.rejects(daemon.client.call('config', { query }), { code: 'SNT-A008' });
  }
});
