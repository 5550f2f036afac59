/** What the probes of the machine find out on a machine of planted files, on a full disk, and where they may not look. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { instanceFolder } from '../../../src/base/state-folder.ts';
import { clockProbe } from '../../../src/diagnosis/probes/clock.ts';
import { descriptorsProbe } from '../../../src/diagnosis/probes/descriptors.ts';
import { diskProbe } from '../../../src/diagnosis/probes/disk.ts';
import { firewallProbe } from '../../../src/diagnosis/probes/firewall.ts';
import { kernelProbe } from '../../../src/diagnosis/probes/kernel.ts';
import { memoryProbe } from '../../../src/diagnosis/probes/memory.ts';
import { requireComponent } from '../../helpers/components.ts';
import { configured, plantedMachine, running } from './planted.ts';

const meminfo = 'MemTotal:  8000000 kB\nMemAvailable:  2000000 kB\nSwapTotal: 1000 kB\nSwapFree: 400 kB\n';
const limits =
  'Limit   Soft Limit  Hard Limit  Units\nMax open files            1024                 4096                 files\n';

test('memory: version 2 of cgroups with a limit above the group, which comes before what the configuration says', async (t) => {
  const machine = plantedMachine(t);
  machine.plant('proc/meminfo', meminfo);
  machine.plant('proc/812/status', 'Name:\tsentinel\nVmRSS:\t  300000 kB\n');
  machine.plant('proc/812/cgroup', '0::/system.slice/sentinel.service\n');
  machine.plant('sys/fs/cgroup/cgroup.controllers', 'memory');
  machine.plant('sys/fs/cgroup/system.slice/memory.max', '1048576000\n');
  machine.plant('sys/fs/cgroup/system.slice/sentinel.service/memory.max', 'max\n');
  machine.plant('sys/fs/cgroup/system.slice/sentinel.service/memory.current', '400000000\n');
  machine.plant('sys/fs/cgroup/system.slice/sentinel.service/memory.stat', 'anon 1\ninactive_file 90000000\n');
  machine.plant('sys/fs/cgroup/system.slice/sentinel.service/memory.events', 'oom 3\noom_kill 2\n');
  const daemon = { daemon: { status: { pid: 812, config: { path: null } }, limits: { max_memory_bytes: 500 } } };
  assert.deepEqual(await machine.known(memoryProbe, { ...running(812), ...daemon }), {
    rss_bytes: 300_000 * 1024,
    machine_total_bytes: 8_000_000 * 1024,
    machine_available_bytes: 2_000_000 * 1024,
    swap_used_bytes: 600 * 1024,
    cgroup: {
      version: 2,
      path: '/system.slice/sentinel.service',
      current_bytes: 400_000_000,
      reclaimable_bytes: 90_000_000,
      limit_bytes: 1_048_576_000,
      oom_kills: 2,
    },
    limit_bytes: 1_048_576_000,
    limit_source: 'cgroup',
    used_ratio: 0.293,
  });
});

test('memory: version 1 without a limit leaves it to the configuration, and without that to the machine', async (t) => {
  const machine = plantedMachine(t);
  machine.plant('proc/meminfo', meminfo);
  machine.plant('proc/812/status', 'VmRSS:\t  300000 kB\n');
  machine.plant('proc/812/cgroup', '4:memory:/jobs/one\n0::/\n');
  machine.plant('sys/fs/cgroup/memory/jobs/one/memory.limit_in_bytes', '9223372036854771712\n');
  machine.plant('sys/fs/cgroup/memory/jobs/one/memory.usage_in_bytes', '12345\n');
  machine.plant('sys/fs/cgroup/memory/jobs/one/memory.stat', 'inactive_file 1\ntotal_inactive_file 45\n');
  machine.plant('sys/fs/cgroup/memory/jobs/one/memory.oom_control', 'oom_kill_disable 0\nunder_oom 0\noom_kill 7\n');
  const daemon = (bytes: number) => ({
    daemon: { status: { pid: 812, config: { path: null } }, limits: { max_memory_bytes: bytes } },
  });
  const { cgroup, ...rest } = await machine.known(memoryProbe, { ...running(812), ...daemon(614_400_000) });
  assert.deepEqual(cgroup, {
    version: 1,
    path: '/jobs/one',
    current_bytes: 12_345,
    reclaimable_bytes: 45,
    limit_bytes: null,
    oom_kills: 7,
  });
  assert.deepEqual([rest.limit_bytes, rest.limit_source, rest.used_ratio], [614_400_000, 'configuration', 0.5]);
  const free = await machine.known(memoryProbe, { ...running(812), ...daemon(0) });
  assert.deepEqual([free.limit_source, free.limit_bytes], ['machine', 8_000_000 * 1024]);
});

test('memory: without a process the machine is known all the same, and without /proc nothing is', async (t) => {
  const machine = plantedMachine(t);
  const unknown = await machine.find(memoryProbe);
  assert.ok(unknown.state === 'unknown' && unknown.tried[0]?.endsWith('/proc/meminfo'));
  machine.plant('proc/meminfo', meminfo);
  const { rss_bytes, used_ratio, machine_available_bytes } = await machine.known(memoryProbe);
  assert.deepEqual([rss_bytes, used_ratio, machine_available_bytes], [null, null, 2_000_000 * 1024]);
});

test('of a daemon on another machine the files here say nothing', async (t) => {
  const machine = plantedMachine(t);
  machine.plant('proc/meminfo', meminfo);
  for (const probe of [memoryProbe, diskProbe, descriptorsProbe, kernelProbe, firewallProbe]) {
    const section = await machine.find(probe as typeof memoryProbe, {}, { remote: true });
    assert.ok(section.state === 'unknown' && /another machine/.test(section.why), probe.name);
  }
});

/** A line of `/proc/net/tcp`; addresses of 10.0.0.0/24. */
function socket(localPort: number, remote: number, remotePort: number, state: string): string {
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');
  return `  12: 0100000A:${hex(localPort, 4)} ${hex(remote, 2)}00000A:${hex(remotePort, 4)} ${state} 00000000:00000000 00:00000000 00000000 0 0 1 1 0 100 0 0 10 0`;
}

