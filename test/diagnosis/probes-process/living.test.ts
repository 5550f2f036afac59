/** What is found out of daemons that run, were killed, were refused: real processes, looked at from outside. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { launchDaemon, startDaemonProcess, staticConfig, testFolder } from '../../helpers/daemon.ts';
import { requireComponent } from '../../helpers/components.ts';
import { eventually } from '../../helpers/eventually.ts';
import { TestAuthority } from '../../helpers/certificates.ts';
import { caseOf } from '../../../src/diagnosis/case.ts';
import type { Facts } from '../../../src/diagnosis/facts.ts';
import { processCrash } from '../../../src/diagnosis/rules/process-crash.ts';
import { defaultThresholds } from '../../../src/diagnosis/thresholds.ts';
import { factsOf, look } from './probe-scene.ts';

test('a daemon that runs is found by its own word, with its listeners and its good file', async (t) => {
  const daemon = await startDaemonProcess(t);
  const {
    process: found,
    death,
    config,
    ports,
    permissions,
  } = await look(daemon, 'process', 'death', 'config', 'ports', 'permissions');
  assert.equal(found.pid, daemon.pid);
  assert.equal(found.found_by, 'admin');
  assert.equal(found.name, 'sentinel-test');
  assert.match(found.kernel_state ?? '', /^[SRD]$/);
  assert.ok((found.uptime_ms ?? 0) > 0 && (found.uptime_ms ?? 0) < 600_000, String(found.uptime_ms));
  assert.deepEqual(
    found.pid_files.find(({ alive }) => alive),
    { path: join(daemon.folder, 'sentinel.pid'), pid: daemon.pid, alive: true },
  );
  assert.equal(death.last_run?.pid, daemon.pid);
  assert.equal(death.last_run?.ended, null);
  assert.equal(config.loads, 'yes');
  assert.equal(config.path, daemon.configFile);
  assert.equal(config.digest, (await daemon.client.call('status')).data.config.digest_disk);
  const [listener, metrics] = ports.wanted;
  assert.equal(listener?.what, 'listener http');
  assert.equal(`http://${listener?.address}`, daemon.url());
  assert.deepEqual(listener?.holders, [{ pid: daemon.pid, name: 'sentinel-test', daemon: true }]);
  assert.equal(listener?.held_by_unseen, false);
  assert.equal(listener?.accept_queue?.waiting, 0);
  assert.equal(`http://${metrics?.address}`, daemon.adminUrl());
  assert.deepEqual([...ports.listening].sort(), [daemon.url(), daemon.adminUrl()].map((url) => url.slice(7)).sort());
  assert.ok(
    permissions.files.every(({ allowed }) => allowed === true),
    JSON.stringify(permissions),
  );
});

test('a daemon that is stopped by a signal is found by what it wrote down, and is seen to stand still', async (t) => {
  const daemon = await startDaemonProcess(t);
  daemon.child.kill('SIGSTOP');
  t.after(() => daemon.child.kill('SIGCONT'));
  const { process: found } = await look(daemon, 'process');
  assert.deepEqual([found.pid, found.found_by, found.kernel_state], [daemon.pid, 'run-record', 'T']);
});

test('a daemon that was killed is not there, and its last run says so by saying nothing', async (t) => {
  const daemon = await startDaemonProcess(t);
  daemon.child.kill('SIGKILL');
  await daemon.ended();
  const { process: found, death, ports } = await look(daemon, 'process', 'death', 'ports');
  assert.deepEqual([found.pid, found.found_by, found.kernel_state], [null, 'none', null]);
  assert.deepEqual(
    found.pid_files.map(({ pid, alive }) => [pid, alive]).filter(([pid]) => pid !== null),
    [[daemon.pid, false]],
  );
  assert.equal(death.last_run?.pid, daemon.pid);
  assert.equal(death.last_run?.ended, null);
  assert.equal(death.boot_id, death.last_run?.boot_id);
  assert.equal(death.refused_start, null);
  assert.deepEqual(ports.listening, []);
});

test('another daemon is not taken for this one, whatever its title and wherever it listens', async (t) => {
  const other = await startDaemonProcess(t);
  const folder = testFolder(t);
  const configFile = join(folder, 'mine.kdl');
  writeFileSync(configFile, staticConfig().replace('127.0.0.1:0', other.url().slice(7)));
  const never = await look({ folder, configFile }, 'process', 'death', 'ports');
  assert.equal(never.process.pid, null);
  assert.equal(never.death.last_run, null);
  assert.deepEqual(never.ports.wanted[0]?.holders, [{ pid: other.pid, name: 'sentinel-test', daemon: false }]);
});

test('a daemon without records and socket is found by its title where it listens everywhere that it should', async (t) => {
  const daemon = await startDaemonProcess(t);
  daemon.writeConfig(
    `${staticConfig().replace('127.0.0.1:0', daemon.url().slice(7))}
     observability { metrics { address "${daemon.adminUrl().slice(7)}" } }`,
  );
  rmSync(join(daemon.folder, 'sentinel'), { recursive: true });
  rmSync(join(daemon.folder, 'sentinel.pid'));
  renameSync(daemon.socket, `${daemon.socket}.away`);
  const { process: found } = await look(daemon, 'process');
  assert.deepEqual([found.pid, found.found_by], [daemon.pid, 'process-table']);
});

test('a start that was refused for its port is told with who holds it', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await eventually(() => holder.listening);
  t.after(() => holder.close());
  const { port } = holder.address() as { port: number };
  const refused = launchDaemon(t, { config: staticConfig().replace('127.0.0.1:0', `127.0.0.1:${port}`) });
  assert.equal((await refused.ended()).code, 1);
  const { process: found, death, ports } = await look(refused, 'process', 'death', 'ports');
  assert.equal(found.pid, null);
  assert.equal(death.last_run, null);
  assert.equal(death.refused_start?.code, 'SNT-P003');
  assert.match(death.refused_start?.words ?? '', new RegExp(`pid ${process.pid}`));
  const [wanted] = ports.wanted;
  assert.equal(wanted?.address, `127.0.0.1:${port}`);
  assert.deepEqual(
    wanted?.holders.map(({ pid, daemon }) => [pid, daemon]),
    [[process.pid, false]],
  );
});

test('a file that would not load is told with each mistake, and the backup that would', async (t) => {
  const daemon = await startDaemonProcess(t);
  daemon.writeConfig(`state-dir "/elsewhere"\nlistener "a" { adress "127.0.0.1:0" }\nroute "r" { upstream "none" }\n`);
  writeFileSync(`${daemon.configFile}.backup`, staticConfig());
  const { config, process: found } = await look(daemon, 'config', 'process');
  assert.equal(found.found_by, 'admin');
  assert.equal(config.loads, 'no');
  assert.ok(config.problem_count >= 2, String(config.problem_count));
  assert.match(config.problems[0]?.place ?? '', /sentinel\.kdl:2:\d+$/);
  assert.match(config.problems[0]?.code ?? '', /^SNT-C/);
  assert.deepEqual(config.backup, { path: `${daemon.configFile}.backup`, loads: true });
  assert.equal(config.places.state_dir, '/elsewhere');

  rmSync(daemon.configFile);
  const gone = (await look(daemon, 'config')).config;
  assert.deepEqual([gone.loads, gone.found, gone.path], ['missing', false, daemon.configFile]);
});

test('variables of the file have the values of the daemon that runs, not of who asks', async (t) => {
  const config = staticConfig('${GREETING_OF_TEST}');
  const daemon = await startDaemonProcess(t, { config, environment: { GREETING_OF_TEST: 'hello' } });
  assert.equal((await look(daemon, 'config')).config.loads, 'yes');
  const blind = (await factsOf({ ...daemon, roots: { proc: join(daemon.folder, 'no-proc') } })).sections.config;
  assert.match(blind.state === 'unknown' ? blind.why : '', /environment of the daemon, which this user may not see/);
  daemon.child.kill('SIGKILL');
  await daemon.ended();
  assert.equal((await look(daemon, 'config')).config.loads, 'no');
});

test('what the user of the daemon may not read is named, with its owner and mode', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root can make files of others');
  const folder = testFolder(t);
  chmodSync(folder, 0o755);
  const configFile = join(folder, 'sentinel.kdl');
  const closed = join(folder, 'closed');
  mkdirSync(closed, { mode: 0o700 });
  const { certFile, keyFile } = TestAuthority.root(t).issue();
  const inside = join(closed, 'cert.pem');
  renameSync(certFile, inside);
  const state = join(folder, 'state');
  mkdirSync(state, { mode: 0o700 });
  // Whoever the state belongs to is who the daemon would run as.
  chownSync(state, 65534, 65534);
  writeFileSync(
    configFile,
    `state-dir "${state}"
     listener "https" { address "127.0.0.1:0"; protocol "https"; tls { cert-file "${inside}"; key-file "${keyFile}" } }
     route "all" { upstream "fixed" }
     upstream "fixed" { static { status 200 } }
     observability { metrics { address "127.0.0.1:0" }; logging { file "${join(folder, 'log', 's.log')}" } }`,
    { mode: 0o640 },
  );
  const { permissions } = await look({ folder, configFile }, 'permissions');
  assert.deepEqual([permissions.judged_for_uid, permissions.user], [65534, 'nobody']);
  const by = new Map(permissions.files.map((file) => [file.what, file]));
  assert.deepEqual([by.get('config')?.allowed, by.get('config')?.mode], [false, '0640']);
  assert.equal(by.get('config')?.owner, 'root:root');
  assert.equal(by.get('certificate')?.allowed, false);
  assert.match(by.get('certificate')?.why ?? '', /^nobody may not enter .*closed \(root:root 0700\)$/);
  assert.equal(by.get('state')?.allowed, true);
  assert.equal(by.get('log')?.allowed, false);
  assert.match(by.get('log')?.why ?? '', /may not write into .* and .*s\.log is not there$/);
});

test('a daemon of another user is told with that user, and judged by its groups', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root can start a process of others');
  const folder = testFolder(t);
  chmodSync(folder, 0o777);
  const setpriv = requireComponent(t, 'setpriv');
  if (setpriv === undefined) return;
  const daemon = launchDaemon(t, {
    folder,
    config: staticConfig(),
    through: [setpriv, '--reuid=65534', '--clear-groups'],
  });
  await daemon.line('Ready');
  chmodSync(daemon.configFile, 0o600);
  const { process: found, permissions, death } = await look(daemon, 'process', 'permissions', 'death');
  assert.equal(found.user, 'nobody');
  assert.equal(death.last_run?.user, 'nobody');
  assert.equal(permissions.user, 'nobody');
  assert.equal(permissions.files.find(({ what }) => what === 'config')?.allowed, false);
});

test('who may not read what the daemon wrote down does not hear that there is nothing', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root can make a process of others');
  const setpriv = requireComponent(t, 'setpriv');
  if (setpriv === undefined) return;
  const daemon = await startDaemonProcess(t);
  daemon.child.kill('SIGKILL');
  await daemon.ended();
  chmodSync(daemon.folder, 0o755);
  chmodSync(daemon.configFile, 0o644);
  const program = new URL('./asking.ts', import.meta.url).pathname;
  const asked = execFileSync(
    setpriv,
    ['--reuid=65534', '--clear-groups', process.execPath, program, daemon.folder, daemon.configFile],
    { encoding: 'utf8', env: { PATH: process.env['PATH'] } },
  );
  const facts = JSON.parse(asked) as Facts;
  const { death } = facts.sections;
  if (death.state === 'unknown') throw new Error(death.why);
  assert.equal(death.value.last_run, null);
  assert.deepEqual(
    death.value.unread.filter(({ source }) => source.endsWith('run-record.json')).map(({ why }) => why),
    ['EACCES'],
  );
  const [cause] = processCrash(caseOf(facts, defaultThresholds));
  assert.match(cause?.detail ?? '', /cannot be read by this user \(EACCES\)/);
});
