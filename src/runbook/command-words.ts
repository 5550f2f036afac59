/**
 * Command lines as runbooks write them, taken apart into words as a shell would, without being one: what a shell would do beyond
 * that is told, never done.
 */

export interface CommandWords {
  readonly words: readonly string[];
  /** Offset of what ends the command: a pipe, a redirection, a second command, a comment; the length where nothing does. */
  readonly end: number;
  /** What only a shell could make of it; null = nothing. */
  readonly shell: string | null;
}

const operator = /^(?:\|\|?|&&?|;|\d?>>?|<)/;

/** Words up to the end of the text or to what ends a command. A quote that is never closed reaches to the end of the text. */
export function commandWords(text: string): CommandWords {
  const words: string[] = [];
  let word: string | null = null;
  let shell: string | null = null;
  let index = 0;
  const push = (): void => {
    if (word !== null) words.push(word);
    word = null;
  };
  while (index < text.length) {
    const unit = text.charAt(index);
    if (/\s/.test(unit)) {
      push();
      index++;
      continue;
    }
    if (word === null) {
      const found = operator.exec(text.slice(index))?.[0];
      if (found !== undefined || unit === '#') return { words, end: index, shell: shell ?? found ?? null };
    } else if (/[|;&<>]/.test(unit)) {
      push();
      return { words, end: index, shell: shell ?? unit };
    }
    if (unit === "'" || unit === '"') {
      const closing = endOfQuote(text, index);
      const inner = text.slice(index + 1, closing);
      if (unit === '"' && /[$`]/.test(inner)) shell ??= '$';
      word = (word ?? '') + (unit === '"' ? inner.replaceAll(/\\(["\\$`])/g, '$1') : inner);
      if (closing >= text.length) shell ??= 'a quote that is never closed';
      index = closing + 1;
      continue;
    }
    if (unit === '\\' && index + 1 < text.length) {
      // A line that goes on.
      if (text.charAt(index + 1) !== '\n') word = (word ?? '') + text.charAt(index + 1);
      index += 2;
      continue;
    }
    if (/[$`*?]/.test(unit)) shell ??= unit;
    word = (word ?? '') + unit;
    index++;
  }
  push();
  return { words, end: text.length, shell };
}

function endOfQuote(text: string, open: number): number {
  const quote = text.charAt(open);
  for (let index = open + 1; index < text.length; index++) {
    if (quote === '"' && text.charAt(index) === '\\') index++;
    else if (text.charAt(index) === quote) return index;
  }
  return text.length;
}
