/**
 * A screen as a picture: every cell of a terminal in its place, as SVG, with a fixed set of 16 colours. Bars, lines and dots are drawn,
 * so that they look alike whatever fonts the reader has. Pure: the same screen gives the same bytes.
 */
import type { ScreenCell } from './terminal.ts';

const cellWidth = 8.4;
const cellHeight = 18;
const margin = 14;
/** Room for the three buttons of a window. */
const top = 34;

const theme = {
  background: '#16181d',
  frame: '#2b2f38',
  title: '#8b93a3',
  text: '#d8dce4',
  slots: [
    '#2b2f38',
    '#f0606a',
    '#7fc36a',
    '#e3b44f',
    '#6ea8ef',
    '#c58af0',
    '#58c2c9',
    '#d8dce4',
    '#7a8294',
    '#ff7b84',
    '#98dc82',
    '#f5cb6b',
    '#8fc0ff',
    '#daaaff',
    '#79dde3',
    '#ffffff',
  ],
} as const;

/** @param title What stands at the head of the window: the command. */
export function pictureOf(cells: readonly (readonly ScreenCell[])[], title: string): string {
  const columns = Math.max(...cells.map((row) => row.length));
  const width = round(2 * margin + columns * cellWidth);
  const height = top + margin + cells.length * cellHeight;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>text{font:14px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;white-space:pre;fill:${theme.text}}.b{font-weight:bold}.u{text-decoration:underline}</style>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${theme.background}" stroke="${theme.frame}"/>`,
    ...[theme.slots[1], theme.slots[3], theme.slots[2]].map(
      (colour, index) => `<circle cx="${20 + 18 * index}" cy="18" r="5" fill="${colour}"/>`,
    ),
    `<text x="${round(width / 2)}" y="23" text-anchor="middle" style="fill:${theme.title}">${escaped(title)}</text>`,
    ...cells.flatMap((row, index) => rowOf(row, top + index * cellHeight)),
    '</svg>',
    '',
  ].join('\n');
}

function rowOf(row: readonly ScreenCell[], y: number): string[] {
  return [...backgroundsOf(row, y), ...runsOf(row).flatMap((run) => foregroundOf(run, y))];
}

interface Run {
  readonly column: number;
  readonly cells: ScreenCell[];
}

/** Neighbours that look alike. */
function runsOf(row: readonly ScreenCell[]): Run[] {
  const runs: Run[] = [];
  for (const [column, cell] of row.entries()) {
    const last = runs.at(-1);
    const [before] = last?.cells ?? [];
    if (last !== undefined && before !== undefined && looksLike(before, cell)) last.cells.push(cell);
    else runs.push({ column, cells: [cell] });
  }
  return runs;
}

function looksLike(one: ScreenCell, other: ScreenCell): boolean {
  const keys = ['colour', 'background', 'bold', 'dim', 'underline', 'inverse'] as const;
  return keys.every((key) => one[key] === other[key]);
}

/** One piece for neighbours with the same ground: pieces that touch would show a seam. */
function backgroundsOf(row: readonly ScreenCell[], y: number): string[] {
  const grounds: { readonly column: number; readonly fill: string; count: number }[] = [];
  for (const [column, cell] of row.entries()) {
    const fill = cell.inverse ? ink(cell) : slot(cell.background);
    const last = grounds.at(-1);
    if (fill === null) continue;
    if (last !== undefined && last.fill === fill && last.column + last.count === column) last.count += 1;
    else grounds.push({ column, fill, count: 1 });
  }
  return grounds.map(
    ({ column, fill, count }) =>
      `<rect x="${left(column)}" y="${y}" width="${round(count * cellWidth)}" height="${cellHeight}" fill="${fill}"/>`,
  );
}

