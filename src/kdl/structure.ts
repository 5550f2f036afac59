/**
 * Finds what a KDL text opens and never closes. The parser says only "unexpected end of input"; the person needs the
 * place where the quote or the brace stands. Used by `syntax-problems.ts`; `between.ts` asks where strings and comments end.
 */

export interface OpenStructure {
  /** Offset of the first quote whose string does not end on its line (or, with three quotes, anywhere). */
  readonly string: number | null;
  readonly comment: number | null;
  /** Offsets of `{` without a `}`, outermost first. */
  readonly braces: readonly number[];
}

export function findOpenStructure(text: string): OpenStructure {
  const braces: number[] = [];
  let index = 0;
  while (index < text.length) {
    const unit = text[index];
    if (unit === '/' && text[index + 1] === '/') {
      index = endOfLine(text, index);
    } else if (unit === '/' && text[index + 1] === '*') {
      const end = endOfComment(text, index);
      if (end < 0) return { string: null, comment: index, braces };
      index = end;
    } else if (unit === '"' || (unit === '#' && /^#+"/.test(text.slice(index, index + 16)))) {
      const end = endOfString(text, index);
      if (end < 0) return { string: index, comment: null, braces };
      index = end;
    } else {
      if (unit === '{') braces.push(index);
      else if (unit === '}') braces.pop();
      index++;
    }
  }
  return { string: null, comment: null, braces };
}

/** Offset of the line end (or of the end of the text) at or after `offset`. */
export function endOfLine(text: string, offset: number): number {
  let index = offset;
  while (index < text.length && text[index] !== '\n' && text[index] !== '\r') index++;
  return index;
}

/** Offset after the comment that begins at `start`, those within it included; -1 = it does not end. */
export function endOfComment(text: string, start: number): number {
  let depth = 0;
  for (let index = start; index < text.length - 1; index++) {
    if (text[index] === '/' && text[index + 1] === '*') depth++;
    else if (text[index] === '*' && text[index + 1] === '/') depth--;
    else continue;
    index++;
    if (depth === 0) return index + 1;
  }
  return -1;
}

/** Offset after the string, raw or not, that begins at `start`; -1 = it does not end. */
export function endOfString(text: string, start: number): number {
  let hashes = 0;
  while (text[start + hashes] === '#') hashes++;
  const opening = start + hashes;
  const multiline = text.startsWith('"""', opening);
  const closing = (multiline ? '"""' : '"') + '#'.repeat(hashes);
  let index = opening + (multiline ? 3 : 1);
  while (index < text.length) {
    const unit = text[index];
    if (text.startsWith(closing, index)) return index + closing.length;
    if (!multiline && (unit === '\n' || unit === '\r')) return -1;
    // A backslash before spaces and a newline continues the string on the next line.
    const continued = unit === '\\' && hashes === 0 ? /^\\\s+/.exec(text.slice(index, index + 200)) : null;
    if (continued !== null) index += continued[0].length;
    else index += unit === '\\' && hashes === 0 ? 2 : 1;
  }
  return -1;
}
