/** The table: titles, and the rows that are seen. The cursor, marks and standings stand in front of the names. */
import type { Row } from '../rows/row.ts';
import type { TableView } from '../view/view.ts';
import { type ColumnFit, type FittedColumn, fitColumns, INDENT } from './column-fit.ts';
import { firstShown } from './heights.ts';
import type { Line, Look, Span } from './line.ts';
import { markOf } from './marks.ts';
import { faded, filled, fitted, selected, span } from './spans.ts';
import { padded, widthOf } from './width.ts';

/** What stands in front of the row that the keys move. */
export const CURSOR = '▸';
export const MARKED = '*';

/** Titles and `room` rows, `room + 1` lines. `old`: what they say is not of now. */
export function tableLines(table: TableView, columns: number, room: number, look: Look, old: boolean): readonly Line[] {
  const fit = fitColumns(table.columns, table.rows, columns);
  const titles = titleLine(fit, columns);
  if (table.rows.length === 0) return [titles, ...emptyLines(table.empty, columns, room)];
  const first = firstShown(table.scroll, table.cursor, table.rows.length, room);
  const marks = new Set(table.marks);
  const lines = table.rows.slice(first, first + room).map((row, index) => {
    const chosen = first + index === table.cursor;
    const line = rowLine(row, fit, { chosen, marked: marks.has(row.id) }, look);
    if (chosen) return selected(old ? faded(line) : line, columns);
    return fitted(old ? faded(line) : line, columns);
  });
  return [titles, ...lines, ...Array.from({ length: room - lines.length }, () => [])];
}

/** Says why there are none, where the eye looks for them. */
export function emptyLines(empty: string | null, columns: number, room: number): readonly Line[] {
  return Array.from({ length: room }, (_, index) =>
    index === Math.min(1, room - 1) ? fitted([span(`  ${empty ?? 'nothing here'}`, { tone: 'dim' })], columns) : [],
  );
}

function titleLine({ columns, gap, front, depth }: ColumnFit, wide: number): Line {
  const head = front > 2 ? padded(' ST', front) : ' '.repeat(front);
  const cells = columns.map(({ column, width }, index) =>
    index === 0 && !column.right ? padded(column.title, width) : padded(column.title, width, column.right),
  );
  return fitted([span(`${head}${cells.join(' '.repeat(gap))}`, { tone: depth < 0 ? 'plain' : 'dim' })], wide);
}

function rowLine(
  row: Row,
  { columns, gap, front }: ColumnFit,
  { chosen, marked }: { readonly chosen: boolean; readonly marked: boolean },
  look: Look,
): Line {
  const indent = row.depth * INDENT;
  const { glyph, letter, tone } = markOf(row.standing, look);
  const spans: Span[] = [span(`${chosen ? CURSOR : ' '}${' '.repeat(indent)}`)];
  if (front > 2) spans.push(span(`${glyph}${letter}`, { tone }));
  spans.push(marked ? span(MARKED, { tone: 'info', bold: true }) : span(' '));
  columns.forEach((one, index) => {
    if (index > 0) spans.push(span(' '.repeat(gap)));
    spans.push(cellSpan(row, one, index === 0 ? indent : 0, chosen));
  });
  return spans;
}

function cellSpan(row: Row, { column, width, narrow }: FittedColumn, indent: number, chosen: boolean): Span {
  const cell = row.cells[column.id] ?? { text: '?', tone: 'unknown' as const };
  const room = Math.max(0, width - indent);
  const text = cell.short !== undefined && (narrow || widthOf(cell.text) > room) ? cell.short : cell.text;
  const emphasis = indent === 0 && row.depth === 0 && column.id === 'name' ? { bold: true } : {};
  return span(padded(text, room, column.right), {
    ...(cell.tone === undefined || chosen ? {} : { tone: cell.tone }),
    ...emphasis,
  });
}

/** Blank to the edge. */
export function blank(columns: number): Line {
  return filled([], columns);
}
