/** What systemd hears of a daemon: when it carries traffic, reloads, hands over, stops and lives. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Notifier } from '../../src/proxy/control/systemd/notifier.ts';
import { requireComponent } from '../helpers/components.ts';
import { startDaemonProcess, staticConfig, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { firstEnded, upgrade } from '../helpers/hand-over.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { type NotifyPeer, startNotifyPeer } from '../helpers/notify-peer.ts';

/** Null after having skipped the test. */
async function peerFor(t: TestContext, folder: string): Promise<NotifyPeer | null> {
  const python = requireComponent(t, 'python3');
  const notify = requireComponent(t, 'systemd-notify');
  return python === undefined || notify === undefined ? null : await startNotifyPeer(t, python, folder);
}

test('systemd hears of readiness, of each reload from its beginning to its end, and of the stop', async (t) => {
  const folder = testFolder(t);
  const peer = await peerFor(t, folder);
  if (peer === null) return;
  const daemon = await startDaemonProcess(t, {
    folder,
    config: staticConfig(),
    environment: { NOTIFY_SOCKET: peer.socket },
  });
  await peer.message('READY=1');
  daemon.writeConfig(staticConfig('again'));
  await daemon.client.call('config-reload');
  await peer.message('READY=1', 2);
  daemon.writeConfig('rute');
  await assert.rejects(daemon.client.call('config-reload'));
  await peer.message('READY=1', 3);
  process.kill(daemon.pid, 'SIGTERM');
  assert.equal(await firstEnded(daemon), 0);
  const messages = peer.messages();
  const pid = `MAINPID=${daemon.pid}`;
  assert.deepEqual(
    messages.map((words) => words.filter((word) => !word.startsWith('MONOTONIC_USEC='))),
    [
      ['READY=1', pid, 'STATUS=Serving generation 1'],
      ['RELOADING=1', 'STATUS=Reading the configuration'],
      ['READY=1', pid, 'STATUS=Serving generation 2'],
      ['RELOADING=1', 'STATUS=Reading the configuration'],
      ['READY=1', pid, 'STATUS=Serving; the last change of the configuration failed, see `sentinel status`'],
      ['STOPPING=1', 'STATUS=Stopping by signal TERM: finishing what is in flight'],
    ],
  );
  for (const words of messages.filter((one) => one.includes('RELOADING=1'))) {
    const us = Number(words.find((word) => word.startsWith('MONOTONIC_USEC='))?.slice('MONOTONIC_USEC='.length));
    assert.ok(us > 0 && us <= Number(process.hrtime.bigint() / 1000n), `${us}`);
  }
});

/** Signs of life of a notifier whose clock a test turns: how many were given in ten seconds after `first`. */
async function signsOfLife(
  t: TestContext,
  environment: Readonly<Record<string, string>>,
  alive: () => boolean,
  first: (notifier: Notifier) => void = () => {},
): Promise<number> {
  const folder = testFolder(t);
  const log = join(folder, 'log');
  const program = join(folder, 'systemd-notify');
  writeFileSync(program, `#!/bin/sh\necho "$@" >> '${log}'\n`, { mode: 0o755 });
  const clock = new ManualClock();
  const warnings = { set: (_subject: string, text: string | null) => assert.equal(text, null) };
  const told = { NOTIFY_SOCKET: join(folder, 'nobody.sock'), ...environment };
  const notifier = new Notifier({ environment: told, pid: 4711, clock, warnings, alive, program });
  await notifier.ready('Serving');
  first(notifier);
  for (let second = 0; second < 10; second++) {
    clock.advance(1_000);
    await notifier.flushed();
  }
  notifier.close();
  return readFileSync(log, 'utf8').split('WATCHDOG=1').length - 1;
}

test('signs of life come at half of the time that systemd waits, while the workers are alive and not otherwise', async (t) => {
  const every = { WATCHDOG_USEC: '4000000' };
  assert.equal(await signsOfLife(t, every, () => true), 5);
  assert.equal(await signsOfLife(t, every, () => false), 0);
  assert.equal(await signsOfLife(t, { ...every, WATCHDOG_PID: '4711' }, () => true), 5);
});

test('where systemd waits for another process, or for none, no sign of life is given', async (t) => {
  assert.equal(await signsOfLife(t, { WATCHDOG_USEC: '4000000', WATCHDOG_PID: '1' }, () => true), 0);
  assert.equal(await signsOfLife(t, {}, () => true), 0);
});

test('a process that another one has replaced gives no sign of life, whatever it is asked to change', async (t) => {
  const given = await signsOfLife(
    t,
    { WATCHDOG_USEC: '4000000' },
    () => true,
    (notifier) => {
      notifier.retire();
      void notifier.listener.failed?.(['the daemon is draining'], null, undefined as never);
    },
  );
  assert.equal(given, 0);
});

test('after an upgrade systemd knows the new process as the main one, and the old one says no more', async (t) => {
  const folder = testFolder(t);
  const peer = await peerFor(t, folder);
  if (peer === null) return;
  const daemon = await startDaemonProcess(t, {
    folder,
    config: staticConfig(),
    environment: { NOTIFY_SOCKET: peer.socket, WATCHDOG_USEC: '400000' },
  });
  const { to } = await upgrade(daemon);
  await firstEnded(daemon);
  const heard = peer.messages();
  assert.ok(heard.some((words) => words.includes('READY=1') && words.includes(`MAINPID=${to?.pid}`)));
  assert.ok(!heard.some((words) => words.includes('STOPPING=1')));
  // The heir gives the signs of life from now on.
  await eventually(() => peer.messages().filter((words) => words.includes('WATCHDOG=1')).length > count(heard) + 1);

  function count(messages: readonly (readonly string[])[]): number {
    return messages.filter((words) => words.includes('WATCHDOG=1')).length;
  }
});

test('where systemd-notify is missing the daemon serves all the same, with one standing warning', async (t) => {
  const folder = testFolder(t);
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync('/bin/sh', join(bin, 'sh'));
  const daemon = await startDaemonProcess(t, {
    folder,
    config: staticConfig(),
    environment: { NOTIFY_SOCKET: join(folder, 'nobody.sock'), PATH: bin },
  });
  const warnings = await eventually(async () => {
    const { data } = await daemon.client.call('status');
    if (data.warnings.length === 0) throw new Error('no warning yet');
    return data.warnings;
  });
  assert.equal(warnings.filter((words) => words.includes('systemd-notify is not installed')).length, 1);
  assert.equal((await fetch(daemon.url())).status, 200);
});
