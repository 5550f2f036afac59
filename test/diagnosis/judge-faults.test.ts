/** The judge on the facts of every fault of `expected.ts`: procedure, causes, severity and exit status are those that are expected. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Runbook } from '../../src/runbook/model.ts';
import { openShelf } from '../../src/runbook/shelf.ts';
import { shelfFolders } from '../../src/runbook/shelf-folders.ts';
import { judge } from '../../src/diagnosis/judge.ts';
import { defaultThresholds } from '../../src/diagnosis/thresholds.ts';
import { type Expected, expected, type FaultName } from './expected.ts';
import { factsWith } from './fact-values.ts';
import { faultFacts } from './fault-facts.ts';

const runbooks: readonly Runbook[] = (await openShelf({ ...shelfFolders({}), site: null })).all();

for (const name of Object.keys(expected) as FaultName[]) {
  const wanted: Expected = expected[name];
  test(`${name}: ${wanted.fault}`, () => {
    const { changes, symptom } = faultFacts[name];
    const verdict = judge(factsWith(...changes), {
      runbooks,
      thresholds: defaultThresholds,
      contacts: null,
      symptom: symptom ?? null,
    });
    const causes = verdict.causes.map(({ cause }) => cause);
    assert.deepEqual(
      { procedure: verdict.procedure, severity: verdict.severity, exit: verdict.exit_code },
      { procedure: wanted.procedure, severity: wanted.severity, exit: wanted.procedure === null ? 0 : 1 },
      `causes: ${causes.join(', ')}`,
    );
    if (wanted.first.length === 0) assert.deepEqual(causes, []);
    else
      assert.ok(
        wanted.first.some((one) => one === causes[0]),
        `the first of ${causes.join(', ')}`,
      );
    for (const one of wanted.also ?? []) assert.ok(causes.includes(one), `${one} is among ${causes.join(', ')}`);
    assert.ok(verdict.next.length <= 3);
    assert.equal(new Set(causes.map((_, index) => JSON.stringify(verdict.causes[index]))).size, causes.length);
  });
}
