/** How the benchmark counts: what failed, what could not be done, and what nobody has heard of is never taken for what was promised. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { row, tally } from './tally.ts';
import { type Result, withoutDiagnosis } from './trial.ts';
import { type FaultName, wanted } from './wanted.ts';

function right(name: FaultName): Result<FaultName> {
  const { procedure, first, severity } = wanted[name];
  return {
    ...withoutDiagnosis(name, { impossible: null, failure: null, output: '' }),
    ...{ procedure, causes: first, severity, exitCode: 1, seconds: 1 },
    ...{ rightProcedure: true, rightCause: true, rightSeverity: true, rightExit: true },
  };
}

const most = (Object.keys(wanted) as FaultName[]).filter((name) => name !== 'kill-9').map(right);

test('a fault that nobody has heard of is refused by its name', () => {
  const program = new URL('./benchmark.ts', import.meta.url).pathname;
  const { status, stderr, stdout } = spawnSync(process.execPath, [program, 'held-owt'], { encoding: 'utf8' });
  assert.equal(status, 2);
  assert.match(stderr, /held-owt/);
  assert.equal(stdout, '');
});

test('all right is what was promised', () => {
  const { lines, exitCode } = tally([...most, right('kill-9')]);
  assert.match(lines.at(-1) ?? '', /: met$/);
  assert.equal(exitCode, 0);
});

test('a fault that could not be brought about has failed, and the targets are missed however well the rest did', () => {
  const failed = withoutDiagnosis('kill-9', { impossible: null, failure: 'no such port', output: '' });
  assert.match(row(failed), /^✗ kill-9 +failed: no such port$/);
  const { lines, exitCode } = tally([...most, failed]);
  assert.ok(lines.includes('failed: kill-9'), lines.join('\n'));
  assert.match(lines.at(-1) ?? '', /: MISSED$/);
  assert.equal(exitCode, 1);
});

test('where nothing can be done nothing is met', () => {
  const impossible = withoutDiagnosis('kill-9', { impossible: 'only root can', failure: null, output: '' });
  for (const results of [[], [impossible]]) {
    const { lines, exitCode } = tally(results);
    assert.match(lines.at(-1) ?? '', /: NOTHING DONE$/);
    assert.equal(exitCode, 3);
  }
  assert.equal(tally([...most, impossible]).exitCode, 0);
});

test('wrong answers, and slow ones, miss the targets', () => {
  const wrong = most.map((result) => ({ ...result, rightProcedure: false }));
  assert.equal(tally(wrong).exitCode, 1);
  assert.equal(tally(most.map((result) => ({ ...result, seconds: 11 }))).exitCode, 1);
});
