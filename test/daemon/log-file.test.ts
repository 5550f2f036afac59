/** Log files: whole lines, never blocking, dropped and counted when the disk or the reader does not take them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { pbkdf2 } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { LogFile, type LogFileNews } from '../../src/proxy/shared/log-file.ts';
import { LogRing, newLogRing } from '../../src/proxy/shared/log-ring.ts';
import { openLogTarget } from '../../src/proxy/shared/log-target.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

function scene(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const clock = new ManualClock();
  const ring = new LogRing(newLogRing(8192));
  const seen = { dropped: 0, faults: [] as string[], news: [] as LogFileNews[] };
  const log = new LogFile({
    ring,
    clock,
    onDropped: (lines) => {
      seen.dropped += lines;
    },
    onNews: (news) => {
      seen.news.push(news);
      if (news.kind === 'fault') seen.faults.push(news.path);
    },
  });
  t.after(() => log.close());
  return { folder, clock, ring, log, seen };
}

test('lines reach the file within a second of being appended', async (t) => {
  const { folder, clock, ring, log } = scene(t);
  const path = join(folder, 'access.log');
  await log.use(openLogTarget(path));
  ring.append('one');
  ring.append('two');
  clock.advance(1000);
  await eventually(() => readFileSync(path, 'utf8') === 'one\ntwo\n');
});

test('after a rotation and a reopen the new lines are in a new file and the old ones in the old', async (t) => {
  const { folder, ring, log } = scene(t);
  const path = join(folder, 'access.log');
  await log.use(openLogTarget(path));
  ring.append('before');
  await log.flush();
  renameSync(path, `${path}.1`);
  ring.append('between');
  await log.reopen();
  ring.append('after');
  await log.flush();
  assert.equal(readFileSync(`${path}.1`, 'utf8'), 'before\nbetween\n');
  assert.equal(readFileSync(path, 'utf8'), 'after\n');
});

test('a line that comes while the file is being changed goes to a log, and not to what then has the number of the old one', async (t) => {
  const { folder, ring, log, seen } = scene(t);
  const path = join(folder, 'access.log');
  await log.use(openLogTarget(path));
  renameSync(path, `${path}.1`);
  ring.append('before');
  const reopened = log.reopen();
  // From now on the threads that write files are busy: what is given to them later is written later still.
  const busy = Array.from({ length: 16 }, () => promisify(pbkdf2)('secret', 'salt', 100_000, 32, 'sha256'));
  ring.append('meanwhile');
  const flushed = log.flush();
  await reopened;
  // As the connection of a client would, it gets the lowest numbers that are free.
  const client = join(folder, 'client');
  const descriptors = Array.from({ length: 4 }, () => openSync(client, 'a'));
  t.after(() => descriptors.forEach((descriptor) => closeSync(descriptor)));
  await Promise.all([flushed, ...busy]);
  await log.flush();
  assert.equal(readFileSync(client, 'utf8'), '');
  assert.equal(readFileSync(`${path}.1`, 'utf8') + readFileSync(path, 'utf8'), 'before\nmeanwhile\n');
  assert.equal(seen.dropped, 0);
});

test('a reopen that fails keeps the old file and is reported once', async (t) => {
  const { folder, ring, log, seen } = scene(t);
  const path = join(folder, 'logs', 'access.log');
  await assert.rejects(async () => openLogTarget(path), { code: 'ENOENT' });
  const real = join(folder, 'access.log');
  await log.use({ ...openLogTarget(real), path });
  await log.reopen();
  await log.reopen();
  ring.append('still here');
  await log.flush();
  assert.deepEqual(seen.faults, [path]);
  assert.equal(readFileSync(real, 'utf8'), 'still here\n');
});

test('a full disk drops lines, counts them, reports once and never throws', async (t) => {
  const { ring, log, seen } = scene(t);
  await log.use({ path: '/dev/full', fd: openLogTarget('/dev/full').fd, regular: true });
  ring.append('one');
  ring.append('two');
  await log.flush();
  ring.append('three');
  await log.flush();
  assert.equal(seen.dropped, 3);
  assert.deepEqual(seen.faults, ['/dev/full']);
  assert.equal(ring.pendingBytes, 0);
});

test('a pipe that nobody reads drops lines and counts them, without blocking and without tearing one', async (t) => {
  const { folder, ring, log, seen } = scene(t);
  const fifo = join(folder, 'fifo');
  await new Promise((resolve) => spawn('mkfifo', [fifo]).once('exit', resolve));
  const { openSync, constants, readSync, closeSync } = await import('node:fs');
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  t.after(() => closeSync(reader));
  const writer = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
  await log.use({ path: 'stdout', fd: writer, regular: false });
  const line = 'x'.repeat(999);
  for (let n = 0; n < 200; n++) {
    ring.append(line);
    await log.flush();
  }
  assert.ok(seen.dropped > 0, 'some lines did not fit into the pipe');
  assert.deepEqual(seen.faults, [], 'a slow reader is no fault');
  let text = '';
  const buffer = Buffer.alloc(1 << 17);
  for (let got = readSync(reader, buffer); got > 0; ) {
    text += buffer.toString('latin1', 0, got);
    try {
      got = readSync(reader, buffer);
    } catch {
      got = 0;
    }
  }
  const lines = text.split('\n').slice(0, -1);
  assert.equal(lines.length + seen.dropped, 200);
  assert.ok(lines.every((got) => got === line));
});

test('without a destination lines are dropped and counted', async (t) => {
  const { ring, log, seen } = scene(t);
  ring.append('nowhere');
  await log.flush();
  assert.equal(seen.dropped, 1);
});
