/** The reference and the manual page are what the schema says now. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { renderConfigDocs } from '../../src/config/schema/config-docs.ts';
import { renderConfigMan } from '../../src/config/schema/config-man.ts';
import { referenceSections } from '../../src/config/schema/reference.ts';
import { requireComponent } from '../helpers/components.ts';

const root = new URL('../../', import.meta.url);

test('docs/config.md is what the schema says', () => {
  assert.equal(readFileSync(new URL('docs/config.md', root), 'utf8'), renderConfigDocs(), 'stale: run `npm run docs`');
});

test('man/sentinel.kdl.5 is what the schema says', () => {
  assert.equal(
    readFileSync(new URL('man/sentinel.kdl.5', root), 'utf8'),
    renderConfigMan(),
    'stale: run `npm run docs`',
  );
});

test('mandoc has nothing to say about the page', (t) => {
  const mandoc = requireComponent(t, 'mandoc');
  if (mandoc === undefined) return;
  assert.equal(execFileSync(mandoc, ['-T', 'lint'], { input: renderConfigMan(), encoding: 'utf8' }), '');
});

test('every key has a meaning that ends like a sentence, and an example where it must be written', () => {
  for (const { path, keys } of referenceSections()) {
    for (const { name, meaning, interplay, required, example, value } of keys) {
      const where = [...path, name].join('.');
      assert.match(meaning, /^[\p{Lu}`].*\.$/u, where);
      if (interplay !== null) assert.match(interplay, /^[\p{Lu}`].*\.$/u, where);
      assert.ok(value.length > 0, where);
      if (required && !value.startsWith('"')) assert.notEqual(example, null, where);
    }
  }
});
