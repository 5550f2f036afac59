/**
 * Every file in `cases/ok` and `cases/err` gives exactly what stands beside it. A case is added by adding the pair; run
 * with SENTINEL_UPDATE_CASES=1 to write what comes out, and read the difference.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { configCodes } from '../../src/base/codes/config.ts';
import type { Diagnostic } from '../../src/config/diagnostic.ts';
import type { LoadResult } from '../../src/config/load.ts';
import { printConfig } from '../../src/config/print.ts';
import { renderText } from '../../src/config/render/text.ts';
import { caseNames, caseSecrets, casesFolder, loadCase } from './case-files.ts';

const update = process.env['SENTINEL_UPDATE_CASES'] === '1';

function report(result: LoadResult): string {
  assert.notEqual(result.kind, 'unreadable');
  if (result.kind === 'unreadable') return '';
  const diagnostics = renderText(result.diagnostics, { colour: false });
  const parts = result.kind === 'ok' ? [diagnostics, printConfig(result, { origin: true })] : [diagnostics];
  return parts.filter((part) => part !== '').join('\n');
}

function diagnosticsOf(result: LoadResult): readonly Diagnostic[] {
  return result.kind === 'unreadable' ? [] : result.diagnostics;
}

for (const kind of ['ok', 'err'] as const) {
  for (const name of caseNames(kind)) {
    test(`cases/${kind}/${name} gives what is expected`, () => {
      const result = loadCase(kind, name);
      assert.equal(result.kind, kind === 'ok' ? 'ok' : 'invalid');
      const actual = report(result);
      const file = join(casesFolder, kind, `${name}.expected`);
      if (update) writeFileSync(file, actual);
      assert.equal(actual, existsSync(file) ? readFileSync(file, 'utf8') : 'nothing is expected yet');
      for (const secret of caseSecrets) assert.ok(!actual.includes(secret), 'a secret was shown');
    });
  }
}

test('every expectation has its case', () => {
  for (const kind of ['ok', 'err'] as const) {
    const names = caseNames(kind);
    const expectations = readdirSync(join(casesFolder, kind)).filter((name) => name.endsWith('.expected'));
    assert.deepEqual(expectations.map((name) => name.slice(0, -'.expected'.length)).sort(), names);
  }
});

test('every code of configuration has a case', () => {
  const seen = new Set<string>();
  for (const kind of ['ok', 'err'] as const) {
    for (const name of caseNames(kind)) for (const { code } of diagnosticsOf(loadCase(kind, name))) seen.add(code);
  }
  // These two are about the size of a file, and have tests of their own.
  const withoutCase = Object.keys(configCodes).filter((code) => !seen.has(code));
  assert.deepEqual(withoutCase, ['SNT-C001', 'SNT-C119']);
});

test('a file with ten different mistakes gives all of them in one run', () => {
  const found = diagnosticsOf(loadCase('err', 'ten-mistakes')).filter(({ level }) => level === 'error');
  assert.ok(found.length >= 10, `${found.length} errors`);
  assert.ok(new Set(found.map(({ code }) => code)).size >= 9);
});

test('a file with five syntax errors gives exactly these five in one run', () => {
  const found = diagnosticsOf(loadCase('err', 'five-syntax-errors'));
  assert.deepEqual(
    found.map(({ code }) => code),
    ['SNT-C100', 'SNT-C100', 'SNT-C100', 'SNT-C100', 'SNT-C100'],
  );
});
