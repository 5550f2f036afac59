/** A sample of the benchmark: one fault of each procedure, and a daemon with which nothing is wrong. Dead, frozen and half down: `command-live`. All of them: `npm run diagnosis`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expected, type FaultName } from './expected.ts';
import { tryFault } from './trial.ts';

const sample: readonly FaultName[] = [
  'start-unknown-key',
  'port-taken',
  'connection-limit',
  'all-targets-refused',
  'upstream-500',
  'maintenance-left-on',
  'reload-refused',
  'attack-from-one',
  'target-and-certificate',
  'idle',
];

for (const name of sample) {
  test(`diagnose says what it is: ${expected[name].fault}`, async (t) => {
    const result = await tryFault(name);
    if (result.impossible !== null) return t.skip(result.impossible);
    assert.ok(result.rightProcedure && result.rightCause && result.rightExit, JSON.stringify(result, null, 2));
  });
}
