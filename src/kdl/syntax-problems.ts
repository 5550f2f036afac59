/**
 * Turns what the KDL parser complains of into what the person did: the right place, plain words, and where it is plain
 * the text to write instead. Also says what to blank out so that the rest of the text can be judged.
 */
import type { SyntaxProblem } from './document.ts';
import type { Source } from './source.ts';
import { endOfLine, findOpenStructure } from './structure.ts';

/** A complaint of the parser, without its types. */
export interface ParserFailure {
  readonly message: string;
  readonly start: number | null;
  readonly end: number | null;
  /** The parser ran out of stack: blocks within blocks within blocks. */
  readonly overflow: boolean;
}

export interface Blank {
  readonly start: number;
  readonly end: number;
  /** As long as the part that it takes the place of. */
  readonly fill: string;
}

export interface DescribedFailure {
  readonly problem: SyntaxProblem;
  /** Null where reading on would only find consequences. */
  readonly blank: Blank | null;
}

/** Stands where a blanked-out value stood, so that what was around it stays whole. */
const placeholder = '_';

/** @param text The text as the parser saw it: `source.text` with earlier problems blanked out. */
export function describeFailure(source: Source, text: string, failure: ParserFailure): DescribedFailure {
  if (failure.overflow) return tooDeep(source, failure.start ?? 0);
  const { message } = failure;
  // A string that is not closed swallows text up to the next quote, and the parser complains of what comes after that.
  const open = findOpenStructure(text);
  if (open.string !== null && open.string < (failure.start ?? text.length))
    return openString(source, text, open.string);
  if (open.comment !== null) {
    const problem = problemAt(source, open.comment, open.comment + 2, 'comment is never closed', 'opened here');
    return { problem, blank: null };
  }
  const start = Math.min(failure.start ?? text.length, text.length);
  if (message === 'Invalid node children' && start >= text.length) {
    return openBlock(source, open.braces.at(-1) ?? Math.max(0, text.length - 1));
  }
  const keyword = /^Invalid keyword "([^"]+)", add/.exec(message)?.[1];
  if (keyword !== undefined) return bareKeyword(source, text, keyword, start);
  if (text[start] === '#' && /^#(?:[\s!]|$)/.test(text.slice(start, start + 2)))
    return hashComment(source, text, start);
  const opener = message === 'Expected a value' ? '=' : /\btag\b/.test(message) ? '(' : null;
  const opened = opener === null ? null : openedBy(source, text, opener, message, start);
  return opened ?? plainFailure(source, text, message, start, failure.end ?? start + 1);
}

