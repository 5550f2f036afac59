/** Text for people: durations, sizes and counts read at a glance, tables align, nothing from outside moves the cursor. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { bytesText } from '../../src/base/units.ts';
import { countText, durationText, latencyText, printable, table, wrap, folded } from '../../src/cli/text.ts';

test('a duration shows its two largest units', () => {
  const shown = [0, 999, 1000, 59_999, 61_000, 3_600_000, 86_400_000 * 12 + 3 * 3_600_000].map(durationText);
  assert.deepEqual(shown, ['0ms', '999ms', '1s', '59s', '1m 01s', '1h 00m', '12d 03h']);
});

test('a latency keeps three digits, and never reads as a shorter one', () => {
  const shown = [0, 0.04, 3, 9.96, 999.4, 999.6, 1_254, 9_996, 59_940, 59_960, 247_000].map(latencyText);
  assert.deepEqual(shown, [
    ...['0ms', '<0.1ms', '3.0ms', '10ms', '999ms', '1.00s', '1.25s'],
    ...['10.0s', '59.9s', '1m 00s', '4m 07s'],
  ]);
});

test('bytes are binary, counts are grouped', () => {
  assert.deepEqual([0, 1023, 1536, 212 << 20].map(bytesText), ['0 B', '1023 B', '1.5 KiB', '212 MiB']);
  assert.deepEqual([0, 999, 1284, 1_000_000].map(countText), ['0', '999', '1 284', '1 000 000']);
});

test('a table aligns its columns and ends no line in blanks', () => {
  const text = table(
    [{ title: 'NAME' }, { title: 'N', right: true }, { title: 'WHY' }],
    [
      ['api', '12', ''],
      ['backend', '7', 'slow'],
    ],
  );
  assert.equal(text, 'NAME      N  WHY\napi      12\nbackend   7  slow\n');
});

test('a paragraph breaks between words', () => {
  assert.equal(wrap('one two  three averyverylongword', 9), 'one two\nthree\naveryverylongword');
});

test('control characters are shown, not obeyed', () => {
  assert.equal(printable('a\u001b[2Jb\u009bc\nd\te'), 'a\uFFFD[2Jb\uFFFDc\nd\te');
  assert.equal(printable('ok \u202eevil\u2066\u2028x\ud800'), 'ok \uFFFDevil\uFFFD\uFFFDx\uFFFD');
  assert.equal(printable('Zürich 東京 \u{1f4a9} שלום'), 'Zürich 東京 \u{1f4a9} שלום');
});

test('lines that are too wide go on after a comma, a colon or a semicolon, never inside a command', () => {
  assert.equal(folded('now  1 a, 2 b; see sentinel x --y z', 20, 5), 'now  1 a, 2 b;\n     see sentinel x --y z');
  assert.equal(folded('\u001b[31mred\u001b[0m, red, red', 13, 2), '\u001b[31mred\u001b[0m, red, red');
  assert.equal(folded('one, two\nthree, four', 6, 1), 'one,\n two\nthree,\n four');
  assert.equal(folded('one, two', Number.POSITIVE_INFINITY, 1), 'one, two');
});
