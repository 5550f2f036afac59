/**
 * What stands between the nodes and entries of a KDL text: space, comments, line continuations, and what `/-` takes out. Used
 * by `edit.ts`, which changes a text without touching any of it, and `layout.ts`, which keeps it in other places. Reads texts
 * that parse; makes no judgement.
 */
import type { KdlNode } from './document.ts';
import { endOfComment, endOfString } from './structure.ts';

/** What is there at one place. */
export type Piece =
  | {
      readonly kind: 'space' | 'newline' | 'semicolon' | 'line-comment' | 'block-comment' | 'continuation';
      readonly end: number;
    }
  /** `/-` itself; what it takes out follows. */
  | { readonly kind: 'slashdash'; readonly end: number }
  /** Part of a node, a brace, or the end of the text. */
  | { readonly kind: 'other'; readonly end: number };

const stringStart = /#*"/y;
const newline = /\r\n|[\n\r\u0085\v\f\u2028\u2029]/y;
const restOfLine = /[^\n\r\u0085\v\f\u2028\u2029]*/y;
const space = /[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff]+/y;

/** The piece that begins at `at`. */
export function pieceAt(text: string, at: number): Piece {
  const line = afterMatch(newline, text, at);
  if (line > at) return { kind: 'newline', end: line };
  const blank = afterMatch(space, text, at);
  if (blank > at) return { kind: 'space', end: blank };
  const two = text.slice(at, at + 2);
  if (two === '//') return { kind: 'line-comment', end: afterMatch(restOfLine, text, at) };
  if (two === '/*') return { kind: 'block-comment', end: found(text, endOfComment(text, at)) };
  if (two === '/-') return { kind: 'slashdash', end: at + 2 };
  if (two[0] === ';') return { kind: 'semicolon', end: at + 1 };
  if (two[0] === '\\') return { kind: 'continuation', end: endOfContinuation(text, at + 1) };
  return { kind: 'other', end: at };
}

/** Where the match of a sticky expression ends; `at` where there is none. */
function afterMatch(expression: RegExp, text: string, at: number): number {
  expression.lastIndex = at;
  return expression.test(text) ? expression.lastIndex : at;
}

/** What does not end reaches to the end of the text: no loop may turn round for ever. */
function found(text: string, end: number): number {
  return end < 0 ? text.length : end;
}

/** Past the string that begins at `at`; `at` where none does. */
function skipString(text: string, at: number): number {
  return afterMatch(stringStart, text, at) > at ? found(text, endOfString(text, at)) : at;
}

/** After the line end that the backslash before `at` hides. */
function endOfContinuation(text: string, at: number): number {
  let index = at;
  for (;;) {
    const { kind, end } = pieceAt(text, index);
    if (kind === 'newline' || end === index) return end;
    index = end;
  }
}

/** Past space, comments, continuations and line ends. */
export function skipBlank(text: string, at: number): number {
  let index = at;
  for (;;) {
    const { kind, end } = pieceAt(text, index);
    if (kind === 'other' || kind === 'slashdash' || kind === 'semicolon') return index;
    index = end;
  }
}

/** Past the `}` that belongs to the `{` at `open`. */
export function endOfBraces(text: string, open: number): number {
  let depth = 0;
  let index = open;
  while (index < text.length) {
    const piece = pieceAt(text, index);
    if (piece.end > index) {
      index = piece.end;
      continue;
    }
    const afterString = skipString(text, index);
    if (afterString > index) index = afterString;
    else {
      const unit = text[index];
      index++;
      if (unit === '{') depth++;
      else if (unit === '}' && --depth === 0) return index;
    }
  }
  return index;
}

const hexBefore = /(?:^|[\s={()/])[+-]?0x[0-9a-f][0-9a-f_]*;/i;
const hexEnd = /[\s={()/][+-]?0x[0-9a-f][0-9a-f_]*$/i;

/**
 * The text with a line end in the place of each `;` that follows a hexadecimal number: the parser takes that `;` for a part of
 * the number and what comes behind it for arguments. The same length, so that places stay.
 */
export function hexEnded(text: string): string {
  if (!hexBefore.test(text)) return text;
  let result = '';
  let from = 0;
  let index = 0;
  while (index < text.length) {
    const { kind, end } = pieceAt(text, index);
    if (kind === 'semicolon' && hexEnd.test(` ${text.slice(Math.max(0, index - 40), index)}`)) {
      result += `${text.slice(from, index)}\n`;
      from = end;
    }
    // A backslash may have a comment behind it.
    if (kind === 'continuation') index++;
    else index = end > index ? end : Math.max(index + 1, skipString(text, index));
  }
  return result + text.slice(from);
}

/** Every comment of a text, without the space behind it. */
export function commentsOf(text: string): readonly string[] {
  const found: string[] = [];
  let index = 0;
  while (index < text.length) {
    const { kind, end } = pieceAt(text, index);
    const comment = kind === 'line-comment' || kind === 'block-comment';
    if (comment) found.push(text.slice(index, end).trimEnd());
    // A backslash may have a comment behind it.
    if (kind === 'continuation') index++;
    else index = end > index ? end : Math.max(index + 1, skipString(text, index));
  }
  return found;
}

/** Where the block of a node begins and ends, braces included; null where it has none. One that `/-` takes out is none. */
export function blockOf(text: string, node: KdlNode): { readonly open: number; readonly end: number } | null {
  if (node.children === null) return null;
  let index = headEnd(node);
  for (;;) {
    index = skipBlank(text, index);
    if (text.startsWith('/-', index)) {
      index = skipBlank(text, index + 2);
      index = text[index] === '{' ? endOfBraces(text, index) : endOfEntry(text, index);
    } else if (text[index] === '{') return { open: index, end: endOfBraces(text, index) };
    else return null;
  }
}

/** After the name and the last argument or property that counts. */
export function headEnd(node: KdlNode): number {
  return Math.max(node.nameSpan.end, ...[...node.args, ...node.props].map(({ span }) => span.end));
}

/** After everything of a node, what `/-` takes out of it included, without the space and comments behind. */
export function nodeEnd(text: string, node: KdlNode): number {
  let end = blockOf(text, node)?.end ?? headEnd(node);
  for (;;) {
    const next = skipWithin(text, end);
    if (!text.startsWith('/-', next)) return end;
    const out = skipBlank(text, next + 2);
    end = text[out] === '{' ? endOfBraces(text, out) : endOfEntry(text, out);
  }
}

/** Past what separates the parts of one node: a line end does so only behind a backslash. */
export function skipWithin(text: string, at: number): number {
  let index = at;
  for (;;) {
    const { kind, end } = pieceAt(text, index);
    if (kind !== 'space' && kind !== 'block-comment' && kind !== 'continuation') return index;
    index = end;
  }
}

/** Past one argument or property: strings, tags, words, and the `=` between name and value. */
export function endOfEntry(text: string, at: number): number {
  let index = at;
  for (;;) {
    const unit = text[index];
    if (unit === undefined) return index;
    const afterString = skipString(text, index);
    if (afterString > index) index = afterString;
    else if (unit === '(') index = skipBlank(text, text.indexOf(')', index) + 1);
    else if (unit === '{' || unit === '}' || unit === ';' || pieceAt(text, index).end > index) {
      // `name = value` may have space around the sign.
      const next = skipBlank(text, index);
      if (text[next] === '=') index = skipBlank(text, next + 1);
      else return index;
    } else if (unit === '=') index = skipBlank(text, index + 1);
    else index++;
  }
}
