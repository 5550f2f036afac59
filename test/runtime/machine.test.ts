/** What is read of cgroups and pressure, on machines of all kinds: version 1, version 2, both, inside containers, nothing at all. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readMachine } from '../../src/proxy/control/runtime/machine.ts';
import { testFolder } from '../helpers/daemon.ts';

/** A machine of files. */
function machine(t: TestContext, files: Readonly<Record<string, string>>) {
  const root = testFolder(t);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return readMachine({ proc: join(root, 'proc'), cgroup: join(root, 'cgroup') });
}

const pressure = (some: number, full: number) =>
  `some avg10=${some} avg60=0.00 avg300=0.00 total=1\nfull avg10=${full} avg60=0.00 avg300=0.00 total=1\n`;

test('version 2: the group and the smallest limit above it', (t) => {
  const state = machine(t, {
    'proc/self/cgroup': '0::/system.slice/sentinel.service\n',
    'cgroup/cgroup.controllers': 'cpu memory\n',
    'cgroup/system.slice/memory.max': '1073741824\n',
    'cgroup/system.slice/cpu.max': 'max 100000\n',
    'cgroup/system.slice/sentinel.service/memory.max': 'max\n',
    'cgroup/system.slice/sentinel.service/memory.current': '52428800\n',
    'cgroup/system.slice/sentinel.service/memory.events': 'low 0\nhigh 0\nmax 3\noom 1\noom_kill 2\n',
    'cgroup/system.slice/sentinel.service/cpu.max': '150000 100000\n',
    'cgroup/system.slice/sentinel.service/cpu.stat': 'usage_usec 5\nnr_throttled 1\nthrottled_usec 2500\n',
    'cgroup/system.slice/sentinel.service/cpu.pressure': pressure(12.5, 0),
    'cgroup/system.slice/sentinel.service/memory.pressure': pressure(1, 0.5),
  });
  assert.deepEqual(
    [state.memoryCurrent, state.memoryLimit, state.oomKills, state.cpuLimit, state.throttledMs],
    [{ value: 52_428_800 }, { value: 1_073_741_824 }, { value: 2 }, { value: 1.5 }, { value: 2.5 }],
  );
  assert.equal(state.pressureSource, 'cgroup');
  assert.deepEqual(state.cpuPressure, { value: { some: 0.125, full: 0 } });
  assert.deepEqual(state.memoryPressure, { value: { some: 0.01, full: 0.005 } });
  assert.ok('why' in state.ioPressure && state.ioPressure.why.endsWith('io.pressure: ENOENT'));
});

test('version 1, in a container: the files lie at the mounts, and no limit is a great number', (t) => {
  const state = machine(t, {
    'proc/self/cgroup': '9:name=systemd:/docker/abc\n4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n0::/docker/abc\n',
    'cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    'cgroup/memory/memory.usage_in_bytes': '1000\n',
    'cgroup/memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 0\n',
    'cgroup/cpu/cpu.cfs_quota_us': '50000\n',
    'cgroup/cpu/cpu.cfs_period_us': '100000\n',
    'cgroup/cpu/cpu.stat': 'nr_periods 3\nnr_throttled 1\nthrottled_time 7000000\n',
    'proc/pressure/cpu': 'some avg10=50.00 avg60=0.00 avg300=0.00 total=1\n',
    'proc/pressure/memory': pressure(0, 0),
    'proc/pressure/io': pressure(0, 0),
  });
  assert.deepEqual(
    [state.memoryCurrent, state.memoryLimit, state.oomKills, state.cpuLimit, state.throttledMs],
    [{ value: 1000 }, { none: true }, { value: 0 }, { value: 0.5 }, { value: 7 }],
  );
  assert.deepEqual([state.pressureSource, state.cpuPressure], ['machine', { value: { some: 0.5, full: null } }]);
});

test('a limit of zero quota or none is no limit, and the uppermost group has none', (t) => {
  const state = machine(t, {
    'proc/self/cgroup': '0::/\n',
    'cgroup/cgroup.controllers': 'cpu memory\n',
    'cgroup/cpu/cpu.cfs_quota_us': '-1\n',
  });
  assert.deepEqual([state.memoryLimit, state.cpuLimit], [{ none: true }, { none: true }]);
  assert.ok('why' in state.memoryCurrent);
});

test('where nothing can be read everything has a reason', (t) => {
  const { pressureSource, ...values } = machine(t, {});
  assert.equal(pressureSource, null);
  for (const [name, read] of Object.entries(values)) {
    assert.ok('why' in read && read.why !== '', name);
  }
});

test('lines that say something else are no numbers', (t) => {
  const state = machine(t, {
    'proc/self/status': 'Name:\tsentinel\n',
    'proc/self/limits': 'Max open files            unlimited            unlimited            files\n',
    'proc/pressure/cpu': 'nonsense\n',
  });
  assert.ok('why' in state.threads && 'why' in state.cpuPressure);
  assert.deepEqual(state.descriptorsLimit, { none: true });
});
