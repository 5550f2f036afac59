/** A box over the screen: centred where there is room around it, the whole screen where there is not. Knows nothing of what is in it. */
import type { Line, Size } from './line.ts';
import { filled, fitted, laidOver, lineWidth, type Manner, span } from './spans.ts';

export interface Box {
  readonly title: string;
  readonly body: readonly Line[];
  /** Below the body: which keys do what here. */
  readonly foot: Line;
  /** Of the border. */
  readonly manner?: Manner;
  /** Columns inside that it would like; as wide as its lines where absent. */
  readonly wide?: number;
  /** The line of the body that has to be seen. */
  readonly focus?: number;
  /** It always takes all the height there is, so that it does not jump while it is scrolled or typed into. */
  readonly tall?: boolean;
}

/** Where there is less than this there is no room around a box. */
const ROOMY = { columns: 60, rows: 14 } as const;
const MARGIN = 4;

function isRoomy({ columns, rows }: Size): boolean {
  return columns >= ROOMY.columns && rows >= ROOMY.rows;
}

/** Lines of a body that are seen at once. */
export function bodyRows(size: Size): number {
  return Math.max(1, isRoomy(size) ? size.rows - 2 - 3 : size.rows - 2);
}

/** Columns that a body line can take. */
export function bodyColumns(size: Size): number {
  return Math.max(1, isRoomy(size) ? size.columns - MARGIN - 4 : size.columns);
}

/** `base` with the box over it. */
export function boxed(base: readonly Line[], box: Box, size: Size): readonly Line[] {
  const room = bodyRows(size);
  const first = Math.max(0, Math.min(Math.max(0, box.body.length - room), (box.focus ?? 0) - room + 2));
  const seen = box.body.slice(first, first + room);
  if (!isRoomy(size)) return wholeScreen(box, seen, size);
  const natural = Math.max(box.wide ?? 0, lineWidth(box.foot), box.title.length + 4, ...box.body.map(lineWidth));
  const inside = Math.min(natural, bodyColumns(size));
  const height = box.tall === true ? room : seen.length;
  const manner = box.manner ?? { tone: 'dim' as const };
  const edge = span('│', manner);
  const lines: readonly Line[] = [
    titled(box, inside, manner),
    ...Array.from(
      { length: height },
      (_, at): Line => [edge, span(' '), ...filled(seen[at] ?? [], inside), span(' '), edge],
    ),
    [edge, span(' '), ...filled(box.foot, inside), span(' '), edge],
    [span(`└${'─'.repeat(inside + 2)}┘`, manner)],
  ];
  const column = Math.floor((size.columns - inside - 4) / 2);
  const row = Math.max(0, Math.floor((size.rows - lines.length) / 2));
  return base.map((line, at) => {
    const over = lines[at - row];
    return over === undefined ? line : laidOver(line, over, column);
  });
}

function titled({ title }: Box, inside: number, manner: Manner): Line {
  const words = fitted([span(` ${title} `, { bold: true })], inside);
  return [span('┌─', manner), ...words, span(`${'─'.repeat(Math.max(0, inside + 1 - lineWidth(words)))}┐`, manner)];
}

function wholeScreen({ title, foot }: Box, seen: readonly Line[], { columns, rows }: Size): readonly Line[] {
  const blank = Array.from({ length: Math.max(0, rows - 2 - seen.length) }, (): Line => []);
  return [[span(title, { bold: true })], ...seen, ...blank, foot].slice(0, rows).map((line) => fitted(line, columns));
}
