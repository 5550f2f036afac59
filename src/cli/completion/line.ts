/**
 * A command line up to the cursor, split into words as shells do: quotes, backslashes, nothing else. Bash cuts words at `:` and `=`,
 * so its script hands the whole line over.
 */

/** The words; the last one is being typed, and empty behind a blank. What a pipe or `;` ends is left out. */
export function splitLine(line: string): readonly string[] {
  let words: string[] = [];
  let word = '';
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const char = line[at] as string;
    if (quote !== '') {
      if (char === quote) quote = '';
      else if (char === '\\' && quote === '"' && /["\\$`]/.test(line[at + 1] ?? '')) word += line[++at] ?? '';
      else word += char;
    } else if (char === "'" || char === '"') quote = char;
    else if (char === '\\') word += line[++at] ?? '';
    else if (/[|;&]/.test(char)) {
      words = [];
      word = '';
    } else if (/\s/.test(char)) {
      if (word !== '') words.push(word);
      word = '';
    } else word += char;
  }
  return [...words, word];
}
