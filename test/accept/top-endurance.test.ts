/** Twelve hours of the screen, time turned by hand: 50,000 frames through every view, and memory as it was after the first minutes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertKept, runMarathon } from '../tui/endurance/run-marathon.ts';

test('50,000 frames of a screen leave the heap within 5 MiB of what it was', async (t) => {
  const marathon = await runMarathon(50_000, 44 * 60_000);
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
  t.diagnostic(`heap in MiB: ${marathon.heap.map(mib).join(', ')}; ${marathon.cpuMsPerFrame.toFixed(1)} ms a frame`);
  assertKept(marathon);
  assert.ok(marathon.growth < 5 * 2 ** 20, `the heap grew by ${mib(marathon.growth)} MiB: ${marathon.heap.map(mib)}`);
});