function foregroundOf({ column, cells }: Run, y: number): string[] {
  const [first] = cells;
  if (first === undefined) return [];
  const colour = first.inverse ? (slot(first.background) ?? theme.background) : ink(first);
  const drawn = cells.flatMap(({ text }, index) => shapesOf(text, column + index, y));
  const shapes = drawn.length === 0 ? [] : [`<path d="${drawn.join('')}" fill="${colour}"/>`];
  const letters = cells.flatMap(({ text }, index) =>
    text.trim() === '' || isDrawn(text) ? [] : [{ text, at: left(column + index) }],
  );
  if (letters.length === 0) return shapes;
  const style = [...(first.bold ? ['b'] : []), ...(first.underline ? ['u'] : [])].join(' ');
  const attributes = [
    `x="${letters.map(({ at }) => at).join(' ')}"`,
    `y="${y + 13}"`,
    ...(style === '' ? [] : [`class="${style}"`]),
    ...(colour === theme.text ? [] : [`style="fill:${colour}"`]),
  ];
  return [...shapes, `<text ${attributes.join(' ')}>${escaped(letters.map(({ text }) => text).join(''))}</text>`];
}

/** Braille, eighths of blocks, lines: what fonts draw differently. */
function isDrawn(text: string): boolean {
  return shapesOf(text, 0, 0).length > 0 || text === '\u2800';
}

function shapesOf(text: string, column: number, y: number): string[] {
  const code = text.codePointAt(0) ?? 0;
  const x = margin + column * cellWidth;
  if (code > 0x2800 && code <= 0x28ff) {
    return brailleDots.flatMap(([dx, dy], bit) => {
      const filled = (code - 0x2800) & (1 << bit);
      return filled === 0 ? [] : [box(x + 1 + dx * 3.8, y + 1.4 + dy * 4.3, 2.6, 3)];
    });
  }
  // ▁ to █: eighths from below.
  if (code >= 0x2581 && code <= 0x2588) {
    const high = ((code - 0x2580) / 8) * cellHeight;
    return [box(x, y + cellHeight - high, cellWidth, high)];
  }
  const arms = lineArms[text];
  if (arms === undefined) return [];
  const [midX, midY] = [x + cellWidth / 2, y + cellHeight / 2];
  return arms.split('').map((arm) => {
    if (arm === 'l') return box(x, midY - 0.5, cellWidth / 2 + 0.5, 1);
    if (arm === 'r') return box(midX - 0.5, midY - 0.5, cellWidth / 2 + 0.5, 1);
    if (arm === 'u') return box(midX - 0.5, y, 1, cellHeight / 2 + 0.5);
    return box(midX - 0.5, midY - 0.5, 1, cellHeight / 2 + 0.5);
  });
}

/** Column and row of each dot, in the order of their bits. */
const brailleDots = [
  [0, 0],
  [0, 1],
  [0, 2],
  [1, 0],
  [1, 1],
  [1, 2],
  [0, 3],
  [1, 3],
] as const;

/** To which sides a line goes: left, right, up, down. */
const lineArms: Readonly<Record<string, string>> = {
  '─': 'lr',
  '│': 'ud',
  '┌': 'rd',
  '┐': 'ld',
  '└': 'ru',
  '┘': 'lu',
  '╭': 'rd',
  '╮': 'ld',
  '╰': 'ru',
  '╯': 'lu',
  '├': 'rud',
  '┤': 'lud',
  '┬': 'lrd',
  '┴': 'lru',
  '┼': 'lrud',
};

function box(x: number, y: number, wide: number, high: number): string {
  return `M${round(x)} ${round(y)}h${round(wide)}v${round(high)}h${round(-wide)}z`;
}

function ink(cell: ScreenCell): string {
  const colour = slot(cell.colour) ?? theme.text;
  // A bold colour is a bright one, as most terminals have it.
  if (cell.bold && typeof cell.colour === 'number' && cell.colour < 8) return theme.slots[cell.colour + 8] ?? colour;
  return cell.dim ? theme.slots[8] : colour;
}

function slot(colour: ScreenCell['colour']): string | null {
  return typeof colour === 'number' ? (theme.slots[colour] ?? theme.text) : null;
}

function left(column: number): number {
  return round(margin + column * cellWidth);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
