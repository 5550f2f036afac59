/** A hundred certificates, one after the other, while clients connect: the promise of the hot swap, in full. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { swapUnderLoad } from '../helpers/certificate-swaps.ts';

test('a hundred swaps under load fail no handshake, and each is seen within a second', async (t) => {
  const { handshakes, slowestMs } = await swapUnderLoad(t, 100);
  t.diagnostic(`${handshakes} handshakes, the slowest swap took ${Math.round(slowestMs)} ms`);
  assert.ok(handshakes > 1000);
  assert.ok(slowestMs < 1000, `${slowestMs} ms`);
});
