/** Paragraphs broken to a width, between words where they let it, within a word that is wider. */
import { characters, widthOf } from './width.ts';

/** At least one line; none wider than `columns`. What a line is set in by stays. */
export function wrapped(text: string, columns: number): readonly string[] {
  return text.split('\n').flatMap((paragraph) => brokenLines(paragraph, Math.max(1, columns)));
}

function brokenLines(paragraph: string, columns: number): readonly string[] {
  if (widthOf(paragraph) <= columns) return [paragraph];
  const indent = /^ */.exec(paragraph)?.[0] ?? '';
  const inset = indent.length < columns / 2 ? indent : '';
  const lines: string[] = [];
  let line = inset;
  for (const word of paragraph.trim().split(' ')) {
    const longer = line.trim() === '' ? `${line}${word}` : `${line} ${word}`;
    if (widthOf(longer) <= columns) {
      line = longer;
      continue;
    }
    if (line.trim() !== '') lines.push(line);
    line = inset;
    for (const character of characters(word)) {
      if (widthOf(line) + widthOf(character) > columns && line !== inset) {
        lines.push(line);
        line = inset;
      }
      line += character;
    }
  }
  return [...lines, line];
}
