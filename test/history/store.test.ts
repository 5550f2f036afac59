import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type FileSteps, systemSteps } from '../../src/base/atomic-file.ts';
import type { Generation } from '../../src/history/generation.ts';
import { readPending, setPending } from '../../src/history/pending.ts';
import { readIntent, replaceFiles } from '../../src/history/replacement.ts';
import { HistoryStore } from '../../src/history/store.ts';
import { keepOverwritten } from '../../src/proxy/control/history/overwritten.ts';
import { testFolder } from '../helpers/daemon.ts';

function generation(number: number, text = `text ${number}`, more: Partial<Generation> = {}): Generation {
  return {
    number,
    at: '2026-01-02T03:04:05.678Z',
    actor: 'olga',
    reason: null,
    origin: 'reload',
    digest: `digest of ${text}`,
    files: [{ path: '/etc/sentinel.kdl', text }],
    ...more,
  };
}

function room(t: TestContext, steps: FileSteps = systemSteps) {
  const instance = join(testFolder(t), 'instance');
  const folders = {
    find: () => instance,
    ensure: () => {
      mkdirSync(instance, { recursive: true });
      return instance;
    },
  };
  return { instance, folders, store: new HistoryStore(folders, steps) };
}

/** Steps of which the one with this number, from 0, finds the disk full. */
function full(at: () => number): FileSteps {
  let count = -1;
  const failing =
    <T extends unknown[], R>(step: (...args: T) => R) =>
    (...args: T): R => {
      count++;
      if (count === at()) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      return step(...args);
    };
  return {
    ...systemSteps,
    create: failing(systemSteps.create),
    write: failing(systemSteps.write),
    rename: failing(systemSteps.rename),
  };
}

test('what was recorded is read back with its texts, newest first in the list', (t) => {
  const { store } = room(t);
  assert.deepEqual(store.list(), { generations: [], unreadable: [] });
  store.record(generation(1));
  store.record(generation(2, 'zwei ✓\n', { reason: 'because', origin: 'apply' }));
  assert.deepEqual(
    store.list().generations.map(({ number, files, reason }) => [number, files, reason]),
    [
      [2, ['/etc/sentinel.kdl'], 'because'],
      [1, ['/etc/sentinel.kdl'], null],
    ],
  );
  assert.deepEqual(store.read(2), generation(2, 'zwei ✓\n', { reason: 'because', origin: 'apply' }));
  assert.deepEqual(store.withDigest('digest of text 1')?.number, 1);
});

test('numbers go on: the same text keeps its number, another gets the next', (t) => {
  const { store } = room(t);
  assert.equal(store.numberFor('digest of text 1'), 1);
  store.record(generation(1));
  store.record(generation(7));
  assert.equal(store.numberFor('digest of text 7'), 7);
  assert.equal(store.numberFor('digest of text 1'), 8);
});

test('an entry that cannot be read is named, its number is not given again, and the others are there', (t) => {
  const { store, instance } = room(t);
  store.record(generation(1));
  store.record(generation(2));
  writeFileSync(join(instance, 'history', '00000003.generation'), '{"schema":');
  const damaged = join(instance, 'history', '00000002.generation');
  writeFileSync(damaged, readFileSync(damaged, 'utf8').replace('["text 2"]', '["text X"]'));
  const { generations, unreadable } = store.list();
  assert.deepEqual(
    generations.map(({ number }) => number),
    [2, 1],
  );
  assert.match(unreadable[0]?.file ?? '', /00000003\.generation$/);
  assert.throws(() => store.read(2), { code: 'SNT-P018', message: /not what was written/ });
  assert.throws(() => store.read(9), { code: 'SNT-P018' });
  assert.equal(store.numberFor('digest of text 2'), 4);
});

test('of more than are kept, those go first whose text the next one has again, then the oldest', (t) => {
  const { store } = room(t);
  for (const [number, text] of [
    [1, 'a'],
    [2, 'b'],
    [3, 'b'],
    [4, 'b'],
    [5, 'c'],
  ] as const)
    store.record(generation(number, text));
  const numbers = () => store.list().generations.map(({ number }) => number);
  store.prune(3);
  assert.deepEqual(numbers(), [5, 4, 1]);
  store.prune(1, new Set([1]));
  assert.deepEqual(numbers(), [5, 1]);
});

