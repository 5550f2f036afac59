/**
 * A snapshot where everything is at its worst: a whole archive is left, or none, with the status that belongs to it, and the manifest
 * says what is missing and why. What takes longer is in `test/accept/snapshot-faults.test.ts`.
 */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { callSentinel, runSentinel } from '../cli/command-line.ts';
import { eventually } from '../helpers/eventually.ts';
import {
  archives,
  contentOf,
  dataOf,
  hangingAdmin,
  logLine as line,
  smallDisk,
  snapshotScene,
  startSnapshot,
  verified,
  whyMissing,
} from './snapshot-scene.ts';

const MIB = 1 << 20;

test('with the daemon dead there is all that files and machine know, and the manifest says why the rest is not', async (t) => {
  const scene = snapshotScene(t);
  writeFileSync(scene.log, line(Date.now() - 60_000, 'it was alive'));
  const ended = await scene.take();
  assert.equal(ended.code, 0, ended.stdout + ended.stderr);
  const data = dataOf(ended);
  const manifest = await verified(scene, data.file);
  assert.equal(manifest.complete, true);
  assert.match(whyMissing(manifest, 'state/upstreams.json') ?? '', /no daemon answers \(.*no such socket\)/);
  assert.match(await contentOf(scene, data.file, 'state/admin-down.json'), /no such socket/);
  assert.match(await contentOf(scene, data.file, 'logs/sentinel.ndjson'), /it was alive/);
  assert.equal(await contentOf(scene, data.file, 'config/disk.kdl'), readFileSync(scene.configFile, 'utf8'));
  assert.deepEqual(
    data.files.map((file) => file.slice(scene.incidents.length + 1)).sort(),
    ['config.kdl', 'connections.txt', 'disk.txt', 'memory.txt', 'sentinel.log'].map((name) => `INC-001/${name}`),
  );
  assert.equal(statSync(data.file).mode & 0o777, 0o600);
});

test('what is written from the record of an incident is in its snapshot: timeline, drafts, commands', async (t) => {
  const scene = snapshotScene(t);
  const call = (...args: readonly string[]) => callSentinel(['incident', ...args], { environment: scene.environment });
  assert.equal((await call('open', 'INC-001', '--sev', '2', '--title', 'checkout fails', '--no-propose')).code, 0);
  assert.equal((await call('note', 'the queue is full')).code, 0);
  const { file } = dataOf(await scene.take());
  await verified(scene, file);
  assert.match(await contentOf(scene, file, 'timeline.ndjson'), /"words":"note: the queue is full"/);
  assert.match(await contentOf(scene, file, 'commands.ndjson'), /"command":"incident note"/);
  assert.match(await contentOf(scene, file, 'comms/initial.md'), /\[INVESTIGATING\] .* - checkout fails/);
  assert.match(await contentOf(scene, file, 'postmortem.md'), /^# Incident Post-Mortem: INC-001$/m);
});

test('an admin API that accepts and never answers keeps nothing else away, and its connections are closed', async (t) => {
  const scene = snapshotScene(t);
  const admin = await hangingAdmin(t, scene);
  const ended = await scene.take('--fast');
  assert.equal(ended.code, 0, ended.stdout + ended.stderr);
  const manifest = await verified(scene, dataOf(ended).file);
  assert.match(whyMissing(manifest, 'state/upstreams.json') ?? '', /no answer/);
  assert.equal(whyMissing(manifest, 'config/disk.kdl'), null);
  await eventually(() => admin.open() === 0);
});

test('of a log of 20 GB the newest is kept, and the manifest says how much is not', async (t) => {
  const scene = snapshotScene(t);
  const now = Date.now();
  writeFileSync(scene.log, '');
  truncateSync(scene.log, 20e9);
  appendFileSync(scene.log, `\n${line(now - 7_200_000, 'two hours ago')}${line(now - 1_800_000, 'half an hour ago')}`);
  const data = dataOf(await scene.take());
  assert.ok(data.bytes < 64 * MIB);
  await verified(scene, data.file);
  const kept = await contentOf(scene, data.file, 'logs/sentinel.ndjson');
  assert.match(kept, /half an hour ago/);
  assert.doesNotMatch(kept, /two hours ago/);
});

test('on a disk on which nothing fits nothing is left, and another place is named', async (t) => {
  const disk = smallDisk(t, '2m');
  if (disk === null) return;
  const scene = snapshotScene(t, join(disk, 'incidents'));
  writeFileSync(join(disk, 'others'), Buffer.alloc(MIB + MIB / 2));
  const ended = await scene.take();
  assert.equal(ended.code, 3, ended.stdout + ended.stderr);
  assert.match(ended.stdout, /SNT-I045[^]*free[^]*--output/);
  assert.deepEqual(archives(scene), []);
  const elsewhere = join(scene.folder, 'elsewhere.tar.gz');
  assert.equal((await scene.take('--output', elsewhere)).code, 0);
  await verified(scene, elsewhere);
});

test('Ctrl-C while it collects leaves a whole archive of what is there', async (t) => {
  const scene = snapshotScene(t);
  const admin = await hangingAdmin(t, scene);
  const running = startSnapshot(t, scene, {});
  await running.until(admin.asked());
  running.kill('SIGINT');
  const ended = await running.ended();
  assert.equal(ended.code, 130, ended.stdout + ended.stderr);
  const data = dataOf(ended);
  assert.equal(data.early, true);
  const manifest = await verified(scene, data.file);
  assert.match(whyMissing(manifest, 'state/upstreams.json') ?? '', /given up/);
});

test('where no incident can be written, the archive goes where it is told to', async (t) => {
  // Below a file nobody can make a folder.
  const scene = snapshotScene(t, join(import.meta.filename, 'incidents'));
  const ended = await scene.take();
  assert.equal(ended.code, 3, ended.stdout + ended.stderr);
  assert.match(ended.stdout, /SNT-I046[^]*--output/);
  const elsewhere = join(scene.folder, 'elsewhere.tar.gz');
  const named = await scene.take('--output', elsewhere);
  assert.equal(named.code, 0, named.stdout + named.stderr);
  assert.equal(dataOf(named).incident, null);
  await verified(scene, elsewhere);
});

test('with a configuration that is a directory and no daemon the archive is whole, and lacks what it must have', async (t) => {
  const scene = snapshotScene(t);
  rmSync(scene.configFile);
  mkdirSync(scene.configFile);
  const ended = await scene.take();
  assert.equal(ended.code, 3, ended.stdout + ended.stderr);
  assert.match(ended.stdout, /SNT-I052/);
  const manifest = await verified(scene, dataOf(ended).file);
  assert.match(whyMissing(manifest, 'config/disk.kdl') ?? '', /directory/);
});

test('it gives way to a proxy that needs the processor', async (t) => {
  const scene = snapshotScene(t);
  const tools = join(scene.folder, 'tools');
  const told = join(scene.folder, 'policy');
  mkdirSync(tools);
  writeFileSync(join(tools, 'free'), `#!/bin/sh\ncut -d' ' -f41 /proc/self/stat > ${told}\n`, { mode: 0o755 });
  const environment = { ...scene.environment, PATH: `${tools}:${process.env['PATH']}` };
  const { code } = await runSentinel(['incident', 'snapshot', 'INC-1', '--fast', '-c', scene.configFile], {
    environment,
  });
  assert.equal(code, 0);
  // proc(5): the 41st is the policy; sched(7): 5 is SCHED_IDLE.
  assert.equal(readFileSync(told, 'utf8').trim(), '5');
});
