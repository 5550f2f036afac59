/** Large bodies with one side slow: every byte arrives, and the process does not grow with them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transfer } from '../../helpers/body-transfer.ts';

const MIB = 1 << 20;

for (const direction of ['download', 'upload'] as const) {
  for (const framing of ['length', 'chunked'] as const) {
    test(`one ${direction} of 64 MiB by ${framing} reaches a slow reader whole, in bounded memory`, async (t) => {
      const outcome = await transfer(t, { direction, framing, bytes: 64 * MIB, bytesPerSecond: 48 * MIB });
      assert.equal(outcome.bytes, 64 * MIB);
      assert.equal(outcome.arrived, outcome.sent);
      assert.ok(outcome.grownBytes < 64 * MIB, `grew by ${outcome.grownBytes} bytes`);
    });
  }
}