test('a full disk refuses the entry and leaves nothing half written', (t) => {
  let at = -1;
  const { store, instance } = room(
    t,
    full(() => at),
  );
  store.record(generation(1));
  for (at of [3, 5, 8]) assert.throws(() => store.record(generation(2)), { code: 'SNT-P019', message: /ENOSPC/ });
  assert.deepEqual(readdirSync(join(instance, 'history')), ['00000001.generation']);
});

test('files are replaced with the permissions that they had, where a link leads, and a mark is gone after it', (t) => {
  const { folders, instance } = room(t);
  const folder = testFolder(t);
  const [real, link, gone, extra] = ['real.kdl', 'sentinel.kdl', 'conf.d/new.kdl', 'extra.kdl'].map((one) =>
    join(folder, one),
  ) as [string, string, string, string];
  writeFileSync(real, 'old');
  chmodSync(real, 0o640);
  symlinkSync(real, link);
  writeFileSync(extra, 'extra');
  setPending(folders, {
    id: 'c-1',
    generation: 2,
    actor: 'olga',
    reason: null,
    previous: 1,
    previousDigest: 'a',
    diskDigest: 'a',
    restore: [],
    deadline: '2026-01-02T03:09:05.678Z',
  });
  assert.equal(readPending(folders).mark?.id, 'c-1');
  replaceFiles(
    folders,
    {
      number: 2,
      digest: 'b',
      files: [
        { path: link, text: 'new' },
        { path: gone, text: 'more' },
      ],
    },
    [extra],
  );
  assert.equal(readFileSync(real, 'utf8'), 'new');
  assert.equal(lstatSync(link).isSymbolicLink(), true);
  assert.equal(statSync(real).mode & 0o777, 0o640);
  assert.equal(readFileSync(gone, 'utf8'), 'more');
  assert.deepEqual(readdirSync(folder).sort(), ['.extra.kdl.set-aside', 'conf.d', 'real.kdl', 'sentinel.kdl']);
  assert.deepEqual(readPending(folders), { mark: null, unusable: null });
  assert.deepEqual(readIntent(folders), { intent: null, unusable: null });
  assert.deepEqual(readdirSync(instance), []);
});

test('where one of the files cannot be written, all are as they were', (t) => {
  const folder = testFolder(t);
  const paths = [join(folder, 'a.kdl'), join(folder, 'b.kdl')];
  // 0–2 the intent, 3–5 the first file, 6–8 the second.
  for (const at of [0, 1, 2, 3, 4, 5, 6, 7, 8]) {
    for (const path of paths) writeFileSync(path, 'old');
    const { folders } = room(t);
    const files = paths.map((path) => ({ path, text: 'new' }));
    assert.throws(
      () =>
        replaceFiles(
          folders,
          { number: 2, digest: 'b', files },
          [],
          full(() => at),
        ),
      {
        code: 'SNT-P020',
        message: at < 3 ? /no file was touched/ : /as they were/,
      },
    );
    assert.deepEqual(
      paths.map((path) => readFileSync(path, 'utf8')),
      ['old', 'old'],
      String(at),
    );
    assert.equal(readIntent(folders).intent, null);
    assert.deepEqual(readdirSync(folder).sort(), ['a.kdl', 'b.kdl']);
  }
});

test('of files of one name in several folders each has a copy of its own before it is overwritten', (t) => {
  const { instance, folders } = room(t);
  const files = ['a', 'b', 'c'].map((name) => {
    const path = join(instance, name, 'api.kdl');
    mkdirSync(join(instance, name), { recursive: true });
    writeFileSync(path, `edited ${name}`);
    return { path, text: 'new' };
  });
  const copies = keepOverwritten(folders, files, () => false, 0);
  assert.deepEqual(
    copies.map((copy) => readFileSync(copy, 'utf8')),
    ['edited a', 'edited b', 'edited c'],
  );
});
