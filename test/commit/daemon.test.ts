/** Configurations on trial in real daemons: guards under load, the file on disk, HUP in between, and the end by kill -9. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { callSentinel, type RunOptions } from '../cli/command-line.ts';
import { type DaemonProcess, launchDaemon, startDaemonProcess, staticConfig, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { securedListener, securedRoutes, shownBy, startSecuredDaemon } from '../helpers/served-certificate.ts';

async function origin(t: TestContext, status: number): Promise<number> {
  const server = createServer({ keepAliveTimeout: 0 }, (_asked, answer) => answer.writeHead(status).end('.'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** Asks again and again over a few connections until the test ends. */
function load(t: TestContext, url: string): { ended: number } {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const count = { ended: 0 };
  let over = false;
  t.after(() => {
    over = true;
    agent.destroy();
  });
  const next = (): void => {
    if (over) return;
    get(url, { agent }, (answer) => {
      answer.resume();
      answer.on('close', () => {
        count.ended++;
        setTimeout(next, 5);
      });
    }).on('error', () => setTimeout(next, 50));
  };
  for (let n = 0; n < 4; n++) next();
  return count;
}

async function ask(daemon: DaemonProcess): Promise<string> {
  return (await fetch(daemon.url())).text();
}

function sentinel(daemon: DaemonProcess, args: readonly string[], options: RunOptions = {}) {
  return callSentinel([...args, '--daemon', daemon.socket], options);
}

function candidate(daemon: DaemonProcess, text: string): string {
  const file = join(daemon.folder, 'new.kdl');
  writeFileSync(file, text);
  return file;
}

async function rollbacks(daemon: DaemonProcess, reason: string): Promise<string | undefined> {
  const text = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  return new RegExp(`^sentinel_config_rollbacks_total\\{reason="${reason}"\\} (\\d+)$`, 'm').exec(text)?.[1];
}

test('under load a guard rolls back what sends half the traffic to a target that answers 500, and after a HUP it warns', async (t) => {
  const [good, bad] = [await origin(t, 200), await origin(t, 500)];
  const configOf = (...ports: readonly number[]) => `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "api" }
upstream "api" { targets { ${ports.map((port) => `target { address "127.0.0.1:${port}" }`).join('; ')} } }
`;
  const daemon = await startDaemonProcess(t, { config: configOf(good) });
  const asked = load(t, daemon.url());
  await eventually(() => asked.ended > 100);
  const file = candidate(daemon, configOf(good, bad));
  const words = ['config', 'apply', file, '--confirm-within', '5m', '--yes', '--wait', '--reason', 'more targets'];
  const command = await sentinel(daemon, words);
  assert.equal(command.code, 7, command.stdout + command.stderr);
  assert.match(command.stdout, /^\+ target 127\.0\.0\.1:\d+/m);
  assert.match(
    command.stdout,
    /applied 2 \(pending, id c-[0-9a-f]{4}\)\. Auto-rollback at \d\d:\d\d:\d\dZ unless confirmed\./,
  );
  assert.match(
    command.stdout,
    /✗ c-[0-9a-f]{4} was rolled back by a guard: .*generation 3 is in force, with what ran before/,
  );
  const begun = await daemon.line('Configuration applied on trial');
  const undone = await daemon.line('Configuration rolled back');
  assert.deepEqual([undone['level'], undone['event'], undone['cause']], ['ERROR', 'config_rollback', 'guard']);
  assert.match(String(undone['why']), /5xx are|upstream api: 1 of 2 targets down/);
  const took = Date.parse(String(undone['time'])) - Date.parse(String(begun['time']));
  assert.ok(took < 20_000, `rolled back after ${took} ms`);
  const { data } = await daemon.client.call('events');
  assert.ok(data.events.some(({ kind }) => kind === 'config_rollback'));
  assert.equal(await rollbacks(daemon, 'guard'), '1');
  assert.equal(readFileSync(daemon.configFile, 'utf8'), configOf(good));

  daemon.writeConfig(configOf(good, bad));
  daemon.child.kill('SIGHUP');
  const complaint = await eventually(async () => {
    const { warnings } = (await daemon.client.call('status')).data;
    return warnings.find((words) => words.startsWith('since generation 4 is in force')) ?? false;
  }, 30_000);
  assert.match(String(complaint), /to go back: sentinel config rollback 3 --confirm=3$/);
  assert.equal((await daemon.client.call('status')).generation, 4);
  assert.equal((await daemon.line('Guards complain of the configuration'))['event'], 'config_guard');
});

