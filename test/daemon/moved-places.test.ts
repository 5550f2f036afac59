/** Settings that a reload puts elsewhere: the new place is there before the old one goes, and what cannot be had changes nothing. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AdminClient } from '../../src/admin/client/client.ts';
import { daemonTargets } from '../../src/admin/client/address.ts';
import { systemRoots } from '../../src/base/run-files.ts';
import { type DaemonProcess, staticConfig, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

interface Settings {
  readonly metrics?: string;
  readonly socket?: string;
  readonly pidFile?: string;
  readonly accessLog?: string;
}

function configOf(folder: string, { metrics = '127.0.0.1:0', socket, pidFile, accessLog }: Settings): string {
  const logging = accessLog === undefined ? '' : `logging { access-log { file "${accessLog}" } }`;
  return `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "fixed" }
upstream "fixed" { static { status 200; body "hello" } }
server { worker-threads 1; graceful-shutdown-timeout-secs 5; pid-file "${pidFile ?? join(folder, 'sentinel.pid')}" }
observability { metrics { address "${metrics}" }; admin { socket "${socket ?? join(folder, 'admin.sock')}" }; ${logging} }
`;
}

async function bareDaemon(t: TestContext): Promise<DaemonProcess> {
  const folder = testFolder(t);
  return await startDaemonProcess(t, {
    folder,
    bare: true,
    config: configOf(folder, {}),
    environment: { XDG_RUNTIME_DIR: folder },
  });
}

function clientAt(path: string): AdminClient {
  return new AdminClient({ target: { name: 'test', addresses: [{ kind: 'socket', path }] }, version: '0.0.0-test' });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('observability.metrics.address moves with a reload', async (t) => {
  const daemon = await bareDaemon(t);
  const before = daemon.adminUrl();
  assert.equal((await fetch(`${before}/health`)).status, 200);
  const port = await freePort();
  daemon.writeConfig(configOf(daemon.folder, { metrics: `127.0.0.1:${port}` }));
  await daemon.client.call('config-reload');
  assert.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200);
  await eventually(() => assert.rejects(fetch(`${before}/health`)));
  assert.equal((await daemon.client.call('status')).data.admin.address, `127.0.0.1:${port}`);
  // The same port on all addresses: only one of them can be had at a time.
  daemon.writeConfig(configOf(daemon.folder, { metrics: `0.0.0.0:${port}` }));
  await daemon.client.call('config-reload');
  assert.equal((await daemon.client.call('status')).data.admin.address, `0.0.0.0:${port}`);
  assert.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200);
});

test('a metrics address that cannot be had is refused, and the old one stays', async (t) => {
  const daemon = await bareDaemon(t);
  const rival = createServer();
  await once(rival.listen(0, '127.0.0.1'), 'listening');
  t.after(() => rival.close());
  const { port } = rival.address() as AddressInfo;
  daemon.writeConfig(configOf(daemon.folder, { metrics: `127.0.0.1:${port}` }));
  await assert.rejects(daemon.client.call('config-reload'), (error: { code: string; message: string }) => {
    assert.equal(error.code, 'SNT-P028');
    assert.match(error.message, new RegExp(`address in use: 127\\.0\\.0\\.1:${port} .*nothing was applied`));
    return true;
  });
  assert.equal((await fetch(`${daemon.adminUrl()}/health`)).status, 200);
  assert.equal((await daemon.client.call('status')).generation, 1);
});

test('what is refused for another reason leaves every place where it was', async (t) => {
  const daemon = await bareDaemon(t);
  const port = await freePort();
  const elsewhere = join(daemon.folder, 'other.sock');
  const pidFile = join(daemon.folder, 'other.pid');
  const accessLog = '/nonexistent/access.log';
  daemon.writeConfig(configOf(daemon.folder, { metrics: `127.0.0.1:${port}`, socket: elsewhere, pidFile, accessLog }));
  await assert.rejects(daemon.client.call('config-reload'), { code: 'SNT-P011' });
  await assert.rejects(fetch(`http://127.0.0.1:${port}/health`));
  assert.equal(existsSync(elsewhere), false);
  assert.equal(existsSync(pidFile), false);
  assert.equal((await fetch(`${daemon.adminUrl()}/health`)).status, 200);
});

test('observability.admin.socket moves with a reload, and commands find it at the usual place', async (t) => {
  const daemon = await bareDaemon(t);
  const elsewhere = join(daemon.folder, 'control', 'sentinel.sock');
  daemon.writeConfig(configOf(daemon.folder, { socket: elsewhere }));
  await daemon.client.call('config-reload');
  const moved = clientAt(elsewhere);
  assert.equal((await moved.call('status')).data.admin.socket, elsewhere);
  await moved.call('config-reload');
  await eventually(() => assert.rejects(daemon.client.call('status'), { code: 'SNT-A001' }));
  assert.equal(existsSync(daemon.socket), false, 'the old file is gone');
  const context = {
    environment: { XDG_RUNTIME_DIR: daemon.folder },
    uid: process.getuid?.() ?? 0,
    roots: { ...systemRoots, run: '/nonexistent' },
  };
  const [target] = daemonTargets(context);
  assert.ok(target !== undefined);
  const usual = new AdminClient({ target, version: '0.0.0-test' });
  if (!existsSync('/run/sentinel')) {
    assert.equal((await usual.call('status')).data.pid, daemon.pid);
    await usual.call('config-reload');
  }
  daemon.child.kill('SIGTERM');
  assert.equal((await daemon.ended()).code, 0);
  assert.equal(existsSync(elsewhere), false);
  assert.equal(existsSync(join(daemon.folder, 'sentinel', 'admin.sock')), false, 'the signpost is gone');
});

test('server.pid-file moves with a reload; a place that cannot be written is refused', async (t) => {
  const daemon = await bareDaemon(t);
  const elsewhere = join(daemon.folder, 'other.pid');
  daemon.writeConfig(configOf(daemon.folder, { pidFile: elsewhere }));
  await daemon.client.call('config-reload');
  assert.equal(readFileSync(elsewhere, 'utf8'), `${daemon.pid}\n`);
  assert.equal(existsSync(join(daemon.folder, 'sentinel.pid')), false);
  daemon.writeConfig(configOf(daemon.folder, { pidFile: '/nonexistent/sentinel.pid' }));
  await assert.rejects(daemon.client.call('config-reload'), { code: 'SNT-P028' });
  assert.equal(readFileSync(elsewhere, 'utf8'), `${daemon.pid}\n`);
  daemon.child.kill('SIGTERM');
  assert.equal((await daemon.ended()).code, 0);
  assert.equal(existsSync(elsewhere), false);
});

test('state-dir cannot change while the process runs, and the reason is said', async (t) => {
  const daemon = await bareDaemon(t);
  daemon.writeConfig(`state-dir "${daemon.folder}/elsewhere"\n${configOf(daemon.folder, {})}`);
  await assert.rejects(daemon.client.call('config-reload'), (error: { code: string; message: string }) => {
    assert.equal(error.code, 'SNT-P010');
    assert.match(error.message, /state-dir cannot change .*history, drains, overrides/);
    return true;
  });
});

test('a change of what a flag or the environment decides is said to have no effect', async (t) => {
  const daemon = await startDaemonProcess(t);
  writeFileSync(daemon.configFile, staticConfig().replace('server {', 'server { worker-threads 7;'));
  await daemon.client.call('config-reload');
  const { data } = await daemon.client.call('status');
  assert.equal(data.workers.length, 2);
  assert.match(
    data.warnings.join('\n'),
    /server\.worker-threads has changed in the file to no effect: --workers decides/,
  );
});
