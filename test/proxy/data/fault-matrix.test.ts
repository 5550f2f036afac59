/** The table of faults is whole: each is held by a test or named as pending, and no file named is missing. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { faultMatrix } from './fault-matrix.ts';

const ids = (letter: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `${letter}${from + i}`);

test('every fault of clients, upstreams and operation is in the table once', () => {
  assert.deepEqual(
    faultMatrix.map(({ id }) => id),
    [...ids('A', 1, 33), ...ids('B', 34, 45), ...ids('C', 46, 55), ...ids('D', 56, 77), ...ids('F', 89, 100)],
  );
});

test('a fault is held by files and titles that exist, or waits for something that is named', () => {
  for (const fault of faultMatrix) {
    if (!('heldBy' in fault)) {
      assert.notEqual(fault.pending, '', fault.id);
      continue;
    }
    assert.notEqual(fault.heldBy.length, 0, fault.id);
    for (const held of fault.heldBy) {
      const [file = '', words] = held.split(/: (.*)/);
      const path = fileURLToPath(
        new URL(file.includes('/') ? `../../${file}.test.ts` : `./${file}.test.ts`, import.meta.url),
      );
      assert.ok(existsSync(path), `${fault.id} is held by ${file}, which does not exist`);
      if (words === undefined) continue;
      const titles = [...readFileSync(path, 'utf8').matchAll(/^ *test\((['`])(.*)\1/gm)].map(
        ([, , title]) => title ?? '',
      );
      assert.equal(titles.filter((title) => title.includes(words)).length, 1, `${fault.id} is held by ${held}`);
    }
  }
});

test('these faults wait, and no others', () => {
  const waiting = faultMatrix.filter((fault) => !('heldBy' in fault)).map(({ id }) => id);
  assert.deepEqual(waiting, []);
  const inPart = faultMatrix.filter((fault) => 'heldBy' in fault && fault.pending !== undefined).map(({ id }) => id);
  assert.deepEqual(inPart, []);
});
