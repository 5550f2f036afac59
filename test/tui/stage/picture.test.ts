/** A picture of a screen has every letter in its place and draws what fonts draw differently. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { parseXml } from '../../helpers/xml.ts';
import { looksOf } from './golden.ts';
import { pictureOf } from './picture.ts';
import { openTerminal } from './terminal.ts';

test('letters stand where their cells are, bars and dots are drawn, and colours are those of the theme', async (t) => {
  const script = String.raw`printf '\033[31;1m✗D\033[0m <a&b> \033[7mok\033[0m \033[32m⣀█─\033[0m 漢\033[2mz\033[0m\033[4mu\033[0m\n'; read -r end`;
  const terminal = await openTerminal(t, { command: 'sh', args: ['-c', script], columns: 24, rows: 2 });
  if (terminal === undefined) return;
  await terminal.until(/漢zu/);
  assert.deepEqual(looksOf(terminal.cells()), ['RR ..... ## ggg . -_', '']);
  const picture = pictureOf(terminal.cells(), 'sentinel "top"');
  const svg = parseXml(`<?xml version="1.0" encoding="UTF-8"?>\n${picture}`);
  assert.equal(svg.attributes['aria-label'], 'sentinel &quot;top&quot;'.replaceAll('&quot;', '"'));
  const texts = svg.children
    .filter(({ name }) => name === 'text')
    .map(({ text, attributes }) => ({ text, ...attributes }));
  assert.deepEqual(texts.slice(1), [
    { text: '✗D', x: '14 22.4', y: '47', class: 'b', style: 'fill:#ff7b84' },
    { text: '<a&b>', x: '39.2 47.6 56 64.4 72.8', y: '47' },
    { text: 'ok', x: '89.6 98', y: '47', style: 'fill:#16181d' },
    { text: '漢', x: '148.4', y: '47' },
    { text: 'z', x: '165.2', y: '47', style: 'fill:#7a8294' },
    { text: 'u', x: '173.6', y: '47', class: 'u' },
  ]);
  const [path] = svg.children.filter(({ name }) => name === 'path');
  assert.equal(path?.attributes['fill'], '#7fc36a');
  // Two dots, a block, two halves of a line.
  assert.equal(path?.attributes['d']?.match(/M/g)?.length, 5);
});
