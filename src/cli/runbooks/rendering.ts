/**
 * A runbook on a terminal: Markdown laid out to the width, machine fences as sentences for people. Makes text; decides nothing.
 */
import { questions } from '../../diagnosis/questions.ts';
import { type Inline, type ListEntry, type MarkdownNode, plainText } from '../../runbook/markdown.ts';
import type { Item, Runbook } from '../../runbook/model.ts';
import type { Style } from '../streams.ts';
import { printable } from '../text.ts';
import { itemLines } from './item-lines.ts';

/** Longer lines are hard to read, however wide the screen. */
const widest = 100;
const narrowest = 20;

type Paint = (text: string) => string;

interface Piece {
  readonly text: string;
  readonly paint: Paint;
}

/** @param whole with what the front matter says, else nodes of one section only */
export function renderRunbook(runbook: Runbook, nodes: readonly MarkdownNode[], whole: boolean, style: Style): string {
  const rendering = new Rendering(runbook.items, style);
  const blocks = nodes.map((node) => rendering.block(node, columnsOf(style))).filter((block) => block !== '');
  const head = whole ? [headOf(runbook, style)] : [];
  return `${[...head, ...blocks].join('\n\n')}\n`;
}

function columnsOf({ columns }: Style): number {
  return Math.max(narrowest, Math.min(widest, columns));
}

function headOf({ id, severity, symptoms, origin, file }: Runbook, style: Style): string {
  const from = origin === 'site' ? `   from ${printable(file)}` : '';
  const usually = severity === null ? 'severity depends' : `usually ${severity}`;
  const first = style.dim(`runbook ${id}   ${usually}${from}`);
  return symptoms.length === 0 ? first : `${first}\n${style.dim(`when: ${printable(symptoms.join('; '))}`)}`;
}

class Rendering {
  readonly #items: readonly Item[];
  readonly #style: Style;

  constructor(items: readonly Item[], style: Style) {
    this.#items = items;
    this.#style = style;
  }

  block(node: MarkdownNode, columns: number): string {
    const { bold, dim } = this.#style;
    switch (node.kind) {
      case 'heading': {
        const title = printable(plainText(node.content));
        if (node.depth > 2) return bold(title);
        return bold(
          node.depth === 1 ? `${title.toUpperCase()}` : `${title}\n${'─'.repeat(Math.min(title.length, columns))}`,
        );
      }
      case 'paragraph':
        return wrapped(this.#pieces(node.content), columns);
      case 'code':
        return this.#code(node);
      case 'list':
        return this.#list(node.entries, node.ordered ? node.first : null, columns);
      case 'quote':
        return this.#inner(node.nodes, columns - 2).replaceAll(/^/gm, `${dim('│')} `);
      case 'table':
        return this.#table(node.rows, columns);
      case 'rule':
        return dim('─'.repeat(columns));
      case 'raw':
        return '';
    }
  }

  #code(node: Extract<MarkdownNode, { kind: 'code' }>): string {
    if (node.language.toLowerCase() === 'kdl' && node.meta === '') {
      const items = this.#items.filter(({ span }) => span.start >= node.body.start && span.start < node.body.end);
      return items.flatMap((item) => itemLines(item, questions, this.#style)).join('\n');
    }
    const bar = this.#style.dim('│');
    return printable(node.value)
      .split('\n')
      .map((line) => `  ${bar} ${line}`.trimEnd())
      .join('\n');
  }

  #inner(nodes: readonly MarkdownNode[], columns: number, tight = false): string {
    const blocks = nodes.map((node) => this.block(node, Math.max(narrowest, columns)));
    return blocks.filter((block) => block !== '').join(tight ? '\n' : '\n\n');
  }

  #list(entries: readonly ListEntry[], first: number | null, columns: number): string {
    return entries
      .map(({ checked, nodes }, index) => {
        const number = first === null ? '•' : `${first + index}.`;
        const sign = checked === null ? number : checked ? '[x]' : '[ ]';
        const indent = ' '.repeat(sign.length + 1);
        const tight = nodes.every(({ kind }) => kind === 'paragraph' || kind === 'list');
        const text = this.#inner(nodes, columns - indent.length, tight);
        return `${sign} ${text.replaceAll('\n', `\n${indent}`)}`;
      })
      .join('\n')
      .replaceAll(/[ \t]+$/gm, '');
  }

