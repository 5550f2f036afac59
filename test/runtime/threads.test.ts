/** What threads say of their loops and collections, by clocks that a test turns. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoadWatch, type LoopClock } from '../../src/proxy/control/runtime/load-watch.ts';
import { ThreadWatch } from '../../src/proxy/shared/thread-watch.ts';
import { collectGarbage } from '../../src/proxy/shared/garbage.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

test('utilisation is that of the last ten seconds, and of the thread that is there now', (t) => {
  const clock = new ManualClock();
  const loop = { active: 0, idle: 0 };
  const worker: { loop: LoopClock | null } = { loop: { active: 0, idle: 0 } };
  let cpuMs = 0;
  const watch = new LoadWatch({ clock, main: () => ({ ...loop }), workers: () => [worker.loop], cpuMs: () => cpuMs });
  t.after(() => watch.close());
  assert.deepEqual([watch.main, watch.workers, watch.cpuUsed], [null, [null], null]);
  const second = (busy: number) => {
    loop.active += busy * 1000;
    loop.idle += (1 - busy) * 1000;
    cpuMs += busy * 2000;
    if (worker.loop !== null) worker.loop = { active: worker.loop.active + 500, idle: worker.loop.idle + 500 };
    clock.advance(1000);
  };
  for (let i = 0; i < 10; i++) second(0.2);
  assert.ok(Math.abs((watch.main ?? 0) - 0.2) < 1e-9 && Math.abs((watch.cpuUsed ?? 0) - 0.4) < 1e-9);
  for (let i = 0; i < 10; i++) second(0.8);
  assert.ok(Math.abs((watch.main ?? 0) - 0.8) < 1e-9, 'what was before is forgotten');
  assert.deepEqual(watch.workers, [0.5]);
  worker.loop = null;
  second(0.8);
  assert.deepEqual(watch.workers, [null], 'it is down');
  worker.loop = { active: 100, idle: 0 };
  clock.advance(1000);
  worker.loop = { active: 200, idle: 300 };
  clock.advance(1000);
  assert.deepEqual(watch.workers, [0.25], 'its successor counts for itself');
});

test('collections are watched while somebody asks, and no longer', async (t) => {
  const clock = new ManualClock();
  const watch = new ThreadWatch(clock, false);
  t.after(() => watch.close());
  assert.equal(watch.report().gc, null, 'nobody has asked before');
  clock.advance(6_000);
  collectGarbage();
  await eventually(() => (watch.report().gc?.count ?? 0) > 0);
  const { gc } = watch.report();
  assert.ok(gc !== null && gc.window_ms === 6_000 && gc.pause_ms >= gc.max_pause_ms && gc.max_pause_ms > 0);
  clock.advance(80_000);
  assert.equal(watch.report().gc, null, 'it was let go');
});

test('a stall of the loop is seen, and forgotten two windows later', async (t) => {
  const clock = new ManualClock();
  const watch = new ThreadWatch(clock, true);
  t.after(() => watch.close());
  await eventually(() => watch.report().delay !== null);
  const until = performance.now() + 300;
  while (performance.now() < until);
  await eventually(() => (watch.report().delay?.max_ms ?? 0) > 100);
  clock.advance(10_000);
  assert.ok((watch.report().delay?.max_ms ?? 0) > 100, 'the window before');
  clock.advance(10_000);
  assert.ok((watch.report().delay?.max_ms ?? 0) < 100);
});
