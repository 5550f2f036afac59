/** Pages made from the program are committed as they would be made now, and the manual is well-formed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { generatedPages } from '../../scripts/docs.ts';
import { requireComponent } from '../helpers/components.ts';

const root = new URL('../..', import.meta.url).pathname;
const pages = generatedPages();

test('every generated page is committed as it would be made now', () => {
  for (const [file, text] of pages) {
    assert.equal(readFileSync(path.join(root, file), 'utf8'), text, `${file} is stale; run \`npm run docs\``);
  }
});

test('no page is left over from a command that is gone', () => {
  const present = ['docs/commands', 'man'].flatMap((folder) =>
    readdirSync(path.join(root, folder)).map((name) => `${folder}/${name}`),
  );
  assert.deepEqual(
    present.filter((file) => !pages.has(file)),
    [],
  );
});

test('mandoc finds nothing to say about the manual', (t) => {
  const mandoc = requireComponent(t, 'mandoc');
  if (mandoc === undefined) return;
  for (const name of readdirSync(path.join(root, 'man'))) {
    execFileSync(mandoc, ['-T', 'lint', '-W', 'warning', path.join(root, 'man', name)], { stdio: 'pipe' });
  }
});
