/** Every fault of the benchmark, and the share of right answers that is promised. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expected, type FaultName } from '../diagnosis/expected.ts';
import { type Result, tryFault } from '../diagnosis/trial.ts';

test('nineteen of twenty faults lead to the right procedure and nine of ten to the right cause, each within ten seconds', async (t) => {
  const results: Result[] = [];
  for (const name of Object.keys(expected) as FaultName[]) {
    const result = await tryFault(name);
    if (result.impossible === null) results.push(result);
    else t.diagnostic(`not done here: ${name} (${result.impossible})`);
  }
  for (const { name, procedure, causes } of results.filter(({ rightCause }) => !rightCause)) {
    t.diagnostic(`wrong: ${name}: ${procedure} › ${causes.join(', ')}`);
  }
  const share = (right: (result: Result) => boolean): number => results.filter(right).length / results.length;
  assert.ok(results.filter(({ name }) => expected[name].kind === 'real').length >= 40, `only ${results.length} faults`);
  assert.ok(share(({ rightProcedure }) => rightProcedure) >= 0.95, 'procedures');
  assert.ok(share(({ rightCause }) => rightCause) >= 0.9, 'causes');
  assert.ok(share(({ rightExit }) => rightExit) >= 0.95, 'exit status');
  assert.ok(Math.max(...results.map(({ seconds }) => seconds)) <= 10, 'ten seconds');
  const well = results.filter(({ name }) => expected[name].procedure === null);
  assert.deepEqual(
    well.filter(({ exitCode, causes }) => exitCode !== 0 || causes.length > 0).map(({ name }) => name),
    [],
    'silence where nothing is wrong',
  );
});
