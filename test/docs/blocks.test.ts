/** Every block of configuration that a page shows is one that the language takes, in the place that it belongs in. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { configMistakes } from '../../src/cli/runbooks/config-fragment.ts';
import { blocksOf, pageBlocks, root } from './page-blocks.ts';

/** Machine parts of a runbook, shown by the page about them; `runbook lint` takes them. */
const runbookNode = /^(?:probe|ask|step|confirm|wait|assert|goto)\b/;

function mistakes(place: string, text: string): readonly string[] {
  // What is left out of a digest is the reader's own.
  return configMistakes(text.replaceAll('sha256:…', `sha256:${'0'.repeat(64)}`)).map(
    ({ code, message }) => `${place}: ${code} ${message}`,
  );
}

test('every block of a page says what it is', () => {
  assert.deepEqual(
    pageBlocks().flatMap(({ place, kind }) => (kind === '' ? [place] : [])),
    [],
  );
});

test('every block of configuration in README and docs is right where it belongs', () => {
  const blocks = pageBlocks().filter(({ kind, text }) => kind.startsWith('kdl') && !runbookNode.test(text));
  assert.ok(blocks.length > 20, `${blocks.length} blocks`);
  assert.deepEqual(
    blocks.flatMap(({ place, text }) => mistakes(place, text)),
    [],
  );
});

test('so is every example of configuration in a runbook, and in a page of the manual', () => {
  const runbooks = readdirSync(path.join(root, 'runbooks')).filter((name) => name.endsWith('.md'));
  const examples = runbooks.flatMap((name) =>
    blocksOf(`runbooks/${name}`, readFileSync(path.join(root, 'runbooks', name), 'utf8')).filter(
      ({ kind }) => kind === 'kdl example',
    ),
  );
  assert.ok(examples.length >= 10, `${examples.length} examples`);
  const literal = ['sentinel.kdl.5', 'sentinel-runbooks.7'].flatMap((name) =>
    [...readFileSync(path.join(root, 'man', name), 'utf8').matchAll(/^\.Bd -literal.*\n([\s\S]*?)^\.Ed$/gm)].flatMap(
      ([, text = '']) => {
        const plain = text.replaceAll('\\e', '\\').replaceAll('\\&', '').replaceAll('...', '…');
        const fenced = blocksOf(`man/${name}`, plain).filter(({ kind }) => kind.startsWith('kdl'));
        return plain.includes('```') ? fenced : [{ place: `man/${name}`, kind: 'kdl', text: plain }];
      },
    ),
  );
  const shown = [...examples, ...literal.filter(({ text }) => !runbookNode.test(text))];
  assert.deepEqual(
    shown.flatMap(({ place, text }) => mistakes(place, text)),
    [],
  );
});

test('a block that is wrong is found: an unknown node, a value out of range, a key of somewhere else', () => {
  for (const wrong of [
    'rout "x" { upstream "y" }',
    'server { shutdown-lag-secs -1 }',
    'upstream "x" { upstream "y" }',
  ]) {
    assert.notDeepEqual(configMistakes(wrong), [], wrong);
  }
});
