/** The same as the quick tier's large bodies, at a size that no buffer could hide. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transfer } from '../helpers/body-transfer.ts';

const MIB = 1 << 20;

for (const direction of ['download', 'upload'] as const) {
  test(`one ${direction} of 1 GiB reaches a reader of 8 MiB a second whole, in less than 64 MiB`, async (t) => {
    const outcome = await transfer(t, {
      direction,
      framing: 'length',
      bytes: 1024 * MIB,
      bytesPerSecond: 8 * MIB,
    });
    assert.equal(outcome.bytes, 1024 * MIB);
    assert.equal(outcome.arrived, outcome.sent);
    assert.ok(outcome.grownBytes < 64 * MIB, `grew by ${outcome.grownBytes} bytes`);
    t.diagnostic(`resident memory grew by ${Math.round(outcome.grownBytes / MIB)} MiB`);
  });
}
