/** `GET /admin/runtime` of a real daemon: the threads say how they are, and what cannot be known has a reason. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type DaemonProcess, startDaemonProcess } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

const runtime = (daemon: DaemonProcess) => daemon.client.call('runtime').then(({ data }) => data);

test('process, threads and limits are what the kernel says of that process', async (t) => {
  const daemon = await startDaemonProcess(t, { workers: 2, openFiles: 5000 });
  const { process: own, memory, main, workers, cgroup } = await runtime(daemon);
  assert.equal(own.pid, daemon.pid);
  assert.deepEqual([own.node, own.v8], [process.versions.node, process.versions.v8]);
  assert.equal(own.descriptors.limit, 5000);
  const status = readFileSync(`/proc/${daemon.pid}/status`, 'utf8');
  assert.equal(own.threads, Number(/^Threads:\s+(\d+)/m.exec(status)?.[1]));
  const open = readdirSync(`/proc/${daemon.pid}/fd`).length;
  assert.ok(Math.abs((own.descriptors.open ?? 0) - open) <= 5, `${own.descriptors.open} of ${open}`);
  assert.ok(own.rss_bytes > 20e6 && own.uptime_ms >= 0);
  assert.ok(memory.limit_bytes > 0);
  assert.equal(memory.shed_above_bytes, null);
  assert.ok(cgroup.memory.limit_bytes === null || cgroup.memory.limit_bytes > 0);
  assert.deepEqual(
    workers.map(({ worker }) => worker),
    [0, 1],
  );
  for (const { heap } of [main, ...workers]) {
    assert.ok(heap !== null && heap.used_bytes > 0 && heap.used_bytes <= heap.total_bytes);
    assert.ok(heap.total_bytes < heap.limit_bytes && heap.external_bytes > 0);
  }
});

test('what is not known yet is null with its reason, and is known soon', async (t) => {
  const daemon = await startDaemonProcess(t, { workers: 1 });
  const first = await runtime(daemon);
  assert.equal(first.workers[0]?.gc, null);
  assert.match(first.unknown['workers.0.gc'] ?? '', /ask again/);
  const later = await eventually(async () => {
    const reply = await runtime(daemon);
    const { gc, loop_utilization: busy, loop_delay: delay } = reply.workers[0] as (typeof reply.workers)[0];
    assert.ok(gc !== null && busy !== null && delay !== null && reply.process.cpu_used !== null);
    assert.ok(busy >= 0 && busy <= 1 && delay.p50_ms <= delay.p99_ms && delay.p99_ms <= delay.max_ms);
    assert.ok(gc.max_pause_ms <= gc.pause_ms || gc.count === 0);
    return reply;
  });
  for (const path of ['workers.0.gc', 'workers.0.loop_utilization', 'main.gc', 'process.cpu_used']) {
    assert.equal(later.unknown[path], undefined, path);
  }
  const metrics = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  const share = /^sentinel_worker_loop_utilization\{worker="0"\} ([\d.e-]+)$/m.exec(metrics)?.[1];
  assert.ok(Number(share) > 0 && Number(share) < 1, `${share}`);
});

test('every null has a reason, unless there is nothing to be had', async (t) => {
  const daemon = await startDaemonProcess(t, { workers: 1 });
  const reply = await runtime(daemon);
  const mayLack = new Set([
    'memory.shed_above_bytes',
    'cgroup.memory.limit_bytes',
    'cgroup.cpu.limit',
    'pressure.source',
    'pressure.cpu.full',
  ]);
  const nulls: string[] = [];
  const walk = (value: unknown, path: string): void => {
    if (value === null) nulls.push(path);
    else if (typeof value === 'object') {
      for (const [key, one] of Object.entries(value as object)) walk(one, path === '' ? key : `${path}.${key}`);
    }
  };
  walk({ ...reply, unknown: {} }, '');
  const silent = nulls.filter((path) => reply.unknown[path] === undefined && !mayLack.has(path));
  assert.deepEqual(silent, []);
  for (const path of Object.keys(reply.unknown)) assert.ok(nulls.includes(path), `${path} is known`);
});
