/** The chart wall for a day: what it is drawn with leaks easily, so its heap is looked at over thousands of pictures. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { compileCache } from '../helpers/compile-cache.ts';
import { sceneFolder } from '../tui/stage/scripted-daemon.ts';
import { openTerminal } from '../tui/stage/terminal.ts';

const PICTURES = 6_000;
const MOST_GROWTH = 2 * 1024 * 1024;

test('six thousand pictures leave the heap of the chart wall as it was', async (t) => {
  const file = path.join(sceneFolder(t), 'heap');
  const terminal = await openTerminal(t, {
    columns: 120,
    rows: 36,
    command: process.execPath,
    args: ['--expose-gc', path.join(import.meta.dirname, '../tui/charts/wall-load.ts'), file, String(PICTURES)],
    env: { ...compileCache(), NODE_NO_WARNINGS: '1' },
  });
  if (terminal === undefined) return;
  assert.deepEqual(await terminal.exit(), { code: 0, signal: null });
  const heap = readFileSync(file, 'utf8').trim().split('\n').map(Number);
  const [first = 0] = heap;
  assert.equal(heap.length, 6);
  assert.ok(
    (heap.at(-1) ?? 0) - first < MOST_GROWTH,
    heap.map((bytes) => (bytes / 1024 / 1024).toFixed(2)).join(' → '),
  );
});
