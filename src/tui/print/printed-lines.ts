/**
 * What is seen as text to be printed: the lines of the screen without keys and cursor, every row of the table, and why each is not well.
 * Used by `--once`. Pure; as wide as it is told, or wider where a name would be cut.
 */
import { tableLines } from '../draw/table-lines.ts';
import { gaugeLine } from '../draw/gauge-line.ts';
import { headerLine, verdictLine } from '../draw/header-lines.ts';
import { INDENT } from '../draw/column-fit.ts';
import type { Line, Look } from '../draw/line.ts';
import { markOf } from '../draw/marks.ts';
import { asciiText, safeText } from '../draw/plain-text.ts';
import { lineWidth, span } from '../draw/spans.ts';
import { widthOf } from '../draw/width.ts';
import { isFault } from '../rows/standing.ts';
import { type Column, everyNode, type Row } from '../rows/row.ts';
import type { View } from '../view/view.ts';

export interface Printing {
  /** Of the terminal, or of what a pipe gets. */
  readonly columns: number;
  /** Names are whole even where the lines get longer for it. */
  readonly wholeNames: boolean;
  readonly look: Look;
  /** Commands to type next. */
  readonly next: readonly string[];
}

export function printedLines(view: View, { columns, wholeNames, look, next }: Printing): readonly Line[] {
  const { header, table } = view;
  const wide = wholeNames ? Math.max(columns, widthForNames(table.rows)) : columns;
  const several = table.columns.some(({ id }) => id === NODE);
  const old = header.mode === 'stale' || header.mode === 'lost';
  const columnsOf = wholeNames ? table.columns.map((column) => withRoom(column, table.rows)) : table.columns;
  const unseen = { ...table, columns: columnsOf, cursor: -1, scroll: 0, marks: [] };
  const lines = [
    headerLine(header, wide),
    ...verdictLines(view, columns, look),
    gaugeLine(view.gauges, wide),
    titleLine(view),
    ...tableLines(unseen, wide, Math.max(2, table.rows.length), look, old),
    ...table.rows.flatMap((row) => whyLine(row, several, look)),
    ...next.map((command, index): Line => [span(index === 0 ? ' next: ' : '       ', { tone: 'dim' }), span(command)]),
  ];
  return lines.map((line) => lastLook(line, look));
}

/** Id of the column that there is only of several daemons. */
const NODE = 'node';

/** Twice as wide as the longest names, which then need not give way to anything. */
function widthForNames(rows: readonly Row[]): number {
  const longest = (id: string): number => rows.reduce((most, row) => Math.max(most, cellWidth(row, id)), 0);
  return 2 * (longest('name') + longest(NODE));
}

function cellWidth({ cells, depth }: Row, id: string): number {
  return widthOf(cells[id]?.text ?? '') + (id === 'name' ? depth * INDENT : 0);
}

/** A daemon is told from another by its whole name. */
function withRoom(column: Column, rows: readonly Row[]): Column {
  if (column.id !== NODE) return column;
  const { drop: _never, ...kept } = column;
  return { ...kept, width: rows.reduce((most, row) => Math.max(most, cellWidth(row, column.id)), column.width ?? 0) };
}

/** All that it says, on as many lines as that takes. */
function verdictLines({ verdict }: View, columns: number, look: Look): readonly Line[] {
  const lines: Line[] = [];
  let parts: View['verdict']['parts'] = [];
  const line = (some: typeof parts): Line => {
    const whole = verdictLine({ ...verdict, parts: some }, Number.MAX_SAFE_INTEGER, look);
    return lines.length === 0 ? whole : [span('   '), ...whole.slice(3)];
  };
  for (const part of verdict.parts) {
    if (parts.length > 0 && lineWidth(line([...parts, part])) > columns) {
      lines.push(line(parts));
      parts = [];
    }
    parts = [...parts, part];
  }
  return [...lines, line(parts)];
}

function titleLine({ table, tabs }: View): Line {
  const title = tabs.find(({ chosen }) => chosen)?.title ?? table.title;
  const shown = table.rows.length === table.total ? '' : ` ${table.rows.length} of ${table.total}`;
  return [
    span(` ${title}`, { bold: true }),
    span(shown),
    span(`  sort: ${table.sort}`, { tone: 'dim' }),
    ...(table.filter === '' ? [] : [span(`  filter: ${table.filter}`, { tone: 'dim' })]),
  ];
}

/** Of a sum over daemons each of them says it for itself. */
function whyLine({ node, standing, name, why }: Row, several: boolean, look: Look): readonly Line[] {
  if (
    why === null ||
    node === everyNode ||
    (!isFault(standing) && standing !== 'draining' && standing !== 'maintenance')
  )
    return [];
  const { glyph, tone } = markOf(standing, look);
  return [
    [span(' '), span(glyph, { tone }), span(` ${several ? `${node} ` : ''}${name}: `, { bold: true }), span(why)],
  ];
}

/** Whatever came from a log, a header or a client: no control character passes. */
function lastLook(line: Line, { ascii }: Look): Line {
  return line.map((one) => ({ ...one, text: ascii ? asciiText(safeText(one.text)) : safeText(one.text) }));
}
