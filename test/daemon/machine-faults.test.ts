/** The table of machine faults is whole, and no file that it names is missing. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { machineFaults } from './machine-faults.ts';

test('every fault of machine and process is in the table once', () => {
  assert.deepEqual(
    machineFaults.map(({ id }) => id),
    Array.from({ length: 11 }, (_, i) => `E${78 + i}`),
  );
});

test('each is held by files that exist', () => {
  for (const { id, heldBy } of machineFaults) {
    assert.notEqual(heldBy.length, 0, id);
    for (const file of heldBy) {
      const path = fileURLToPath(new URL(`../${file}.test.ts`, import.meta.url));
      assert.ok(existsSync(path), `${id} is held by ${file}, which does not exist`);
    }
  }
});
