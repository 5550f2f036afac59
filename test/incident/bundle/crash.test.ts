/** Whatever ends the writing of a bundle, and wherever: the whole archive is there, or nothing of it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { systemSteps } from '../../../src/base/atomic-file.ts';
import { SentinelError } from '../../../src/base/errors.ts';
import { draftPathOf } from '../../../src/incident/bundle/draft.ts';
import { readBundle } from '../../../src/incident/bundle/read.ts';
import { writeBundle } from '../../../src/incident/bundle/write.ts';
import { compileCache } from '../../helpers/compile-cache.ts';
import { folderOf, found, orderIn } from './bundles.ts';

const items = [found('state/a.txt', 'a\n'), found('logs/b.log', 'one\ntwo\n', { class: 'logs' })];

/** What is done on disk, in order. */
const steps = ['create', 'write', 'sync', 'rename', 'sync the folder'];

test('killed at any step, it leaves the whole archive or none, and the next snapshot of the incident removes the rest', async (t) => {
  const folder = folderOf(t);
  const program = path.join(import.meta.dirname, 'dying-writer.ts');
  const killed = await Promise.all(
    [...Array(steps.length + 1).keys()].map(async (at) => {
      const own = path.join(folder, `${at}`);
      const child = spawn(process.execPath, [program, own, String(at)], {
        env: { ...process.env, ...compileCache() },
        stdio: 'inherit',
      });
      const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
      return { at, own, signal };
    }),
  );
  for (const { at, own, signal } of killed) {
    const step = steps[at] ?? 'none';
    const names = readdirSync(own);
    const archives = names.filter((name) => !name.startsWith('.'));
    const renamed = at > steps.indexOf('rename');
    assert.deepEqual(
      [signal, archives.length, names.length - archives.length],
      [step === 'none' ? null : 'SIGKILL', renamed ? 1 : 0, renamed || step === 'create' ? 0 : 1],
      `killed instead of: ${step}`,
    );
    for (const name of archives) await readBundle(path.join(own, name));
    await writeBundle({ ...orderIn(own, { items }), path: path.join(own, 'INC-001-again.tar.gz') });
    assert.deepEqual(readdirSync(own).toSorted(), ['INC-001-again.tar.gz', ...archives].toSorted());
  }
});

test('a draft of a process that lives, of another incident, or of something else stays', async (t) => {
  const folder = folderOf(t);
  const kept = [
    path.basename(draftPathOf(path.join(folder, 'INC-001-other.tar.gz'))),
    '.INC-002-x.tar.gz.999999999-1.draft',
    '.INC-001-x.tar.gz.swp',
  ];
  const gone = '.INC-001-x.tar.gz.999999999-1.draft';
  for (const name of [...kept, gone]) writeFileSync(path.join(folder, name), '');
  await writeBundle(orderIn(folder, { items }));
  assert.deepEqual(
    readdirSync(folder)
      .filter((name) => name.startsWith('.'))
      .toSorted(),
    kept.toSorted(),
  );
});

for (const [step, errno] of [
  ['create', 'EACCES'],
  ['write', 'ENOSPC'],
  ['sync', 'EIO'],
  ['rename', 'EROFS'],
] as const) {
  test(`where ${step} fails with ${errno}, nothing is left, and the message says what to do`, async (t) => {
    const folder = folderOf(t);
    const fail = (): never => {
      throw Object.assign(new Error(errno), { code: errno });
    };
    const error = await writeBundle(orderIn(folder, { items, steps: { ...systemSteps, [step]: fail } })).catch(
      (one: unknown) => one,
    );
    assert.ok(error instanceof SentinelError);
    assert.equal(error.code, errno === 'ENOSPC' ? 'SNT-I045' : 'SNT-I046');
    if (errno === 'ENOSPC') assert.match(error.message, /it needs \d\.\d KiB, and .* are free in /);
    assert.match(error.hint ?? '', /--output/);
    assert.deepEqual(readdirSync(folder), []);
  });
}

test('on a disk that is nearly full logs give way, and where there is no room at all nothing is written', async (t) => {
  const log = Array.from({ length: 3_000 }, (_, at) => `${at} ${(at * 7919).toString(36)} ${Math.sqrt(at)}\n`).join('');
  const some = [found('state/a.txt', 'a\n'), found('logs/b.log', log, { class: 'logs' })];
  const usual = await writeBundle(orderIn(folderOf(t), { items: some }));
  const limits = { reserveBytes: 10_000 };
  const free = 10_000 + Math.floor(usual.bytes / 2);
  const { bytes, manifest } = await writeBundle(orderIn(folderOf(t), { items: some, limits, freeBytes: () => free }));
  assert.ok(bytes <= free - 10_000 && bytes > free / 4, `${bytes}`);
  assert.match(manifest.items[0]?.truncated ?? '', /^the oldest \d+ KiB \(only \d+ KiB are free on the disk\)$/);
  const folder = folderOf(t);
  const error = await writeBundle(orderIn(folder, { items: some, limits, freeBytes: () => 10_500 })).catch(
    (one: unknown) => one,
  );
  assert.ok(error instanceof SentinelError && error.code === 'SNT-I045');
  assert.deepEqual(readdirSync(folder), []);
});

test('what is interrupted leaves nothing, whenever that is', async (t) => {
  for (const at of ['create', 'write', 'sync'] as const) {
    const folder = folderOf(t);
    const interruption = new AbortController();
    const interrupting = {
      ...systemSteps,
      [at]: (...args: readonly never[]) => {
        interruption.abort(new Error('Ctrl-C'));
        return (systemSteps[at] as (...args: readonly never[]) => unknown)(...args);
      },
    };
    const writing = writeBundle(orderIn(folder, { items, steps: interrupting, signal: interruption.signal }));
    await assert.rejects(writing, /Ctrl-C/);
    assert.deepEqual(readdirSync(folder), []);
  }
});

test('what is there already is never replaced', async (t) => {
  const folder = folderOf(t);
  const order = orderIn(folder, { items });
  await writeBundle(order);
  await assert.rejects(writeBundle(order), { code: 'SNT-I046' });
});

test('a secret in what was written takes the archive away, and is not said', async (t) => {
  const folder = folderOf(t);
  const order = orderIn(folder, { items: [found('state/a.txt', 'one\nnever-told-9\n')], known: ['never-told-9'] });
  const error = await writeBundle(order).catch((one: unknown) => one);
  assert.ok(error instanceof SentinelError);
  assert.equal(error.code, 'SNT-I040');
  assert.match(error.message, /state\/a\.txt:2 \(\w+\)/);
  assert.doesNotMatch(error.message, /never-told/);
  assert.deepEqual(readdirSync(folder), []);
});