test('descriptors: open files of the process, and local ports by the destination that has the most', async (t) => {
  const machine = plantedMachine(t);
  machine.plant('proc/812/limits', limits);
  for (let fd = 0; fd < 12; fd++) machine.plant(`proc/812/fd/${fd}`, '');
  machine.plant('proc/sys/fs/file-nr', '1000\t200\t50000\n');
  machine.plant('proc/sys/net/ipv4/ip_local_port_range', '40000\t40099\n');
  const lines = [
    '  sl  local_address rem_address   st',
    socket(40_001, 0, 0, '0A'),
    // Taken by our listener of that port: not opened from here.
    socket(40_001, 7, 50_000, '01'),
    ...Array.from({ length: 5 }, (_, index) => socket(40_010 + index, 9, 8080, '01')),
    ...Array.from({ length: 3 }, (_, index) => socket(40_020 + index, 8, 8080, '06')),
    socket(80, 9, 51_000, '01'),
  ];
  machine.plant('proc/net/tcp', `${lines.join('\n')}\n`);
  machine.plant(
    'proc/net/tcp6',
    'header\n   0: 0000000000000000FFFF00000100000A:9C68 0000000000000000FFFF00000900000A:1F90 01 0:0\n',
  );
  assert.deepEqual(await machine.known(descriptorsProbe, running(812)), {
    open: 12,
    soft_limit: 1024,
    hard_limit: 4096,
    machine: { open: 800, limit: 50_000 },
    local_ports: {
      first: 40_000,
      last: 40_099,
      in_use: 9,
      time_wait: 3,
      busiest: { address: '10.0.0.9:8080', count: 5 },
      complete: true,
    },
  });
});

test('descriptors: what may not be read is null and not nothing', async (t) => {
  const machine = plantedMachine(t);
  machine.plant('proc/sys/fs/file-nr', '1000\t200\t50000\n');
  const { open, soft_limit, local_ports } = await machine.known(descriptorsProbe, running(812));
  assert.deepEqual([open, soft_limit, local_ports], [null, null, null]);
  const empty = plantedMachine(t);
  assert.equal((await empty.find(descriptorsProbe)).state, 'unknown');
});