test('what is on trial is kept from reloads and second changes, confirmed by its id, and then in the file', async (t) => {
  const daemon = await startDaemonProcess(t, { config: staticConfig('one') });
  // Longer than what a socket takes before somebody reads it.
  const two = staticConfig('two', '// "so it goes"\n'.repeat(100_000));
  const file = candidate(daemon, two);
  const applied = await sentinel(daemon, ['config', 'apply', file, '--confirm-within', '5m', '--yes', '--json']);
  assert.equal(applied.code, 0, applied.stdout);
  const { pending } = (JSON.parse(applied.stdout) as { data: { pending: { id: string; generation: number } } }).data;
  const { id } = pending;
  assert.equal(await ask(daemon), 'two');
  assert.equal(readFileSync(daemon.configFile, 'utf8'), staticConfig('one'));

  const second = await sentinel(daemon, ['config', 'apply', file, '--confirm-within', '5m', '--yes']);
  assert.deepEqual(
    [second.code, second.stderr.includes(`error[SNT-A020]: ${id} is pending`)],
    [1, true],
    second.stderr,
  );
  daemon.child.kill('SIGHUP');
  const refused = await daemon.line('Configuration reload failed');
  assert.deepEqual([refused['result'], String(refused['problems']).includes(id)], ['refused', true]);
  const status = await sentinel(daemon, ['status']);
  assert.match(status.stdout, new RegExp(`pending +▲ ${id}: generation 2 of user \\S+ is on trial, 4m \\d\\ds left`));
  const wrong = await sentinel(daemon, ['config', 'confirm', 'c-zzzz']);
  assert.deepEqual([wrong.code, wrong.stderr.includes(`${id} is pending`)], [1, true], wrong.stderr);
  assert.equal((await sentinel(daemon, ['config', 'extend', id, '10s'])).code, 1);
  assert.match((await sentinel(daemon, ['config', 'extend', id, '10m'])).stdout, /has 10m 00s, until/);

  assert.equal((await sentinel(daemon, ['config', 'confirm', id])).code, 0);
  assert.equal(readFileSync(daemon.configFile, 'utf8'), two);
  assert.equal(readFileSync(`${daemon.configFile}.backup`, 'utf8'), staticConfig('one'));
  assert.equal((await daemon.client.call('status')).data.config.disk_matches_running, true);

  const unnamed = await sentinel(daemon, ['config', 'rollback', '1']);
  assert.deepEqual([unnamed.code, unnamed.stderr.includes('--confirm=1 ')], [2, true], unnamed.stderr);
  assert.equal((await sentinel(daemon, ['config', 'rollback', '--confirm=1'])).code, 0);
  assert.equal(await ask(daemon), 'one');
  assert.equal(readFileSync(daemon.configFile, 'utf8'), staticConfig('one'));
  assert.equal(await rollbacks(daemon, 'operator'), '1');
});

test('a daemon that is killed while a change is on trial starts with the one before, and whoever waits is told', async (t) => {
  const daemon = await startDaemonProcess(t, { config: staticConfig('one') });
  const file = candidate(daemon, staticConfig('two'));
  const waiting = sentinel(daemon, ['config', 'apply', file, '--confirm-within', '5m', '--yes', '--wait']);
  const { id } = await daemon.line('Configuration applied on trial');
  assert.equal(await ask(daemon), 'two');
  daemon.child.kill('SIGKILL');
  await daemon.ended();
  const after = launchDaemon(t, { folder: daemon.folder });
  await after.line('Ready');
  assert.equal(await ask(after), 'one');
  const undone = await after.line('Configuration rolled back');
  assert.deepEqual([undone['cause'], undone['id']], ['boot', id]);
  assert.equal(await rollbacks(after, 'boot'), '1');
  const ended = await waiting;
  assert.equal(ended.code, 7, ended.stdout + ended.stderr);
  assert.match(ended.stdout, /was rolled back at the start of the daemon/);
  assert.equal((await sentinel(after, ['config', 'confirm', String(id)])).code, 1);
});

test('Ctrl-C leaves a change pending, its abort line ends it, and a rollback without a daemon puts files back', async (t) => {
  const folder = testFolder(t);
  const state = `state-dir "${join(folder, 'state')}"`;
  const daemon = await startDaemonProcess(t, { folder, config: staticConfig('one', state) });
  const file = candidate(daemon, staticConfig('two', state));
  const leave = new AbortController();
  const words = ['config', 'apply', file, '--confirm-within', '5m', '--yes', '--wait'];
  const watching = sentinel(daemon, words, { interrupt: leave.signal });
  const { id } = await daemon.line('Configuration applied on trial');
  await eventually(async () => (await daemon.client.call('config-pending')).data.pending !== null);
  leave.abort();
  const left = await watching;
  assert.deepEqual([left.code, left.stdout.includes(`${id} stays pending`)], [130, true], left.stdout);
  assert.equal((await daemon.client.call('config-pending')).data.pending?.id, id);
  const abort = await sentinel(daemon, ['config', 'rollback', String(id)]);
  assert.equal(abort.code, 0, abort.stderr);
  assert.equal(await ask(daemon), 'one');

  daemon.child.kill('SIGTERM');
  await daemon.ended();
  const files = await callSentinel(['config', 'rollback', '2', '--confirm=2', '-c', daemon.configFile], {
    environment: { SENTINEL_ADMIN_SOCKET: daemon.socket },
  });
  assert.equal(files.code, 0, files.stderr);
  assert.match(files.stdout, /the files of generation 2 are back\n▲ nothing runs/);
  assert.equal(readFileSync(daemon.configFile, 'utf8'), staticConfig('two', state));
});

