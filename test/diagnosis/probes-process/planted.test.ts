/** What is found out of records that a machine would have left behind: kernel logs, groups of both versions, journals, logs, tables. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { instanceFolder } from '../../../src/base/state-folder.ts';
import { backupPath } from '../../../src/history/backup.ts';
import { type RunRecord, writeRunRecord } from '../../../src/history/run-record.ts';
import { testFolder } from '../../helpers/daemon.ts';
import { factsOf, look, type Machine, plant, saying } from './probe-scene.ts';

const bootedS = 1_790_000_000;
const started = new Date((bootedS + 1000) * 1000).toISOString();
const bootId = '11111111-2222-4333-8444-555555555555';
const group = '/system.slice/sentinel.service';

const record: RunRecord = {
  pid: 812,
  started_at: started,
  boot_id: bootId,
  version: '0.1.0',
  user: 'sentinel',
  uid: 998,
  config_path: null,
  generation: 3,
  pid_file: null,
  admin_socket: null,
  admin_address: '127.0.0.1:9090',
  listeners: [{ id: 'http', address: '0.0.0.0:8080', tls: false }],
  log_files: [],
  incidents_dir: null,
  cgroup: group,
  oom_kills_at_start: 2,
  stopping: null,
  ended: null,
};

/** A machine with a record of a run, tables of a kernel, and no file of configuration. */
function machineOf(
  t: TestContext,
  files: Readonly<Record<string, string>> = {},
  more: Partial<RunRecord> = {},
): Machine & { readonly folder: string } {
  const folder = testFolder(t);
  const configFile = join(folder, 'sentinel.kdl');
  plant(folder, {
    'proc/stat': `cpu 1 2 3\nbtime ${bootedS}\n`,
    'proc/sys/kernel/random/boot_id': `${bootId}\n`,
    'proc/sys/net/core/somaxconn': '4096\n',
    ...files,
  });
  const state = join(folder, 'sentinel');
  const instance = instanceFolder(state, configFile);
  mkdirSync(instance, { recursive: true, mode: 0o700 });
  writeRunRecord(instance, { ...record, ...more });
  const roots = { proc: join(folder, 'proc'), sys: join(folder, 'sys'), kmsg: join(folder, 'kmsg') };
  return { folder, configFile, roots, toolPath: join(folder, 'tools') };
}

const kill = (pid: number, name = 'sentinel') =>
  `Out of memory: Killed process ${pid} (${name}) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB`;

test('the kernel’s own log names the daemon that it has ended, and what went before is left out', async (t) => {
  const at = (seconds: number, text: string) => `4,${seconds},${seconds * 1_000_000},-;${text}`;
  const machine = machineOf(t, {
    kmsg: [
      at(500, kill(812)),
      at(2000, 'mysqld invoked oom-killer: gfp_mask=0x140cca'),
      at(2000, kill(4711, 'mysqld')),
      at(2001, kill(4712, 'sentinel')),
      at(3000, 'sentinel invoked oom-killer: gfp_mask=0x140cca'),
      ' SUBSYSTEM=memory',
      at(3001, kill(812)),
    ].join('\n'),
  });
  const { death } = await look(machine, 'death');
  assert.deepEqual(
    death.kernel_lines.map(({ line }) => line),
    ['sentinel invoked oom-killer: gfp_mask=0x140cca', kill(812)],
  );
  assert.equal(death.kernel_lines[1]?.at, new Date((bootedS + 3001) * 1000).toISOString());
  assert.equal(death.booted_at, new Date(bootedS * 1000).toISOString());
  assert.equal(death.boot_id, bootId);
});

