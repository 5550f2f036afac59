/** Workers are restarted one by one: new ones serve before old ones finish what they have, and nobody notices. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer, get, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { RestartState } from '../../src/admin/contract/worker-shapes.ts';
import { callSentinel } from '../cli/command-line.ts';
import { requireComponent } from '../helpers/components.ts';
import { type DaemonProcess, staticConfig, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { WrkLoad } from '../helpers/reloads-under-load.ts';

async function stateOf(daemon: DaemonProcess): Promise<RestartState> {
  const { restart } = (await daemon.client.call('workers')).data;
  assert.ok(restart !== null);
  return restart;
}

async function restarted(daemon: DaemonProcess): Promise<RestartState> {
  return await eventually(async () => {
    const restart = await stateOf(daemon);
    assert.notEqual(restart.state, 'running', JSON.stringify(restart));
    return restart;
  });
}

/** An upstream that answers `/held` when the test says so, and takes every upgrade. */
async function heldOrigin(t: TestContext): Promise<{ readonly port: number; readonly held: ServerResponse[] }> {
  const held: ServerResponse[] = [];
  const server = createHttpServer((asked, response) => {
    if (asked.url === '/held') {
      response.write('first ');
      held.push(response);
    } else response.end('hello');
  });
  server.on('upgrade', (_asked, socket: Socket) => {
    socket
      .on('error', () => {})
      .on('end', () => socket.end())
      .resume();
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close().closeAllConnections());
  return { port: (server.address() as AddressInfo).port, held };
}

function configFor(port: number): string {
  return `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "origin" }
upstream "origin" { target "127.0.0.1:${port}" }
server { graceful-shutdown-timeout-secs 5; drain-idle-secs 1 }`;
}

/** Over a connection of its own. */
async function bodyOf(url: string): Promise<string> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  let body = '';
  for await (const piece of response) body += String(piece);
  return body;
}

