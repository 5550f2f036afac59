/** `sentinel upgrade` as it is typed, and what it finds on disk to hand over to. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { findProgram } from '../../src/proxy/control/upgrade/program.ts';
import { callSentinel, runSentinel } from '../cli/command-line.ts';
import { startDaemonProcess, staticConfig, testFolder } from '../helpers/daemon.ts';
import { firstEnded, upgradeOver } from '../helpers/hand-over.ts';

test('nobody is asked on a pipe: without --yes nothing is done', async (t) => {
  const daemon = await startDaemonProcess(t);
  const { code, stderr } = await callSentinel(['upgrade', '--daemon', daemon.socket]);
  assert.equal(code, 2);
  assert.match(stderr, /give --yes/);
  assert.equal((await daemon.client.call('upgrade')).data.phase, 'none');
});

test('the command follows the hand-over to its end, and ends with 0 in either format', async (t) => {
  const daemon = await startDaemonProcess(t);
  const { code, stdout, stderr } = await runSentinel(['upgrade', '--yes', '--daemon', daemon.socket]);
  assert.equal(code, 0);
  assert.match(stdout, new RegExp(`^✓ pid \\d+ serves \\(0\\.0\\.0-test\\); pid ${daemon.pid} has ended\\n$`));
  assert.match(stderr, /pid \d+ \(0\.0\.0-test\) starts; pid \d+ serves/);
  assert.equal(await firstEnded(daemon), 0);
  const again = await callSentinel(['upgrade', '--follow', '--json', '--daemon', daemon.socket]);
  assert.equal(again.code, 0);
  const { data, schema } = JSON.parse(again.stdout) as { schema: string; data: { phase: string } };
  assert.equal(schema, 'sentinel.upgrade/1');
  assert.equal(data.phase, 'done');
});

test('where the new process refuses the configuration the command ends with 1 and shows the mistakes', async (t) => {
  const daemon = await startDaemonProcess(t);
  daemon.writeConfig(`${staticConfig()}\nrute "x" {}\n`);
  for (const format of [[], ['--json']]) {
    const { code, stdout } = await runSentinel(['upgrade', '--yes', '--daemon', daemon.socket, ...format]);
    assert.equal(code, 1);
    assert.match(stdout, /unknown node `rute`/);
    assert.match(stdout, /SNT-P031/);
  }
});

test('interrupted, the command leaves the upgrade to itself', async (t) => {
  const daemon = await startDaemonProcess(t);
  const interrupted = new AbortController();
  const running = callSentinel(['upgrade', '--yes', '--daemon', daemon.socket], { interrupt: interrupted.signal });
  await daemon.line('New process started');
  interrupted.abort();
  const { code, stderr } = await running;
  assert.equal(code, 130);
  assert.match(stderr, /sentinel upgrade --follow/);
  assert.equal((await upgradeOver(daemon)).phase, 'done');
});

test('a launcher that is asked says what it would run, and runs nothing', (t) => {
  const bin = join(packageOf(t, '1.2.3'), 'bin');
  const env = { PATH: process.env['PATH'], SENTINEL_LAUNCH: 'describe' };
  const said = execFileSync(process.execPath, [join(bin, 'sentinel.js'), 'run'], { env, encoding: 'utf8' });
  const { node, flags, entry } = JSON.parse(said) as { node: string; flags: string[]; entry: string };
  assert.equal(node, process.execPath);
  assert.ok(flags.some((flag) => flag.startsWith('--inspect-port=')));
  assert.equal(entry, join(bin, '../dist/cli/sentinel.js'));
});

test('a version that a link was turned to is the one that is started', async (t) => {
  const old = packageOf(t, '1.2.3');
  const next = packageOf(t, '1.3.0');
  const folder = testFolder(t);
  const current = join(folder, 'current');
  symlinkSync(old, current);
  const launcher = join(current, 'bin/sentinel.js');
  const origin = { launcher, node: process.execPath, flags: [], entry: 'unused', args: ['run', '-c', 'a.kdl'] };
  const options = {
    origin,
    binary: null,
    environment: { PATH: dirname(process.execPath) },
    uid: process.getuid?.() ?? 0,
    pid: 1,
  };
  assert.equal((await findProgram(options)).version, '1.2.3');
  symlinkSync(next, join(folder, 'next'));
  renameSync(join(folder, 'next'), current);
  const program = await findProgram(options);
  assert.equal(program.version, '1.3.0');
  assert.deepEqual(program.args.slice(-4), [join(next, 'dist/cli/sentinel.js'), 'run', '-c', 'a.kdl']);
  assert.equal(program.environment['SENTINEL_LAUNCHER'], `1 ${launcher}`);
});

/** A package with the launcher of this one, and a program that only knows its version. */
function packageOf(t: TestContext, version: string): string {
  const folder = testFolder(t);
  cpSync(new URL('../../bin', import.meta.url), join(folder, 'bin'), { recursive: true });
  mkdirSync(join(folder, 'dist/cli'), { recursive: true });
  writeFileSync(join(folder, 'dist/cli/sentinel.js'), `console.log('sentinel ${version}');\n`);
  writeFileSync(join(folder, 'dist/package.json'), '{"type":"commonjs"}\n');
  assert.ok(readFileSync(join(folder, 'bin/sentinel.js'), 'utf8').startsWith('#!'));
  return folder;
}