test('where the log cannot be read, dmesg and the journal are asked, and what is missing is named', async (t) => {
  const oom = `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=${group},task_memcg=${group},task=sentinel,pid=98123`;
  const machine = machineOf(t, {
    'tools/dmesg': saying(
      `[ 3001.100000] ${oom}\n[ 3001.200000] Memory cgroup out of memory: Killed process 98123 (sentinel)`,
    ),
    'tools/journalctl': saying(
      `${bootedS + 4000}.500000 edge-1 kernel: traps: sentinel[812] trap invalid opcode ip:55 sp:7f error:0\n${bootedS + 4000}.600000 edge-1 kernel: nginx[99]: segfault at 0 ip 00 sp 00 error 4`,
    ),
  });
  const { death } = await look(machine, 'death');
  assert.deepEqual(
    death.kernel_lines.map(({ source, line }) => `${source}: ${line}`),
    [`journalctl -k: traps: sentinel[812] trap invalid opcode ip:55 sp:7f error:0`],
    'a kill of a number that is not ours counts by its group alone, which that line does not name',
  );
  assert.deepEqual(death.unread.map(({ source, why }) => `${source}: ${why}`).slice(0, 1), [
    `${join(machine.folder, 'kmsg')}: ENOENT`,
  ]);

  const bare = await look(machineOf(t, { 'tools/journalctl': saying('No journal files were found.', 1) }), 'death');
  assert.deepEqual(bare.death.kernel_lines, []);
  assert.deepEqual(
    bare.death.unread.map(({ source }) => source.replace(/^\/.*\//, '')),
    ['kmsg', 'dmesg', 'journalctl -k', `cgroup ${group}`],
  );
});

test('a kill is known by the group of the daemon where the numbers of its container are others', async (t) => {
  const machine = machineOf(t, {
    'tools/dmesg': saying(
      `[ 3001.1] Memory cgroup out of memory: Killed process 98123 (sentinel) oom_memcg=${group},task_memcg=${group}\n[ 3002.1] Memory cgroup out of memory: Killed process 98124 (sentinel) oom_memcg=/other.slice,task_memcg=/other.slice`,
    ),
  });
  const { death } = await look(machine, 'death');
  assert.equal(death.kernel_lines.length, 1);
  assert.match(death.kernel_lines[0]?.line ?? '', /98123/);
});

test('the counter of the group is held against what it was at the start, in both versions', async (t) => {
  const second = machineOf(t, {
    'sys/fs/cgroup/cgroup.controllers': 'memory cpu',
    [`sys/fs/cgroup${group}/memory.events`]: 'low 0\nhigh 0\nmax 12\noom 4\noom_kill 5\n',
  });
  assert.equal((await look(second, 'death')).death.oom_kills_since_start, 3);
  const first = machineOf(t, {
    [`sys/fs/cgroup/memory${group}/memory.oom_control`]: 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n',
  });
  assert.equal((await look(first, 'death')).death.oom_kills_since_start, 1);
  const anew = machineOf(t, { [`sys/fs/cgroup/memory${group}/memory.oom_control`]: 'oom_kill 1\n' });
  assert.equal((await look(anew, 'death')).death.oom_kills_since_start, 1, 'a group made anew counts from nought');
  const gone = (await look(machineOf(t), 'death')).death;
  assert.equal(gone.oom_kills_since_start, null);
});

test('only the end of a log is read, errors alone, without secrets; what is no file is named', async (t) => {
  const folder = testFolder(t);
  const log = join(folder, 'sentinel.log');
  const line = (level: string, message: string, at: string) => JSON.stringify({ level, time: at, message });
  const early = line('ERROR', 'far too long ago', '2026-01-01T00:00:00.000Z');
  const noise = line('INFO', 'x'.repeat(200), '2026-01-01T00:00:01.000Z');
  writeFileSync(
    log,
    [
      early,
      ...Array.from({ length: 6000 }, () => noise),
      line('ERROR', 'the store is gone, password=hunter2hunter2', '2026-01-02T00:00:00.000Z'),
      '2026-01-03T00:00:00.000Z ERROR as people read it',
      '2026-01-03T00:00:00.000Z WARN  not this',
      line('FATAL', 'the end', '2026-01-04T00:00:00.000Z'),
    ].join('\n'),
  );
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const logs = [log, join(folder, 'pipe'), join(folder, 'missing.log')];
  const { death } = await look(machineOf(t, {}, { log_files: logs }), 'death');
  assert.deepEqual(
    death.last_errors.map(({ at }) => at),
    ['2026-01-02T00:00:00.000Z', '2026-01-03T00:00:00.000Z', '2026-01-04T00:00:00.000Z'],
  );
  assert.doesNotMatch(JSON.stringify(death), /hunter2|far too long ago|not this/);
  assert.deepEqual(
    death.unread.filter(({ source }) => source.startsWith(folder)).map(({ why }) => why),
    ['it is no regular file', 'ENOENT'],
  );
});

test('crash files of this daemon are told, and those of other programs and daemons are not', async (t) => {
  const machine = machineOf(t);
  const crash = (pid: number, args: string, at: string) =>
    plant(machine.folder, {
      [`tmp/sentinel-crash-${at.replaceAll(':', '')}-${pid}.txt`]: `sentinel 0.1.0\nnode 24\n${at}\n${args}\n\nTypeError: token=abcdefghijk is not a function\n    at x\n`,
    });
  crash(812, 'run', '2026-10-01T00:00:00.000Z');
  crash(77, 'status', '2026-10-02T00:00:00.000Z');
  crash(78, `run -c ${machine.configFile}`, '2026-10-03T00:00:00.000Z');
  crash(79, 'run -c /another.kdl', '2026-10-04T00:00:00.000Z');
  const { death } = await look(machine, 'death');
  assert.deepEqual(
    death.crash_files.map(({ at, summary }) => [at, summary]),
    [
      ['2026-10-01T00:00:00.000Z', 'TypeError: token=[redacted] is not a function'],
      ['2026-10-03T00:00:00.000Z', 'TypeError: token=[redacted] is not a function'],
    ],
  );
});

test('systemd is asked where it runs, and its journal for the errors of the unit', async (t) => {
  const show = (load: string) =>
    saying(
      `Id=sentinel.service\nLoadState=${load}\nActiveState=failed\nSubState=failed\nResult=oom-kill\nNRestarts=5\nMainPID=0\nExecMainCode=2\nExecMainStatus=9\nUser=sentinel`,
    );
  const files = {
    'run/systemd/system/.keep': '',
    'tools/systemctl': show('loaded'),
    'tools/journalctl': `#!/bin/sh\ncase "$*" in *-u\\ sentinel.service*) echo '{"level":"ERROR","time":"2026-01-02T00:00:00.000Z","message":"boom"}';; esac\n`,
  };
  const machine = machineOf(t, files);
  const run = join(machine.folder, 'run');
  const { process: found, death } = await look({ ...machine, run }, 'process', 'death');
  assert.deepEqual(found.systemd, {
    unit: 'sentinel.service',
    active: 'failed',
    sub: 'failed',
    result: 'oom-kill',
    restarts: 5,
    main_pid: null,
    exit_status: 9,
    user: 'sentinel',
  });
  assert.deepEqual(
    death.last_errors.map(({ source, at }) => [source, at]),
    [['journalctl -u sentinel.service', '2026-01-02T00:00:00.000Z']],
  );
  assert.equal((await look(machine, 'process')).process.systemd, null, 'without systemd nobody is asked');
  plant(machine.folder, { 'tools/systemctl': show('not-found') });
  assert.equal((await look({ ...machine, run }, 'process')).process.systemd, null);
});

/** Columns 2 to 52 of `/proc/PID/stat`, of a daemon that started so many seconds after the boot. */
function stat(pid: number, name: string, seconds: number, state = 'S'): string {
  const rest = Array.from({ length: 49 }, () => '0');
  rest[18] = String(seconds * 100);
  return `${pid} (${name}) ${state} ${rest.join(' ')}\n`;
}

test('a number that was given to another process since is seen through', async (t) => {
  const alive = machineOf(t, { 'proc/812/stat': stat(812, 'sentinel', 999), 'proc/812/status': 'Uid:\t0\t0\t0\t0\n' });
  assert.equal((await look(alive, 'process')).process.pid, 812);
  const later = machineOf(t, { 'proc/812/stat': stat(812, 'sentinel', 90_000) });
  assert.equal((await look(later, 'process')).process.pid, null);
  const other = machineOf(t, { 'proc/812/stat': stat(812, 'bash', 999) });
  assert.equal((await look(other, 'process')).process.pid, null);
  const zombie = machineOf(t, { 'proc/812/stat': stat(812, 'sentinel', 999, 'Z') });
  assert.equal((await look(zombie, 'process')).process.pid, null);
  const rebooted = machineOf(t, { 'proc/812/stat': stat(812, 'sentinel', 999) }, { boot_id: 'another' });
  assert.equal((await look(rebooted, 'process')).process.pid, null);
});

test('a pid file is believed as long as its process is older than it', async (t) => {
  const machine = machineOf(
    t,
    { 'proc/900/stat': stat(900, 'sentinel', 2000), 'sentinel.pid': '900\n' },
    { ended: { at: started, exit_code: 0, signal: 'SIGTERM', code: null, words: 'asked to end' } },
  );
  const file = join(machine.folder, 'sentinel.pid');
  utimesSync(file, bootedS + 2001, bootedS + 2001);
  const found = (await look(machine, 'process')).process;
  assert.deepEqual([found.pid, found.found_by], [900, 'pid-file']);
  utimesSync(file, bootedS + 100, bootedS + 100);
  const stale = (await look(machine, 'process')).process;
  assert.equal(stale.pid, null);
  assert.deepEqual(
    stale.pid_files.find(({ path }) => path === file),
    { path: file, pid: 900, alive: false },
  );
});

test('where a daemon runs, and a pid file is there that cannot be read, nobody says that this one does not', async (t) => {
  const files = { 'proc/900/stat': stat(900, 'sentinel', 2000) };
  const ended = { at: started, exit_code: 0, signal: 'SIGTERM', code: null, words: 'asked to end' };
  const machine = machineOf(t, files, { ended });
  mkdirSync(join(machine.folder, 'sentinel.pid'));
  const { process: found } = (await factsOf(machine)).sections;
  assert.equal(found.state, 'unknown');
  assert.deepEqual(found.state === 'unknown' && found.tried, [`${join(machine.folder, 'sentinel.pid')}: EISDIR`]);
  rmSync(join(machine.folder, 'proc/900'), { recursive: true });
  assert.equal((await look(machine, 'process')).process.pid, null, 'where none runs, this one does not either');
});

test('a file, or a backup, that is there and cannot be read is not told as missing', async (t) => {
  const machine = machineOf(t);
  symlinkSync(machine.configFile as string, machine.configFile as string);
  mkdirSync(backupPath(machine.configFile as string));
  const { config: found } = await look(machine, 'config');
  assert.deepEqual([found.found, found.loads], [true, 'unreadable']);
  assert.deepEqual(found.backup, { path: backupPath(machine.configFile as string), loads: null });
  assert.equal((await look(machineOf(t), 'config')).config.loads, 'missing');
});

const config = `
listener "http" { address "0.0.0.0:8080" }
listener "six" { address "[::1]:8081" }
route "all" { upstream "fixed" }
upstream "fixed" { static { status 200 } }
`;

function row(at: number, local: string, state: string, waiting: number, inode: number): string {
  return `   ${at}: ${local} 00000000:0000 ${state} 00000000:${waiting.toString(16).toUpperCase().padStart(8, '0')} 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0`;
}

test('tables of the kernel say who holds an address, who cannot be seen, and how full a queue is', async (t) => {
  const head = '  sl  local_address rem_address   st tx_queue rx_queue';
  const machine = machineOf(t, {
    'sentinel.kdl': config,
    'proc/net/tcp': [
      head,
      row(0, '0100007F:1F90', '0A', 3, 101),
      row(1, '00000000:1F90', '0A', 129, 102),
      row(2, '0100007F:1F91', '0A', 0, 103),
      row(3, '0100007F:1F90', '01', 0, 104),
    ].join('\n'),
    'proc/net/tcp6': [head, row(0, '00000000000000000000000001000000:1F91', '0A', 0, 105)].join('\n'),
    'proc/net/netstat': 'TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 0 41 57\nIpExt: A\nIpExt: 1\n',
    'proc/700/stat': stat(700, 'nginx', 100),
    'tools/ss': saying(
      'LISTEN 129    128          0.0.0.0:8080      0.0.0.0:*\nLISTEN 0      511          127.0.0.1:8081      0.0.0.0:*',
    ),
  });
  mkdirSync(join(machine.folder, 'proc/700/fd'));
  symlinkSync('socket:[102]', join(machine.folder, 'proc/700/fd/7'));
  symlinkSync('socket:[101]', join(machine.folder, 'proc/700/fd/8'));
  const { ports } = await look(machine, 'ports');
  const [http, six, metrics] = ports.wanted;
  assert.deepEqual(http, {
    what: 'listener http',
    address: '0.0.0.0:8080',
    holders: [{ pid: 700, name: 'nginx', daemon: false }],
    held_by_unseen: false,
    accept_queue: { waiting: 129, most: 128 },
  });
  assert.deepEqual(six, {
    what: 'listener six',
    address: '[::1]:8081',
    holders: [],
    held_by_unseen: true,
    accept_queue: { waiting: 0, most: 4096 },
  });
  assert.deepEqual([metrics?.what, metrics?.holders, metrics?.accept_queue], ['metrics address', [], null]);
  assert.deepEqual(ports.listen_overflows, { total: 41, during_probe: 0 });
});

test('a file that this user may not read is no reason to fail', async (t) => {
  const machine = machineOf(t, { 'sentinel.kdl': config });
  chmodSync(machine.configFile as string, 0o000);
  const { config: found } = await look(machine, 'config');
  assert.equal(found.loads, process.getuid?.() === 0 ? 'yes' : 'unreadable');
});
