/** Lays pieces of text out in lines of a width: beside each other where they fit, broken between words where one does not. Pure. */
import { cellsWidth, drawLine } from '../../config/render/display-width.ts';

export interface Piece {
  readonly text: string;
  /** Colours it; on each line for itself. */
  readonly paint?: (text: string) => string;
  /** Begins a line, and nothing follows it there. */
  readonly alone?: boolean;
}

/** Columns that a text takes on a terminal. */
export function columnsOf(text: string): number {
  return cellsWidth(drawLine(text).cells);
}

/**
 * Lines that are no wider than `columns`, where words allow that. The first begins after `label`, the others below its end; what is
 * broken goes on two further in.
 * @param separator between pieces on a line
 */
export function flow(label: Piece, pieces: readonly Piece[], columns: number, separator = '  '): string {
  const indent = columnsOf(label.text);
  const room = Math.max(MIN_ROOM, columns - indent);
  const lines: string[] = [];
  let line = '';
  let used = 0;
  const end = () => {
    if (used > 0) lines.push(line);
    line = '';
    used = 0;
  };
  for (const { text, paint = same, alone = false } of pieces) {
    const width = columnsOf(text);
    const gap = used === 0 ? 0 : columnsOf(separator);
    if (alone || used + gap + width > room) end();
    if (width > room) {
      lines.push(...broken(text, room).map((part, index) => `${index === 0 ? '' : '  '}${paint(part)}`));
      continue;
    }
    line += `${used === 0 ? '' : separator}${paint(text)}`;
    used += (used === 0 ? 0 : gap) + width;
    if (alone) end();
  }
  end();
  const begin = (label.paint ?? same)(label.text);
  const below = ' '.repeat(indent);
  return lines.map((one, index) => `${index === 0 ? begin : below}${one}\n`).join('');
}

/** Narrower than this nothing can be read; lines are too wide then. */
const MIN_ROOM = 30;

/** Between words; a word that is too long stands alone, so that it can be copied. */
function broken(text: string, room: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    const inset = lines.length === 0 ? 0 : 2;
    if (line !== '' && columnsOf(longer) + inset > room) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

function same(text: string): string {
  return text;
}
