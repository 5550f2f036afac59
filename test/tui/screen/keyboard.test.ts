/** Bytes as terminals send them become keys, whole or in pieces; what no key stands for is never taken for something that was typed. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createKeyboard, type Typed } from '../../../src/tui/screen/keyboard.ts';

function words(typed: readonly Typed[]): string[] {
  return typed.map((one) => {
    if (one.kind === 'key')
      return one.press.text === '' || one.press.text === one.press.key
        ? one.press.key
        : `${one.press.key}:${one.press.text}`;
    return one.kind === 'wheel' ? `wheel ${one.by}` : `click ${one.column},${one.row}`;
  });
}

/** All of it, cut after every `each` bytes. */
function keysOf(bytes: string, each = Number.POSITIVE_INFINITY): string[] {
  const keyboard = createKeyboard();
  const buffer = Buffer.from(bytes);
  const typed: Typed[] = [];
  for (let at = 0; at < buffer.length; at += Math.min(each, buffer.length)) {
    typed.push(...keyboard.push(buffer.subarray(at, at + Math.min(each, buffer.length))));
  }
  return words([...typed, ...keyboard.settle()]);
}

const known: readonly (readonly [string, readonly string[]])[] = [
  ['aG?/ ', ['a', 'G', '?', '/', 'space: ']],
  ['\r\t\u007f\b', ['enter', 'tab', 'backspace', 'backspace']],
  ['\u0003\u000c\u001a\u0012', ['ctrl-c', 'ctrl-l', 'ctrl-z', 'ctrl-r']],
  ['\u001b[A\u001b[B\u001bOC\u001bOD', ['up', 'down', 'right', 'left']],
  [
    '\u001b[H\u001b[F\u001b[1~\u001b[4~\u001b[7~\u001b[8~\u001bOH',
    ['home', 'end', 'home', 'end', 'home', 'end', 'home'],
  ],
  ['\u001b[5~\u001b[6~\u001b[3~\u001b[Z', ['page-up', 'page-down', 'delete', 'shift-tab']],
  ['\u001b[1;5A\u001b[5;5~\u001b[1;2B', ['ctrl-up', 'ctrl-page-up', 'shift-down']],
  ['é漢😀', ['é', '漢', '😀']],
  ['\u001b[200~q\r\nA\u001b[31m d\u001b[201~x', ['paste:q A[31m d', 'x']],
  ['\u001b[<0;11;6M\u001b[<0;11;6m\u001b[<64;1;1M\u001b[<65;1;1M\u001b[<2;3;4M', ['click 10,5', 'wheel -3', 'wheel 3']],
  ['\u001b', ['escape']],
  ['\u001bq', ['escape', 'q']],
];

test('keys of xterm, the console, tmux and screen, in one piece and byte by byte', () => {
  for (const [bytes, keys] of known) {
    assert.deepEqual(keysOf(bytes), keys, JSON.stringify(bytes));
    assert.deepEqual(keysOf(bytes, 1), keys, `${JSON.stringify(bytes)} byte by byte`);
    assert.deepEqual(keysOf(bytes, 3), keys, `${JSON.stringify(bytes)} in threes`);
  }
});

test('answers of terminals and keys without a meaning are swallowed whole', () => {
  for (const bytes of [
    '\u001b[?62;22c',
    '\u001b[12;40R',
    '\u001b[I\u001b[O',
    '\u001b[15~\u001bOP',
    '\u001b[[A',
    '\u001b]11;rgb:0000/0000/0000\u001b\\',
    '\u001b]52;c;cQ==\u0007',
    '\u001bP1+r544e\u001b\\',
    '\u001b[M !!',
    '\u001b[?2026;2$y',
  ]) {
    assert.deepEqual(keysOf(`${bytes}x`), ['x'], JSON.stringify(bytes));
    assert.deepEqual(keysOf(`${bytes}x`, 1), ['x'], `${JSON.stringify(bytes)} byte by byte`);
  }
});

test('an escape waits for what may follow, and is the key when nothing does', () => {
  const keyboard = createKeyboard();
  assert.deepEqual(keyboard.push(Buffer.from('\u001b')), []);
  assert.equal(keyboard.pending, 'escape');
  assert.deepEqual(words(keyboard.push(Buffer.from('[A'))), ['up']);
  assert.equal(keyboard.pending, 'nothing');
  keyboard.push(Buffer.from('\u001b[1;'));
  assert.equal(keyboard.pending, 'sequence');
  assert.deepEqual(words(keyboard.settle()), [], 'half a sequence is no key');
});

test('a paste without an end is bounded and given up, whatever comes no byte throws', () => {
  const keyboard = createKeyboard();
  keyboard.push(Buffer.from(`\u001b[200~${'x'.repeat(1 << 20)}`));
  assert.equal(keyboard.pending, 'sequence');
  const [paste] = keyboard.settle();
  assert.equal(paste?.kind === 'key' ? paste.press.text.length : 0, 16_384);
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 8 }), (chunks) => {
      const any = createKeyboard();
      for (const chunk of chunks) any.push(chunk);
      any.settle();
      assert.equal(any.pending, 'nothing');
      assert.deepEqual(words(any.push(Buffer.from('x'))).at(-1) ?? 'x', 'x');
    }),
  );
});
