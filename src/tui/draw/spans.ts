/** Lines put together: measured, cut, padded, laid over each other. Knows nothing of what they say. */
import type { Line, Span } from './line.ts';
import { cutText, widthOf } from './width.ts';

export type Manner = Omit<Span, 'text'>;

export function span(text: string, manner: Manner = {}): Span {
  return { text, ...manner };
}

/** Columns that it takes. */
export function lineWidth(line: Line): number {
  let width = 0;
  for (const { text } of line) width += widthOf(text);
  return width;
}

/** The part between two columns, both from its left. */
export function cutLine(line: Line, from: number, to: number): Line {
  const result: Span[] = [];
  let column = 0;
  for (const one of line) {
    const width = widthOf(one.text);
    if (column >= to) break;
    if (column + width > from) {
      if (column >= from && column + width <= to) result.push(one);
      else {
        const text = cutText(one.text, from - column, to - column);
        if (text !== '') result.push({ ...one, text });
      }
    }
    column += width;
  }
  return result;
}

/** Not wider than `columns`; what is cut ends in an ellipsis, so that nobody takes it for all. */
export function fitted(line: Line, columns: number): Line {
  if (lineWidth(line) <= columns) return line;
  if (columns < 1) return [];
  const kept = cutLine(line, 0, columns - 1);
  const { text: _, ...manner } = kept.at(-1) ?? { text: '' };
  return [...kept, { text: '…', ...manner }];
}

/** Exactly `columns` wide. */
export function filled(line: Line, columns: number, manner: Manner = {}): Line {
  const kept = fitted(line, columns);
  const room = columns - lineWidth(kept);
  return room > 0 ? [...kept, { text: ' '.repeat(room), ...manner }] : kept;
}

/** One at the left edge, one at the right; the left one gives way. */
export function apart(left: Line, right: Line, columns: number): Line {
  const wide = lineWidth(right);
  if (wide >= columns) return fitted(left, columns);
  return [...filled(left, columns - wide), ...right];
}

/** `over` upon `base`, from `column` on. */
export function laidOver(base: Line, over: Line, column: number): Line {
  return [
    ...filled(cutLine(base, 0, column), column),
    ...over,
    ...cutLine(base, column + lineWidth(over), Number.POSITIVE_INFINITY),
  ];
}

/** A piece of a line that may be left out: the highest `drop` first; without one it stays. */
export interface Piece {
  readonly line: Line;
  readonly drop?: number;
}

/** Those pieces that fit into `columns`, `gap` spaces apart. */
export function piecesFor(pieces: readonly Piece[], columns: number, gap = 2): Line {
  const kept = [...pieces];
  const width = (): number =>
    kept.reduce((sum, { line }) => sum + lineWidth(line), 0) + Math.max(0, kept.length - 1) * gap;
  while (width() > columns) {
    const worst = kept.reduce((found, one, at) => ((one.drop ?? 0) > (kept[found]?.drop ?? 0) ? at : found), 0);
    if ((kept[worst]?.drop ?? 0) === 0) break;
    kept.splice(worst, 1);
  }
  return kept.flatMap(({ line }, at) => (at === 0 ? line : [span(' '.repeat(gap)), ...line]));
}

/** Shown as if it were the selected one: one colour, so that it can be read in every theme. */
export function selected(line: Line, columns: number): Line {
  return filled(line, columns).map(({ text, bold, underline }) => ({
    text,
    inverse: true,
    ...(bold === true ? { bold } : {}),
    ...(underline === true ? { underline } : {}),
  }));
}

/** What is not to be relied on. */
export function faded(line: Line): Line {
  return line.map(({ text, inverse }) => ({
    text,
    tone: 'stale' as const,
    ...(inverse === true ? { inverse } : {}),
  }));
}
