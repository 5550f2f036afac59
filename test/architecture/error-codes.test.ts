/** Error codes are facts: one that was ever given out keeps its meaning and is never given out again. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { codes } from '../../src/base/codes.ts';

/** `CODE title`, one a line, in order; lines are added, never changed or removed. */
const givenOut = readFileSync(new URL('error-codes.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

test('every code that was given out still means the same, and every new one is written down', () => {
  const now = Object.entries(codes).map(([code, { title }]) => `${code} ${title}`);
  assert.deepEqual(
    now.sort(),
    givenOut,
    'add new codes to test/architecture/error-codes.txt; the others must stay as they are',
  );
});

test('every code says what it means and what to do', () => {
  for (const [code, { title, meaning, remedy }] of Object.entries(codes)) {
    assert.match(code, /^SNT-[CUETPARI]\d{3}$/);
    assert.match(title, /^[^.]{4,60}$/, code);
    assert.match(meaning, /^[`\p{Lu}].+\.$/u, code);
    assert.match(remedy, /^[`\p{Lu}].+\.$/u, code);
  }
});
