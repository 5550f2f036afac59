/** One breaker under several real threads: what it counts is exact, and nothing can keep it from closing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breaker, readBreaker, setBreaker } from '../../../src/proxy/shared/breaker.ts';
import { runWords, startRun, threads } from './breaker-run.ts';

test('failures of all threads together open a breaker once, and none before the threshold does', async () => {
  const rounds = 300;
  const limits = { failureThreshold: 50, successThreshold: 1, timeoutMs: 1000, halfOpenMaxRequests: 1 };
  const run = await startRun('fail', limits, rounds, 0);
  for (let round = 1; round <= rounds; round++) {
    await run.round();
    assert.equal(readBreaker(run.cell).state, 'open');
    assert.equal(run.trips(), round);
    setBreaker(run.cell, 'closed', 0);
  }
  const results = await run.end();
  assert.equal(
    results.reduce((sum, { changes }) => sum + changes.open, 0),
    rounds,
    'each told once',
  );
  const admitted = results.reduce((sum, one) => sum + one.admitted, 0);
  assert.ok(admitted >= 50 * rounds, `${admitted} failures opened it ${rounds} times`);
  // Besides those that count, each thread may have had one under way when it opened.
  assert.ok(admitted <= (50 + threads - 1) * rounds, `${admitted} were let in`);
});

test('while half-open, no more requests are in at once than there are slots, and all slots come back', async () => {
  for (const slots of [1, 2]) {
    const limits = { failureThreshold: 1, successThreshold: 4095, timeoutMs: 1000, halfOpenMaxRequests: slots };
    const run = await startRun('try', limits, 20, 2000);
    for (let round = 0; round < 20; round++) {
      // Anew, so that it does not close.
      setBreaker(run.cell, 'closed', round * 10_000);
      const breaker = new Breaker(run.cell, limits, () => {});
      breaker.failed(breaker.admit(round * 10_000), round * 10_000, 'refused');
      Atomics.store(run.words, runWords.now, round * 10_000 + 1000);
      await run.round();
    }
    const admitted = (await run.end()).reduce((sum, one) => sum + one.admitted, 0);
    assert.ok(admitted > 1000, `${admitted} came in at all`);
    assert.ok((run.words[runWords.most] ?? 0) <= slots, `${run.words[runWords.most]} were in at once`);
    const breaker = new Breaker(run.cell, limits, () => {});
    setBreaker(run.cell, 'closed', 0);
    breaker.failed(breaker.admit(0), 0, 'refused');
    // In the very moment of the last round: none of its slots is still held.
    const now = 19 * 10_000 + 1000;
    for (let slot = 0; slot < slots; slot++) assert.notEqual(breaker.admit(now), -1, `slot ${slot}`);
    assert.equal(breaker.admit(now), -1);
  }
});

test('whatever threads do, lost tickets and resets too, a breaker tells each change once and can close in the end', async () => {
  const rounds = 40;
  const limits = { failureThreshold: 3, successThreshold: 2, timeoutMs: 200, halfOpenMaxRequests: 2 };
  const run = await startRun('everything', limits, rounds, 2000);
  for (let round = 0; round < rounds; round++) {
    await run.round(() => {
      if (round % 4 === 1) setBreaker(run.cell, 'closed', Atomics.load(run.words, runWords.now));
      if (round % 4 === 2) setBreaker(run.cell, 'forced_open', Atomics.load(run.words, runWords.now));
    });
    if (round % 4 === 2) setBreaker(run.cell, 'closed', Atomics.load(run.words, runWords.now));
    const now = Atomics.add(run.words, runWords.now, 1000);
    const breaker = new Breaker(run.cell, limits, () => {});
    for (let tries = 0; tries < limits.successThreshold; tries++) {
      const ticket = breaker.admit(now + 500);
      assert.notEqual(ticket, -1, `round ${round}: it lets a request in`);
      breaker.succeeded(ticket);
    }
    assert.equal(readBreaker(run.cell).state, 'closed', `round ${round}`);
  }
  const results = await run.end();
  const total = (to: 'open' | 'half_open' | 'closed') => results.reduce((sum, { changes }) => sum + changes[to], 0);
  assert.equal(total('open'), run.trips());
  assert.ok(total('open') > rounds, `it opened ${total('open')} times`);
  assert.ok(total('half_open') <= total('open'), 'each trial follows an opening');
  assert.ok(total('closed') <= total('half_open') + 2 * rounds, 'each closing follows a trial');
  assert.ok(total('closed') > 0, 'it closed by itself at times');
});