  /** Columns as wide as they need to be; where that is too much, the widest are wrapped. */
  #table(rows: readonly (readonly (readonly Inline[])[])[], columns: number): string {
    const count = Math.max(0, ...rows.map((row) => row.length));
    const cells = rows.map((row) => Array.from({ length: count }, (_, index) => this.#pieces(row[index] ?? [])));
    const widths = Array.from({ length: count }, (_, index) =>
      Math.max(3, ...cells.map((row) => lengthOf(row[index] ?? []))),
    );
    const room = columns - 2 * (count - 1);
    while (widths.reduce((sum, width) => sum + width, 0) > room && Math.max(...widths) > 8) {
      widths[widths.indexOf(Math.max(...widths))] = Math.max(...widths) - 1;
    }
    const lines = cells.flatMap((row, index) => {
      const shown = index === 0 ? row.map((cell) => cell.map((one) => ({ ...one, paint: this.#style.bold }))) : row;
      const wrappedCells = shown.map((cell, column) => wrappedLines(cell, widths[column] ?? 8));
      const height = Math.max(1, ...wrappedCells.map((one) => one.length));
      return Array.from({ length: height }, (_, line) =>
        wrappedCells
          .map((one, column) => {
            const { text, length } = one[line] ?? { text: '', length: 0 };
            return column === count - 1 ? text : text + ' '.repeat(Math.max(0, (widths[column] ?? 0) - length));
          })
          .join('  ')
          .trimEnd(),
      );
    });
    return lines.join('\n');
  }

  #pieces(content: readonly Inline[], paint: Paint = (text) => text): readonly Piece[] {
    const { bold, cyan } = this.#style;
    return content.flatMap((one): readonly Piece[] => {
      switch (one.kind) {
        case 'text':
          return [{ text: printable(one.text), paint }];
        case 'code':
          // Commands in a sentence have to be told apart without colours too.
          return [{ text: this.#style.coloured ? printable(one.text) : `\`${printable(one.text)}\``, paint: cyan }];
        case 'strong':
          return this.#pieces(one.content, bold);
        case 'emphasis':
        case 'deleted':
          return this.#pieces(one.content, paint);
        case 'link':
          return [...this.#pieces(one.content, paint), ...linkTarget(one.target, plainText(one.content), paint)];
        case 'break':
          return [{ text: ' ', paint }];
      }
    });
  }
}

/** `(upstream-failure#dns)` behind the words of a link to another runbook; addresses as they are. */
function linkTarget(target: string, words: string, paint: Paint): readonly Piece[] {
  const shown = target.replace(/^([a-z0-9-]+)\.md(?=#|$)/, '$1');
  return shown === words ? [] : [{ text: ` (${printable(shown)})`, paint }];
}

function lengthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { text }) => sum + text.length, 0);
}

function wrapped(pieces: readonly Piece[], columns: number): string {
  return wrappedLines(pieces, columns)
    .map(({ text }) => text)
    .join('\n');
}

/** Breaks between words; `length` is without colours. */
function wrappedLines(
  pieces: readonly Piece[],
  columns: number,
): readonly { readonly text: string; readonly length: number }[] {
  const lines: { text: string; length: number }[] = [];
  let line = { text: '', length: 0 };
  let space = false;
  let word: Piece[] = [];
  const flush = (): void => {
    if (word.length === 0) return;
    const length = lengthOf(word);
    if (line.length > 0 && line.length + (space ? 1 : 0) + length > columns) {
      lines.push(line);
      line = { text: '', length: 0 };
    }
    const gap = line.length > 0 && space ? ' ' : '';
    line = {
      text: line.text + gap + word.map(({ text, paint }) => paint(text)).join(''),
      length: line.length + gap.length + length,
    };
    word = [];
    space = false;
  };
  for (const { text, paint } of pieces) {
    for (const part of text.split(/(\s+)/)) {
      if (part === '') continue;
      if (/^\s/.test(part)) {
        flush();
        space = true;
      } else word.push({ text: part, paint });
    }
  }
  flush();
  if (line.length > 0) lines.push(line);
  return lines;
}
