/** Conditions that a runbook waits for: a field, an operator and a value in its unit, or a question. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { readCondition } from '../../src/runbook/condition.ts';

for (const [text, condition] of [
  ['err<1%', { kind: 'value', field: 'err', op: '<', value: 0.01 }],
  ['p99 <= 1s', { kind: 'value', field: 'p99', op: '<=', value: 1000 }],
  ['p50<250ms', { kind: 'value', field: 'p50', op: '<', value: 250 }],
  ['infl=0', { kind: 'value', field: 'infl', op: '=', value: 0 }],
  ['healthy=all', { kind: 'share', field: 'healthy', op: '=', value: 1 }],
  ['healthy>=50%', { kind: 'share', field: 'healthy', op: '>=', value: 0.5 }],
  ['healthy>=2', { kind: 'value', field: 'healthy', op: '>=', value: 2 }],
  ['process-running', { kind: 'question', question: 'process-running' }],
] as const) {
  test(`${text} is a condition`, () => assert.deepEqual(readCondition(text), { ok: true, condition }));
}

for (const text of [
  '',
  'err',
  'err<',
  'err<1',
  'err<1s',
  'p99<1',
  'p99<1%',
  'infl<1%',
  'healthy=some',
  'err=all',
  'err<1% and p99<1s',
  'err<-1%',
]) {
  test(`${JSON.stringify(text)} is no condition`, () => assert.equal(readCondition(text).ok, false));
}

test('a field that is nearly one is offered', () => {
  const reading = readCondition('p98<1s');
  assert.equal(reading.ok, false);
  const near = readCondition('helthy=all');
  assert.equal(near.ok ? null : near.meant, 'healthy=all');
});
