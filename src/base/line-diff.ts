/** The lines in which two texts differ, as people read them: `-` gone, `+` come, and what stands around them. Pure. */

export interface DiffLine {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/** Beyond this product of lines that differ, the whole stretch is shown as gone and come. */
const exactUpTo = 4_000_000;

/** Every line of both texts once, in order. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [old, young] = [linesOf(before), linesOf(after)];
  const shortest = Math.min(old.length, young.length);
  let head = 0;
  while (head < shortest && old[head] === young[head]) head++;
  let tail = 0;
  while (tail < shortest - head && old.at(-1 - tail) === young.at(-1 - tail)) tail++;
  const same = (text: string): DiffLine => ({ sign: ' ', text });
  return [
    ...old.slice(0, head).map(same),
    ...between(old.slice(head, old.length - tail), young.slice(head, young.length - tail)),
    ...old.slice(old.length - tail).map(same),
  ];
}

/**
 * As `diff -u` prints it; empty where nothing differs.
 * @param context Lines shown around each difference.
 */
export function unifiedDiff(file: string, before: string, after: string, context = 3): string {
  const lines = diffLines(before, after);
  const near = new Set<number>();
  for (const [index, { sign }] of lines.entries()) {
    if (sign === ' ') continue;
    for (let at = index - context; at <= index + context; at++) near.add(at);
  }
  const out: string[] = [];
  let [oldLine, newLine] = [1, 1];
  let open = false;
  for (const [index, { sign, text }] of lines.entries()) {
    if (near.has(index)) {
      if (!open) out.push(`@@ -${oldLine} +${newLine} @@`);
      out.push(sign + text);
    }
    open = near.has(index);
    if (sign !== '+') oldLine++;
    if (sign !== '-') newLine++;
  }
  return out.length === 0 ? '' : `${[`--- ${file}`, `+++ ${file}`, ...out].join('\n')}\n`;
}

/** Longest common subsequence of what is left. */
function between(old: readonly string[], young: readonly string[]): DiffLine[] {
  const gone = (text: string): DiffLine => ({ sign: '-', text });
  const come = (text: string): DiffLine => ({ sign: '+', text });
  if (old.length * young.length > exactUpTo) return [...old.map(gone), ...young.map(come)];
  const width = young.length + 1;
  const longest = new Uint32Array((old.length + 1) * width);
  const at = (row: number, column: number): number => longest[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row--) {
    for (let column = young.length - 1; column >= 0; column--) {
      longest[row * width + column] =
        old[row] === young[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < old.length && column < young.length) {
    if (old[row] === young[column]) {
      lines.push({ sign: ' ', text: old[row++] ?? '' });
      column++;
    } else if (at(row + 1, column) >= at(row, column + 1)) lines.push(gone(old[row++] ?? ''));
    else lines.push(come(young[column++] ?? ''));
  }
  return [...lines, ...old.slice(row).map(gone), ...young.slice(column).map(come)];
}

function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r\n|\n|\r/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
