/** Draining a target under load: nothing is cut, nothing new goes there, and the command says when it is over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdminRefusal } from '../../src/admin/client/client.ts';
import { runSentinel } from '../cli/command-line.ts';
import { eventually } from '../helpers/eventually.ts';
import { get, type RawClient } from '../helpers/raw-http.ts';
import { downloadBytes, DrainScene } from './drain-scene.ts';

/** Clients that ask all the time until they are told to stop; what they got that was no answer of an origin. */
async function load(scene: DrainScene, clients: number) {
  const faults: string[] = [];
  let asked = 0;
  let on = true;
  const one = async (client: RawClient) => {
    while (on) {
      client.send(get('/'));
      const { status, text } = await client.response();
      if (status !== 200 || !/^o\d$/.test(text)) faults.push(`${status} ${text}`);
      asked++;
    }
  };
  const running = Promise.all(Array.from({ length: clients }, async () => one(await scene.client())));
  return {
    faults,
    get asked() {
      return asked;
    },
    async stop() {
      on = false;
      await running;
    },
  };
}

test('three downloads and two WebSockets end as they would, nothing new comes, and the command ends with the last', async (t) => {
  const scene = await DrainScene.start(t, { targets: 3 });
  const target = scene.target(0);
  const traffic = await load(scene, 4);
  const paths = ['/download/1', '/download/2', '/download/3'];
  const downloads = await Promise.all(paths.map((path) => scene.hold(0, path)));
  const sockets = await Promise.all([scene.socket(0), scene.socket(0)]);

  const command = runSentinel(['drain', target.address, '--yes', '--reason', 'kernel patch'], {
    environment: { SENTINEL_ADMIN_SOCKET: scene.daemon.socket },
  });
  let ended = false;
  void command.then(() => (ended = true));
  await scene.daemon.line('Target draining');
  // The answer comes after the plan is in force in every worker.
  await eventually(async () => {
    const { data } = await scene.daemon.client.call('drains');
    assert.deepEqual(data.drains[0]?.now, { in_flight: 5, websockets: 2, idle: 0 });
    assert.deepEqual(data.drains[0]?.waiting_on.map(({ path }) => path).sort(), [...paths, '/live', '/live'].sort());
  });
  const before = target.origin.requests.length;
  const asked = traffic.asked;
  await eventually(() => assert.ok(traffic.asked > asked + 400));
  assert.equal(target.origin.requests.length, before, 'a new request came to a target that drains');
  assert.equal(target.origin.open, 5, 'idle connections are closed');

  for (const [at, socket] of sockets.entries()) {
    const known = socket.received.length;
    socket.send(Buffer.from(`still ${at}`));
    await socket.until('the echo', () => (socket.received.length > known ? true : undefined));
    assert.equal(socket.received.subarray(known).toString(), `still ${at}`);
  }
  for (const [at, path] of paths.entries()) {
    scene.release(0, path);
    assert.equal((await (downloads[at] as RawClient).response()).body.length, downloadBytes);
  }
  (sockets[0] as RawClient).end();
  await eventually(async () => {
    const { data } = await scene.daemon.client.call('drains');
    assert.deepEqual([data.drains[0]?.state, data.drains[0]?.now.in_flight], ['draining', 1]);
  });
  assert.equal(ended, false, 'the command waits for the last one');
  (sockets[1] as RawClient).end();
  const { code, stdout, stderr } = await command;
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /^drain 127\.0\.0\.1:\d+ {2}\(api\) {3}reason: kernel patch {3}deadline 5m {3}on-timeout: wait/);
  assert.match(stdout, /in-flight \d+→3 {3}ws 2 {3}idle sockets 0 \(closed \d+\)/);
  assert.match(stdout, /waiting on: .*GET \/download\/\d \(\S+, client 127\.0\.0\.1\)/);
  assert.match(stdout, /✓ drained in \S+ {2}0 cut, \d+ finished\. {3}next: sentinel undrain 127\.0\.0\.1:\d+\n$/);
  await traffic.stop();
  assert.deepEqual(traffic.faults, []);
  assert.equal(target.origin.requests.length, before);
  assert.equal(
    await scene.metric('sentinel_drains_total{result="drained"}'),
    'sentinel_drains_total{result="drained"} 1',
  );
  const gauge = `sentinel_target_draining{upstream="api",target="${target.address}"}`;
  assert.equal(await scene.metric(gauge), `${gauge} 1`);
});

test('a deadline with work left gives 6, and restore takes the target back without cutting anything', async (t) => {
  const scene = await DrainScene.start(t);
  const { address } = scene.target(0);
  const download = await scene.hold(0, '/download/1');
  const command = ['drain', address, '--yes', '--timeout', '2s', '--on-timeout', 'restore'];
  const { code, stdout } = await scene.run(command);
  assert.equal(code, 6, stdout);
  assert.match(stdout, /✗ deadline passed with 1 in flight: \S+ takes requests again, as --on-timeout restore says/);
  assert.deepEqual((await scene.daemon.client.call('drains')).data.drains, []);
  await eventually(async () => assert.deepEqual(new Set(await scene.ask(6)), new Set(['o0', 'o1'])));
  scene.release(0, '/download/1');
  assert.equal((await download.response()).body.length, downloadBytes);
  assert.match(await scene.metric('sentinel_drains_total{result="restored"}'), / 1$/);
});

test('at the deadline close cuts what is left, counts it, and gives 6', async (t) => {
  const scene = await DrainScene.start(t);
  const { address } = scene.target(0);
  const [download, socket] = [await scene.hold(0, '/download/1'), await scene.socket(0)];
  const command = ['drain', address, `--confirm=${address}`, '--timeout', '200ms', '--on-timeout', 'close'];
  const { code, stdout } = await scene.run(command);
  assert.equal(code, 6, stdout);
  assert.match(stdout, /✗ deadline passed, drained in \S+ {2}2 cut, 0 finished/);
  await Promise.all([download.closed(), socket.closed()]);
  assert.match(await scene.metric('sentinel_drains_total{result="cut"}'), / 1$/);
});

test('two operators who drain the last pair at the same time: one does, the other is refused', async (t) => {
  const scene = await DrainScene.start(t);
  const [one, other] = scene.targets.map(({ address }) => address) as [string, string];
  for (let round = 0; round < 10; round++) {
    const results = await Promise.allSettled([scene.begin({ target: one }), scene.begin({ target: other })]);
    const done = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as AdminRefusal] : []));
    assert.deepEqual([done.length, refused.length], [1, 1]);
    assert.equal(refused[0]?.code, 'SNT-U005');
    assert.match(String(refused[0]?.message), /would leave api with 0\/2 healthy \(min-healthy 1\)/);
    const id = done[0]?.drains[0]?.id as string;
    assert.deepEqual(new Set(await scene.ask(4)).size, 1, 'the other one serves');
    await scene.daemon.client.call('drain-end', { params: { id } });
  }
});
