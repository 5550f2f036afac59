/** The advice on kernel and process: as the operational runbook gives it, as the page shows it, and how live values are held against it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { tuningRules, tuningVerdict } from '../../../src/diagnosis/tuning.ts';

const seed = readFileSync(new URL('../../seeds/operational-runbook.md', import.meta.url), 'utf8');
const page = readFileSync(new URL('../../../docs/diagnosis-probes.md', import.meta.url), 'utf8');

test('every setting that the runbook advises is looked at, with its number, and the page has a row for each', () => {
  const block = /### System Tuning\n\n```bash\n([\s\S]*?)```/.exec(seed)?.[1] ?? '';
  const advised = [...block.matchAll(/^(?:(ulimit -n) (\d+)|(net\.\S+) = (\d+))$/gm)].map(
    ([, limit, of, setting, value]) => [limit ?? setting, Number(of ?? value)],
  );
  assert.deepEqual(
    tuningRules.map((rule) => [rule.name, rule.advised]),
    advised,
  );
  const senses = { 'at-least': 'at least ', 'at-most': 'at most ', exactly: '' };
  for (const { name, advised: number, sense, purpose } of tuningRules) {
    assert.ok(page.includes(`| \`${name}\` | ${senses[sense]}${number} | ${purpose} |`), name);
  }
});

test('what the configuration needs counts before what is advised, and nearly enough is enough', () => {
  const verdict = (live: number | null, configured: number | null, sense: 'at-least' | 'at-most' | 'exactly') =>
    tuningVerdict({ advised: 1000, sense }, live, configured === null ? null : { key: 'x', configured });
  assert.deepEqual(
    [verdict(1000, null, 'at-least'), verdict(2000, null, 'at-least'), verdict(999, null, 'at-least')],
    ['ok', 'ok', 'low'],
  );
  assert.deepEqual([verdict(2000, 3000, 'at-least'), verdict(2800, 3000, 'at-least')], ['binding', 'ok']);
  assert.deepEqual([verdict(900, null, 'at-most'), verdict(1001, null, 'at-most')], ['ok', 'low']);
  assert.deepEqual([verdict(1001, null, 'exactly'), verdict(null, 5, 'at-least')], ['low', 'unknown']);
});