test('kernel: live values beside the advice of the runbook and what the configuration needs', async (t) => {
  const machine = plantedMachine(t);
  machine.plant('proc/812/limits', limits);
  machine.plant('proc/sys/net/ipv4/tcp_fin_timeout', '30\n');
  machine.plant('proc/sys/net/ipv4/tcp_tw_reuse', '2\n');
  machine.plant('proc/sys/net/core/somaxconn', '128\n');
  machine.plant('proc/sys/net/ipv4/tcp_max_syn_backlog', '70000\n');
  machine.plant('proc/loadavg', '3.25 1.00 0.50 1/100 1\n');
  machine.plant('proc/pressure/cpu', 'some avg10=12.50 avg60=0.00 avg300=0.00 total=1\n');
  machine.plant(
    'sentinel.kdl',
    'listener "http" { address "127.0.0.1:0"; backlog 4096 }\nlimits { max-total-connections 2000 }\nroute "r" { upstream "u" }\nupstream "u" { target "127.0.0.1:1" }\n',
  );
  const configPath = join(machine.folder, 'sentinel.kdl');
  const { settings, pressure, load_1m: load } = await machine.known(kernelProbe, running(812), { configPath });
  assert.deepEqual(
    settings.map(({ name, live, advised, verdict }) => [name, live, advised, verdict]),
    [
      ['ulimit -n', 1024, 65_535, 'binding'],
      ['net.ipv4.tcp_fin_timeout', 30, 30, 'ok'],
      ['net.ipv4.tcp_tw_reuse', 2, 1, 'low'],
      ['net.core.somaxconn', 128, 65_535, 'binding'],
      ['net.ipv4.tcp_max_syn_backlog', 70_000, 65_535, 'ok'],
      ['net.core.netdev_max_backlog', null, 65_535, 'unknown'],
    ],
  );
  assert.deepEqual(settings[3]?.bounds, { key: 'backlog', configured: 4096 });
  assert.equal(settings[0]?.bounds?.configured, 2 * 2000 + 96);
  assert.deepEqual([pressure, load], [{ cpu: 0.125, memory: null, io: null }, 3.25]);
});

test('clock: whoever says first that it is kept right, and files of the daemon from tomorrow', async (t) => {
  const machine = plantedMachine(t);
  assert.deepEqual(pick(await machine.known(clockProbe)), [null, null]);
  machine.tool('timedatectl', 'echo NTPSynchronized=no');
  assert.deepEqual(pick(await machine.known(clockProbe)), [false, 'timedatectl']);
  machine.plant('run/systemd/timesync/synchronized', '');
  assert.deepEqual(pick(await machine.known(clockProbe)), [true, 'systemd-timesyncd']);
  machine.tool('chronyc', "echo 'Leap status     : Not synchronised'");
  assert.deepEqual(pick(await machine.known(clockProbe)), [false, 'chronyc']);
  machine.tool('timedatectl', 'echo NTPSynchronized=yes');
  assert.deepEqual(pick(await machine.known(clockProbe)), [true, 'timedatectl']);

  const config = join(machine.folder, 'sentinel.kdl');
  const instance = instanceFolder(join(machine.folder, 'lib', 'sentinel'), config);
  mkdirSync(instance, { recursive: true });
  const file = join(instance, 'run-record.json');
  writeFileSync(file, '{}');
  const tomorrow = Date.now() / 1000 + 86_400;
  utimesSync(file, tomorrow, tomorrow);
  const others = configured();
  const { behind_files_ms: behind, daemon_skew_ms: skew } = await machine.known(clockProbe, others, {
    configPath: config,
  });
  assert.ok(behind !== null && behind < -86_000_000 && behind > -87_000_000, `${behind}`);
  assert.equal(skew, null);
});

function pick({ synchronized, source }: { readonly synchronized: boolean | null; readonly source: string | null }) {
  return [synchronized, source];
}

const service = (address: string) => ({ config: { path: null, listeners: [{ id: 'http', address, tls: false }] } });

test('firewall: rules by whichever program may be asked, and what was tried where none may', async (t) => {
  const machine = plantedMachine(t);
  const none = await machine.find(firewallProbe, service('0.0.0.0:8080'));
  assert.ok(none.state === 'unknown');
  assert.deepEqual(none.tried, [
    'nft list ruleset: there is no such program here',
    'iptables-save: there is no such program here',
    'ip6tables-save: there is no such program here',
  ]);
  machine.tool('nft', 'echo "Operation not permitted (you must be root)" >&2; exit 1');
  const denied = await machine.find(firewallProbe, service('0.0.0.0:8080'));
  assert.ok(denied.state === 'unknown' && /Operation not permitted/.test(denied.tried[0] ?? ''));
  machine.tool(
    'iptables-save',
    "printf '*filter\\n:INPUT DROP [0:0]\\n-A INPUT -p tcp --dport 22 -j ACCEPT\\nCOMMIT\\n'",
  );
  assert.deepEqual(await machine.known(firewallProbe, service('0.0.0.0:8080')), {
    source: 'iptables-save',
    rules: [{ port: 8080, rule: '-P INPUT DROP' }],
  });
  assert.deepEqual((await machine.known(firewallProbe, service('127.0.0.1:8080'))).rules, []);
  machine.tool('nft', 'exec /bin/sleep 60');
  assert.equal((await machine.known(firewallProbe, service('0.0.0.0:8080'))).source, 'iptables-save');
});

