/** The circuit breaker does what a plain one does, whatever the order of events and wherever its counters wrap. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Breaker,
  type BreakerState,
  breakerFields,
  breakerWords,
  readBreaker,
  setBreaker,
} from '../../../src/proxy/shared/breaker.ts';
import { type Cell, CellRegistry } from '../../../src/proxy/shared/cells.ts';
import { ReferenceBreaker, type ReferenceTicket } from './breaker-reference.ts';

/** Two workers' views of the cell of one breaker. */
function cells(): readonly [Cell, Cell] {
  const registry = new CellRegistry(2);
  const ref = registry.cell('breaker', breakerFields.laneLength, breakerWords, 0);
  return [registry.view(ref, 0), registry.view(ref, 1)];
}

/** Shared words of a breaker that has changed so often that its epochs are about to start anew. */
const lateWords = (() => {
  const [cell] = cells();
  for (let change = 0; change < 2 ** 18 - 3; change++) setBreaker(cell, 'closed', 0);
  return cell.shared.slice();
})();

const limits = fc.record({
  halfOpenMaxRequests: fc.integer({ min: 1, max: 3 }),
  failureThreshold: fc.constantFrom(1, 2, 2, 3),
  successThreshold: fc.integer({ min: 1, max: 3 }),
  timeoutMs: fc.constantFrom(1000, 1000, 30_000),
});

type Step =
  | { readonly kind: 'admit' | 'close' | 'force'; readonly worker: 0 | 1 }
  | { readonly kind: 'succeed' | 'fail' | 'withdraw' | 'lose'; readonly worker: 0 | 1; readonly which: number }
  | { readonly kind: 'wait'; readonly ms: number };

const worker = fc.constantFrom<0 | 1>(0, 1);
const which = fc.nat({ max: 5 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('admit' as const), worker }) },
    {
      weight: 10,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          'succeed' as const,
          'fail' as const,
          'fail' as const,
          'withdraw' as const,
          'lose' as const,
        ),
        worker,
        which,
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('wait' as const),
        ms: fc.constantFrom(1, 400.6, 999, 1000, 1000, 30_000),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('close' as const, 'force' as const), worker }) },
  ),
  { minLength: 30, maxLength: 150, size: 'max' },
);

test('two views of a breaker do what one plain breaker does', () => {
  const property = fc.property(
    limits,
    // Near the wrap of signed and of unsigned milliseconds, and near that of epochs.
    fc.constantFrom(0, 1000, 2 ** 31 - 2000, 2 ** 32 - 2000, 3 * 2 ** 31),
    fc.boolean(),
    steps,
    (settings, start, late, todo) => {
      const [first, second] = cells();
      if (late) first.shared.set(lateWords);
      const changes: BreakerState[] = [];
      const changed = (to: BreakerState) => void changes.push(to);
      const views = [new Breaker(first, settings, changed), new Breaker(second, settings, changed)] as const;
      const model = new ReferenceBreaker(settings);
      const open: { readonly real: number; readonly reference: ReferenceTicket }[] = [];
      let now = start;
      for (const step of todo) {
        if (step.kind === 'wait') now += step.ms;
        else if (step.kind === 'admit') {
          const whole = Math.floor(now);
          assert.equal(views[step.worker].allows(now), model.allows(whole));
          const real = views[step.worker].admit(now);
          const reference = model.admit(whole);
          assert.equal(real === -1, reference === null);
          if (reference !== null) open.push({ real, reference });
        } else if (step.kind === 'close' || step.kind === 'force') {
          const to = step.kind === 'close' ? 'closed' : 'forced_open';
          setBreaker(first, to, now);
          model.set(to);
        } else if ('which' in step) {
          const [ticket] = open.splice(step.which % Math.max(1, open.length), 1);
          if (ticket === undefined) continue;
          const view = views[step.worker];
          if (step.kind === 'succeed') {
            view.succeeded(ticket.real);
            model.succeeded(ticket.reference);
          } else if (step.kind === 'fail') {
            view.failed(ticket.real, now, 'refused');
            model.failed(ticket.reference, Math.floor(now));
          } else if (step.kind === 'withdraw') {
            view.withdrawn(ticket.real);
            model.withdrawn(ticket.reference);
          }
        }
        const { state, count } = readBreaker(second);
        assert.deepEqual({ state, count }, { state: model.state, count: model.count });
      }
      assert.deepEqual(changes, model.changes);
      const trips = [first, second].reduce((sum, { lane }) => sum + (lane[breakerFields.trips] ?? 0), 0);
      assert.equal(trips, model.trips);
    },
  );
  fc.assert(property, { numRuns: 1500 });
});

