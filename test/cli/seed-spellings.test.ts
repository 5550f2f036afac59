/** The runbooks' own spellings do what the new commands do, on both programs. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { translateSeedSpelling } from '../../src/cli/seed-spellings.ts';

const translations: readonly (readonly [given: string, meant: string])[] = [
  ['--validate --config F', 'validate F'],
  ['--config F --validate', 'validate F'],
  ['--validate', 'validate'],
  ['--validate --config=F --format short', 'validate F --format short'],
  ['--test-config F', 'validate F'],
  ['--test-config --config F', 'validate F'],
  ['--test-config=F', 'validate F'],
  ['--print-config', 'config print'],
  ['--print-config --config F --json', 'config print F --json'],
  ['--config F', 'run -c F'],
  ['-c F', 'run -c F'],
  ['--config F --workers 2', 'run -c F --workers 2'],
];

for (const program of ['sentinel', 'sentinel-proxy'] as const) {
  for (const [given, meant] of translations) {
    test(`${program} ${given} means sentinel ${meant}`, () => {
      const { args, notice } = translateSeedSpelling(program, given.split(' '));
      assert.equal(args.join(' '), meant);
      const named = meant.replace(/ --(?:format|json|workers).*/, '');
      assert.equal(notice, `sentinel ${named}`);
    });
  }

  for (const given of ['validate F', 'status --json', '--help', '--version', 'run -c F', 'config print --config F']) {
    test(`${program} ${given} stays as it is`, () => {
      assert.deepEqual(translateSeedSpelling(program, given.split(' ')), { args: given.split(' '), notice: null });
    });
  }
}

test('sentinel-proxy without a command runs the daemon, and sentinel does not', () => {
  assert.deepEqual(translateSeedSpelling('sentinel-proxy', []).args, ['run']);
  assert.deepEqual(translateSeedSpelling('sentinel-proxy', ['--workers', '2']).args, ['run', '--workers', '2']);
  assert.deepEqual(translateSeedSpelling('sentinel', []).args, []);
});

test('snapshot-incident ID takes a snapshot, and the new spelling is named', () => {
  assert.deepEqual(translateSeedSpelling('sentinel', ['snapshot-incident', 'INC-001', '--fast']), {
    args: ['incident', 'snapshot', 'INC-001', '--fast'],
    notice: 'sentinel incident snapshot',
  });
});