/** `key=` and `(name` that lead nowhere: marked where they begin, so that nothing behind them is complained of again. */
function openedBy(
  source: Source,
  text: string,
  opener: '=' | '(',
  message: string,
  at: number,
): DescribedFailure | null {
  const start = text.lastIndexOf(opener, at);
  const between = text.slice(start + 1, at);
  if (start < 0 || between.includes('\n') || (opener === '=' && between.trim() !== '')) return null;
  const [words, label] = plainWords(message, opener, '');
  const line = text.slice(start, endOfLine(text, start));
  const length = opener === '(' ? (/^\([^(){}"]*\)/.exec(line)?.[0].length ?? 1) : 1;
  return { problem: problemAt(source, start, start + length, words, label), blank: blankOf(start, start + length) };
}

function tooDeep(source: Source, start: number): DescribedFailure {
  const problem = problemAt(source, start, start + 1, 'blocks are nested too deeply', 'more than 64 levels');
  return { problem: { ...problem, kind: 'depth' }, blank: null };
}

function openString(source: Source, text: string, open: number): DescribedFailure {
  const lineEnd = endOfLine(text, open);
  const multiline = /^#*"""/.test(text.slice(open, open + 16));
  const problem = problemAt(
    source,
    open,
    multiline ? open + 3 : lineEnd,
    'string is never closed',
    'the closing `"` is missing',
  );
  if (multiline) return { problem, blank: null };
  return { problem, blank: blankOf(open, lineEnd, placeholder + keptBraces(text, open, lineEnd)) };
}

/** Braces at the end of a line whose string swallowed them: ` {` opens a block, `}` closes those opened on this line. */
function keptBraces(text: string, open: number, lineEnd: number): string {
  const rest = text.slice(open, lineEnd).trimEnd();
  if (rest.endsWith('{')) return '{';
  let lineStart = open;
  while (lineStart > 0 && text[lineStart - 1] !== '\n') lineStart--;
  const before = text.slice(lineStart, open);
  const opened = before.split('{').length - before.split('}').length;
  const closing = /[}\s]*$/.exec(rest)?.[0].replaceAll(/\s/g, '').length ?? 0;
  return '}'.repeat(Math.max(0, Math.min(opened, closing)));
}

function openBlock(source: Source, brace: number): DescribedFailure {
  const problem = problemAt(source, brace, brace + 1, 'block is never closed', 'the `}` for this `{` is missing');
  return { problem, blank: null };
}

function bareKeyword(source: Source, text: string, keyword: string, near: number): DescribedFailure {
  // The parser has already stepped over the word and names the place after it.
  const found = text.lastIndexOf(keyword, near);
  const start = found < 0 ? near : found;
  const end = start + keyword.length;
  const problem = problemAt(source, start, end, `the keyword \`${keyword}\` is written \`#${keyword}\``, null);
  return { problem: { ...problem, replacement: `#${keyword}` }, blank: blankOf(start, end) };
}

function hashComment(source: Source, text: string, start: number): DescribedFailure {
  const problem = problemAt(source, start, start + 1, 'a comment begins with `//`, not with `#`', null);
  const braces = /[{}]\s*$/.exec(text.slice(start, endOfLine(text, start)));
  const end = braces === null ? endOfLine(text, start) : endOfLine(text, start) - braces[0].length;
  return { problem: { ...problem, replacement: '//' }, blank: blankOf(start, Math.max(end, start + 1)) };
}

function plainFailure(source: Source, text: string, message: string, at: number, end: number): DescribedFailure {
  let start = at;
  const lineEnd = endOfLine(text, start);
  let last = Math.max(start + 1, Math.min(end, lineEnd));
  if (/number|character "|after backslash/.test(message)) [start, last] = wordAround(text, start);
  const marked = text.slice(start, last);
  if (/}[ \t]+$/.test(text.slice(Math.max(0, start - 200), start)) && /^["#\w]/.test(marked)) {
    return missingSeparator(source, start, last, marked);
  }
  const [words, label] = plainWords(message, marked, text.slice(0, start));
  const problem = problemAt(source, start, last, words, label);
  if (start >= text.length) return { problem, blank: null };
  // At a line end there is nothing to blank but the whole line before it.
  if (marked.trim() === '') {
    let lineStart = start;
    while (lineStart > 0 && text[lineStart - 1] !== '\n') lineStart--;
    const rest = text.slice(lineStart, lineEnd);
    return { problem, blank: rest.trim() === '' ? null : blankOf(lineStart, lineEnd) };
  }
  return { problem, blank: blankOf(start, last, marked.length > 1 ? placeholder : '') };
}

/** `a { … } b` on one line. */
function missingSeparator(source: Source, start: number, end: number, marked: string): DescribedFailure {
  const problem = problemAt(source, start, end, 'a `;` or a line break is missing after the `}`', null);
  return { problem: { ...problem, replacement: `; ${marked}` }, blank: { start: start - 1, end: start, fill: ';' } };
}

/** The run of characters around `offset` that could be one word, so that the whole of `1..2` is marked. */
function wordAround(text: string, offset: number): [start: number, end: number] {
  const isWord = (unit: string | undefined): boolean => unit !== undefined && /[^\s();="]/.test(unit);
  let start = offset;
  let end = offset + 1;
  while (start > 0 && isWord(text[start - 1])) start--;
  while (isWord(text[end])) end++;
  return [start, end];
}

function plainWords(message: string, marked: string, before: string): [message: string, label: string | null] {
  if (message.startsWith('Unexpected token') || message === 'Invalid node children') {
    if (marked === '}') return ['unexpected `}`', 'no block is open here'];
    if (marked === '=') return ['unexpected `=`', 'a key and its value are written `key value`'];
    if (/["#\w]$/.test(before) && /^["#\w]/.test(marked))
      return ['two values run into each other', 'a space is missing here'];
    return [`unexpected \`${marked}\``, 'a name, a value, `{`, `;` or the end of the line was expected'];
  }
  if (message.includes('after backslash'))
    return ['a backslash outside of a string continues the line', 'quote this to make it a text'];
  if (message.startsWith('Unexpected character'))
    return [`\`${marked}\` cannot stand here as it is`, 'quote it to make it a text'];
  if (message.startsWith('Invalid escape')) {
    return [
      message.replace(/^Invalid escape "(.*)"$/, 'unknown escape `$1` in a string'),
      'write `\\\\` for a backslash, or a raw string `#"…"#`',
    ];
  }
  if (message === 'Expected a value') return ['a property has no value', 'a value was expected here'];
  if (message.startsWith('Invalid keyword'))
    return [`unknown keyword \`${marked}\``, 'known are `#true`, `#false` and `#null`; quote it to make it a string'];
  if (/\btag\b/.test(message)) return ['a type annotation `(name)` is not well formed', null];
  const [first = '', ...rest] = message;
  return [first.toLowerCase() + rest.join(''), null];
}

function problemAt(source: Source, start: number, end: number, message: string, label: string | null): SyntaxProblem {
  const last = source.text.length;
  const span = { source, start: Math.min(start, last), end: Math.min(end, last) };
  return { kind: 'syntax', message, span, label, replacement: null };
}

/** Spaces from `start` to `end`; a placeholder of `kept` goes to the front, its braces to the end. */
function blankOf(start: number, end: number, kept = ''): Blank {
  const length = end - start;
  const head = kept.startsWith(placeholder) && length > kept.length ? placeholder : '';
  const tail = head === '' ? kept : kept.slice(1);
  return {
    start,
    end,
    fill: head + ' '.repeat(Math.max(0, length - head.length - tail.length)) + tail.slice(0, length),
  };
}
