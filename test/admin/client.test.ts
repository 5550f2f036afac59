/** The typed client: what it says when nothing answers, when something else answers, and when the daemon is of another version. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DaemonAddress, daemonTargets } from '../../src/admin/client/address.ts';
import { AdminClient } from '../../src/admin/client/client.ts';
import { SentinelError } from '../../src/base/errors.ts';
import { staticConfig, startDaemonProcess, testFolder } from '../helpers/daemon.ts';

function clientOf(...addresses: DaemonAddress[]): AdminClient {
  return new AdminClient({ target: { name: 'test', addresses }, version: '0.0.0-test', timeoutMs: 2_000 });
}

test('where nothing answers, the error names every place that was tried and the next command', async (t) => {
  const folder = testFolder(t);
  const client = clientOf(
    { kind: 'socket', path: join(folder, 'none.sock') },
    { kind: 'tcp', host: '127.0.0.1', port: 1 },
  );
  await assert.rejects(client.call('status'), (error) => {
    assert.ok(error instanceof SentinelError);
    assert.equal(error.code, 'SNT-A001');
    assert.match(error.message, /none\.sock: no such socket; 127\.0\.0\.1:1: nothing listens there/);
    assert.match(String(error.hint), /sentinel run/);
    return true;
  });
});

test('a stale socket counts as nothing there, and the next place is tried', async (t) => {
  const daemon = await startDaemonProcess(t);
  const folder = testFolder(t);
  const dead = join(folder, 'dead.sock');
  const first = await startDaemonProcess(t, { folder: testFolder(t), config: staticConfig() });
  first.child.kill('SIGKILL');
  await first.ended();
  const { data } = await clientOf(
    { kind: 'socket', path: dead },
    { kind: 'socket', path: first.socket },
    { kind: 'socket', path: daemon.socket },
  ).call('status');
  assert.equal(data.pid, daemon.pid);
});

test('something that is no daemon is called so', async (t) => {
  const raw = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
  await once(raw.listen(0, '127.0.0.1'), 'listening');
  t.after(() => raw.close());
  const web = createHttpServer((_, response) => response.end('<html>welcome</html>'));
  await once(web.listen(0, '127.0.0.1'), 'listening');
  t.after(() => web.close());
  for (const server of [raw, web]) {
    const { port } = server.address() as AddressInfo;
    await assert.rejects(clientOf({ kind: 'tcp', host: '127.0.0.1', port }).call('status'), { code: 'SNT-A010' });
  }
});

test('a daemon that accepts and says nothing is given up', async (t) => {
  const mute = createServer(() => {});
  await once(mute.listen(0, '127.0.0.1'), 'listening');
  t.after(() => mute.close());
  const client = new AdminClient({
    target: {
      name: 'mute',
      addresses: [{ kind: 'tcp', host: '127.0.0.1', port: (mute.address() as AddressInfo).port }],
    },
    version: '1',
    timeoutMs: 50,
  });
  await assert.rejects(client.call('status'), { code: 'SNT-A001' });
});

test('a daemon of another version is remarked on', async (t) => {
  const daemon = await startDaemonProcess(t);
  const target = { name: 'test', addresses: [{ kind: 'socket', path: daemon.socket } as const] };
  const reply = await new AdminClient({ target, version: '9.9.9' }).call('status');
  assert.match(reply.notes.join(), /daemon runs version 0\.0\.0-test, this command is 9\.9\.9/);
  assert.deepEqual((await daemon.client.call('status')).notes, []);
});

test('routes come in match order, upstreams with their targets, and a request is explained', async (t) => {
  const daemon = await startDaemonProcess(t, {
    config: `
listener "http" { address "127.0.0.1:0" }
route "rest" { upstream "fixed" }
route "api" { matches { path-prefix "/api/"; host "a.example" "*.b.example" }; upstream "app" }
route "off" { enabled #false; upstream "fixed" }
upstream "fixed" { static { status 200; body "x" } }
upstream "app" { target "127.0.0.1:1" weight=3; target "127.0.0.1:2" }`,
  });
  const { routes } = (await daemon.client.call('routes')).data;
  assert.deepEqual(
    routes.map(({ id, ranks }) => [id, ranks]),
    [
      ['api', [1, 2]],
      ['rest', [3]],
      ['off', []],
    ],
  );
  assert.deepEqual(routes[0]?.paths, ['path-prefix /api/']);
  const { upstreams } = (await daemon.client.call('upstreams')).data;
  const app = upstreams.find(({ name }) => name === 'app');
  assert.deepEqual(
    app?.targets.map(({ address, weight }) => [address, weight]),
    [
      ['127.0.0.1:1', 3],
      ['127.0.0.1:2', 1],
    ],
  );
  assert.deepEqual(app?.routes, ['api']);
  assert.ok(upstreams.some(({ name, builtin }) => name === 'maintenance-page' && builtin));
  const taken = (
    await daemon.client.call('routes-explain', { body: { method: 'GET', url: 'http://a.example:8080/api/x?y=1' } })
  ).data;
  assert.equal(taken.route, 'api');
  const other = (
    await daemon.client.call('routes-explain', {
      body: { method: 'GET', url: '/api/x', headers: [['Host', 'c.example']] },
    })
  ).data;
  assert.equal(other.route, 'rest');
  assert.match(String(other.routes.find(({ route }) => route === 'api')?.words), /host "c\.example" is not/);
});

test('the configuration in force comes as KDL that means the same, with secrets as they were written', async (t) => {
  const daemon = await startDaemonProcess(t, {
    config: staticConfig(
      'hello',
      'route "secret" { upstream "fixed"; policies { request-headers { set { "X-Key" "${KEY}" } } } }',
    ),
    environment: { KEY: 'open-sesame' },
  });
  const { form, text, generation } = (await daemon.client.call('config')).data;
  assert.deepEqual([form, generation], ['kdl', 1]);
  assert.ok(text.includes('${KEY}') && !text.includes('open-sesame'), text);
  assert.ok(text.includes('graceful-shutdown-timeout-secs 5'));
  const origins = (await daemon.client.call('config', { query: { origin: '1' } })).data.text;
  assert.match(origins, /graceful-shutdown-timeout-secs 5 +\/\/ .*sentinel\.kdl:5/);
});

test('a daemon is named by a path, an address, several, the environment, or found where daemons put their socket', (t) => {
  const folder = testFolder(t);
  const roots = { run: join(folder, 'run'), varRun: folder, varLib: folder, varLog: folder, tmp: join(folder, 'tmp') };
  const at = (environment: Record<string, string>, named?: string) =>
    daemonTargets({ environment, uid: 7, roots }, named).map(({ addresses }) => addresses);
  const tcp = (host: string, port: number) => ({ kind: 'tcp', host, port });
  const socket = (path: string) => ({ kind: 'socket', path });
  assert.deepEqual(at({}, '/a/b.sock'), [[socket('/a/b.sock')]]);
  assert.deepEqual(at({}, 'unix:/a/b.sock,[::1]:9090'), [[socket('/a/b.sock')], [tcp('::1', 9090)]]);
  assert.deepEqual(at({ SENTINEL_DAEMON: 'proxy-1:9090' }), [[tcp('proxy-1', 9090)]]);
  assert.deepEqual(at({ SENTINEL_DAEMON: ':9090' }), [[tcp('127.0.0.1', 9090)]]);
  assert.deepEqual(at({ SENTINEL_ADMIN_SOCKET: '/x.sock' }), [[socket('/x.sock')]]);
  assert.deepEqual(at({ XDG_RUNTIME_DIR: '/xdg' }), [
    [
      socket(join(roots.run, 'sentinel/admin.sock')),
      socket('/xdg/sentinel/admin.sock'),
      socket(join(roots.tmp, 'sentinel-7/admin.sock')),
    ],
  ]);
  for (const bad of ['nonsense', 'host:0', 'host:99999', '']) assert.throws(() => at({}, bad), { code: 'SNT-P009' });
});

test('a file in place of the socket is not a daemon', async (t) => {
  const path = join(testFolder(t), 'file.sock');
  writeFileSync(path, '');
  await assert.rejects(clientOf({ kind: 'socket', path }).call('status'), { code: 'SNT-A001' });
});
