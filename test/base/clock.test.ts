/** The clock of the process: what it promises to those who wait for a time. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { systemClock } from '../../src/base/clock.ts';

test('a task is never called before the time that it was to wait has passed on the same clock', async () => {
  const early: number[] = [];
  const tasks: Promise<void>[] = [];
  for (let n = 0; n < 300; n++) {
    // Late in its turn of the event loop, as after compiling a configuration.
    for (const busy = systemClock.now() + 0.3; systemClock.now() < busy; );
    const delayMs = 20 + n / 7;
    const due = systemClock.now() + delayMs;
    tasks.push(
      new Promise((resolve) => {
        systemClock.after(delayMs, () => {
          const left = due - systemClock.now();
          if (left > 0) early.push(left);
          resolve();
        });
      }),
    );
  }
  await Promise.all(tasks);
  assert.deepEqual(early, []);
});

test('a delay longer than a timer takes is no delay of none, and can be stopped', async () => {
  let called = false;
  const waiting = systemClock.after(30 * 86_400_000, () => {
    called = true;
  });
  await new Promise<void>((resolve) => void systemClock.after(20, resolve));
  waiting.stop();
  assert.equal(called, false);
});
