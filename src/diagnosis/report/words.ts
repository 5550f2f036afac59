/**
 * Words of a report: text from outside made harmless, and numbers as people read them. Every format of a report is made of texts
 * that passed here. Pure.
 */
import { redactText } from '../../base/redaction.ts';
import { percent } from '../case.ts';

/** Control characters, marks that turn the direction of what follows around, ends of lines, halves of pairs. */
const unprintable = /\p{Cc}|\p{Bidi_Control}|[\u2028\u2029]|\p{Cs}/gu;

/** One line that moves no cursor, reads as it is, and holds no secret that can be told by its looks. */
export function plain(text: string): string {
  return redactText(text.replaceAll(/\s*[\r\n\t]+\s*/g, ' ')).replace(unprintable, '\uFFFD');
}

/** `3.1k`, `65k`, `812`: for two numbers beside each other. */
export function shortCount(count: number): string {
  if (count < 1000) return String(Math.round(count));
  const [value, unit] = count < 1_000_000 ? [count / 1000, 'k'] : [count / 1_000_000, 'M'];
  return `${value < 10 ? Number(value.toFixed(1)) : Math.round(value)}${unit}`;
}

/** `212M`, `1.5G`: binary, as memory is counted. */
export function shortBytes(bytes: number): string {
  const units = ['B', 'K', 'M', 'G', 'T'];
  let value = bytes;
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value < 9.95 && unit > 0 ? Number(value.toFixed(1)) : Math.round(value)}${units[unit]}`;
}

/** `0.4ms`, `12ms`, `1.25s`. */
export function millis(ms: number): string {
  if (ms === 0) return '0ms';
  if (ms < 0.05) return '<0.1ms';
  if (ms < 9.95) return `${Number(ms.toFixed(1))}ms`;
  return ms < 999.5 ? `${Math.round(ms)}ms` : `${Number((ms / 1000).toFixed(ms < 9_995 ? 2 : 1))}s`;
}

/** `1 target`, `3 targets`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The first ones, and how many more there are. */
export function firstOf<T>(items: readonly T[], most: number): { readonly shown: readonly T[]; readonly more: number } {
  return { shown: items.slice(0, most), more: Math.max(0, items.length - most) };
}

/** `2026-11-21 07:24:22Z` of an RFC 3339 time; what is none stays as it is. */
export function moment(at: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(at) ? `${at.slice(0, 19).replace('T', ' ')}Z` : at;
}

/** What a number was compared with, where the words that it stands in do not say; of shares the number too. */
export function limitWords(words: string, value: number | string | null, threshold: number | string | null): string {
  if (threshold === null || /\b(?:limit|threshold)\b/.test(words)) return '';
  if (typeof threshold === 'number' && threshold > 0 && threshold < 1 && typeof value === 'number')
    return ` (${percent(value)}, threshold ${percent(threshold)})`;
  const said = words.split(/[^\w.]+/).includes(String(threshold));
  return said ? '' : ` (threshold ${threshold})`;
}
