/** Boxes that are read: the help of the keys, what a code means, and the palette with the command at a shell beside each line. */
import type { Overlay } from '../store/state.ts';
import type { View } from '../view/view.ts';
import { type Box, bodyColumns, bodyRows } from './box-lines.ts';
import { choiceLines } from './choice-lines.ts';
import { typedSpans } from './input-lines.ts';
import type { Line, Look, Size } from './line.ts';
import { span } from './spans.ts';
import { wrapped } from './wrapped.ts';

/** Lines longer than this are hard to read. */
const READABLE = 100;

export function explainBox({ title, lines, scroll }: Extract<Overlay, { kind: 'explain' }>, size: Size): Box {
  const columns = Math.min(READABLE, bodyColumns(size));
  const whole = lines.flatMap((line) => wrapped(line, columns)).map((line): Line => [span(line)]);
  return { ...scrolled(whole, scroll, size), title, wide: columns, tall: true };
}

/** The part of a page from `scroll` on, and how much of it that is. */
function scrolled(whole: readonly Line[], scroll: number, size: Size): Pick<Box, 'body' | 'foot'> {
  const room = bodyRows(size);
  const first = Math.max(0, Math.min(scroll, whole.length - room));
  const last = Math.min(whole.length, first + room);
  const where = whole.length > room ? `${first + 1}–${last} of ${whole.length}   ↑↓ PgUp PgDn scroll   ` : '';
  return { body: whole.slice(first, first + room), foot: [span(`${where}Esc leave`, { tone: 'dim' })] };
}

export function helpBox({ scroll }: Extract<Overlay, { kind: 'help' }>, view: View, size: Size): Box {
  const lines = view.footer.keys.map(({ key, words }): Line => [span(`${key}  ${words}`)]);
  return { ...scrolled(lines, scroll, size), title: 'help' };
}

export function paletteBox(
  { text, caret, chosen }: Extract<Overlay, { kind: 'palette' }>,
  size: Size,
  look: Look,
): Box {
  const columns = Math.min(READABLE, bodyColumns(size));
  const body = [[span(': '), ...typedSpans(text, caret, look)], ...choiceLines([], chosen, columns)];
  return { title: 'command', body, foot: [span('Enter run  Esc leave', { tone: 'dim' })], wide: columns, tall: true };
}
