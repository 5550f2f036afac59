/** An upgrade: the new process has the sockets of the old one, takes its place, and nobody who asks meanwhile is refused. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startConnectionLoad } from '../helpers/connection-load.ts';
import { eventually } from '../helpers/eventually.ts';
import { startDaemonProcess, staticConfig } from '../helpers/daemon.ts';
import { firstEnded, upgrade, upgradeOver } from '../helpers/hand-over.ts';
import { ok, type OriginRequest, startOrigin } from '../helpers/origin.ts';
import { RawClient } from '../helpers/raw-http.ts';

test('the new process has addresses, pid file and admin socket of the old one, which ends with 0', async (t) => {
  const daemon = await startDaemonProcess(t);
  const before = (await daemon.client.call('status')).data;
  await daemon.client.call('block-add', { body: { address: '203.0.113.7' } });
  const load = startConnectionLoad(portOf(daemon.url()), 300);
  const reply = await upgrade(daemon);
  const counts = await load.stop();
  assert.equal(reply.phase, 'done');
  assert.equal(reply.from?.pid, daemon.pid);
  assert.equal(reply.problem, null);
  assert.equal(reply.cut, 0);
  assert.deepEqual(counts.failures, {});
  assert.equal(counts.answered, counts.begun);

  const heir = reply.to?.pid as number;
  const after = (await daemon.client.call('status')).data;
  assert.notEqual(heir, daemon.pid);
  assert.equal(after.pid, heir);
  assert.deepEqual(after.listeners, before.listeners);
  assert.equal(readFileSync(join(daemon.folder, 'sentinel.pid'), 'utf8'), `${heir}\n`);
  assert.equal((await fetch(`${daemon.adminUrl()}/health`)).status, 200);
  const { blocks } = (await daemon.client.call('blocks')).data;
  assert.deepEqual(
    blocks.map(({ address }) => address),
    ['203.0.113.7'],
  );
  assert.equal(await firstEnded(daemon), 0);
});

test('what an upgrade began, a second one can follow', async (t) => {
  const daemon = await startDaemonProcess(t);
  const first = await upgrade(daemon);
  await firstEnded(daemon);
  const second = await upgrade(daemon);
  assert.equal(second.phase, 'done');
  assert.equal(second.from?.pid, first.to?.pid);
  assert.equal(await (await fetch(daemon.url())).text(), 'hello');
});

test('a request under way ends in the old process, and its connection learns that it is the last', async (t) => {
  const asked = Promise.withResolvers<OriginRequest>();
  const origin = await startOrigin(t, { request: (one) => asked.resolve(one) });
  const daemon = await startDaemonProcess(t, {
    config: `
      listener "http" { address "127.0.0.1:0" }
      route "slow" { matches { path-prefix "/slow" }; upstream "target" }
      route "all" { upstream "fixed" }
      upstream "target" { target "127.0.0.1:${origin.port}" }
      upstream "fixed" { static { status 200; body "hello" } }
      server { graceful-shutdown-timeout-secs 20 }
    `,
  });
  const kept = await RawClient.connect(t, portOf(daemon.url()));
  kept.send('GET / HTTP/1.1\r\nhost: a.example\r\n\r\n');
  assert.equal((await kept.response()).header('connection'), undefined);
  const slow = await RawClient.connect(t, portOf(daemon.url()));
  slow.send('GET /slow HTTP/1.1\r\nhost: a.example\r\n\r\n');
  const { connection } = await asked.promise;

  await daemon.client.call('upgrade-begin', { body: {} });
  await daemon.line('Handed over');
  // The workers hear of it a moment after the log does.
  await eventually(async () => {
    kept.send('GET / HTTP/1.1\r\nhost: a.example\r\n\r\n');
    const answer = await kept.response();
    assert.deepEqual([answer.status, answer.header('connection')], [200, 'close']);
  });
  const { data } = await daemon.client.call('upgrade');
  assert.equal(data.phase, 'draining');
  connection.send(ok('ended'));
  assert.equal((await slow.response()).text, 'ended');
  const over = await upgradeOver(daemon);
  assert.equal(over.cut, 0);
  assert.equal(await firstEnded(daemon), 0);
});

test('the new process reads the file as it is now: listeners that are new are bound, those that went are closed', async (t) => {
  const daemon = await startDaemonProcess(t, {
    config: staticConfig('old', 'listener "gone" { address "127.0.0.1:0" }'),
  });
  const gone = portOf(daemon.url('gone'));
  daemon.writeConfig(staticConfig('new', 'listener "come" { address "127.0.0.1:0" }'));
  const reply = await upgrade(daemon);
  assert.equal(reply.phase, 'done');
  await firstEnded(daemon);
  assert.equal(await (await fetch(daemon.url())).text(), 'new');
  const { listeners } = (await daemon.client.call('status')).data;
  const come = listeners.find(({ id }) => id === 'come')?.address;
  assert.equal(await (await fetch(`http://${come}`)).text(), 'new');
  await assert.rejects(RawClient.connect(t, gone), { code: 'ECONNREFUSED' });
});

test('the new process may have fewer workers, or more, and no socket is left without an owner', async (t) => {
  const text = (workers: number) =>
    staticConfig('hello', '', 2).replace('server {', `server { worker-threads ${workers};`);
  const daemon = await startDaemonProcess(t, { workers: 'of the file', config: text(3) });
  for (const workers of [1, 2]) {
    daemon.writeConfig(text(workers));
    const load = startConnectionLoad(portOf(daemon.url()), 200);
    const reply = await upgrade(daemon);
    const counts = await load.stop();
    assert.equal(reply.phase, 'done');
    assert.deepEqual(counts.failures, {});
    const status = (await daemon.client.call('status')).data;
    assert.equal(status.workers.length, workers);
  }
});

test('a unix socket is taken over by name: it is there all the time, and stays when the old process ends', async (t) => {
  const daemon = await startDaemonProcess(t);
  const path = join(daemon.folder, 'traffic.sock');
  daemon.writeConfig(staticConfig('hello', `listener "unix" { address "unix:${path}" }`, 2));
  await daemon.client.call('config-reload');
  const before = statSync(path).ino;
  const ask = async () => {
    const client = await RawClient.connect(t, path);
    client.send('GET / HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n');
    const { text } = await client.response();
    client.socket.destroy();
    return text;
  };
  let over = false;
  const asking = (async () => {
    let asked = 0;
    for (; !over; asked++) assert.equal(await ask(), 'hello');
    return asked;
  })();
  const reply = await upgrade(daemon);
  await firstEnded(daemon);
  over = true;
  assert.ok((await asking) > 0);
  assert.equal(reply.phase, 'done');
  assert.notEqual(statSync(path).ino, before);
  assert.equal(await ask(), 'hello');
});

function portOf(url: string): number {
  return Number(new URL(url).port);
}