function webSocket(t: TestContext, daemon: DaemonProcess): Promise<Socket> {
  const socket = connect(Number(new URL(daemon.url()).port), '127.0.0.1').on('error', () => {});
  t.after(() => socket.destroy());
  socket.write(
    'GET /live HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  return once(socket, 'data').then(() => socket);
}

test('restarts of the workers cost no request, on kept and on new connections', async (t) => {
  const wrk = requireComponent(t, 'wrk');
  if (wrk === undefined) return;
  // Closed at once, a kept connection is closed now and then while its client sends.
  const config = staticConfig('hello', '', 5);
  const daemon = await startDaemonProcess(t, { config });
  const loads = [false, true].map((fresh) => new WrkLoad(t, wrk, daemon.url(), fresh));
  for (let n = 0; n < 4; n++) {
    await daemon.client.call('workers-restart', { body: {} });
    const restart = await restarted(daemon);
    assert.equal(restart.state, 'done', JSON.stringify(restart));
    assert.ok(restart.steps.every(({ cut, successor, worker }) => cut === 0 && successor !== worker));
  }
  const [kept, fresh] = await Promise.all(loads.map((load) => load.stop()));
  assert.deepEqual({ kept: kept?.failures, fresh: fresh?.failures }, { kept: [], fresh: [] });
  assert.ok((kept?.requests ?? 0) > 100 && (fresh?.requests ?? 0) > 100, 'both loads were served');
  const { workers } = (await daemon.client.call('workers')).data;
  assert.deepEqual(
    workers.map(({ alive, leaving }) => ({ alive, leaving })),
    Array(2).fill({ alive: true, leaving: false }),
  );
  t.diagnostic(`${kept?.requests} requests on kept connections, ${fresh?.requests} on new ones`);
});

test('a worker that leaves finishes a download and a WebSocket, and the progress names them', async (t) => {
  const { port, held } = await heldOrigin(t);
  const daemon = await startDaemonProcess(t, { config: configFor(port), workers: 1 });
  const download = bodyOf(`${daemon.url()}/held`);
  await eventually(() => held.length === 1);
  const socket = await webSocket(t, daemon);
  await daemon.client.call('workers-restart', { body: {}, reason: 'fresh heaps' });
  const restart = await eventually(async () => {
    const state = await stateOf(daemon);
    assert.equal(state.steps[0]?.state, 'draining', JSON.stringify(state));
    assert.equal(state.steps[0]?.left?.in_flight, 2);
    return state;
  });
  assert.equal(restart.reason, 'fresh heaps');
  const left = restart.steps[0]?.left;
  assert.equal(left?.websockets, 1);
  assert.deepEqual(
    left?.waiting_on.map(({ path, websocket }) => [path, websocket]),
    [
      ['/held', false],
      ['/live', true],
    ],
  );
  assert.equal(await (await fetch(daemon.url())).text(), 'hello', 'the new one serves');
  const ready = await fetch(`${daemon.url()}/ready`);
  assert.equal(ready.status, 200, 'a worker that leaves makes nothing unready');
  held[0]?.end('last');
  assert.equal(await download, 'first last');
  assert.equal(socket.closed, false);
  socket.destroy();
  assert.equal((await restarted(daemon)).state, 'done');
  await daemon.line('Worker left');
  await daemon.line('Workers restarted');
});

test('what is not finished in time goes on, or is cut, as the operator wants', async (t) => {
  const { port, held } = await heldOrigin(t);
  const daemon = await startDaemonProcess(t, { config: configFor(port), workers: 1 });
  const endings: string[] = [];
  const ask = () =>
    get(`${daemon.url()}/held`, (response) => {
      response
        .resume()
        .on('end', () => endings.push('end'))
        .on('error', () => endings.push('error'));
    }).on('error', () => endings.push('error'));
  ask();
  await eventually(() => held.length === 1);
  await daemon.client.call('workers-restart', { body: { timeout_ms: 50, on_timeout: 'wait' } });
  const late = await restarted(daemon);
  assert.equal(late.state, 'overdue');
  assert.equal(late.steps[0]?.left?.in_flight, 1);
  const metrics = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  assert.match(metrics, /^sentinel_workers\{state="serving"\} 1$/m);
  assert.match(metrics, /^sentinel_workers\{state="leaving"\} 1$/m);
  held[0]?.end();
  await daemon.line('Worker left');
  assert.deepEqual(endings, ['end'], 'it was finished');
  ask();
  await eventually(() => held.length === 2);
  await daemon.client.call('workers-restart', { body: { timeout_ms: 50, on_timeout: 'close' } });
  const cut = await restarted(daemon);
  assert.deepEqual([cut.state, cut.steps[0]?.cut], ['done', 1]);
  await eventually(() => endings.length === 2);
  assert.equal(endings[1], 'error');
});

test('a new worker that cannot start leaves the old one serving, and says why', async (t) => {
  const daemon = await startDaemonProcess(t, { workerEntry: new URL('./workers/first-only.ts', import.meta.url) });
  await daemon.client.call('workers-restart', { body: {} });
  const restart = await restarted(daemon);
  assert.equal(restart.state, 'failed');
  assert.deepEqual(
    restart.steps.map(({ state }) => state),
    ['failed', 'waiting'],
  );
  assert.equal(restart.problem?.code, 'SNT-P026');
  assert.match(restart.problem?.detail ?? '', /no more workers here/);
  const { data } = await daemon.client.call('status');
  assert.deepEqual(
    data.workers.map(({ worker, alive }) => [worker, alive]),
    [
      [0, true],
      [1, true],
    ],
  );
  assert.equal((await fetch(daemon.url())).status, 200);
});

test('a second restart is refused while one is under way', async (t) => {
  const { port, held } = await heldOrigin(t);
  const daemon = await startDaemonProcess(t, { config: configFor(port), workers: 1 });
  get(`${daemon.url()}/held`, (response) => response.resume()).on('error', () => {});
  await eventually(() => held.length === 1);
  await daemon.client.call('workers-restart', { body: {} });
  await assert.rejects(daemon.client.call('workers-restart', { body: {} }), { code: 'SNT-P027' });
  held[0]?.end();
  assert.equal((await restarted(daemon)).state, 'done');
});

test('a unix listener goes from worker to worker and its file goes with the daemon', async (t) => {
  const folder = testFolder(t);
  const path = join(folder, 'traffic.sock');
  const daemon = await startDaemonProcess(t, {
    folder,
    config: staticConfig('hello', '', 2).replace('127.0.0.1:0', `unix:${path}`),
  });
  const answers = () =>
    new Promise((resolve, reject) => {
      const call = request({ socketPath: path, path: '/', agent: false }, (reply) =>
        resolve(reply.resume().statusCode),
      );
      call.once('error', reject).end();
    });
  let failed = 0;
  let stop = false;
  const asking = (async () => {
    while (!stop) if ((await answers().catch(() => 0)) !== 200) failed++;
  })();
  await daemon.client.call('workers-restart', { body: {} });
  assert.equal((await restarted(daemon)).state, 'done');
  stop = true;
  await asking;
  assert.equal(failed, 0);
  assert.equal(await answers(), 200);
  daemon.child.kill('SIGTERM');
  assert.equal((await daemon.ended()).code, 0);
  await assert.rejects(answers(), { code: 'ENOENT' });
});

test('server.worker-threads takes effect with a reload: more workers come, fewer finish what they have', async (t) => {
  const { port, held } = await heldOrigin(t);
  const folder = testFolder(t);
  const text = (workers: number) =>
    `${configFor(port).replace('server {', `server { worker-threads ${workers};`)}
     observability { metrics { address "127.0.0.1:0" }; admin { socket "${folder}/admin.sock" } }`.replace(
      'server {',
      `server { pid-file "${folder}/sentinel.pid";`,
    );
  const daemon = await startDaemonProcess(t, { folder, bare: true, config: text(1) });
  const workers = async () =>
    (await daemon.client.call('status')).data.workers.filter(({ alive, leaving }) => alive && !leaving).length;
  assert.equal(await workers(), 1);
  daemon.writeConfig(text(2));
  await daemon.client.call('config-reload');
  assert.equal(await workers(), 2);
  const answers: Promise<string>[] = [];
  for (let n = 1; n <= 8; n++) {
    answers.push(bodyOf(`${daemon.url()}/held`));
    await eventually(() => held.length === n);
  }
  daemon.writeConfig(text(1));
  await daemon.client.call('config-reload');
  assert.equal(await workers(), 1);
  for (const response of held) response.end('last');
  assert.deepEqual(await Promise.all(answers), Array(8).fill('first last'));
  await daemon.line('Worker left');
  daemon.writeConfig(text(900));
  await assert.rejects(
    daemon.client.call('config-reload'),
    (error: { code: string; hint: string; message: string }) => {
      assert.equal(error.code, 'SNT-P010');
      assert.match(error.message, /server\.worker-threads cannot become 900/);
      assert.match(error.hint, /sentinel upgrade/);
      return true;
    },
  );
  assert.equal(await workers(), 1);
});

test('sentinel restart --workers ends with what came of it, in text and in JSON', async (t) => {
  const { port, held } = await heldOrigin(t);
  const daemon = await startDaemonProcess(t, { config: configFor(port), workers: 1 });
  const call = (args: readonly string[], interrupt?: AbortSignal) =>
    callSentinel(
      ['restart', '--workers', '--daemon', daemon.socket, ...args],
      interrupt === undefined ? {} : { interrupt },
    );
  const unasked = await call([]);
  assert.equal(unasked.code, 2);
  assert.match(unasked.stderr, /--yes/);
  const done = await call(['--yes']);
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /^✓ 1 worker restarted in .*, 0 cut\n$/);
  assert.equal((await call(['--yes', '--on-timeout', 'close'])).code, 2, 'cutting needs the name');

  const answer = new Promise((resolve, reject) => {
    get(`${daemon.url()}/held`, (response) => response.resume().on('end', resolve)).on('error', reject);
  });
  await eventually(() => held.length === 1);
  const away = new AbortController();
  const watching = call(['--yes'], away.signal);
  await eventually(async () => assert.equal((await stateOf(daemon)).steps[0]?.state, 'draining'));
  away.abort();
  const detached = await watching;
  assert.equal(detached.code, 130);
  assert.match(detached.stdout, /^detached: the restart goes on \(worker 1 → 0: .*waiting on: GET \/held/);
  held[0]?.end();
  await answer;
  const back = await call(['--follow', '--json']);
  assert.equal(back.code, 0);
  assert.equal(JSON.parse(back.stdout).data.restart.state, 'done');

  get(`${daemon.url()}/held`, (response) => response.resume()).on('error', () => {});
  await eventually(() => held.length === 2);
  const late = await call(['--yes', '--timeout', '50ms']);
  assert.equal(late.code, 6);
  assert.match(late.stdout, /has not finished after 50ms and goes on finishing/);
  const json = await call(['--follow', '--json']);
  assert.equal(json.code, 6, 'the format does not change the status');
  held[1]?.end();
  await daemon.line('Worker left', 3);
});
