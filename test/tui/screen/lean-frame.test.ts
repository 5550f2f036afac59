/** Frames in fewer bytes show the same, character by character. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leanFrame } from '../../../src/tui/screen/lean-frame.ts';

const E = '\u001b[';

/** Every character and every move with the style that is in force there. */
function seen(frame: string): readonly string[] {
  const on = new Set<string>();
  const ends: Readonly<Record<string, readonly string[]>> = { '22': ['1', '2'], '24': ['4'], '27': ['7'] };
  const colours = (): readonly string[] => [...on].filter((code) => /^[39]\d$/.test(code));
  return [...frame.matchAll(/\u001b\[([\d;]*)([A-Za-z])|[^\u001b]/g)].flatMap(([whole, codes, final]) => {
    if (final === 'E') return Array.from({ length: Number(codes || 1) }, () => 'next line');
    if (final !== 'm') return [`${whole} ${[...on].sort().join()}`];
    for (const code of (codes ?? '').split(';')) {
      if (code === '' || code === '0') on.clear();
      else if (ends[code] !== undefined) for (const one of ends[code]) on.delete(one);
      else {
        if (/^[39]\d$/.test(code)) for (const one of colours()) on.delete(one);
        if (code !== '39') on.add(code);
      }
    }
    return [];
  });
}

test('styles that nothing is written in are left out', () => {
  const frame = `${E}136G${E}K${E}32m${E}34m${E}1m${E}22m${E}39m${E}2m${E}22m${E}2m${E}22m9s\r\n`;
  assert.equal(leanFrame(frame), `${E}136G${E}K9s\r\n`);
});

test('moves to the next line are one', () => {
  assert.equal(leanFrame(`${E}E${E}E${E}Ea${E}E`), `${E}3Ea${E}E`);
});

test('what is written in a style is written in it', () => {
  const frames = [
    `${E}1m${E}31mdown${E}39m bold${E}22m plain ${E}2mdim${E}22m`,
    `${E}7m${E}1mrow${E}22m${E}2m of${E}22m it${E}27m${E}K ${E}4m_${E}24m`,
    `${E}1m${E}2mboth${E}22m${E}1mone${E}0mnone${E}90mgrey${E}39m`,
    `${E}?2026h${E}49A${E}34G${E}K${E}32m✓${E}39m${E}?2026l`,
    `${E}31;1mred${E}32mgreen${E}0m${E}m.`,
  ];
  for (const frame of frames) {
    assert.deepEqual(seen(leanFrame(frame)), seen(frame));
    assert.ok(leanFrame(frame).length <= frame.length);
  }
});

test('a frame ends in the style in which it ended', () => {
  assert.equal(leanFrame(`a${E}1m`), `a${E}1m`);
  assert.equal(leanFrame(`${E}1ma${E}22m`), `${E}1ma${E}0m`);
});

test('a style that is not known is left alone', () => {
  const frame = `${E}38;5;208mamber${E}39m`;
  assert.equal(leanFrame(frame), frame);
});
