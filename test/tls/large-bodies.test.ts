/** Large bodies to and from clients under TLS with one side slow: every byte arrives, and the process does not grow with them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transfer } from '../helpers/body-transfer.ts';
import { TestAuthority } from '../helpers/certificates.ts';

const MIB = 1 << 20;

for (const direction of ['download', 'upload'] as const) {
  test(`one ${direction} of 64 MiB reaches a slow reader whole, in bounded memory`, async (t) => {
    const outcome = await transfer(t, {
      direction,
      framing: direction === 'download' ? 'length' : 'chunked',
      bytes: 64 * MIB,
      bytesPerSecond: 48 * MIB,
      listenerAuthority: TestAuthority.root(t),
    });
    assert.equal(outcome.bytes, 64 * MIB);
    assert.equal(outcome.arrived, outcome.sent);
    assert.ok(outcome.grownBytes < 64 * MIB, `grew by ${outcome.grownBytes} bytes`);
  });
}
