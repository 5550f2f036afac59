/** Reloads: a good file takes effect, a bad one changes nothing and says why, and requests never notice. */
import assert from 'node:assert/strict';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { AdminRefusal } from '../../src/admin/client/client.ts';
import { OriginProcess } from '../faults/origin-process.ts';
import { staticConfig, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

test('HUP puts the new file in force, and the log and the metrics say so', async (t) => {
  const daemon = await startDaemonProcess(t);
  daemon.writeConfig(staticConfig('second'));
  assert.equal(
    (await daemon.client.call('status')).data.config.disk_matches_running,
    false,
    'before the reload they differ',
  );
  daemon.child.kill('SIGHUP');
  const line = await daemon.line('Configuration reload completed');
  assert.equal(line['generation'], 2);
  assert.equal(line['actor'], 'signal HUP');
  assert.equal(await (await fetch(daemon.url())).text(), 'second');
  const metrics = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  assert.match(metrics, /^sentinel_config_generation 2$/m);
  assert.match(metrics, /^sentinel_config_reload_total\{result="completed"\} 1$/m);
  assert.match(metrics, /^sentinel_config_disk_matches_running 1$/m);
});

test('an unchanged file reloads too', async (t) => {
  const daemon = await startDaemonProcess(t);
  const { data } = await daemon.client.call('config-reload', { reason: 'trying' });
  assert.equal(data.generation, 2);
  assert.equal((await daemon.client.call('status')).data.config.last_reload?.result, 'completed');
});

test('a wrong file changes nothing: the old one keeps serving, and log, status and reply name each mistake', async (t) => {
  const daemon = await startDaemonProcess(t);
  daemon.writeConfig('listener "http" { adress "127.0.0.1:0" }\nroute "all" { upstream "gone" }');
  daemon.child.kill('SIGHUP');
  const line = await daemon.line('Configuration reload failed');
  assert.equal(line.level, 'ERROR', 'the runbooks grep for ERROR');
  const problems = line['problems'] as string[];
  assert.ok(
    problems.some((problem) => /sentinel\.kdl:1:\d+: error\[SNT-C\d+\]: .*adress/.test(problem)),
    problems.join('\n'),
  );
  assert.ok(
    problems.some((problem) => /sentinel\.kdl:2:\d+: error\[SNT-C\d+\]: .*gone/.test(problem)),
    problems.join('\n'),
  );
  assert.equal(await (await fetch(daemon.url())).text(), 'hello');
  await assert.rejects(daemon.client.call('config-reload'), (error) => {
    assert.ok(error instanceof AdminRefusal);
    assert.equal(error.code, 'SNT-P013');
    assert.deepEqual(error.problems, problems);
    assert.match(
      error.hint ?? '',
      /^sentinel validate \/.*sentinel\.kdl$/,
      'typed anywhere, it shows each in its place',
    );
    return true;
  });
  const { data } = await daemon.client.call('status');
  assert.equal(data.generation, 1);
  assert.equal(data.config.digest_disk, null);
  assert.equal(data.config.last_reload?.result, 'failed');
  assert.match(data.warnings.join(), /the last reload \(.*\) failed: generation 1 runs on/);
  const metrics = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  assert.match(metrics, /^sentinel_config_reload_total\{result="failed"\} 2$/m);
  assert.match(metrics, /^sentinel_config_disk_matches_running 0$/m);
});

test('a deleted file fails the reload and the daemon goes on', async (t) => {
  const daemon = await startDaemonProcess(t);
  rmSync(daemon.configFile);
  daemon.child.kill('SIGHUP');
  await daemon.line('Configuration reload failed');
  assert.equal((await fetch(daemon.url())).status, 200);
});

test('a file that is empty, because it is just being written, does not end all traffic', async (t) => {
  const daemon = await startDaemonProcess(t);
  daemon.writeConfig('');
  daemon.child.kill('SIGHUP');
  assert.match(String((await daemon.line('Configuration reload failed'))['problems']), /has no listener/);
  assert.equal(await (await fetch(daemon.url())).text(), 'hello');
});

test('a file that asks for an address that is taken fails the reload, naming the holder, and no listener is lost', async (t) => {
  const holder = createServer();
  await once(holder.listen(0, '127.0.0.1'), 'listening');
  t.after(() => holder.close());
  const { port } = holder.address() as { port: number };
  const daemon = await startDaemonProcess(t);
  daemon.writeConfig(staticConfig('second', `listener "more" { address "127.0.0.1:${port}" }`));
  daemon.child.kill('SIGHUP');
  const line = await daemon.line('Configuration reload failed');
  assert.match(
    String(line['problems']),
    new RegExp(`address in use: 127\\.0\\.0\\.1:${port} .*\\(pid ${process.pid}\\)`),
  );
  assert.equal(await (await fetch(daemon.url())).text(), 'hello');
});

test('a new listener opens and one that was taken out closes', async (t) => {
  const daemon = await startDaemonProcess(t);
  const old = daemon.url();
  daemon.writeConfig(staticConfig().replace('listener "http"', 'listener "other"'));
  await daemon.client.call('config-reload');
  const { data } = await daemon.client.call('status');
  assert.deepEqual(
    data.listeners.map(({ id }) => id),
    ['other'],
  );
  assert.equal(await (await fetch(`http://${data.listeners[0]?.address}`)).text(), 'hello');
  await eventually(() => assert.rejects(fetch(old, { headers: { connection: 'close' } })));
});

test('a storm of HUP becomes few reloads and the last file is the one in force', async (t) => {
  const daemon = await startDaemonProcess(t);
  for (let n = 1; n <= 30; n++) {
    daemon.writeConfig(staticConfig(`body ${n}`));
    daemon.child.kill('SIGHUP');
  }
  await eventually(async () => (await (await fetch(daemon.url())).text()) === 'body 30');
  await eventually(async () => (await daemon.client.call('status')).data.config.disk_matches_running === true);
  assert.ok((await daemon.client.call('status')).data.generation <= 31);
});

test('no request fails while the configuration is reloaded again and again', async (t) => {
  const daemon = await startDaemonProcess(t);
  let done = false;
  let served = 0;
  const clients = Array.from({ length: 8 }, async () => {
    while (!done) {
      const reply = await fetch(daemon.url());
      assert.equal(reply.status, 200);
      await reply.text();
      served++;
    }
  });
  for (let n = 1; n <= 20; n++) {
    daemon.writeConfig(staticConfig(`body ${n}`));
    await daemon.client.call('config-reload');
  }
  done = true;
  await Promise.all(clients);
  assert.ok(served > 20);
  assert.equal(await (await fetch(daemon.url())).text(), 'body 20');
});

test('HUP opens the log files again, so that a rotated log goes on in a new file', async (t) => {
  const folder = testFolder(t);
  const log = join(folder, 'sentinel.log');
  const access = join(folder, 'access.log');
  const config = staticConfig('hello', `observability { logging { file "${log}"; access-log { file "${access}" } } }`);
  const daemon = await startDaemonProcess(t, { folder, config });
  await fetch(`${daemon.url()}/before`);
  await eventually(() => readFileSync(access, 'utf8').includes('/before'));
  await eventually(() => readFileSync(log, 'utf8').includes('"message":"Ready"'));
  renameSync(log, `${log}.1`);
  renameSync(access, `${access}.1`);
  daemon.child.kill('SIGHUP');
  await eventually(() => readFileSync(log, 'utf8').includes('Configuration reload completed'));
  await fetch(`${daemon.url()}/after`);
  await eventually(() => readFileSync(access, 'utf8').includes('/after'));
});

test('a log file that cannot be opened fails the reload', async (t) => {
  const daemon = await startDaemonProcess(t);
  daemon.writeConfig(staticConfig('second', 'observability { logging { file "/nonexistent/sentinel.log" } }'));
  await assert.rejects(daemon.client.call('config-reload'), { code: 'SNT-P006' });
  assert.equal(await (await fetch(daemon.url())).text(), 'hello');
});

test('log level and format follow the file', async (t) => {
  const daemon = await startDaemonProcess(t);
  daemon.writeConfig(staticConfig('hello', 'observability { logging { format "pretty"; level "info" } }'));
  await daemon.client.call('config-reload');
  await eventually(() =>
    /^\d{4}-\d\d-\d\dT[\d:.]+Z INFO {2}Configuration reload completed module="reload" event="reload"/m.test(
      daemon.output(),
    ),
  );
  writeFileSync(daemon.configFile, staticConfig('hello', 'observability { logging { level "error" } }'));
  await daemon.client.call('config-reload');
  const before = daemon.output().length;
  await daemon.client.call('config-reload');
  assert.equal(daemon.output().slice(before).includes('Configuration reload completed'), false);
});

test('weight 0 drains as the runbook watches it: what is in flight ends, and no connection to the target is kept', async (t) => {
  const [leaving, staying] = [await OriginProcess.start(t), await OriginProcess.start(t)];
  const config = (weight: number): string => `listener "http" { address "127.0.0.1:0" }
route "all" { upstream "api" }
upstream "api" { target "${leaving.address}" weight=${weight}; target "${staying.address}" }`;
  const daemon = await startDaemonProcess(t, { config: config(1) });
  const connections = async (): Promise<readonly number[]> =>
    (await daemon.client.call('upstream', { params: { name: 'api' } })).data.targets.map(
      (target) => target.connections,
    );
  await Promise.all(Array.from({ length: 8 }, async () => (await fetch(daemon.url())).text()));
  assert.ok((await connections()).every((open) => open > 0));
  daemon.writeConfig(config(0));
  await daemon.client.call('config-reload');
  await eventually(async () => assert.equal((await connections())[0], 0));
  await Promise.all(Array.from({ length: 8 }, async () => (await fetch(daemon.url())).text()));
  const [gone, kept] = await connections();
  assert.deepEqual([gone, (kept as number) > 0], [0, true]);
});
