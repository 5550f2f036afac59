/**
 * The canonical layout of a KDL text: four spaces for each level, one node a line, one blank line at most, names without
 * needless quotes, values with them. Every comment stays with what it stands beside. Checked to say what it said before.
 */
import { commentsOf } from './between.ts';
import { type Block, continued, type Item, type Part, readConcrete } from './concrete.ts';
import { meaningOf, sameMeaning } from './meaning.ts';
import { readKdl } from './reader.ts';
import { makeSource } from './source.ts';
import { kdlName, kdlString } from './text.ts';

const unit = '    ';

/**
 * @param text KDL of version 2 that parses.
 * @throws Error when the result would say something else: a defect of this file
 */
export function laidOut(text: string): string {
  const plain = text.replaceAll(/\r\n?/g, '\n');
  const lines = blockLines(spaced(readConcrete(plain)), '');
  const result = lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  const [before, after] = [readKdl(makeSource('before', text)), readKdl(makeSource('after', result))];
  const same =
    before.ok && after.ok && sameMeaning(before.document.nodes.map(meaningOf), after.document.nodes.map(meaningOf));
  const kept = commentsOf(plain).join('\n') === commentsOf(result).join('\n');
  if (!same || !kept) throw new Error('the layout would change what the text says');
  return result;
}

/** At the top level what has a block stands apart, together with the comments above it. */
function spaced(items: readonly Item[]): readonly Item[] {
  const apart = new Set<number>();
  for (const [index, item] of items.entries()) {
    if (!item.parts.some((part) => part.kind === 'block' && part.block.items.length > 0)) continue;
    let first = index;
    while (first > 0 && items[first]?.blankBefore === false && items[first - 1]?.kind === 'comment') first--;
    apart.add(first).add(index + 1);
  }
  return items.map((item, index) => (apart.has(index) ? { ...item, blankBefore: true } : item));
}

function blockLines(items: readonly Item[], indent: string): string[] {
  return items.flatMap((item, index) => {
    const lines = itemText(item, indent);
    return item.blankBefore && index > 0 ? ['', ...lines] : lines;
  });
}

function itemText(item: Item, indent: string): string[] {
  if (item.kind === 'comment') return [`${indent}${item.text}${behindText(item.behind)}`];
  const before = item.before.map((comment) => `${comment} `).join('');
  const text = `${indent}${before}${nodeText(item.parts, indent)}${behindText(item.behind)}`;
  return [text];
}

function behindText(comments: readonly string[]): string {
  return comments.map((comment) => ` ${comment}`).join('');
}

function nodeText(parts: readonly Part[], indent: string): string {
  let text = '';
  let first = true;
  for (const part of parts) {
    if (part.kind === 'dash') {
      text += `/- ${part.gap.map((comment) => `${comment}${comment.startsWith('//') ? `\n${indent}` : ' '}`).join('')}`;
      continue;
    }
    const gap = first ? '' : gapText(part.gap, indent);
    const dash = part.dashed ? '/-' : '';
    text += `${gap}${dash}${part.kind === 'block' ? blockText(part.block, indent) : wordText(part.text, first)}`;
    first = false;
  }
  return text;
}

function gapText(gap: readonly string[], indent: string): string {
  const pieces = gap.map((piece) => (piece.startsWith(continued) ? `${piece}\n${indent}${unit}` : `${piece} `));
  return ` ${pieces.join('')}`;
}

function blockText({ opening, items }: Block, indent: string): string {
  if (items.length === 0 && opening.length === 0) return '{}';
  const lines = blockLines(items, `${indent}${unit}`);
  return [`{${behindText(opening)}`, ...lines, `${indent}}`].join('\n');
}

/** A name, an argument or a property. */
function wordText(text: string, isName: boolean): string {
  if (text.includes('/*') || text.includes('//') || text.includes('\\')) return text;
  const tagged = /^\(([^)]*)\)\s*(.*)$/s.exec(text);
  if (tagged !== null) return `(${tagged[1]?.trim() ?? ''})${wordText(tagged[2] ?? '', isName)}`;
  if (isName) return nameText(text);
  const property = /^("[^"\n]*"|[^"#=\s()]+)\s*=\s*(.*)$/s.exec(text);
  return property === null ? valueText(text) : `${nameText(property[1] ?? '')}=${wordText(property[2] ?? '', false)}`;
}

function nameText(text: string): string {
  const inner = /^"([^"\n]*)"$/.exec(text)?.[1];
  return inner === undefined ? text : kdlName(inner);
}

/** Strings, numbers and keywords as they are; a bare word is a string, and looks like one then. */
function valueText(text: string): string {
  return /^(?:#|"|[+-]?\.?\d)/.test(text) ? text : kdlString(text);
}
