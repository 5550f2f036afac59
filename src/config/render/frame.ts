/**
 * The lines of source around a diagnostic with their marks: at most 120 columns, long lines cut to a window around what is
 * marked. Used by `text.ts`.
 */
import { lineOf, lineText, positionOf } from '../../kdl/source.ts';
import type { Source, Span } from '../../kdl/source.ts';
import { cellsWidth, drawLine, harmlessText, textWidth } from './display-width.ts';
import type { DrawnLine } from './display-width.ts';
import type { Paint } from './paint.ts';

export const maxColumns = 120;

export interface Mark {
  readonly span: Span;
  readonly label: string;
  readonly primary: boolean;
}

interface LineMark extends Mark {
  readonly line: number;
}

/** The frames of every file that the marks lie in, the one of the primary mark first. */
export function drawFrames(
  marks: readonly Mark[],
  paint: Paint,
): { readonly lines: readonly string[]; readonly gutter: number } {
  const placed = marks.map((mark) => ({ ...mark, line: lineOf(mark.span.source, mark.span.start) }));
  const gutter = Math.max(...placed.map(({ line }) => String(line).length));
  const files = [...new Set(placed.map(({ span }) => span.source))];
  const lines = files.flatMap((source, index) => {
    const own = placed.filter(({ span }) => span.source === source);
    return [header(source, own, gutter, index === 0, paint), ...drawFile(source, own, gutter, paint)];
  });
  return { lines, gutter };
}

function header(source: Source, marks: readonly LineMark[], gutter: number, first: boolean, paint: Paint): string {
  const start = (marks.find(({ primary }) => primary) ?? marks[0])?.span.start ?? 0;
  const { line, column } = positionOf(source, start);
  const place = `${harmlessText(source.name)}:${line}:${column}`;
  return `${' '.repeat(gutter + 1)}${paint.frame(first ? '-->' : ':::')} ${place}`;
}

function drawFile(source: Source, marks: readonly LineMark[], gutter: number, paint: Paint): string[] {
  const empty = `${' '.repeat(gutter + 2)}${paint.frame('|')}`;
  const drawn = [empty];
  let previous: number | null = null;
  for (const line of [...new Set(marks.map((mark) => mark.line))].sort((one, other) => one - other)) {
    if (previous !== null && line === previous + 2) drawn.push(...sourceLine(source, line - 1, [], gutter, paint));
    else if (previous !== null && line > previous + 2) drawn.push(paint.frame(`${' '.repeat(gutter + 2)}…`));
    drawn.push(
      ...sourceLine(
        source,
        line,
        marks.filter((mark) => mark.line === line),
        gutter,
        paint,
      ),
    );
    previous = line;
  }
  return drawn;
}

/** As much of a line as could ever be shown: a line may be megabytes long. */
const widestSlice = 1000;

function sourceLine(source: Source, line: number, marks: readonly LineMark[], gutter: number, paint: Paint): string[] {
  const lineStart = source.lineStarts[line - 1] ?? 0;
  const whole = lineText(source, line);
  const anchor = (marks.find(({ primary }) => primary) ?? marks[0])?.span.start ?? lineStart;
  const cut = whole.length <= widestSlice ? 0 : Math.max(0, anchor - lineStart - widestSlice / 2);
  const text = whole.slice(cut, cut + widestSlice);
  const drawn = drawLine(text);
  const ranges = marks.map((mark) => ({ mark, ...cellRange(drawn, mark.span, lineStart + cut, text.length) }));
  const focus = ranges.find(({ mark }) => mark.primary) ?? ranges[0];
  const window = windowOf(drawn, focus ?? { start: 0, end: 0 }, maxColumns - gutter - 4);
  const cutBefore = window.start > 0 || cut > 0;
  const cutAfter = window.end < drawn.cells.length || cut + text.length < whole.length;
  const shown = drawn.cells.slice(window.start, window.end).map((cell) => cell.text);
  const code = `${cutBefore ? '…' : ''}${shown.join('')}${cutAfter ? '…' : ''}`.trimEnd();
  const number = paint.frame(`${' '.repeat(gutter + 1 - String(line).length)}${line} |`);
  const prefix = `${' '.repeat(gutter + 2)}${paint.frame('|')}`;
  const lines = [code === '' ? number : `${number} ${code}`];
  for (const { mark, start, end } of ranges.sort((one, other) => one.start - other.start)) {
    const from = Math.min(Math.max(start, window.start), window.end);
    const to = Math.min(Math.max(end, from), window.end);
    const indent = (cutBefore ? 1 : 0) + cellsWidth(drawn.cells, window.start, from);
    const width = Math.max(1, cellsWidth(drawn.cells, from, to));
    lines.push(...markLines(mark, indent, width, gutter, prefix, paint));
  }
  return lines;
}

