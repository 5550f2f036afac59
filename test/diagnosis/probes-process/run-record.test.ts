/** What a daemon leaves written down of its run, read from its folder of state. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { instanceFolder } from '../../../src/base/state-folder.ts';
import { readRefusedStart, readRunRecord, refusedStartPath, type RunRecord } from '../../../src/history/run-record.ts';
import {
  type DaemonProcess,
  launchDaemon,
  startDaemonProcess,
  staticConfig,
  testFolder,
} from '../../helpers/daemon.ts';
import { eventually } from '../../helpers/eventually.ts';
import { firstEnded, upgrade } from '../../helpers/hand-over.ts';

function instanceOf({ folder, configFile }: Pick<DaemonProcess, 'folder' | 'configFile'>): string {
  return instanceFolder(join(folder, 'sentinel'), configFile);
}

function recordOf(daemon: Pick<DaemonProcess, 'folder' | 'configFile'>): RunRecord {
  const { value, why } = readRunRecord(instanceOf(daemon));
  assert.equal(why, null);
  assert.ok(value !== null, 'a record is written');
  return value;
}

test('a daemon that is up says with what, and one that is told to end says how it did', async (t) => {
  const daemon = await startDaemonProcess(t, {
    config: staticConfig('a', 'observability { logging { file "LOG" } }').replace('LOG', '/tmp/sentinel-not-there.log'),
  });
  const record = recordOf(daemon);
  assert.equal(record.pid, daemon.pid);
  assert.equal(record.config_path, daemon.configFile);
  assert.equal(record.generation, 1);
  assert.equal(record.pid_file, join(daemon.folder, 'sentinel.pid'));
  assert.equal(record.admin_socket, daemon.socket);
  assert.equal(`http://${record.admin_address}`, daemon.adminUrl());
  assert.deepEqual(record.listeners, [{ id: 'http', address: daemon.url().slice(7), tls: false }]);
  assert.deepEqual(record.log_files, ['/tmp/sentinel-not-there.log']);
  assert.equal(record.boot_id, readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  assert.equal(record.uid, process.getuid?.());
  assert.equal(record.stopping, null);
  assert.equal(record.ended, null);

  daemon.child.kill('SIGTERM');
  assert.equal((await daemon.ended()).code, 0);
  const { ended, stopping } = recordOf(daemon);
  assert.equal(stopping?.by, 'signal TERM');
  assert.equal(ended?.exit_code, 0);
  assert.equal(ended?.signal, 'SIGTERM');
  assert.equal(ended?.code, null);
  assert.equal(ended?.words, 'asked to end by signal TERM: work in flight was finished');
});

test('a daemon that is killed says nothing of its end', async (t) => {
  const daemon = await startDaemonProcess(t);
  daemon.child.kill('SIGKILL');
  await daemon.ended();
  const { ended, stopping, pid } = recordOf(daemon);
  assert.deepEqual([ended, stopping, pid], [null, null, daemon.pid]);
});

test('a second signal and the deadline are told apart', async (t) => {
  const origin = createServer(() => {}).listen(0, '127.0.0.1');
  t.after(() => origin.close());
  await eventually(() => origin.listening);
  const { port } = origin.address() as { port: number };
  const config = (seconds: number) => `
    listener "http" { address "127.0.0.1:0" }
    route "all" { upstream "hung" }
    upstream "hung" { target "127.0.0.1:${port}" }
    server { graceful-shutdown-timeout-secs ${seconds}; drain-idle-secs 0 }
  `;
  const held = async (daemon: DaemonProcess) => {
    const socket = connect(Number(new URL(daemon.url()).port), '127.0.0.1').on('error', () => {});
    t.after(() => socket.destroy());
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await eventually(async () => (await daemon.client.call('status')).data.counts.in_flight_requests === 1);
  };
  const forced = await startDaemonProcess(t, { config: config(60) });
  const late = await startDaemonProcess(t, { config: config(1) });
  await held(forced);
  await held(late);
  forced.child.kill('SIGTERM');
  await forced.line('Draining');
  assert.equal(recordOf(forced).ended, null);
  assert.equal(recordOf(forced).stopping?.by, 'signal TERM');
  forced.child.kill('SIGINT');
  late.child.kill('SIGTERM');
  assert.equal((await forced.ended()).code, 1);
  assert.equal((await late.ended()).code, 6);
  assert.deepEqual(
    { ...recordOf(forced).ended, at: '' },
    {
      at: '',
      exit_code: 1,
      signal: 'SIGINT',
      code: null,
      words: 'asked to end by signal TERM, and at once by signal INT: work in flight was cut',
    },
  );
  assert.deepEqual(
    { ...recordOf(late).ended, at: '' },
    {
      at: '',
      exit_code: 6,
      signal: 'SIGTERM',
      code: null,
      words: 'asked to end by signal TERM: the deadline cut work in flight',
    },
  );
});

test('a reload is written down when it is in force, and one that fails is not', async (t) => {
  const daemon = await startDaemonProcess(t);
  const more = 'listener "other" { address "127.0.0.1:0" }';
  daemon.writeConfig(staticConfig('b', more));
  await daemon.client.call('config-reload');
  const record = recordOf(daemon);
  assert.equal(record.generation, 2);
  assert.deepEqual(
    record.listeners.map(({ id }) => id),
    ['http', 'other'],
  );
  daemon.writeConfig('listener');
  await assert.rejects(daemon.client.call('config-reload'));
  assert.deepEqual(recordOf(daemon), record);
});

test('after an upgrade the record is that of the new process, and the end of the old one is not in it', async (t) => {
  const daemon = await startDaemonProcess(t);
  const reply = await upgrade(daemon);
  assert.equal(await firstEnded(daemon), 0);
  const record = recordOf(daemon);
  assert.equal(record.pid, reply.to?.pid);
  assert.notEqual(record.pid, daemon.pid);
  assert.equal(record.ended, null);
  assert.equal(record.stopping, null);
});

test('a process that takes its place back writes its record again, and later how it ended', async (t) => {
  const daemon = await startDaemonProcess(t, { settleMs: 60_000 });
  await daemon.client.call('upgrade-begin', { body: {} });
  const { heir } = await daemon.line('New process started');
  await eventually(() => recordOf(daemon).pid === heir);
  await eventually(async () => (await daemon.client.call('upgrade')).data.phase === 'settling');
  process.kill(heir as number, 'SIGKILL');
  await daemon.line('Upgrade failed, this process goes on');
  assert.equal(recordOf(daemon).pid, daemon.pid);
  assert.equal(recordOf(daemon).ended, null);
  process.kill(daemon.pid, 'SIGTERM');
  assert.equal(await firstEnded(daemon), 0);
  assert.deepEqual([recordOf(daemon).pid, recordOf(daemon).ended?.exit_code], [daemon.pid, 0]);
});

test('a refused start is written down beside the run before it, and one that comes up takes it away', async (t) => {
  const first = await startDaemonProcess(t);
  first.child.kill('SIGTERM');
  await first.ended();
  const before = recordOf(first);
  const holder = createServer().listen(0, '127.0.0.1');
  await eventually(() => holder.listening);
  const { port } = holder.address() as { port: number };
  first.writeConfig(staticConfig().replace('127.0.0.1:0', `127.0.0.1:${port}`));
  const refused = launchDaemon(t, { folder: first.folder });
  assert.equal((await refused.ended()).code, 1);
  const written = readRefusedStart(instanceOf(first)).value;
  assert.equal(written?.code, 'SNT-P003');
  assert.equal(written?.pid, refused.pid);
  assert.match(written?.words ?? '', new RegExp(`pid ${process.pid}\\b`));
  assert.deepEqual(recordOf(first), before);

  first.writeConfig('listener "a" { address 5; }\nroute "r" { upstream "nowhere"; token "secret=hunter2hunter2" }');
  const broken = launchDaemon(t, { folder: first.folder });
  assert.equal((await broken.ended()).code, 1);
  const mistakes = readRefusedStart(instanceOf(first)).value;
  assert.match(mistakes?.code ?? '', /^SNT-C/);
  assert.ok((mistakes?.problems.length ?? 0) >= 2, JSON.stringify(mistakes));
  assert.match(mistakes?.problems[0] ?? '', /sentinel\.kdl:1:\d+: error\[SNT-C/);
  assert.doesNotMatch(JSON.stringify(mistakes), /hunter2/);

  first.writeConfig(staticConfig());
  await startDaemonProcess(t, { folder: first.folder });
  assert.equal(existsSync(refusedStartPath(instanceOf(first))), false);
  const second = launchDaemon(t, { folder: first.folder });
  assert.equal((await second.ended()).code, 1);
  assert.equal(existsSync(refusedStartPath(instanceOf(first))), false, 'beside one that runs a refusal is none of its');
  holder.close();
});

test('a mistyped path leaves nothing behind, and a state folder that cannot be made breaks nothing', async (t) => {
  const folder = testFolder(t);
  const source = { kind: 'file', path: join(folder, 'typo.kdl') } as const;
  const typo = launchDaemon(t, { folder, source });
  assert.equal((await typo.ended()).code, 3);
  assert.deepEqual(readdirSync(folder), []);

  writeFileSync(join(folder, 'in-the-way'), '');
  const config = `${staticConfig()}\nstate-dir "${join(folder, 'in-the-way')}"`;
  const daemon = await startDaemonProcess(t, { folder, config });
  daemon.child.kill('SIGTERM');
  assert.equal((await daemon.ended()).code, 0);
});

test('two daemons of one user have a record each', async (t) => {
  const folder = testFolder(t);
  const one = await startDaemonProcess(t, { environment: { XDG_STATE_HOME: folder } });
  const two = await startDaemonProcess(t, { environment: { XDG_STATE_HOME: folder } });
  one.child.kill('SIGTERM');
  await one.ended();
  assert.equal(recordOf(one).ended?.exit_code, 0);
  assert.equal(recordOf(two).ended, null);
});