test('disk: every place that is written to, by the mount that it is on; what hangs is named and holds nothing up', async (t) => {
  const machine = plantedMachine(t);
  const { folder } = machine;
  machine.plant(
    'proc/self/mountinfo',
    `22 1 8:1 / / rw - ext4 /dev/sda rw\n23 22 0:9 / ${folder}/dead rw - nfs4 server:/x rw\n24 22 0:9 / ${folder}/fixed ro - ext4 /dev/b ro\n`,
  );
  machine.tool('stat', 'exec /bin/sleep 60');
  mkdirSync(join(folder, 'fixed'));
  const places = {
    log_files: [join(folder, 'dead', 'a.log'), join(folder, 'fixed', 'b.log'), join(folder, 'not', 'yet', 'c.log')],
  };
  const found = await machine.known(diskProbe, configured(places));
  assert.deepEqual(
    found.unread.map(({ path, what }) => [path, what]),
    [[join(folder, 'dead'), 'log']],
  );
  assert.deepEqual(
    found.places.map(({ path, what, mount, read_only, writable }) => [
      path.slice(folder.length),
      what,
      mount,
      read_only,
      writable,
    ]),
    [
      ['/lib/sentinel', 'state', '/', false, null],
      ['/fixed', 'log', `${folder}/fixed`, true, null],
      ['/not/yet', 'log', '/', false, null],
      ['/run/sentinel', 'run', '/', false, null],
      ['/tmp', 'tmp', '/', false, null],
    ],
  );
  for (const place of found.places) assert.ok(place.total_bytes >= place.free_bytes && place.free_bytes >= 0);
});

test('disk: a server that is there answers through a program that can be ended', async (t) => {
  const machine = plantedMachine(t);
  const { folder } = machine;
  machine.plant('proc/self/mountinfo', `23 22 0:9 / ${folder}/tmp rw - nfs4 server:/x rw\n`);
  machine.tool('stat', 'echo 4096 1000 250 0 0');
  const { places } = await machine.known(diskProbe, configured());
  const tmp = places.find(({ what }) => what === 'tmp');
  assert.deepEqual(
    [tmp?.total_bytes, tmp?.free_bytes, tmp?.used_ratio, tmp?.inodes_used_ratio],
    [4_096_000, 1_024_000, 0.75, null],
  );
});

test('disk: a full one has no room and takes no file; probes that may be noticed try, and leave nothing', async (t) => {
  const machine = plantedMachine(t);
  const full = tmpfs(t);
  if (full === null) return;
  writeFileSync(join(full, 'ballast'), Buffer.alloc(60 * 1024));
  try {
    writeFileSync(join(full, 'more'), Buffer.alloc(64 * 1024));
  } catch {
    // It is full: that is what is wanted.
  }
  const others = configured({ log_files: [join(full, 'a.log')] });
  const log = async (intrusive: boolean) => {
    const { places } = await machine.known(diskProbe, others, { intrusive });
    return places.find(({ what }) => what === 'log');
  };
  const seen = await log(false);
  assert.deepEqual([seen?.free_bytes, seen?.used_ratio, seen?.writable, seen?.total_bytes], [0, 1, null, 64 * 1024]);
  assert.equal((await log(true))?.writable, false);
  const { places } = await machine.known(diskProbe, others, { intrusive: true });
  assert.equal(places.find(({ what }) => what === 'tmp')?.writable, true);
  assert.deepEqual(readdirSync(join(machine.folder, 'tmp')), []);
});

/** A file system of 64 KiB that ends with the test; null after skipping where this user may mount none. */
function tmpfs(t: TestContext): string | null {
  const mount = requireComponent(t, 'mount');
  if (mount === undefined) return null;
  if (process.getuid?.() !== 0) {
    t.skip('only root may mount');
    return null;
  }
  const place = mkdtempSync(join(tmpdir(), 'sentinel-full-'));
  let mounted = false;
  t.after(() => {
    if (mounted) execFileSync('umount', [place]);
    rmSync(place, { recursive: true });
  });
  try {
    execFileSync(mount, ['-t', 'tmpfs', '-o', 'size=64k', 'none', place], { stdio: 'pipe' });
    mounted = true;
  } catch {
    t.skip('this machine lets nobody mount');
    return null;
  }
  return place;
}
