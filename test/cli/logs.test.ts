/** `sentinel logs` and `sentinel log-level` against a running daemon, and without one. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireComponent } from '../helpers/components.ts';
import { launchDaemon, startDaemonProcess, staticConfig, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { callSentinel } from './command-line.ts';
import { commandLog } from '../helpers/command-log.ts';

function logging(folder: string, more = ''): string {
  return staticConfig(
    'hello',
    `observability { logging { file "${folder}/s.log"; access-log { file "${folder}/access.log" }; ${more} } }`,
  );
}

interface Envelope<T> {
  readonly status: string;
  readonly exit_code: number;
  readonly data: T;
  readonly warnings: readonly string[];
}

test('a level is set for one module for a while, shown, logged at both ends, audited, and taken back', async (t) => {
  const daemon = await startDaemonProcess(t);
  const sentinel = (...args: string[]) => callSentinel([...args, '--daemon', daemon.socket]);
  const set = await sentinel('log-level', 'DEBUG', '--module', 'reload', '--for', '10m', '--reason', 'why not');
  assert.equal(set.code, 0, set.stderr);
  assert.match(
    set.stdout,
    /^✓ reload is logged at debug for 10m 00s, until .*Z\n {2}undo: sentinel log-level reset --module reload\n$/,
  );
  const begun = await daemon.line('Log level set');
  assert.deepEqual(
    [begun['module'], begun['level_set'], begun['of'], begun['reason']],
    ['logs', 'debug', 'reload', 'why not'],
  );
  const audit = await daemon.line('Admin action');
  assert.deepEqual(
    [audit['action'], audit['level_set'], audit['of'], audit['reason']],
    ['log-level-set', 'debug', 'reload', 'why not'],
  );
  const shown = await sentinel('log-level');
  assert.match(shown.stdout, /^▲ reload is at debug for another 9m \d\ds, by user \S+: why not\n/);
  assert.match(shown.stdout, /^reload +debug +/m);
  assert.match(shown.stdout, /^health +info +/m);
  assert.match((await sentinel('status')).stdout, /the log level of reload is debug for a while/);
  const active = async () =>
    /^sentinel_overrides_active\{kind="log_level"\} (\d+)$/m.exec(
      await (await fetch(`${daemon.adminUrl()}/metrics`)).text(),
    )?.[1];
  assert.equal(await active(), '1');
  const reset = await sentinel('log-level', 'reset', '--module', 'reload');
  assert.equal(await active(), '0');
  assert.equal(reset.stdout, '✓ reload is logged at info again\n');
  await daemon.line('Log level set back');
  assert.equal((await sentinel('log-level', 'reset', '--module', 'reload')).code, 1);
  assert.equal((await sentinel('log-level', 'reset')).stdout, 'no level was set; everything is logged at info\n');
});

test('slips of a log level are of usage, and of what the daemon knows refused', async (t) => {
  const daemon = await startDaemonProcess(t);
  const sentinel = (...args: string[]) => callSentinel([...args, '--daemon', daemon.socket]);
  assert.equal((await sentinel('log-level', 'loud')).code, 2);
  assert.equal((await sentinel('log-level', 'debug', '--for', 'ever')).code, 2);
  const module = await sentinel('log-level', 'debug', '--module', 'foo');
  assert.deepEqual([module.code, /one of admin, certificates/.test(module.stderr)], [1, true]);
  assert.equal((await sentinel('log-level', 'debug', '--for', '8d')).code, 2);
});

test('signals and the command are one mechanism: what USR1 began, the command shows and ends', async (t) => {
  const daemon = await startDaemonProcess(t);
  daemon.child.kill('SIGUSR1');
  await daemon.line('Debug logging switched on');
  const { overrides } = (await daemon.client.call('log-levels')).data;
  assert.deepEqual(
    overrides.map(({ module, level, actor }) => [module, level, actor]),
    [[null, 'debug', 'signal USR1']],
  );
  assert.equal((await callSentinel(['log-level', 'reset', '--daemon', daemon.socket])).code, 0);
  await daemon.line('Debug logging switched off');
  assert.deepEqual((await daemon.client.call('log-levels')).data.overrides, []);
});

test('recent lines come from memory by level, time and filter', async (t) => {
  const daemon = await startDaemonProcess(t);
  const sentinel = (...args: string[]) => callSentinel(['logs', ...args, '--daemon', daemon.socket]);
  daemon.writeConfig('nonsense');
  await daemon.client.call('config-reload').catch(() => {});
  await daemon.line('Configuration reload failed');
  const all = await sentinel();
  assert.match(
    all.stdout,
    /^\S+Z INFO {2}Ready module=daemon .*\n(?:.*\n)*\S+Z ERROR Configuration reload failed module=reload /,
  );
  const errors = await sentinel('--level', 'error', '--json');
  const { data, status } = JSON.parse(errors.stdout) as Envelope<{ lines: { message: string }[] }>;
  assert.deepEqual([status, data.lines.map(({ message }) => message)], ['ok', ['Configuration reload failed']]);
  assert.doesNotMatch((await sentinel('--filter', 'module=reload')).stdout, /Ready/);
  assert.match((await sentinel('--filter', 'module=health')).stdout, /no such lines/);
  assert.equal((await sentinel('--filter', 'nonsense=1')).code, 2);
  assert.equal((await sentinel('--level', 'loud')).code, 2);
  assert.equal((await sentinel('rotate')).code, 2);
  assert.equal((await sentinel('-f', '--access')).code, 2);
  const access = await sentinel('--access');
  assert.deepEqual([access.code, /^error\[SNT-P048\]: .*writes no access log/.test(access.stderr)], [3, true]);
});

test('following shows what was, then what comes, until it is interrupted', async (t) => {
  const daemon = await startDaemonProcess(t);
  const interrupt = new AbortController();
  const following = callSentinel(['logs', '-f', '--json', '--daemon', daemon.socket], { interrupt: interrupt.signal });
  // Whatever is logged before the stream is open comes as well: it goes on right after the list.
  await daemon.client.call('config-reload');
  await daemon.line('Configuration reload completed');
  await eventually(async () => (await daemon.client.call('log-levels')).data.overrides.length === 0);
  await daemon.client.call('config-reload');
  await daemon.line('Configuration reload completed', 2);
  interrupt.abort();
  const { code, stdout } = await following;
  const [schema, ...lines] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual([code, schema], [130, { schema: 'sentinel.logs.stream/1' }]);
  assert.equal(lines[0]?.['message'], 'Ready');
});

test('the access log is read from its file, by the filter of requests, and cut at its end', async (t) => {
  const folder = testFolder(t);
  const daemon = await startDaemonProcess(t, { folder, config: logging(folder) });
  for (const path of ['/one', '/two', '/three']) await (await fetch(`${daemon.url()}${path}`)).text();
  await eventually(() => readFileSync(join(folder, 'access.log'), 'utf8').split('\n').length === 4);
  const sentinel = (...args: string[]) => callSentinel(['logs', '--access', ...args, '--daemon', daemon.socket]);
  assert.match((await sentinel()).stdout, /^\S+Z 200 GET \/one .*\n\S+Z 200 GET \/two .*\n\S+Z 200 GET \/three /);
  assert.match((await sentinel('--filter', 'path=/two')).stdout, /^\S+Z 200 GET \/two [^\n]*\n$/);
  const cut = JSON.parse((await sentinel('--limit', '1', '--json')).stdout) as Envelope<{
    lines: unknown[];
    omitted: number;
  }>;
  assert.deepEqual([cut.data.lines.length, cut.data.omitted], [1, 2]);
});

test('with the daemon down the file is read, and that is said; with no file nothing can be known', async (t) => {
  const folder = testFolder(t);
  const daemon = await startDaemonProcess(t, { folder, config: logging(folder) });
  daemon.child.kill('SIGTERM');
  await daemon.ended();
  const sentinel = (...args: string[]) =>
    callSentinel(['logs', ...args, '--daemon', daemon.socket, '--config', daemon.configFile]);
  const read = await sentinel('--since', '5m');
  assert.equal(read.code, 0, read.stderr);
  assert.match(read.stdout, new RegExp(`^▲ no daemon answered: lines are read from ${folder}/s.log\n`));
  assert.match(read.stdout, /rotated files are not read/);
  assert.match(read.stdout, / INFO {2}Stopped module=daemon event=stopped exit_code=0\n$/);
  assert.deepEqual((await sentinel('--level', 'error')).stdout.split('\n')[1], 'no such lines');
  writeFileSync(daemon.configFile, staticConfig());
  assert.equal((await sentinel()).code, 3);
  writeFileSync(daemon.configFile, logging(join(folder, 'missing')));
  const missing = await sentinel('--json');
  assert.deepEqual([missing.code, (JSON.parse(missing.stdout) as Envelope<null>).exit_code], [3, 3]);
});

test('a log that goes into a FIFO cannot be read back, and nobody waits for it', async (t) => {
  const folder = testFolder(t);
  execFileSync('mkfifo', [join(folder, 's.log')]);
  const config = join(folder, 'sentinel.kdl');
  writeFileSync(config, logging(folder));
  const read = await callSentinel(['logs', '--daemon', join(folder, 'none.sock'), '--config', config]);
  assert.equal(read.code, 3, read.stdout);
  assert.match(read.stderr, /s\.log: it is not a file/);
});

test('formats for people are read as well: pretty lines and combined ones', async (t) => {
  const folder = testFolder(t);
  const config = logging(folder, 'format "pretty"').replace('access.log"', 'access.log"; format "combined"');
  const daemon = launchDaemon(t, { folder, config });
  await eventually(() => readFileSync(join(folder, 's.log'), 'utf8').includes(' Ready '));
  const address = /listeners=\{"http":"([^"]+)"/.exec(readFileSync(join(folder, 's.log'), 'utf8'))?.[1];
  await (await fetch(`http://${address}/seen`)).text();
  await eventually(() => readFileSync(join(folder, 'access.log'), 'utf8').endsWith('\n'));
  const access = await callSentinel([
    'logs',
    '--access',
    '--since',
    '1h',
    '--filter',
    'status=2xx',
    '--daemon',
    daemon.socket,
  ]);
  assert.match(access.stdout, /"GET \/seen HTTP\/1\.1" 200 .*path="\/seen"/);
  daemon.child.kill('SIGTERM');
  await daemon.ended();
  const read = await callSentinel([
    'logs',
    '--filter',
    'module=daemon',
    '--level',
    'info',
    '--daemon',
    daemon.socket,
    '-c',
    daemon.configFile,
  ]);
  assert.match(read.stdout, /INFO {2}Stopped module="daemon"/);
});

test('reopening goes on in new files in every thread and reads no configuration', async (t) => {
  const folder = testFolder(t);
  const daemon = await startDaemonProcess(t, { folder, config: logging(folder), workers: 2 });
  await (await fetch(daemon.url())).text();
  const access = join(folder, 'access.log');
  await eventually(() => readFileSync(access, 'utf8') !== '');
  for (const file of ['s.log', 'access.log']) renameSync(join(folder, file), join(folder, `${file}.1`));
  daemon.writeConfig('half edited {');
  const reopened = await callSentinel(['logs', 'reopen', '--reason', 'rotation', '--daemon', daemon.socket]);
  assert.equal(reopened.code, 0, reopened.stderr);
  assert.equal(reopened.stdout, `✓ reopened: ${folder}/s.log, ${folder}/access.log\n`);
  for (let n = 0; n < 20; n++) await (await fetch(daemon.url(), { headers: { Connection: 'close' } })).text();
  await eventually(() => readFileSync(access, 'utf8').split('\n').length === 21);
  assert.equal(readFileSync(`${access}.1`, 'utf8').split('\n').length, 2);
  assert.match(readFileSync(join(folder, 's.log'), 'utf8'), /"Log files reopened"/);
  assert.doesNotMatch(daemon.output(), /reload/);
});

test('the shipped rules of logrotate move the files and have the daemon go on in new ones', async (t) => {
  const logrotate = requireComponent(t, 'logrotate');
  if (logrotate === undefined) return;
  const folder = testFolder(t);
  const daemon = await startDaemonProcess(t, { folder, config: logging(folder) });
  await (await fetch(daemon.url())).text();
  await eventually(() => readFileSync(join(folder, 'access.log'), 'utf8') !== '');
  const program = `${process.execPath} ${new URL('../../src/cli/sentinel.ts', import.meta.url).pathname}`;
  const shipped = readFileSync(new URL('../../deploy/logrotate/sentinel', import.meta.url), 'utf8');
  const rules = shipped
    .replace('/var/log/sentinel/*.log', `${folder}/*.log`)
    .replace(/create 0640 .*/, 'create 0640')
    .replace('sentinel logs reopen', `${program} logs reopen --daemon ${daemon.socket}`);
  writeFileSync(join(folder, 'rules'), rules, { mode: 0o644 });
  chmodSync(folder, 0o755);
  execFileSync(logrotate, ['-f', '-s', join(folder, 'state'), join(folder, 'rules')], {
    stdio: 'pipe',
    env: { ...process.env, ...commandLog() },
  });
  await daemon.line('Log files reopened');
  const reopened = await daemon.line('Admin action');
  assert.deepEqual([reopened['action'], reopened['reason']], ['logs-reopen', 'logrotate']);
  await (await fetch(`${daemon.url()}/after`)).text();
  await eventually(() => readFileSync(join(folder, 'access.log'), 'utf8').includes('/after'));
  const rotated = readdirSync(folder).filter((name) => /^(?:access|s)\.log-\d{8}$/.test(name));
  assert.deepEqual(rotated.length, 2);
  assert.doesNotMatch(
    readFileSync(join(folder, rotated.find((name) => name.startsWith('access')) as string), 'utf8'),
    /after/,
  );
});
