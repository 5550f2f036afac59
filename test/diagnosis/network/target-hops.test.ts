/** What is kept of the way to a target that does not answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hopsIn } from '../../../src/diagnosis/probes/target-hops.ts';

test('of what traceroute prints the hops are kept, and one of the silence behind them', () => {
  const output = `traceroute to 10.9.9.9 (10.9.9.9), 12 hops max, 60 byte packets
 1  10.0.0.1  0.412 ms
 2  *
 3  fd00::7  3.1 ms
 4  *
 5  *
`;
  assert.deepEqual(hopsIn(output), ['10.0.0.1', '*', 'fd00::7', '*']);
  assert.deepEqual(hopsIn('traceroute: unknown host\n'), []);
});
