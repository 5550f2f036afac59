/** More than the machine or the operator allows, in a real daemon: connections, full disks, local ports. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireComponent } from '../helpers/components.ts';
import { type DaemonProcess, startDaemonProcess, staticConfig, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { get, RawClient } from '../helpers/raw-http.ts';

function portOf(daemon: DaemonProcess): number {
  return Number(new URL(daemon.url()).port);
}

async function metrics(daemon: DaemonProcess): Promise<(name: string) => number> {
  const text = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  return (name) => {
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    assert.ok(line !== undefined, `${name} is not exposed`);
    return Number(line.slice(name.length + 1));
  };
}

test('one address that opens all the connections there are gets its share, everybody else is served, no descriptor is lost', async (t) => {
  const limits = 'limits { max-total-connections 60; max-connections-per-client 10 }';
  const daemon = await startDaemonProcess(t, { config: staticConfig('hello', limits) });
  const descriptors = () => readdirSync(`/proc/${daemon.pid}/fd`).length;
  await metrics(daemon);
  const before = descriptors();
  const flood = await Promise.all(Array.from({ length: 300 }, () => RawClient.connect(t, portOf(daemon))));
  await eventually(() => flood.filter(({ ending }) => ending !== null).length === 290);
  const other = await RawClient.connect(t, portOf(daemon), '127.0.0.1', '127.0.0.2');
  other.send(get());
  assert.equal((await other.response()).text, 'hello');
  const read = await metrics(daemon);
  assert.equal(read('sentinel_connections_rejected_total{reason="client_limit"}'), 290);
  assert.equal(read('sentinel_connections_rejected_total{reason="connection_limit"}'), 0);
  for (const { socket } of [...flood, other]) socket.destroy();
  await eventually(() => descriptors() <= before);
  const again = await RawClient.connect(t, portOf(daemon));
  again.send(get());
  assert.equal((await again.response()).status, 200);
});

test('many addresses together stay below the total', async (t) => {
  const daemon = await startDaemonProcess(t, {
    config: staticConfig('hello', 'limits { max-total-connections 30; max-connections-per-client 10 }'),
  });
  const flood = await Promise.all(
    Array.from({ length: 80 }, (_, i) => RawClient.connect(t, portOf(daemon), '127.0.0.1', `127.0.1.${i % 8}`)),
  );
  await eventually(() => flood.filter(({ ending }) => ending !== null).length === 50);
  for (const client of flood.filter(({ ending }) => ending === null)) client.send(get());
  await eventually(() => flood.filter(({ received }) => received.includes(' 200 OK')).length === 30);
});

test('a client has its places again when the workers that held them have died', async (t) => {
  const folder = testFolder(t);
  const order = join(folder, 'fault');
  const daemon = await startDaemonProcess(t, {
    folder,
    config: staticConfig('hello', 'limits { max-connections-per-client 4 }'),
    workerEntry: new URL('./workers/faulty.ts', import.meta.url),
    environment: { SENTINEL_TEST_FAULT: order },
  });
  const take = async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => RawClient.connect(t, portOf(daemon))));
    for (const client of clients) client.send(get());
    await eventually(() => clients.every(({ received }) => received.length > 0));
    return clients.filter(({ received }) => received.includes(' 200 OK')).length;
  };
  assert.equal(await take(), 4);
  for (const worker of [0, 1]) {
    writeFileSync(`${order}.draft`, 'throw');
    renameSync(`${order}.draft`, `${order}.${worker}`);
  }
  await daemon.line('Worker replaced', 2);
  assert.equal(await take(), 4);
});

test('a reload that lowers the limits closes idle connections and says how many', async (t) => {
  const daemon = await startDaemonProcess(t, { config: staticConfig() });
  const clients = await Promise.all(Array.from({ length: 12 }, () => RawClient.connect(t, portOf(daemon))));
  for (const client of clients) client.send(get());
  for (const client of clients) await client.response();
  daemon.writeConfig(staticConfig('hello', 'limits { max-total-connections 5 }'));
  await daemon.client.call('config-reload');
  await eventually(() => clients.filter(({ ending }) => ending !== null).length === 7);
  await eventually(() => {
    const said = daemon.lines().filter(({ event }) => event === 'shed_idle');
    assert.equal(
      said.reduce((sum, { closed }) => sum + Number(closed), 0),
      7,
    );
  });
  assert.equal((await daemon.client.call('status')).data.counts.open_connections, 5);
});

test('memory above its limit refuses requests, is said in log, status and metrics, and a reload takes it back', async (t) => {
  const daemon = await startDaemonProcess(t, { config: staticConfig('hello', 'limits { max-memory-bytes 1000000 }') });
  await eventually(async () => (await fetch(daemon.url())).status === 503);
  assert.equal((await fetch(`${daemon.url()}/health`)).status, 200);
  const read = await metrics(daemon);
  assert.equal(read('sentinel_memory_pressure'), 2);
  assert.ok(read('sentinel_errors_total{cause="memory_shed",source="proxy"}') > 0);
  assert.match((await daemon.client.call('status')).data.warnings.join(), /memory is above limits\.max-memory-bytes/);
  await daemon.line('Memory is above its limit: new requests are refused');
  daemon.writeConfig(staticConfig());
  await daemon.client.call('config-reload');
  assert.equal((await fetch(daemon.url())).status, 200);
  assert.equal((await metrics(daemon))('sentinel_memory_pressure'), 0);
  assert.deepEqual((await daemon.client.call('status')).data.warnings, []);
});

test('a full disk under the logs costs lines, no request, no reload, and lines come again when there is room', async (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'sentinel-small-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status === 0;
  t.after(() => {
    if (mounted) execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true });
  });
  if (!mounted) {
    t.skip('this user may not mount a tmpfs');
    return;
  }
  const access = join(disk, 'access.log');
  const daemon = await startDaemonProcess(t, {
    config: staticConfig(
      'hello',
      `observability { logging { file "${join(disk, 'sentinel.log')}"; access-log { enabled #true; file "${access}" } } }`,
    ),
  });
  assert.throws(() => writeFileSync(join(disk, 'ballast'), Buffer.alloc(2 << 20)), /ENOSPC/);
  for (let i = 0; i < 100; i++) assert.equal((await fetch(daemon.url())).status, 200);
  await eventually(async () => (await metrics(daemon))('sentinel_log_dropped_total') > 0);
  await daemon.client.call('config-reload');
  assert.equal((await fetch(daemon.url())).status, 200);
  rmSync(join(disk, 'ballast'));
  const size = statSync(access).size;
  await eventually(async () => {
    await fetch(daemon.url());
    return statSync(access).size > size;
  });
});

test('when the local ports towards a target run out, requests get 503 at once, and those that are reused go on', (t) => {
  const program = requireComponent(t, 'unshare');
  if (program === undefined) return;
  const script = new URL('./few-ports.ts', import.meta.url).pathname;
  const prepare = 'ip link set lo up && echo 40000 40005 > /proc/sys/net/ipv4/ip_local_port_range';
  const run = spawnSync(program, ['-rn', 'sh', '-c', `${prepare} && exec "$@"`, 'sh', process.execPath, script], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (/unshare|Operation not permitted|Read-only file system/.test(run.stderr) && run.stdout === '') {
    t.skip(`no network of our own: ${run.stderr.trim()}`);
    return;
  }
  assert.equal(run.status, 0, run.stderr);
  const { first, second, causes } = JSON.parse(run.stdout) as Record<'first' | 'second', number[]> & {
    causes: string[];
  };
  const served = first.filter((status) => status === 200).length;
  assert.ok(served >= 3 && served <= 6, `${served} of 12 were served: ${first}`);
  assert.deepEqual(new Set(first.filter((status) => status !== 200)), new Set([503]));
  assert.deepEqual(causes, ['no_socket']);
  assert.deepEqual(new Set(second), new Set([200]));
});
