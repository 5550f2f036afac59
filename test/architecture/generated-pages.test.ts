/** Pages made from the program are committed as they would be made now, and the manual is well-formed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

test('mandoc finds nothing to say about the manual, style and cross references included', (t) => {
  const mandoc = requireComponent(t, 'mandoc');
  if (mandoc === undefined) return;
  // It looks for the pages that are referred to where `man` would: in a folder for each section.
  const manual = mkdtempSync(path.join(tmpdir(), 'sentinel-manual-'));
  t.after(() => rmSync(manual, { recursive: true }));
  const files = readdirSync(path.join(root, 'man')).map((name) => {
    const section = path.join(manual, `man${name.at(-1)}`);
    mkdirSync(section, { recursive: true });
    symlinkSync(path.join(root, 'man', name), path.join(section, name));
    return path.join(section, name);
  });
  const { stdout, status } = spawnSync(mandoc, ['-T', 'lint', '-W', 'style', ...files], {
    cwd: manual,
    env: { MANPATH: manual },
    encoding: 'utf8',
  });
  assert.equal(stdout, '');
  assert.equal(status, 0);
});
