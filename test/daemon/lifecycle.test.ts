/** A daemon from its start to its end: signals, exit codes, what it leaves behind and what it finds. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type DaemonProcess, launchDaemon, staticConfig, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

/** A configuration whose target takes requests and never answers. */
async function silentUpstream(t: TestContext, drainSecs: number): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  return `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "silent" }
upstream "silent" { target "127.0.0.1:${(server.address() as AddressInfo).port}" }
server { graceful-shutdown-timeout-secs ${drainSecs} }
`;
}

function hangRequest(t: TestContext, url: string): void {
  const client = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
  t.after(() => client.destroy());
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
}

test('a daemon starts, answers on its listener and on the admin socket, and drains to exit code 0 on TERM', async (t) => {
  const daemon = await startDaemonProcess(t);
  assert.equal(await (await fetch(daemon.url())).text(), 'hello');
  assert.equal((await fetch(`${daemon.url()}/health`)).status, 200);
  assert.equal((await fetch(`${daemon.url()}/ready`)).status, 200);
  assert.equal((await fetch(`${daemon.adminUrl()}/ready`)).status, 200);
  const { data } = await daemon.client.call('status');
  assert.equal(data.state, 'ready');
  assert.equal(data.pid, daemon.pid);
  assert.equal(data.workers.filter((worker) => worker.alive).length, 2);
  assert.equal(data.config.disk_matches_running, true);
  assert.equal(readFileSync(join(daemon.folder, 'sentinel.pid'), 'utf8'), `${daemon.pid}\n`);

  daemon.child.kill('SIGTERM');
  assert.deepEqual(await daemon.ended(), { code: 0, signal: null });
  assert.deepEqual(
    readdirSync(daemon.folder).filter((name) => name !== 'auth'),
    ['sentinel', 'sentinel.kdl', 'sentinel.kdl.backup'],
    'neither pid file nor socket is left',
  );
});

for (const signal of ['SIGQUIT', 'SIGINT'] as const) {
  test(`${signal} drains like TERM`, async (t) => {
    const daemon = await startDaemonProcess(t);
    daemon.child.kill(signal);
    assert.equal((await daemon.ended()).code, 0);
  });
}

test('while requests are in flight a drain fails /ready and waits; the deadline cuts them and the exit code says so', async (t) => {
  const daemon = await startDaemonProcess(t, { config: await silentUpstream(t, 2) });
  hangRequest(t, daemon.url());
  await eventually(async () => (await daemon.client.call('status')).data.counts.in_flight_requests === 1);
  daemon.child.kill('SIGTERM');
  await daemon.line('Draining');
  assert.equal((await fetch(`${daemon.adminUrl()}/ready`)).status, 503);
  assert.equal((await daemon.client.call('status')).data.state, 'draining');
  assert.equal((await daemon.ended()).code, 6);
});

test('a second signal ends at once with exit code 1', async (t) => {
  const daemon = await startDaemonProcess(t, { config: await silentUpstream(t, 60) });
  hangRequest(t, daemon.url());
  await eventually(async () => (await daemon.client.call('status')).data.counts.in_flight_requests === 1);
  daemon.child.kill('SIGTERM');
  await daemon.line('Draining');
  daemon.child.kill('SIGTERM');
  assert.equal((await daemon.ended()).code, 1);
  assert.equal(daemon.lines().filter(({ event }) => event === 'forced_stop').length, 1);
  assert.ok(!daemon.lines().some(({ event }) => event === 'drain_deadline'), 'no deadline has passed');
});

test('after kill -9 the next start works without help, with a stale pid file and a stale socket', async (t) => {
  const first = await startDaemonProcess(t);
  first.child.kill('SIGKILL');
  await first.ended();
  assert.ok(existsSync(first.socket) && existsSync(join(first.folder, 'sentinel.pid')), 'both were left behind');
  const second = await startDaemonProcess(t, { folder: first.folder });
  assert.equal((await second.client.call('status')).data.pid, second.pid);
});

test('a second daemon is refused by the pid of the first', async (t) => {
  const first = await startDaemonProcess(t);
  const second = launchDaemon(t, { folder: first.folder });
  assert.equal((await second.ended()).code, 1);
  assert.match(second.errors(), new RegExp(`already running as pid ${first.pid}\\b`));
  assert.equal((await first.client.call('status')).data.pid, first.pid, 'the first one still has its socket');
});

