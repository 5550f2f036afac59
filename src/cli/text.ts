/** Laying out text for people: paragraphs and tables that fit the width. Knows nothing of commands. */
import { stripVTControlCharacters } from 'node:util';

/** Breaks a paragraph between words so that no line is wider than `columns`, where its words allow that. */
export function wrap(paragraph: string, columns: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  if (line !== '') lines.push(line);
  return lines.join('\n');
}

/**
 * Lines that are wider than `columns` go on, indented, after a comma, a colon or a semicolon: nowhere else, so that commands
 * in them can be copied. Colours have no width.
 */
export function folded(text: string, columns: number, indent: number): string {
  return text
    .split('\n')
    .flatMap((line) => {
      const lines: string[] = [];
      let current = '';
      for (const piece of line.split(/(?<=[,;:]) /)) {
        const longer = current === '' ? piece : `${current} ${piece}`;
        if (current === '' || widthOf(longer) <= columns) current = longer;
        else {
          lines.push(current);
          current = `${' '.repeat(indent)}${piece}`;
        }
      }
      return [...lines, current];
    })
    .join('\n');
}

function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

export interface Column {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly right?: boolean;
}

/** Rows under their titles, columns two spaces apart; the last column is not padded. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map(({ title }) => title);
  const widths = titles.map((title, index) => Math.max(title.length, ...rows.map((row) => (row[index] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ right }, index) => {
        const cell = cells[index] ?? '';
        return right === true ? cell.padStart(widths[index] as number) : cell.padEnd(widths[index] as number);
      })
      .join('  ')
      .trimEnd();
  return `${[titles, ...rows].map(line).join('\n')}\n`;
}

/** `12d 3h`, `4m 07s`, `850ms`: the two largest units. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const seconds = Math.floor(ms / 1000);
  const pair = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
    `${large}${largeUnit} ${String(small).padStart(2, '0')}${smallUnit}`;
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'm', seconds % 60, 's');
  if (seconds < 86_400) return pair(Math.floor(seconds / 3600), 'h', Math.floor((seconds % 3600) / 60), 'm');
  return pair(Math.floor(seconds / 86_400), 'd', Math.floor((seconds % 86_400) / 3600), 'h');
}

/** `2026-11-21 07:24:22Z` of an ISO time: to the second, as people read it out to each other. */
export function momentText(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')}Z`;
}

/** Commands beside each other where the screen is wide enough, else below each other: a command that wraps is pasted in halves. */
export function sideBySide(commands: readonly string[], columns: number): string {
  const line = commands.join('    ');
  return line.length <= columns ? line : commands.join('\n');
}

/** How long something took, where milliseconds matter: `0.4ms`, `12ms`, `1.25s`, `12.0s`, `4m 07s`. */
export function latencyText(ms: number): string {
  if (ms === 0) return '0ms';
  if (ms < 0.05) return '<0.1ms';
  if (ms < 9.95) return `${ms.toFixed(1)}ms`;
  if (ms < 999.5) return `${Math.round(ms)}ms`;
  return ms < 59_950 ? `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)}s` : durationText(Math.round(ms / 1000) * 1000);
}

/** Counts with thin groups: `1 284`. */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** Control characters but for two; marks that turn the direction of what follows around, or end the line; halves of pairs. */
const unprintable = /[^\P{Cc}\n\t]|\p{Bidi_Control}|[\u2028\u2029]|\p{Cs}/gu;

/** Text from outside, without anything that could move the cursor of a terminal, or make a line read as it is not. */
export function printable(text: string): string {
  return text.replace(unprintable, '\uFFFD');
}

/** The same on one line, whatever it breaks. */
export function oneLine(text: string): string {
  return printable(text).replaceAll(/[\n\t]+/g, ' ');
}