function cellRange(drawn: DrawnLine, span: Span, lineStart: number, length: number): { start: number; end: number } {
  const start = Math.min(Math.max(0, span.start - lineStart), length);
  const end = Math.min(Math.max(start, span.end - lineStart), length);
  return { start: drawn.offsets[start] ?? 0, end: drawn.offsets[end] ?? drawn.cells.length };
}

/** The part of a line that is shown: all of it, or `columns` around `focus` with room for the `…` on both sides. */
function windowOf(
  drawn: DrawnLine,
  focus: { start: number; end: number },
  columns: number,
): { start: number; end: number } {
  const { cells } = drawn;
  if (cellsWidth(cells) <= columns) return { start: 0, end: cells.length };
  const room = columns - 2;
  let start = focus.start;
  let end = focus.start;
  let width = 0;
  const fits = (index: number): boolean => width + (cells[index]?.width ?? 0) <= room;
  while (end < focus.end && fits(end)) width += cells[end++]?.width ?? 0;
  // What is left goes to both sides in turn, so that the marked part stays in the middle.
  for (let grown = true; grown; ) {
    grown = false;
    if (start > 0 && fits(start - 1)) {
      width += cells[--start]?.width ?? 0;
      grown = true;
    }
    if (end < cells.length && fits(end)) {
      width += cells[end++]?.width ?? 0;
      grown = true;
    }
  }
  return { start, end };
}

/** The marks with the label behind them, or below where that would be too wide. */
function markLines(mark: Mark, indent: number, width: number, gutter: number, prefix: string, paint: Paint): string[] {
  const signs = paint.mark((mark.primary ? '^' : '-').repeat(width), mark.primary);
  const label = harmlessText(mark.label);
  const columns = maxColumns - gutter - 4;
  const marked = `${prefix} ${' '.repeat(indent)}${signs}`;
  if (label === '') return [marked];
  if (indent + width + 1 + textWidth(label) <= columns) return [`${marked} ${paint.mark(label, mark.primary)}`];
  const from = Math.max(0, Math.min(indent, columns - Math.min(60, textWidth(label))));
  const below = wrapWords(label, columns - from).map(
    (part) => `${prefix} ${' '.repeat(from)}${paint.mark(part, mark.primary)}`,
  );
  return [marked, ...below];
}

/** Lines of at most `columns`; a word that is longer is cut. */
export function wrapWords(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    let rest = word;
    if (line !== '' && textWidth(line) + 1 + textWidth(rest) > columns) {
      lines.push(line);
      line = '';
    }
    while (textWidth(rest) > columns) {
      const [head, tail] = cutAt(rest, columns);
      lines.push(head);
      rest = tail;
    }
    line = line === '' ? rest : `${line} ${rest}`;
  }
  return [...lines, line];
}

function cutAt(word: string, columns: number): [head: string, tail: string] {
  let head = '';
  for (const character of word) {
    if (textWidth(head) + textWidth(character) > columns) break;
    head += character;
  }
  return [head, word.slice(head.length)];
}
