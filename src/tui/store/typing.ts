/** A line that is typed into: text with a caret, changed by one key. Used by the filter, the palette and the fields of questions. Pure. */
import type { KeyPress } from '../keys/keymap.ts';

export interface TypedLine {
  readonly text: string;
  /** UTF-16 index, never inside of what looks like one character. */
  readonly caret: number;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** UTF-16 units that an input takes. */
const longestInput = 1024;

/** The line after the key; null = the key is not about typing. */
export function typed({ text, caret }: TypedLine, press: KeyPress): TypedLine | null {
  switch (press.key) {
    case 'left':
    case 'ctrl-b':
      return { text, caret: before(text, caret) };
    case 'right':
    case 'ctrl-f':
      return { text, caret: after(text, caret) };
    case 'home':
    case 'ctrl-a':
      return { text, caret: 0 };
    case 'end':
    case 'ctrl-e':
      return { text, caret: text.length };
    case 'backspace':
    case 'ctrl-h':
      return without(text, before(text, caret), caret);
    case 'delete':
    case 'ctrl-d':
      return without(text, caret, after(text, caret));
    case 'ctrl-u':
      return without(text, 0, caret);
    case 'ctrl-k':
      return without(text, caret, text.length);
    case 'ctrl-w':
      return without(text, text.slice(0, caret).replace(/\S+\s*$|\s+$/, '').length, caret);
  }
  const added = plain(press.text).slice(0, longestInput - text.length);
  if (added === '') return press.text === '' ? null : { text, caret };
  return { text: text.slice(0, caret) + added + text.slice(caret), caret: caret + added.length };
}

/** On one line, and without what would steer a terminal; halves of characters go too. */
function plain(text: string): string {
  return text
    .replace(/[\r\n\t]+/g, ' ')
    .replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '')
    .replace(/\p{Cs}/gu, '');
}

function without(text: string, from: number, to: number): TypedLine {
  return { text: text.slice(0, from) + text.slice(to), caret: from };
}

function before(text: string, caret: number): number {
  let start = 0;
  for (const { index } of graphemes.segment(text)) {
    if (index >= caret) break;
    start = index;
  }
  return start;
}

function after(text: string, caret: number): number {
  const [next] = graphemes.segment(text.slice(caret));
  return caret + (next?.segment.length ?? 0);
}