test('of daemons that are started at the same moment over the leftovers of a killed one, exactly one runs and the rest name it', async (t) => {
  const first = await startDaemonProcess(t);
  first.child.kill('SIGKILL');
  await first.ended();
  const rivals = Array.from({ length: 4 }, () => launchDaemon(t, { folder: first.folder, workers: 1 }));
  const codes = await eventually(() => {
    const now = rivals.map(
      ({ child, lines }) => child.exitCode ?? (lines().some(({ message }) => message === 'Ready') ? 'ready' : '?'),
    );
    assert.ok(!now.includes('?'), now.join());
    return now;
  });
  assert.deepEqual(codes.map(String).sort(), ['1', '1', '1', 'ready']);
  const winner = rivals[codes.indexOf('ready')] as DaemonProcess;
  for (const rival of rivals)
    if (rival !== winner) assert.match(rival.errors(), new RegExp(`running as pid ${winner.pid}\\b`));
  assert.equal(readFileSync(join(first.folder, 'sentinel.pid'), 'utf8'), `${winner.pid}\n`);
  assert.equal((await winner.client.call('status')).data.pid, winner.pid);
});

test('a second daemon with a pid file of its own is refused by the live admin socket, which is not stolen', async (t) => {
  const first = await startDaemonProcess(t);
  const folder = testFolder(t);
  const config = staticConfig().replace('server {', `server { pid-file "${folder}/other.pid";`);
  const second = launchDaemon(t, { folder, config, environment: { SENTINEL_ADMIN_SOCKET: first.socket } });
  assert.equal((await second.ended()).code, 1);
  assert.match(second.errors(), /already running/);
  assert.equal((await first.client.call('status')).data.pid, first.pid);
});

test('a taken port is reported with the process that holds it', async (t) => {
  const first = await startDaemonProcess(t);
  const port = new URL(first.url()).port;
  const second = launchDaemon(t, { config: staticConfig().replace('127.0.0.1:0', `127.0.0.1:${port}`) });
  assert.equal((await second.ended()).code, 1);
  assert.match(
    second.errors(),
    new RegExp(`address in use: 127\\.0\\.0\\.1:${port} .* is held by sentinel-test \\(pid ${first.pid}\\)`),
  );
});

test('a taken metrics address is reported with the process that holds it, and nothing is left half started', async (t) => {
  const first = await startDaemonProcess(t);
  const address = new URL(first.adminUrl()).host;
  const second = launchDaemon(t, { environment: { SENTINEL_METRICS_ADDR: address } });
  assert.equal((await second.ended()).code, 1);
  assert.match(
    second.errors(),
    new RegExp(`address in use: ${address} .* is held by sentinel-test \\(pid ${first.pid}\\)`),
  );
  assert.equal(existsSync(join(second.folder, 'sentinel.pid')), false);
  assert.equal(existsSync(second.socket), false);
});

test('an address of another machine is refused in one line', async (t) => {
  const daemon = launchDaemon(t, { config: staticConfig().replace('127.0.0.1:0', '192.0.2.1:8080') });
  assert.equal((await daemon.ended()).code, 1);
  assert.match(daemon.errors(), /^cannot bind 192\.0\.2\.1:8080 .*not an address of this machine\n$/);
});

test('a configuration that cannot be read ends with 3, a wrong one with 1, a bad variable with 2', async (t) => {
  const missing = launchDaemon(t, { source: { kind: 'file', path: '/nonexistent/sentinel.kdl' } });
  assert.equal((await missing.ended()).code, 3);
  const wrong = launchDaemon(t, { config: 'listener "http" { adress "x" }' });
  assert.equal((await wrong.ended()).code, 1);
  const variable = launchDaemon(t, { environment: { SENTINEL_METRICS_ADDR: 'everywhere' } });
  assert.equal((await variable.ended()).code, 2);
  assert.match(variable.errors(), /"everywhere" is not HOST:PORT/);
});

test('more clients than descriptors: the surplus is refused, and the admin API, a reload and the log go on', async (t) => {
  const daemon = await startDaemonProcess(t, { openFiles: 160 });
  assert.match((await daemon.client.call('status')).data.warnings.join(), /160 open files allow 32;/);
  const port = Number(new URL(daemon.url()).port);
  const clients = Array.from({ length: 200 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  t.after(() => clients.forEach((client) => client.destroy()));
  for (const client of clients) client.write('GET / HTTP/1.1\r\nHost: a\r\n');
  await eventually(async () => (await daemon.client.call('status')).data.counts.open_connections === 32);
  assert.equal((await fetch(`${daemon.adminUrl()}/metrics`)).status, 200);
  await daemon.client.call('config-reload');
  for (const client of clients) client.destroy();
  await eventually(async () => (await daemon.client.call('status')).data.counts.open_connections === 0);
  assert.equal((await fetch(daemon.url())).status, 200);
});
