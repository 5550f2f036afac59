/** The window of outcomes counts exactly, says once that a target fails, and forgets when told to. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { type Cell, CellRegistry } from '../../../src/proxy/shared/cells.ts';
import { clearWindow, readWindow, recordOutcome, windowWords } from '../../../src/proxy/shared/outcome-window.ts';
import type { Recording } from './window-hammer.ts';

const threads = 3;

function window(size: number): Cell {
  const registry = new CellRegistry(1);
  return registry.view(registry.cell('window', 0, windowWords(size), 0), 0);
}

test('a window holds the last outcomes and tells once a window, when it is full and has failures enough', () => {
  const outcome = fc.oneof(
    { weight: 20, arbitrary: fc.boolean() },
    { weight: 1, arbitrary: fc.constant('clear' as const) },
  );
  const property = fc.property(
    fc.integer({ min: 1, max: 8 }),
    fc.constantFrom(1, 30, 50, 100),
    fc.array(outcome, { minLength: 10, maxLength: 80, size: 'max' }),
    (size, rate, outcomes) => {
      const cell = window(size);
      let last: boolean[] = [];
      let since = Infinity;
      for (const step of outcomes) {
        if (step === 'clear') {
          clearWindow(cell);
          last = [];
          since = Infinity;
        } else {
          const wasFull = last.length === size;
          last = [...last, step].slice(-size);
          const failures = last.filter((failed) => failed).length;
          since++;
          const tells: boolean =
            since >= size && last.length === size && (step || !wasFull) && failures * 100 >= rate * size;
          if (tells) since = 0;
          assert.equal(recordOutcome(cell, step, rate), tells);
        }
        const failures = last.filter((failed) => failed).length;
        assert.deepEqual(readWindow(cell), { requests: last.length, failures });
      }
    },
  );
  fc.assert(property, { numRuns: 1000 });
});

test('half of the outcomes are enough, also when the last of them was a success', () => {
  const cell = window(4);
  assert.equal(recordOutcome(cell, true, 50), false);
  assert.equal(recordOutcome(cell, true, 50), false);
  assert.equal(recordOutcome(cell, false, 50), false);
  assert.equal(recordOutcome(cell, false, 50), true);
  for (let i = 0; i < 3; i++) assert.equal(recordOutcome(cell, true, 50), false, 'it has been said');
  assert.equal(recordOutcome(cell, true, 50), true, 'and is said again after a whole window: nobody may have heard');
});

test('the counts stay true when the number of outcomes no longer fits a word', () => {
  const cell = window(3);
  // The first word is the turn.
  cell.shared[0] = -2;
  for (let i = 0; i < 7; i++) recordOutcome(cell, true, 50);
  assert.deepEqual(readWindow(cell), { requests: 3, failures: 3 });
  for (let i = 0; i < 3; i++) recordOutcome(cell, false, 50);
  assert.deepEqual(readWindow(cell), { requests: 3, failures: 0 });
});

for (const clearing of [false, true]) {
  test(`what several threads record is counted exactly${clearing ? ', while it is being cleared' : ''}`, async () => {
    const size = 100;
    const registry = new CellRegistry(threads + 1);
    const ref = registry.cell('window', 0, windowWords(size), 0);
    const cell = registry.view(ref, threads);
    let running = threads;
    const workers = Array.from({ length: threads }, (_, lane) => {
      const workerData: Recording = { segments: registry.segments, cell: ref, lane, outcomes: 200_000, failing: 60 };
      return new Worker(new URL('./window-hammer.ts', import.meta.url), { workerData });
    });
    const results = workers.map(async (worker) => {
      const [reports] = (await once(worker, 'message')) as [number];
      running--;
      return reports;
    });
    let clears = 0;
    while (clearing && running > 0) {
      for (let i = 0; i < 200; i++) clearWindow(cell);
      clears += 200;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const reports = (await Promise.all(results)).reduce((sum, one) => sum + one, 0);
    if (clearing) assert.ok(reports <= clears + (threads * 200_000) / size, `${reports} reports`);
    else {
      // One at a time: each covers a window of its own.
      assert.ok(reports >= 1 && reports <= (threads * 200_000) / size, `${reports} reports`);
      assert.equal(readWindow(cell).requests, size);
    }
    // Nothing has been counted twice or lost: what is put in now is all there is.
    for (let i = 0; i < size; i++) recordOutcome(cell, false, 50);
    assert.deepEqual(readWindow(cell), { requests: size, failures: 0 });
    for (let i = 0; i < size; i++) recordOutcome(cell, true, 50);
    assert.deepEqual(readWindow(cell), { requests: size, failures: size });
    clearWindow(cell);
    assert.deepEqual(readWindow(cell), { requests: 0, failures: 0 });
    for (let i = 1; i < size; i++) assert.equal(recordOutcome(cell, true, 50), false);
    assert.equal(recordOutcome(cell, true, 50), true, 'it tells again once it is full');
  });
}
