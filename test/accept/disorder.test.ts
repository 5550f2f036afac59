/** The quick tier's disorder with many more seeds, a few dozen a process. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const seedsPerProcess = 30;

const batches = [
  ...Array.from({ length: 10 }, (_, batch) => ['disorder', batch] as const),
  ...Array.from({ length: 4 }, (_, batch) => ['guarded-disorder', batch] as const),
  ...Array.from({ length: 2 }, (_, batch) => ['secured-disorder', batch] as const),
];

for (const [what, batch] of batches) {
  const file = fileURLToPath(new URL(`../proxy/data/${what}.test.ts`, import.meta.url));
  const first = 1000 + batch * seedsPerProcess;
  const seeds = Array.from({ length: seedsPerProcess }, (_, i) => first + i);
  test(`${what} of the seeds from ${first} to ${first + seedsPerProcess - 1} harms nobody but who makes it`, () => {
    // Without its parent's context the runner reports to us instead of to the runner above.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const run = spawnSync(process.execPath, ['--test', '--test-reporter=dot', file], {
      env: { ...env, SENTINEL_DISORDER_SEEDS: seeds.join(' ') },
      encoding: 'utf8',
    });
    assert.equal(run.status, 0, run.stdout + run.stderr);
  });
}
