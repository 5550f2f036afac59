/** A sample of the benchmark: one fault or two of each procedure, and a day on which nothing is wrong. All of them: `npm run diagnosis`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expected, type FaultName } from './expected.ts';
import { tryFault } from './trial.ts';

const sample: readonly FaultName[] = [
  'never-started',
  'kill-9',
  'start-unknown-key',
  'port-taken',
  'process-frozen',
  'connection-limit',
  'one-target-refused',
  'all-targets-refused',
  'garbage-502',
  'upstream-500',
  'maintenance-left-on',
  'certificate-expired',
  'reload-refused',
  'attack-from-one',
  'target-and-certificate',
  'idle',
  'few-errors',
];

for (const name of sample) {
  test(`diagnose says what it is: ${expected[name].fault}`, async (t) => {
    const result = await tryFault(name);
    if (result.impossible !== null) return t.skip(result.impossible);
    assert.ok(result.rightProcedure && result.rightCause && result.rightExit, JSON.stringify(result, null, 2));
  });
}
