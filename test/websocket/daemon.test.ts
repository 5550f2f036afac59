/** WebSockets of a whole daemon: signals, reloads of files, what the metrics say, workers that die. */
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { closing, message, openSocket, startSocketServer } from './websocket-scene.ts';

const settings = (port: number, seconds: number, more = '') => `
listener "http" { address "127.0.0.1:0" }
listener "second" { address "127.0.0.1:0" }
route "chat" { matches { path-prefix "/" }; upstream "origin"; ${more} }
upstream "origin" { target "127.0.0.1:${port}" }
server { graceful-shutdown-timeout-secs ${seconds} }
`;

const socketUrl = (url: string) => url.replace('http:', 'ws:');

test('TERM ends WebSockets by 1001 at both ends, and the daemon leaves in time with 0', async (t) => {
  const target = await startSocketServer(t);
  const daemon = await startDaemonProcess(t, { config: settings(target.port, 1) });
  const sockets = await Promise.all(Array.from({ length: 8 }, () => openSocket(t, `${socketUrl(daemon.url())}/`)));
  const mine = sockets.map(closing);
  const theirs = target.sockets.map(closing);
  daemon.child.kill('SIGTERM');
  await daemon.line('Draining');
  const [still] = sockets;
  assert.ok(still);
  const coming = message(still);
  still.send('still here');
  assert.equal((await coming).data.toString(), 'still here');
  for (const { code } of await Promise.all([...mine, ...theirs])) assert.equal(code, 1001);
  assert.deepEqual(await daemon.ended(), { code: 0, signal: null });
});

test('twenty reloads lose no message, not even of a listener that goes, and the metrics count what is open', async (t) => {
  const target = await startSocketServer(t);
  const daemon = await startDaemonProcess(t, { config: settings(target.port, 5) });
  const metrics = async () => (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  const sockets = await Promise.all(
    ['http', 'http', 'second', 'second'].map((listener) => openSocket(t, `${socketUrl(daemon.url(listener))}/`)),
  );
  const came = sockets.map(() => 0);
  sockets.forEach((socket, at) =>
    socket.on('message', (data) => {
      assert.equal(Number(data), came[at]);
      came[at] = (came[at] as number) + 1;
    }),
  );
  let sent = 0;
  for (let reload = 0; reload < 20; reload++) {
    const config = settings(target.port, 5, reload % 2 === 0 ? 'policies { websocket #false; }' : '');
    daemon.writeConfig(reload > 10 ? config.replace(/listener "second".*\n/, '') : config);
    const applied = daemon.client.call('config-reload');
    for (let i = 0; i < 5; i++) {
      for (const socket of sockets) socket.send(String(sent));
      sent++;
    }
    await applied;
  }
  await eventually(() => came.every((count) => count === sent));
  assert.match(await metrics(), /^sentinel_websocket_connections\{route="chat"\} 4$/m);
  assert.match(await metrics(), /^sentinel_websocket_connections_total\{route="chat"\} 4$/m);
  assert.match(await metrics(), /^sentinel_in_flight_requests 4$/m);
  for (const socket of sockets) socket.close();
  await eventually(async () => /^sentinel_websocket_connections\{route="chat"\} 0$/m.test(await metrics()));
  assert.match(
    await metrics(),
    /^sentinel_requests_total\{route="chat",upstream="origin",method="GET",status="101"\} 4$/m,
  );
});

test('a route that forbids WebSockets, or bounds their silence, says so in the configuration', async (t) => {
  const target = await startSocketServer(t);
  const daemon = await startDaemonProcess(t, {
    config: settings(target.port, 5, 'policies { websocket-idle-secs 1; }'),
  });
  const socket = await openSocket(t, `${socketUrl(daemon.url())}/`);
  assert.equal((await closing(socket)).code, 1006);
  daemon.writeConfig(settings(target.port, 5, 'policies { websocket #false; }'));
  await daemon.client.call('config-reload');
  await assert.rejects(openSocket(t, `${socketUrl(daemon.url())}/`), /Unexpected server response: 403/);
});

test('the WebSockets of a worker that dies are over for both ends, and no longer counted', async (t) => {
  const target = await startSocketServer(t);
  const folder = testFolder(t);
  const order = join(folder, 'fault');
  const daemon = await startDaemonProcess(t, {
    folder,
    workers: 1,
    config: settings(target.port, 5),
    workerEntry: new URL('../daemon/workers/faulty.ts', import.meta.url),
    environment: { SENTINEL_TEST_FAULT: order },
  });
  const metrics = async () => (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  const socket = await openSocket(t, `${socketUrl(daemon.url())}/`);
  const [mine, theirs] = [closing(socket), closing(await target.socket())];
  assert.match(await metrics(), /^sentinel_websocket_connections\{route="chat"\} 1$/m);
  writeFileSync(`${order}.draft`, 'throw');
  renameSync(`${order}.draft`, `${order}.0`);
  await daemon.line('Worker replaced');
  assert.deepEqual([(await mine).code, (await theirs).code], [1006, 1006]);
  const after = await metrics();
  assert.match(after, /^sentinel_websocket_connections\{route="chat"\} 0$/m);
  assert.match(after, /^sentinel_in_flight_requests 0$/m);
  assert.match(after, /^sentinel_websocket_connections_total\{route="chat"\} 1$/m);
});