test('a trial whose end is never reported gives its slot up at its deadline', () => {
  const [cell] = cells();
  const breaker = new Breaker(
    cell,
    { failureThreshold: 1, successThreshold: 2, timeoutMs: 1000, halfOpenMaxRequests: 2 },
    () => {},
  );
  breaker.failed(breaker.admit(0), 0, 'refused');
  assert.equal(breaker.admit(999), -1, 'it rests');
  assert.notEqual(breaker.admit(1000), -1);
  assert.notEqual(breaker.admit(1500), -1);
  assert.equal(breaker.admit(1999), -1, 'both slots are lost');
  const late = breaker.admit(2000);
  assert.notEqual(late, -1, 'the first is over');
  assert.equal(breaker.admit(2499), -1);
  breaker.succeeded(late);
  breaker.succeeded(breaker.admit(2500));
  assert.equal(readBreaker(cell).state, 'closed');
});

test('a ticket whose slot has gone to another request does not take it from that one', () => {
  const [cell] = cells();
  const breaker = new Breaker(
    cell,
    { failureThreshold: 1, successThreshold: 9, timeoutMs: 1000, halfOpenMaxRequests: 1 },
    () => {},
  );
  breaker.failed(breaker.admit(0), 0, 'refused');
  const slow = breaker.admit(1000);
  const next = breaker.admit(2000);
  assert.notEqual(next, -1);
  breaker.succeeded(slow);
  assert.equal(breaker.admit(2001), -1, 'the slot is still taken');
  assert.equal(readBreaker(cell).count, 1, 'what the slow one found out counts all the same');
  breaker.withdrawn(next);
  assert.notEqual(breaker.admit(2002), -1);
});

test('however long nobody asks, an open breaker lets requests try the target', () => {
  const day = 86_400_000;
  for (const days of [1, 24, 25, 30, 49, 50, 100, 1000]) {
    const [cell] = cells();
    const breaker = new Breaker(
      cell,
      { failureThreshold: 1, successThreshold: 1, timeoutMs: 30_000, halfOpenMaxRequests: 1 },
      () => {},
    );
    breaker.failed(breaker.admit(5), 5, 'refused');
    const lost = breaker.admit(30_005);
    assert.notEqual(lost, -1);
    assert.equal(breaker.admit(30_006), -1);
    assert.notEqual(breaker.admit(days * day), -1, `a lost slot after ${days} days`);
    setBreaker(cell, 'closed', 0);
    breaker.failed(breaker.admit(5), 5, 'refused');
    assert.equal(breaker.allows(days * day), true, `open for ${days} days`);
  }
});

test('a look at the clock from before the opening does not end the rest', () => {
  const [cell] = cells();
  const breaker = new Breaker(
    cell,
    { failureThreshold: 1, successThreshold: 1, timeoutMs: 1000, halfOpenMaxRequests: 1 },
    () => {},
  );
  breaker.failed(breaker.admit(5000), 5000, 'refused');
  assert.equal(breaker.admit(4990), -1);
  assert.equal(readBreaker(cell).state, 'open');
});

test('thresholds above what can be counted are reached at the most that can', () => {
  const [cell] = cells();
  const breaker = new Breaker(
    cell,
    { failureThreshold: 1e6, successThreshold: 1e6, timeoutMs: 1000, halfOpenMaxRequests: 1 },
    () => {},
  );
  for (let i = 0; i < 4095; i++) breaker.failed(breaker.admit(0), 0, 'refused');
  assert.equal(readBreaker(cell).state, 'open');
  for (let i = 0; i < 4095; i++) breaker.succeeded(breaker.admit(1000));
  assert.equal(readBreaker(cell).state, 'closed');
});
