/**
 * How many columns of the terminal a text takes, and what of it fits: the one door to string-width. Called for every span of every
 * frame, so what is plain ASCII is only counted and the rest remembered.
 */
import stringWidth from 'string-width';

const plain = /^[\x20-\x7e]*$/;
/** Texts of rows repeat from second to second; forgotten all at once, which costs one slow frame. */
const REMEMBERED = 4096;
const known = new Map<string, number>();
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Columns that `text` takes; wide characters two. */
export function widthOf(text: string): number {
  if (plain.test(text)) return text.length;
  const before = known.get(text);
  if (before !== undefined) return before;
  if (known.size >= REMEMBERED) known.clear();
  const width = stringWidth(text);
  known.set(text, width);
  return width;
}

/** Whole characters, as people count them. */
export function characters(text: string): readonly string[] {
  return plain.test(text) ? text.split('') : Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/**
 * The part of `text` between two columns, both from its left. Half of a wide character is a space, so that it takes exactly what
 * was asked for where the text is long enough.
 */
export function cutText(text: string, from: number, to: number): string {
  if (from >= to) return '';
  if (plain.test(text)) return text.slice(Math.max(0, from), to);
  let column = 0;
  let result = '';
  for (const character of characters(text)) {
    const width = widthOf(character);
    const start = column;
    column += width;
    if (width === 0 ? start <= from && start > 0 : column <= from) continue;
    if (start >= to) break;
    if (start >= from && column <= to) result += character;
    else result += ' '.repeat(Math.min(column, to) - Math.max(start, from));
  }
  return result;
}

/** `text`, or what fits of it and an ellipsis. */
export function shortened(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  return columns < 1 ? '' : `${cutText(text, 0, columns - 1)}…`;
}

/** Exactly `columns` wide. */
export function padded(text: string, columns: number, right = false): string {
  const fitting = shortened(text, columns);
  const room = ' '.repeat(Math.max(0, columns - widthOf(fitting)));
  return right ? `${room}${fitting}` : `${fitting}${room}`;
}
