/**
 * A text with a name, and places in it: what every diagnostic points at. Offsets are UTF-16 units of `text`;
 * people get lines and columns. Knows nothing of KDL.
 */

export interface Source {
  /** As people should see it: the path they typed, `<stdin>`, `<built-in>`. */
  readonly name: string;
  readonly text: string;
  /** Offset of the first character of each line. */
  readonly lineStarts: readonly number[];
}

/** Half open: `end` is the offset after the last character. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in code points. */
  readonly column: number;
  /** From 0, in bytes of UTF-8. */
  readonly byte: number;
}

/** Lines end at LF, CR LF or a lone CR, as editors count them. */
export function makeSource(name: string, text: string): Source {
  const lineStarts = [0];
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === 10 || (unit === 13 && text.charCodeAt(index + 1) !== 10)) lineStarts.push(index + 1);
  }
  return { name, text, lineStarts };
}

export function positionOf(source: Source, offset: number): Position {
  const line = lineOf(source, offset);
  const lineStart = source.lineStarts[line - 1] ?? 0;
  const known = lastPositions.get(source);
  const from: Counted =
    known !== undefined && known.offset <= offset ? known : { offset: 0, line: 1, column: 1, byte: 0 };
  const columnFrom = from.line === line ? from : { offset: lineStart, column: 1 };
  const position = {
    line,
    column: columnFrom.column + codePoints(source.text.slice(columnFrom.offset, offset)),
    byte: from.byte + Buffer.byteLength(source.text.slice(from.offset, offset)),
  };
  lastPositions.set(source, { ...position, offset });
  return position;
}

interface Counted extends Position {
  readonly offset: number;
}

/** Diagnostics come in order, so that each place is counted from the one before instead of from the beginning. */
const lastPositions = new WeakMap<Source, Counted>();

/** Number of the line that holds `offset`, from 1. */
export function lineOf(source: Source, offset: number): number {
  let low = 0;
  let high = source.lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((source.lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}

/** The line without its end. */
export function lineText(source: Source, line: number): string {
  const start = source.lineStarts[line - 1] ?? 0;
  const end = source.lineStarts[line] ?? source.text.length;
  return source.text.slice(start, end).replace(/[\r\n]+$/, '');
}

export function spanText(span: Span): string {
  return span.source.text.slice(span.start, span.end);
}

/** `file:line`, as warnings name a place in running text. */
export function placeOf(span: Span): string {
  return `${span.source.name}:${lineOf(span.source, span.start)}`;
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
