/** Rows where the screen is too narrow for a table: two lines each, what it is called above, what matters most of it below. */
import { type Column, type Row, standingColumn, type Tone } from '../rows/row.ts';
import type { TableView } from '../view/view.ts';
import { firstShown } from './heights.ts';
import type { Line, Look, Span } from './line.ts';
import { markOf } from './marks.ts';
import { apart, faded, fitted, type Piece, piecesFor, selected, span } from './spans.ts';
import { CURSOR, emptyLines, MARKED } from './table-lines.ts';

/** `2 * cards` lines. */
export function cardLines(table: TableView, columns: number, cards: number, look: Look, old: boolean): readonly Line[] {
  if (table.rows.length === 0) return emptyLines(table.empty, columns, 2 * cards);
  const first = firstShown(table.scroll, table.cursor, table.rows.length, cards);
  const marks = new Set(table.marks);
  const lines = table.rows.slice(first, first + cards).flatMap((row, index): readonly Line[] => {
    const chosen = first + index === table.cursor;
    const pair = cardOf(row, table.columns, { chosen, marked: marks.has(row.id) }, columns, look);
    const drawn = old ? pair.map(faded) : pair;
    return drawn.map((line) => (chosen ? selected(line, columns) : fitted(line, columns)));
  });
  return [...lines, ...Array.from({ length: 2 * cards - lines.length }, () => [])];
}

function cardOf(
  row: Row,
  given: readonly Column[],
  { chosen, marked }: { readonly chosen: boolean; readonly marked: boolean },
  wide: number,
  look: Look,
): readonly Line[] {
  const columns = given.filter(({ id, wide: only }) => id !== standingColumn && only !== true);
  const [name, ...rest] = columns;
  const { glyph, letter, tone } = markOf(row.standing, look);
  const head: Span[] = [
    span(`${chosen ? CURSOR : ' '}${'  '.repeat(row.depth)}`),
    span(`${glyph}${letter}`, { tone }),
    marked ? span(MARKED, { tone: 'info' }) : span(' '),
    span(name === undefined ? row.name : (row.cells[name.id]?.text ?? '?'), row.depth === 0 ? { bold: true } : {}),
  ];
  const rankHere = (column: Column): number => rank(column) - (urgency[row.cells[column.id]?.tone ?? 'plain'] ?? 0);
  const inOrder = [...rest].sort((a, b) => rankHere(a) - rankHere(b));
  const facts = inOrder.map((column): Piece => {
    const { id, title } = column;
    const cell = row.cells[id] ?? { text: '?', tone: 'unknown' as const };
    return {
      line: [span(`${title} `, { tone: 'dim' }), span(cell.short ?? cell.text, toneOf(cell.tone))],
      drop: rankHere(column),
    };
  });
  const front = 4 + 2 * row.depth;
  const below = fitted([span(' '.repeat(front)), ...piecesFor(facts, wide - front - 1)], wide);
  return [apart(head, [], wide), below];
}

/** What stands out in a row is what one looks for. */
const urgency: Readonly<Partial<Record<Tone, number>>> = { bad: 400, warn: 300, going: 300, unknown: 200 };

/** What a table would leave out first stands last here, and numbers before words. */
function rank({ drop, narrow, right }: Column): number {
  return (drop ?? narrow?.drop ?? 0) + (right === true ? 1 : 100);
}

function toneOf(tone: Span['tone']): Pick<Span, 'tone'> {
  return tone === undefined ? {} : { tone };
}