test('a rollback brings back certificates whose files were replaced, listeners that were closed, and closes those that came', async (t) => {
  const extra = 'listener "extra" { address "127.0.0.1:0" }';
  const { daemon, port, certFile, keyFile, deploy, issue } = await startSecuredDaemon(t, extra);
  const before = (await shownBy(port)).fingerprint;
  deploy(issue());
  const added = 'listener "added" { address "127.0.0.1:0" }';
  const text = `${securedListener(certFile, keyFile)}${securedRoutes}\n${added}\n`;
  const body = { text, confirm_within_ms: 90_000 };
  const { data } = await daemon.client.call('config-apply', { body });
  assert.notEqual((await shownBy(port)).fingerprint, before);
  const names = async () => (await daemon.client.call('status')).data.listeners.map(({ id }) => id);
  assert.deepEqual(await names(), ['https', 'added']);
  await daemon.client.call('config-rollback', { body: { id: data.pending?.id as string } });
  assert.equal((await shownBy(port)).fingerprint, before);
  assert.deepEqual(await names(), ['https', 'extra']);
  const { listeners } = (await daemon.client.call('status')).data;
  const address = listeners.find(({ id }) => id === 'extra')?.address;
  assert.equal(await (await fetch(`http://${address}/`)).text(), 'hello');
});

test('of two changes that were meant for the same state only one is put in force', async (t) => {
  const daemon = await startDaemonProcess(t, { workers: 1, config: staticConfig('one') });
  const { etag } = await daemon.client.call('config-plan', {
    body: { to: { kind: 'text', text: staticConfig('two') } },
  });
  const both = await Promise.allSettled(
    ['two', 'three'].map((body) =>
      daemon.client.call('config-apply', { body: { text: staticConfig(body) }, ifMatch: etag }),
    ),
  );
  const [done] = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const [refused, ...more] = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as { code: string }] : []));
  assert.deepEqual([done?.data.generation, refused?.code, more], [2, 'SNT-A007', []]);
  assert.equal((await daemon.client.call('status')).generation, 2);
});

test('what a stacked change takes the place of is no backup, and a history that is gone keeps nobody from going back', async (t) => {
  const daemon = await startDaemonProcess(t, { workers: 1, config: staticConfig('one') });
  const apply = (body: string, stack: boolean) =>
    daemon.client.call('config-apply', { body: { text: staticConfig(body), confirm_within_ms: 90_000, stack } });
  await apply('two', false);
  const { folder } = (await daemon.client.call('config-history')).data;
  rmSync(folder ?? '', { recursive: true });
  const { pending } = (await apply('three', true)).data;
  assert.equal(readFileSync(`${daemon.configFile}.backup`, 'utf8'), staticConfig('one'));
  await daemon.client.call('config-extend', { body: { id: pending?.id ?? '', by_ms: 600_000 } });
  rmSync(folder ?? '', { recursive: true });
  await daemon.client.call('config-rollback', { body: { id: pending?.id ?? '' } });
  assert.equal(await ask(daemon), 'one');
  assert.deepEqual((await daemon.client.call('status')).data.warnings, []);
});

test('a reload accepts what a rollback could not put right, and the next start goes back to nothing older', async (t) => {
  const daemon = await startDaemonProcess(t, { workers: 1, config: staticConfig('one') });
  const { data } = await daemon.client.call('config-apply', {
    body: { text: staticConfig('two'), confirm_within_ms: 90_000 },
  });
  const mark = join((await daemon.client.call('config-history')).data.folder ?? '', '..', 'pending.json');
  const marked = readFileSync(mark);
  await daemon.client.call('config-rollback', { body: { id: data.pending?.id ?? '' } });
  // As if its folder could not be written just then.
  writeFileSync(mark, marked);
  await daemon.client.call('config-reload');
  daemon.child.kill('SIGKILL');
  await daemon.ended();
  const after = await startDaemonProcess(t, { workers: 1, folder: daemon.folder });
  assert.deepEqual((await after.client.call('status')).data.config.problems, []);
  assert.deepEqual(
    after.lines().filter(({ event }) => event === 'config_boot'),
    [],
  );
});
