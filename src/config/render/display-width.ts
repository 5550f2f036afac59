/**
 * How text looks on a terminal: columns instead of characters, nothing that could move the cursor. For the frames of
 * diagnostics; pure.
 */

const tabWidth = 4;

/** One character as it is drawn. */
interface Cell {
  readonly text: string;
  readonly width: number;
}

/** A line of source as cells, tabs expanded; `offsets[i]` is the cell that UTF-16 unit `i` is drawn in. */
export interface DrawnLine {
  readonly cells: readonly Cell[];
  readonly offsets: readonly number[];
}

export function drawLine(line: string): DrawnLine {
  const cells: Cell[] = [];
  const offsets: number[] = [];
  let column = 0;
  for (const character of line) {
    for (let unit = 0; unit < character.length; unit++) offsets.push(cells.length);
    const width = character === '\t' ? tabWidth - (column % tabWidth) : characterWidth(character);
    const text = character === '\t' ? ' '.repeat(width) : harmless(character);
    cells.push({ text, width });
    column += width;
  }
  offsets.push(cells.length);
  return { cells, offsets };
}

/** Columns of the cells from `start` to `end`. */
export function cellsWidth(cells: readonly Cell[], start = 0, end = cells.length): number {
  let width = 0;
  for (const cell of cells.slice(start, end)) width += cell.width;
  return width;
}

export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The text with every control and direction character made visible: a file must not be able to steer the terminal. */
export function harmlessText(text: string): string {
  let shown = '';
  for (const character of text) shown += harmless(character);
  return shown;
}

function harmless(character: string): string {
  return isControl(character.codePointAt(0) ?? 0) ? '\ufffd' : character;
}

function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (isControl(code)) return 1;
  if (/^\p{Mark}$/u.test(character) || code === 0x200b || code === 0x200d || (code >= 0xfe00 && code <= 0xfe0f))
    return 0;
  return isWide(code) ? 2 : 1;
}

function isControl(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code <= 0x9f) ||
    (code >= 0x200e && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) ||
    (code >= 0xd800 && code <= 0xdfff) ||
    code === 0xfeff
  );
}

/** East Asian Width W and F of Unicode, and emoji, in coarse blocks. */
function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf && code !== 0x303f) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}
