/** Problems of the lint and where they are: the words that a message is about, found in the node that has them. */
import type { ErrorCode } from '../../base/codes.ts';
import { nearestWord } from '../../base/near-miss.ts';
import { type Diagnostic, type DiagnosticFacts, diagnostic } from '../../config/diagnostic.ts';
import { lineOf, type Span, spanText } from '../../kdl/source.ts';
import { meant } from '../meant.ts';

export function problem(code: ErrorCode, span: Span, message: string, facts: DiagnosticFacts = {}): Diagnostic {
  return diagnostic('error', code, span, message, facts);
}

/** "did you mean" the one that is near enough. */
export function nearest(word: string, names: Iterable<string>): DiagnosticFacts {
  return { suggestion: meant(nearestWord(word, names)) };
}

/** Where `word` stands in `span`; the first line of it where it is written otherwise. */
export function spotOf(span: Span, word: string): Span {
  const text = spanText(span);
  const quoted = text.indexOf(`"${word}"`);
  const at = quoted >= 0 ? quoted + 1 : text.indexOf(word);
  if (word !== '' && at >= 0) return { ...span, start: span.start + at, end: span.start + at + word.length };
  return { ...span, end: span.start + (/^[^\r\n{]*/.exec(text)?.[0].trimEnd().length ?? 1) };
}

/** The part of `span` from `start` to `end`, offsets within it. */
export function within(span: Span, start: number, end: number): Span {
  return { ...span, start: span.start + start, end: Math.min(span.start + end, span.end) };
}

/** `line 12`, of where something was first. */
export function lineWords(span: Span): string {
  return `line ${lineOf(span.source, span.start)}`;
}
