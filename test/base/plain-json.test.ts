/** JSON that people may see on a terminal: what a terminal obeys is written as escapes, and programs read the same value. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainJson } from '../../src/base/plain-json.ts';

test('what a terminal obeys is written as escapes, what people read as it is', () => {
  const value = { agent: 'a\u009b31mb\u001b[0m\u007f', reason: 'x\u202ey\u2066\u2028', name: 'Zürich 東京 \u{1f4a9}' };
  const text = plainJson(value);
  assert.equal(
    text,
    '{"agent":"a\\u009b31mb\\u001b[0m\\u007f","reason":"x\\u202ey\\u2066\\u2028","name":"Zürich 東京 \u{1f4a9}"}',
  );
  assert.deepEqual(JSON.parse(text), value);
  assert.equal(plainJson([1], 2), '[\n  1\n]');
});
