/** What the scripted daemon says has the shape of what a real one says, and it plays its scene until it dies. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { AdminClient } from '../../../src/admin/client/client.ts';
import { selfSigned } from '../../../src/certs/self-signed.ts';
import { startDaemonProcess, testFolder } from '../../helpers/daemon.ts';
import { eventually } from '../../helpers/eventually.ts';
import { dead } from './scenes/dead.ts';
import { degraded } from './scenes/degraded.ts';
import { healthy } from './scenes/healthy.ts';
import { playScene } from './scripted-daemon.ts';

/** Keys that name things, and fields of log lines: they differ from daemon to daemon. */
const free = /\.(fields|unknown|lines\[\])$/;

/** Every object by where it stands, with its keys; what is null or empty is not there. */
function shapeOf(value: unknown, at = '', into = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value)) for (const item of value) shapeOf(item, `${at}[]`, into);
  else if (typeof value === 'object' && value !== null && !free.test(at)) {
    into.set(at, Object.keys(value).sort().join(' '));
    for (const [key, inner] of Object.entries(value)) shapeOf(inner, `${at}.${key}`, into);
  }
  return into;
}

/** A daemon that has met everything that the scenes show: a target that refuses, a drain, maintenance, an error, a request under way. */
async function livedDaemon(t: TestContext): Promise<AdminClient> {
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/hang') !== true) response.writeHead(request.url === '/fail' ? 500 : 200).end('ok');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const folder = testFolder(t);
  const { cert, key } = selfSigned(['localhost'], Date.now(), 30);
  writeFileSync(join(folder, 'a.crt'), cert);
  writeFileSync(join(folder, 'a.key'), key, { mode: 0o600 });
  const daemon = await startDaemonProcess(t, {
    folder,
    workers: 1,
    config: `
listener "http" { address "127.0.0.1:0" }
listener "https" { address "127.0.0.1:0"; protocol "https"; tls { cert-file "a.crt"; key-file "a.key" } }
route "api" { upstream "api"; retry-policy { max-attempts 2 } }
route "gone" { matches { path-prefix "/gone" }; upstream "gone" }
upstream "api" { target "127.0.0.1:${port}" ; target "localhost:${port}"; min-healthy 1; health-check { interval-secs 1 } }
upstream "gone" { target "127.0.0.1:1"; health-check { interval-secs 1; unhealthy-threshold 1 } }
upstream "page" { static { status 200; body "x" } }
`,
  });
  const { client } = daemon;
  get(`${daemon.url()}/hang`).on('error', () => {});
  for (const path of ['/', '/fail', '/gone']) await (await fetch(daemon.url() + path)).arrayBuffer();
  await client.call('override-set', {
    params: { kind: 'maintenance' },
    body: { subject: 'gone', values: {}, expires_in_ms: 60_000 },
  });
  await client.call('drain-begin', {
    body: { target: `127.0.0.1:${port}`, upstream: 'api', confirm: `127.0.0.1:${port}`, allow_below_min: true },
  });
  await eventually(async () => {
    const { data } = await client.call('status');
    assert.ok(data.windows['1m'] !== undefined && (data.windows['1m'].requests ?? 0) >= 3);
    assert.equal((await client.call('breakers')).data.breakers.length > 0, true);
  });
  return client;
}

test('a scripted daemon says what a real one says, key by key', async (t) => {
  const real = await livedDaemon(t);
  const scripted = await playScene(t, degraded);
  const played = new AdminClient({
    target: { name: 'played', addresses: [{ kind: 'socket', path: scripted.socket }] },
    version: '0.1.0',
  });
  for (const [id, query] of [
    ['status'],
    ['identity'],
    ['upstreams'],
    ['routes'],
    ['breakers'],
    ['traffic', { series: '1' }],
    ['requests', { kind: 'errors' }],
    ['inflight'],
    ['clients', { by: 'path' }],
    ['certs'],
    ['runtime'],
    ['events'],
    ['logs'],
    ['overrides'],
    ['workers'],
    ['config', { form: 'json', block: 'limits' }],
  ] as const) {
    const input = query === undefined ? {} : { query };
    const [one, other] = await Promise.all([real.call(id, input as never), played.call(id, input as never)]);
    const [expected, found] = [shapeOf(one.data), shapeOf(other.data)];
    const both = [...found].filter(([at]) => expected.has(at));
    assert.ok(both.length > 0, `${id}: nothing to compare`);
    assert.deepEqual(Object.fromEntries(both), Object.fromEntries(both.map(([at]) => [at, expected.get(at)])), id);
  }
});

test('a scripted daemon changes its scene, tells news, and dies as a process does', async (t) => {
  const scripted = await playScene(t, healthy);
  const client = new AdminClient({
    target: { name: 'played', addresses: [{ kind: 'socket', path: scripted.socket }] },
    version: '0.1.0',
  });
  assert.equal((await client.call('status')).etag, '"41.7"');
  scripted.play(dead);
  assert.equal((await client.call('status')).etag, '"41.31"');
  await assert.rejects(client.call('health-check'), /in no scene/);
  const news = client.stream(['events'])[Symbol.asyncIterator]();
  const first = news.next();
  await eventually(() => scripted.asked.some((path) => path.startsWith('GET /admin/stream')));
  scripted.tell('events', { seq: 1 });
  assert.deepEqual((await first).value, { topic: 'events', position: 'c0ffee11;events=10001', data: { seq: 1 } });
  await scripted.die();
  await news.return?.();
  await assert.rejects(client.call('status'), { code: 'SNT-A001' });
});
