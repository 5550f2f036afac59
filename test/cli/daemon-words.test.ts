/** What `status` and `reload` say of a daemon in trouble: the few lines that matter, and the next command. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { eventually } from '../helpers/eventually.ts';
import { startDaemonProcess, staticConfig } from '../helpers/daemon.ts';
import { callSentinel } from './command-line.ts';

test('a refused reload is said once, with the command that shows where', async (t) => {
  const daemon = await startDaemonProcess(t);
  daemon.writeConfig(`${staticConfig()}\noops 1\n`);
  const { code, stdout } = await callSentinel(['reload', '--daemon', daemon.socket]);
  assert.equal(code, 1);
  assert.equal(stdout.match(/unknown node `oops`/g)?.length, 1, stdout);
  assert.match(stdout, /\n {2}next: sentinel validate \/\S+\n$/);
});

test('of many mistakes status shows three, and the command that shows all', async (t) => {
  const daemon = await startDaemonProcess(t);
  daemon.writeConfig(`${staticConfig()}\n${'oops 1\n'.repeat(9)}`);
  await callSentinel(['reload', '--daemon', daemon.socket]);
  const { stdout } = await callSentinel(['status', '--daemon', daemon.socket]);
  assert.equal(stdout.match(/^ {11}\S+: error\[SNT-C104\]: unknown node `oops`/gm)?.length, 3, stdout);
  assert.match(stdout, /and 6 more: sentinel validate \/\S+\n/);
  // What stands on disk is an alarm of its own, in one line.
  assert.match(stdout, /▲ the configuration on disk would not load at the next start: .*`oops`.* \(and 8 more\)/);
  assert.equal(stdout.match(/unknown node `oops`/g)?.length, 4, stdout);
});

test('lines that a full disk swallows are a warning of status', async (t) => {
  const full = staticConfig('hello', 'observability { logging { access-log { file "/dev/full" } } }');
  const daemon = await startDaemonProcess(t, { config: full });
  const quiet = await callSentinel(['status', '--daemon', daemon.socket]);
  assert.doesNotMatch(quiet.stdout, /could not be written/);
  await (await fetch(daemon.url())).text();
  await eventually(async () => {
    const { stdout } = await callSentinel(['status', '--daemon', daemon.socket]);
    assert.match(stdout, /▲ 1 log line could not be written/);
  });
});

test('what is no daemon is not taken for one, and every refusal names a next command', async (t) => {
  const daemon = await startDaemonProcess(t);
  const refusals = [
    ['status', '--daemon', new URL(daemon.url()).host],
    ['status', '--daemon', daemon.adminUrl()],
    ['status', '--daemon', 'nonsense'],
    ['status', '--daemon', join(daemon.socket, 'no')],
    ['reload', '--daemon', new URL(daemon.adminUrl()).host],
  ];
  for (const args of refusals) {
    const { code, stderr } = await callSentinel(args);
    assert.notEqual(code, 0);
    assert.match(stderr, /^error\[SNT-[AP]\d+\]: .+\n {2}next: .+\n$/, args.join(' '));
  }
});
