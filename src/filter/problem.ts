/** What is wrong with the text of a filter, and where. Made by the parser, shown by commands, the API and the dashboard. */

export interface FilterProblem {
  /** Span of the text, in UTF-16 units; empty where something is missing. */
  readonly from: number;
  readonly to: number;
  /** What should stand there. */
  readonly expected: string;
  /** What stands there; empty at the end of the text. */
  readonly got: string;
  /** Both in one sentence without its full stop. */
  readonly words: string;
}

/** A problem in the span; `words` are made of both sides unless something better can be said. */
export function problemAt(text: string, from: number, to: number, expected: string, words?: string): FilterProblem {
  const got = text.slice(from, to);
  const found = got === '' ? 'the filter ends' : `found ${JSON.stringify(got)}`;
  return { from, to, expected, got, words: words ?? `expected ${expected}, but ${found}` };
}

/** The text on one line, the span underlined below it with what was expected, each line indented by two. */
export function underline(text: string, { from, to, words }: Pick<FilterProblem, 'from' | 'to' | 'words'>): string {
  const cells = (part: string): number => Array.from(part).length;
  const marks = '^'.repeat(Math.max(1, cells(text.slice(from, to))));
  const line = text.replace(/\p{C}/gu, (char) => (/\s/.test(char) ? ' ' : '\uFFFD'));
  return `  ${line}\n  ${' '.repeat(cells(text.slice(0, from)))}${marks} ${words.replace(/\p{C}/gu, '\uFFFD')}\n`;
}
