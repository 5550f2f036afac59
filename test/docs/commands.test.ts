/** What the test that types every command of the pages (`test/accept/documented-commands.test.ts`) leaves out is told, and still there. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { manualCommands, printedCommands, root } from './page-blocks.ts';
import { acts, linesOf } from './reader-acts.ts';
import { apart, otherExits } from './reader-exceptions.ts';

const texts = new Set(printedCommands().map(({ text }) => text));
const inOrder = acts.flatMap(({ deeds }) => deeds.flatMap(linesOf));

test('no line is listed here that no page prints any more, and every test that is named is there', () => {
  const listed = [...inOrder, ...Object.keys(otherExits), ...Object.keys(apart)];
  assert.deepEqual(
    listed.filter((line) => !texts.has(line)),
    [],
  );
  const named = Object.values(apart).flatMap((one) => one.test ?? []);
  assert.deepEqual(
    named.filter((file) => !existsSync(path.join(root, file))),
    [],
  );
});

test('what the manual gives as an example is what the pages give', () => {
  const missing = manualCommands().filter(({ text }) => text.startsWith('sentinel ') && !texts.has(text));
  assert.deepEqual(
    missing.map(({ text, places }) => `${places.join()}: ${text}`),
    [],
  );
});
