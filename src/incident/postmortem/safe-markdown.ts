/**
 * Texts from outside (notes, titles, paths, commands) as Markdown that shows them and does nothing else: no table cell, tag, link
 * or comment begins in them, and secrets are gone. Pure; every text of a post-mortem passes it.
 */
import { redactText } from '../../base/redaction.ts';

/** Line ends, control characters, and marks that turn the direction of what follows around. */
const breaks = /[\s\p{Cc}\p{Bidi_Control}\u2028\u2029\p{Cs}]+/gu;

/** On one line, fit for a table cell. */
export function safe(text: string): string {
  return plainLine(text)
    .replaceAll(/&(?=#?\w+;)/g, '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*[\]|~]/g, '\\$&')
    .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_');
}

/** As code, outside of tables: a command or a path that somebody copies. */
export function safeCode(text: string): string {
  const line = plainLine(text);
  const runs = [...line.matchAll(/`+/g)].map(([run]) => run.length);
  const fence = '`'.repeat(Math.max(0, ...runs) + 1);
  const room = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${room}${line}${room}${fence}`;
}

/** Without secrets and on one line. */
export function plainLine(text: string): string {
  return redactText(text.toWellFormed()).replaceAll(breaks, ' ').trim();
}
