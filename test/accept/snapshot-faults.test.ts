/**
 * The rest of what can be wrong when a snapshot is taken, and takes longer to bring about than the suite has time for
 * (`test/incident/snapshot-faults.test.ts` has the others): a whole archive is left, or none.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { requireComponent } from '../helpers/components.ts';
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
} from '../incident/snapshot-scene.ts';

const MIB = 1 << 20;

test('a second snapshot replaces nothing of the first', async (t) => {
  const scene = snapshotScene(t);
  const kept = join(scene.incidents, 'INC-001', 'memory.txt');
  const first = dataOf(await scene.take());
  writeFileSync(kept, 'what it was then');
  const second = dataOf(await scene.take());
  assert.notEqual(first.file, second.file);
  assert.equal(readFileSync(kept, 'utf8'), 'what it was then');
  assert.ok(
    second.files.every((file) => file.startsWith(second.file.replace('.tar.gz', '.files/'))),
    String(second.files),
  );
  await verified(scene, first.file);
});

test('of a log of 20 GB without times as much of the end is kept as there is room', async (t) => {
  const scene = snapshotScene(t);
  writeFileSync(scene.log, '');
  truncateSync(scene.log, 20e9);
  appendFileSync(scene.log, 'somebody wrote this without a time\n');
  const data = dataOf(await scene.take());
  const manifest = await verified(scene, data.file);
  assert.equal(await contentOf(scene, data.file, 'logs/sentinel.ndjson'), 'somebody wrote this without a time\n');
  const item = manifest.items.find(({ path }) => path === 'logs/sentinel.ndjson');
  assert.match(item?.truncated ?? '', /the oldest 19 GiB of/);
});

test('where the clock was set back, times that are still to come are kept', async (t) => {
  const scene = snapshotScene(t);
  const now = Date.now();
  writeFileSync(scene.log, line(now + 7_200_000, 'before it was set back') + line(now - 1_000, 'after it'));
  const data = dataOf(await scene.take());
  await verified(scene, data.file);
  assert.match(await contentOf(scene, data.file, 'logs/sentinel.ndjson'), /before it was set back[^]*after it/);
});

test('on a disk with 5 MB left the archive is made to fit, and something stays free', async (t) => {
  const disk = smallDisk(t, '8m');
  if (disk === null) return;
  const scene = snapshotScene(t, join(disk, 'incidents'));
  const now = Date.now();
  // No two lines alike: it does not shrink when it is packed.
  const lines = Array.from({ length: 8_000 }, () => line(now - 1_000, randomBytes(750).toString('latin1')));
  writeFileSync(scene.log, lines.join(''));
  writeFileSync(join(disk, 'others'), Buffer.alloc(3 * MIB));
  const ended = await scene.take();
  assert.equal(ended.code, 0, ended.stdout + ended.stderr);
  const manifest = await verified(scene, dataOf(ended).file);
  assert.match(manifest.items.find(({ path }) => path === 'logs/sentinel.ndjson')?.truncated ?? '', /free on the disk/);
  const { bavail, bsize } = statfsSync(disk);
  assert.ok(bavail * bsize > 0);
});

const unreadable: readonly (readonly [what: string, make: (path: string) => void, why: RegExp])[] = [
  ['of 9 MiB', (path) => writeFileSync(path, Buffer.alloc(9 * MIB, 0x2f)), /8 MiB/],
  ['no text', (path) => writeFileSync(path, randomBytes(4096)), /no text|UTF-8/],
  ['not there', () => undefined, /no such file/],
];

for (const [what, make, why] of unreadable) {
  test(`with a configuration that is ${what} and no daemon the archive is whole, lacks what it must have, and says why`, async (t) => {
    const scene = snapshotScene(t);
    rmSync(scene.configFile);
    make(scene.configFile);
    const ended = await scene.take();
    assert.equal(ended.code, 3, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /SNT-I052/);
    const manifest = await verified(scene, dataOf(ended).file);
    assert.equal(manifest.complete, false);
    assert.match(manifest.incomplete.join(), /configuration/);
    assert.match(whyMissing(manifest, 'config/disk.kdl') ?? '', why);
    assert.equal(whyMissing(manifest, 'system/mem.txt'), null);
  });
}

test('a snapshot that is killed leaves no archive that is not whole, and the next one sweeps after it', async (t) => {
  const scene = snapshotScene(t);
  const admin = await hangingAdmin(t, scene);
  const running = startSnapshot(t, scene, {});
  await running.until(admin.asked());
  running.kill('SIGKILL');
  await running.ended();
  assert.deepEqual(archives(scene), []);
  const data = dataOf(await scene.take());
  await verified(scene, data.file);
  assert.equal(archives(scene).length, 1);
});

test('where the journal cannot be written, the archive stays and is named', async (t) => {
  const scene = snapshotScene(t);
  await scene.take();
  const journal = join(scene.incidents, 'INC-001', 'journal.ndjson');
  rmSync(journal);
  mkdirSync(journal);
  chmodSync(journal, 0o700);
  const ended = await scene.take();
  assert.equal(ended.code, 0, ended.stdout + ended.stderr);
  assert.match(ended.stdout, /SNT-I053/);
  await verified(scene, dataOf(ended).file);
});

test('with a configuration that this user may not read, and another one runs, the manifest says so', async (t) => {
  const setpriv = requireComponent(t, 'setpriv');
  if (setpriv === undefined) return;
  if (process.getuid?.() !== 0) {
    t.skip('only root may become somebody else');
    return;
  }
  const scene = snapshotScene(t);
  chmodSync(scene.configFile, 0o000);
  chmodSync(scene.folder, 0o777);
  const running = startSnapshot(
    t,
    scene,
    { through: [setpriv, '--reuid=65534', '--regid=65534', '--clear-groups'] },
    '--fast',
  );
  const ended = await running.ended();
  assert.equal(ended.code, 3, ended.stdout + ended.stderr);
  const manifest = await verified(scene, dataOf(ended).file);
  assert.match(whyMissing(manifest, 'config/disk.kdl') ?? '', /permission denied/);
});

test('an admin API that never answers costs a snapshot with all its patience no more than its sources', async (t) => {
  const scene = snapshotScene(t);
  const admin = await hangingAdmin(t, scene);
  const ended = await scene.take();
  assert.equal(ended.code, 0, ended.stdout + ended.stderr);
  const manifest = await verified(scene, dataOf(ended).file);
  assert.match(whyMissing(manifest, 'requests/errors.ndjson') ?? '', /no answer/);
  assert.ok(manifest.items.every(({ ms }) => ms < 10_000));
  await eventually(() => admin.open() === 0);
});

test('Ctrl-C twice leaves no archive', async (t) => {
  const scene = snapshotScene(t);
  const admin = await hangingAdmin(t, scene);
  const lines = Array.from({ length: 25_000 }, () => line(Date.now() - 1_000, randomBytes(600).toString('hex')));
  writeFileSync(scene.log, lines.join(''));
  const running = startSnapshot(t, scene, {});
  await running.until(admin.asked());
  running.kill('SIGINT');
  // Two at once are one. What it has to write by then takes longer than that.
  await pause(300);
  running.kill('SIGINT');
  const ended = await running.ended();
  assert.equal(ended.code, 130, ended.stdout + ended.stderr);
  assert.deepEqual(archives(scene), []);
});

test('a snapshot that is killed while it writes leaves only its draft, which the next one takes away', async (t) => {
  const scene = snapshotScene(t);
  const lines = Array.from({ length: 20_000 }, () => line(Date.now() - 1_000, randomBytes(600).toString('hex')));
  writeFileSync(scene.log, lines.join(''));
  const running = startSnapshot(t, scene, {});
  await running.until(eventually(() => archives(scene).some((name) => name.endsWith('.draft')), 60_000));
  running.kill('SIGKILL');
  await running.ended();
  // It may have come to its end in the moment between.
  for (const name of archives(scene)) {
    if (!name.endsWith('.draft')) await verified(scene, join(scene.incidents, 'INC-001', name));
  }
  await scene.take();
  assert.ok(
    archives(scene).every((name) => !name.endsWith('.draft')),
    String(archives(scene)),
  );
});

test('a series that is ended early keeps the captures that are there', async (t) => {
  const scene = snapshotScene(t);
  let asked = 0;
  const server = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .once('data', (request: Buffer) => {
        if (request.toString('latin1').startsWith('GET /admin/upstreams ')) asked++;
        socket.destroy();
      });
  });
  server.listen(scene.socket);
  t.after(() => void server.close());
  const running = startSnapshot(t, scene, {}, '--for', '60s', '--interval', '1s', '--since', '5m');
  // Once by the snapshot itself, once by the first capture, once by the second.
  await running.until(eventually(() => asked >= 3, 60_000));
  running.kill('SIGINT');
  const ended = await running.ended();
  assert.equal(ended.code, 130, ended.stdout + ended.stderr);
  const manifest = await verified(scene, dataOf(ended).file);
  assert.ok(manifest.items.some(({ path }) => path === 'captures/001/state/status.json'));
});
