/** The screen that docs/top.md shows as text is the one that is kept: what the page explains is what is to be seen. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { writing } from '../stage/golden.ts';

const page = join(import.meta.dirname, '../../../docs/top.md');
const kept = join(import.meta.dirname, 'degraded/upstreams-80x24.txt');
/** A block of text that begins with the header of the screen. */
const block = /(?<=^```(?:text)?\n)(?: sentinel top {2}.*\n)[\s\S]*?(?=^```$)/m;

test('the screen in docs/top.md is the one that is to be seen', () => {
  const screen = `${readFileSync(kept, 'utf8').split('\n').slice(0, 24).join('\n')}\n`;
  const text = readFileSync(page, 'utf8');
  if (writing)
    writeFileSync(
      page,
      text.replace(block, () => screen),
    );
  assert.equal(block.exec(readFileSync(page, 'utf8'))?.[0], screen);
});
