/** `sentinel status --runtime`: what the person on call sees of the process and its threads. */
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RuntimeReply } from '../../src/admin/contract/runtime-shapes.ts';
import { runtimeText } from '../../src/cli/runtime-section.ts';
import { styleFor } from '../../src/cli/streams.ts';
import { callSentinel } from '../cli/command-line.ts';
import { startDaemonProcess, staticConfig, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

test('status shows the runtime when it is asked to, as text and in the envelope', async (t) => {
  const daemon = await startDaemonProcess(t, { workers: 2 });
  const run = (...args: string[]) => callSentinel(args, { environment: { SENTINEL_ADMIN_SOCKET: daemon.socket } });
  const [plain, shown, data] = await Promise.all([
    run('status'),
    run('status', '--runtime'),
    run('status', '--runtime', '--json'),
  ]);
  assert.deepEqual([plain.code, shown.code, data.code], [0, 0, 0]);
  assert.doesNotMatch(plain.stdout, /THREAD/);
  assert.match(shown.stdout, /^files +[\d ]+ of [\d ]+ \([<·\d.]+%\) descriptors$/m);
  assert.match(shown.stdout, /^THREAD +BUSY% +LATE P50 +P99 +MAX +HEAP +BUFFERS +GC$/m);
  for (const thread of ['main', 'worker 0', 'worker 1']) assert.match(shown.stdout, new RegExp(`^${thread} `, 'm'));
  const envelope = JSON.parse(data.stdout) as { data: { pid: number; runtime: RuntimeReply } };
  assert.deepEqual([envelope.data.pid, envelope.data.runtime.process.pid], [daemon.pid, daemon.pid]);
});

test('a worker that says nothing of itself is named, and the status says that not all is known', async (t) => {
  const folder = testFolder(t);
  const order = join(folder, 'fault');
  const daemon = await startDaemonProcess(t, {
    folder,
    config: staticConfig('hello'),
    workers: 2,
    workerEntry: new URL('../daemon/workers/faulty.ts', import.meta.url),
    environment: { SENTINEL_TEST_FAULT: order },
  });
  writeFileSync(`${order}.draft`, 'spin');
  renameSync(`${order}.draft`, `${order}.1`);
  const ended = await eventually(async () => {
    const one = await callSentinel(['status', '--runtime', '--daemon', daemon.socket]);
    assert.equal(one.code, 3);
    return one;
  });
  assert.match(ended.stdout, /worker 1 did not answer: how its thread is is not known/);
});

const calm: RuntimeReply = {
  at: '2026-01-01T00:00:00.000Z',
  process: {
    pid: 1,
    uptime_ms: 1000,
    node: '24.21.0',
    v8: '13',
    rss_bytes: 100 << 20,
    threads: 12,
    descriptors: { open: 80, limit: 1000 },
    cpu_used: 0.25,
  },
  memory: { limit_bytes: 1 << 30, limit_source: 'cgroup', shed_above_bytes: null },
  cgroup: {
    memory: { current_bytes: 120 << 20, limit_bytes: 1 << 30, oom_kills: 0 },
    cpu: { limit: 2, throttled_ms: 0 },
  },
  pressure: { source: 'cgroup', cpu: { some: 0.125, full: 0 }, memory: { some: 0, full: 0 }, io: null },
  main: {
    loop_utilization: 0.02,
    loop_delay: { window_ms: 9000, p50_ms: 0.1, p99_ms: 1.2, max_ms: 12 },
    heap: { used_bytes: 20 << 20, total_bytes: 30 << 20, limit_bytes: 4 << 30, external_bytes: 3 << 20 },
    gc: { window_ms: 9000, count: 4, pause_ms: 6, max_pause_ms: 2.5 },
  },
  workers: [{ worker: 0, loop_utilization: null, loop_delay: null, heap: null, gc: null }],
  unknown: { 'pressure.io': 'io.pressure: ENOENT', 'workers.0.heap': 'the worker is down' },
};
const style = styleFor(false, 120);

test('what is known is in numbers with its bound, what is not is a question mark with its reason below', () => {
  const text = runtimeText(calm, style);
  assert.match(text, /^memory +100 MiB of 1\.0 GiB \(9\.8%\) \(cgroup\), cgroup 120 MiB of 1\.0 GiB, 0 OOM kills$/m);
  assert.match(text, /^cpu +0\.25 of 2\.00 cores in 10 s, never throttled$/m);
  assert.match(text, /^pressure +waited for cpu 12\.5%, memory ·, io \? of the last 10 s \(cgroup\)$/m);
  assert.match(text, /^main +2\.0 +0\.1ms +1\.2ms +12ms +20 MiB +3\.0 MiB +4 in 9s, 6\.0ms in all, 2\.5ms at most$/m);
  assert.match(text, /^worker 0 +\? +\? +\? +\? +\? +\? +\?$/m);
  assert.match(text, /^\? pressure\.io: io\.pressure: ENOENT$/m);
  assert.doesNotMatch(text, /▲/);
});

test('what is near its bound, or has been killed before, stands out', () => {
  const { process: own, cgroup } = calm;
  const text = runtimeText(
    {
      ...calm,
      process: { ...own, rss_bytes: 900 << 20, cpu_used: 1.9, descriptors: { open: 900, limit: 1000 } },
      cgroup: { memory: { ...cgroup.memory, oom_kills: 1 }, cpu: { limit: 2, throttled_ms: 65_000 } },
    },
    style,
  );
  assert.match(text, /^memory +▲ 900 MiB of 1\.0 GiB \(87\.9%\) \(cgroup\), .*▲ 1 OOM kill$/m);
  assert.match(text, /^cpu +▲ 1\.90 of 2\.00 cores in 10 s, throttled 1m 05s$/m);
  assert.match(text, /^files +▲ 900 of 1 000 \(90\.0%\) descriptors$/m);
});
