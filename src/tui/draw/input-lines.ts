/** What is typed: a text with its caret, and what is wrong with it below. */
import type { Overlay } from '../store/state.ts';
import type { Line, Look, Span } from './line.ts';
import { cutLine, fitted, lineWidth, type Manner, span } from './spans.ts';
import { characters, widthOf } from './width.ts';

/** `text` with a caret before its `caret`th UTF-16 unit; `bad` is underlined. */
export function typedSpans(
  text: string,
  caret: number,
  look: Look,
  bad: { readonly start: number; readonly end: number } | null = null,
): Line {
  const spans: Span[] = [];
  let at = 0;
  for (const character of characters(text)) {
    const wrong: Manner = bad !== null && at >= bad.start && at < bad.end ? { underline: true, tone: 'bad' } : {};
    if (at === caret && look.colour === 'none') spans.push(span('|'));
    spans.push(span(character, at === caret ? { ...wrong, inverse: true } : wrong));
    at += character.length;
  }
  if (caret >= at) spans.push(look.colour === 'none' ? span('_') : span(' ', { inverse: true }));
  return spans;
}

/** Two lines at the bottom of the screen: ` / err>1% and ups`, and the mistake below what it is about. */
export function filterLines(
  { text, caret, problem }: Extract<Overlay, { kind: 'filter' }>,
  columns: number,
  look: Look,
): readonly [Line, Line] {
  const typed = typedSpans(text, caret, look, problem);
  const before = 3;
  const room = Math.max(1, columns - before);
  // The caret stays in sight.
  const shift = Math.max(0, widthOf(text.slice(0, caret)) + 2 - room);
  const input: Line = [span(' / ', { bold: true }), ...cutLine(typed, shift, shift + room)];
  if (problem === null) {
    const hint = ' Enter keep  Esc leave   err>1%  p99>500ms  state!=up  upstream=api and (infl>10 or ~^10\\.)';
    return [fitted(input, columns), fitted([span(hint, { tone: 'dim' })], columns)];
  }
  const start = Math.max(0, before + widthOf(text.slice(0, problem.start)) - shift);
  const wide = Math.max(1, widthOf(text.slice(problem.start, problem.end)));
  const words = `${'^'.repeat(wide)} ${problem.words}`;
  const fits = start + widthOf(words) <= columns;
  const line: Line = [span(fits ? `${' '.repeat(start)}${words}` : ` ${problem.words}`, { tone: 'bad' })];
  return [fitted(input, columns), lineWidth(line) > columns ? fitted(line, columns) : line];
}
