/** How long a target took requests, from its verdict and the flips that were told: what nobody told of counts neither way. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { EventState } from '../../../src/admin/contract/event-shapes.ts';
import { availabilityOf } from '../../../src/tui/charts/availability.ts';
import { sampleAtMs, sampleEvent, sampleTime } from '../sample-state.ts';

const minute = 60_000;
const quarter = 15 * minute;
const facts = { upstream: 'api', target: '10.0.0.1:80', verdict: 'healthy', sinceMs: 0, events: [] } as const;

function flip(msAgo: number, from: string, to: string, target = '10.0.0.1:80'): EventState {
  const at = sampleTime(msAgo);
  return sampleEvent(1, { kind: 'health', at, last_at: at, fields: { upstream: 'api', target, from, to } });
}

function over(given: Partial<Parameters<typeof availabilityOf>[0]>, fromMs = sampleAtMs - quarter) {
  return availabilityOf({ ...facts, ...given }, fromMs, sampleAtMs);
}

test('a target that has been healthy for longer was there all the time', () => {
  assert.deepEqual(over({}), { share: 1, knownMs: quarter });
});

test('one that has been down for longer was not', () => {
  assert.deepEqual(over({ verdict: 'unhealthy' }), { share: 0, knownMs: quarter });
});

test('the time between two flips is taken off', () => {
  const events = [flip(10 * minute, 'healthy', 'unhealthy'), flip(7 * minute, 'unhealthy', 'healthy')];
  assert.deepEqual(over({ events, sinceMs: sampleAtMs - 7 * minute }), { share: 12 / 15, knownMs: quarter });
});

test('flips of another target, and other events, count for nothing', () => {
  const events = [flip(10 * minute, 'healthy', 'unhealthy', '10.0.0.2:80'), sampleEvent(2, { kind: 'breaker' })];
  assert.deepEqual(over({ events }), { share: 1, knownMs: quarter });
});

test('before what is known nothing is said', () => {
  assert.deepEqual(over({ sinceMs: sampleAtMs - 3 * minute }), { share: 1, knownMs: 3 * minute });
  assert.deepEqual(over({}, sampleAtMs - minute), { share: 1, knownMs: minute });
  assert.deepEqual(over({ sinceMs: sampleAtMs }), { share: null, knownMs: 0 });
});
