/**
 * The last look at a text before a terminal gets it: no control character ever passes, and where only ASCII can be shown every
 * other character becomes one that takes as many columns. Used by `draw` and nobody else.
 */
import { characters, widthOf } from './width.ts';

/** C0, DEL, C1, and what turns the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const ascii = /^[\x20-\x7e]*$/;

const plainFor: Readonly<Record<string, string>> = {
  '✓': '+',
  '✗': 'x',
  '◐': '~',
  '⏸': '=',
  '▲': '^',
  '▼': 'v',
  '▸': '>',
  '▾': 'v',
  '◂': '<',
  '•': '*',
  '–': '-',
  '—': '-',
  '·': '.',
  '…': '~',
  '─': '-',
  '│': '|',
  '┌': '+',
  '┐': '+',
  '└': '+',
  '┘': '+',
  '├': '+',
  '┤': '+',
  '╎': '|',
  '⣀': '.',
  '⣠': '_',
  '⣤': '-',
  '⣶': '=',
  '⣿': '#',
  '→': '>',
  '←': '<',
  '↑': '^',
  '↓': 'v',
  '×': 'x',
  '≤': '<',
  '≥': '>',
  '§': '#',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  µ: 'u',
  '\u00a0': ' ',
  '\u202f': ' ',
  '\u2009': ' ',
};

/** Nothing in it steers a terminal. */
export function safeText(text: string): string {
  return ascii.test(text) ? text : text.replace(unsafe, '?');
}

/** The same width, in ASCII. */
export function asciiText(text: string): string {
  if (ascii.test(text)) return text;
  return characters(text)
    .map((one) => plainFor[one] ?? (ascii.test(one) ? one : '?'.repeat(widthOf(one))))
    .join('');
}
