/** A quarter of an hour of the screen, in every view: nothing piles up, and nothing of React's development build runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertKept, runMarathon } from './run-marathon.ts';

test('a thousand frames through every view leave no more behind than their past', async () => {
  const marathon = await runMarathon(1_000, 120_000, true);
  assertKept(marathon);
  // The past of a quarter of an hour is not full yet: what is kept of it is less than this.
  assert.ok(marathon.growth < 10 * 2 ** 20, `${marathon.growth} bytes more after half of the frames: ${marathon.heap}`);
});
