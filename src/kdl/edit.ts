/**
 * Changes of a KDL text that leave everything else of it as it is, byte for byte: comments, indentation, line ends. An edit
 * says what the document shall be afterwards; `carryOut` reads the result and refuses one that differs anywhere else.
 */
import { blockOf, headEnd, nodeEnd, pieceAt } from './between.ts';
import type { KdlEntry, KdlNode, KdlScalar } from './document.ts';
import { comparable, type Meaning, meaningOf, sameMeaning } from './meaning.ts';
import { readKdl } from './reader.ts';
import { makeSource } from './source.ts';
import type { Source } from './source.ts';
import { kdlName, kdlScalar } from './text.ts';

/** A node without its place: what it says. */
export interface PlainNode {
  readonly name: string;
  readonly args?: readonly KdlScalar[];
  readonly props?: Readonly<Record<string, KdlScalar>>;
  readonly children?: readonly PlainNode[] | null;
}

export interface TextEdit {
  /** What of the text is replaced, and by what. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** The node in whose place something else shall stand afterwards. */
  readonly node: KdlNode;
  /** What shall stand there; nothing = it is gone. */
  readonly becomes: readonly Meaning[];
}

/** Another value in the place of an argument or a property of `node`. */
export function setValue(node: KdlNode, entry: KdlEntry, value: KdlScalar): TextEdit {
  const changed = (one: KdlEntry): KdlEntry => (one === entry ? { ...one, value, tag: null } : one);
  const { start, end } = entry.valueSpan;
  const becomes = { ...node, args: node.args.map(changed), props: node.props.map(changed) };
  return { start, end, text: kdlScalar(value), node, becomes: [meaningOf(becomes)] };
}

/** A property that `node` does not have yet, behind what it has. */
export function addProperty(node: KdlNode, name: string, value: KdlScalar): TextEdit {
  const at = headEnd(node);
  const meaning = meaningOf(node);
  const becomes = { ...meaning, props: [...meaning.props, [name, value, null]] };
  return { start: at, end: at, text: ` ${kdlName(name)}=${kdlScalar(value)}`, node, becomes: [becomes] };
}

/** One more child, in a line of its own where the others have one. @param after The child that it follows; default the last. */
export function addChild(node: KdlNode, child: PlainNode, after = node.children?.at(-1)): TextEdit {
  const { text } = node.nameSpan.source;
  const meaning = meaningOf(node);
  const children = [...(meaning.children ?? [])];
  children.splice(after === undefined ? 0 : (node.children?.indexOf(after) ?? -1) + 1, 0, plainMeaning(child));
  const place = after === undefined ? placeInEmpty(text, node, child) : placeAfter(text, node, after, child);
  return { ...place, node, becomes: [{ ...meaning, children }] };
}

type Place = Pick<TextEdit, 'start' | 'end' | 'text'>;

function placeInEmpty(text: string, node: KdlNode, child: PlainNode): Place {
  const words = plainText(child);
  const block = blockOf(text, node);
  if (block === null) return insertion(headEnd(node), ` { ${words} }`);
  const close = block.end - 1;
  const lineStart = startOfLine(text, close);
  if (lineStart <= block.open) {
    const blank = text.slice(block.open + 1, close).trim() === '';
    return blank ? { start: block.open + 1, end: close, text: ` ${words} ` } : insertion(close, `${words} `);
  }
  const indent = indentAt(text, close);
  if (lineStart + indent.length < close) return insertion(close, `${words} `);
  return insertion(lineStart, `${indent}${unitOf(text)}${words}${lineEndOf(text)}`);
}

function placeAfter(text: string, node: KdlNode, after: KdlNode, child: PlainNode): Place {
  const words = plainText(child);
  const end = nodeEnd(text, after);
  const block = blockOf(text, node);
  const close = block === null ? text.length : block.end - 1;
  const line = restOfLine(text, end);
  // Both on one line, or the closing brace on the line of the last one.
  if (startOfLine(text, after.span.start) <= (block?.open ?? 0) || line.end >= close)
    return line.semicolon === null ? insertion(end, `; ${words}`) : insertion(line.semicolon, ` ${words};`);
  const indent = indentAt(text, after.span.start);
  return insertion(line.clean ? line.end : end, `${lineEndOf(text)}${indent}${words}`);
}

function insertion(at: number, text: string): Place {
  return { start: at, end: at, text };
}

/** Takes a node out: with its lines where it has them for itself, comments behind it included. */
export function removeNode(node: KdlNode): TextEdit {
  const { text } = node.nameSpan.source;
  const begin = node.span.start;
  const line = restOfLine(text, Math.max(nodeEnd(text, node), node.span.end));
  const lineStart = startOfLine(text, begin);
  const gone = { text: '', node, becomes: [] };
  const alone = text.slice(lineStart, begin).trim() === '';
  if (alone && line.clean) return { start: lineStart, end: pieceAt(text, line.end).end, ...gone };
  let end = line.semicolon ?? Math.max(nodeEnd(text, node), node.span.end);
  if (pieceAt(text, end).kind === 'space') end = pieceAt(text, end).end;
  // No space is left at the end of a line, and none is lost between what stays.
  const kept = alone || !/[\n\r]/.test(text[end] ?? '\n') ? begin : text.slice(0, begin).trimEnd().length;
  const closes = text[end] === '}' && line.semicolon === null;
  return { start: kept, end: closes ? Math.max(nodeEnd(text, node), node.span.end) : end, ...gone };
}

/**
 * The text with the edit carried out.
 * @throws Error when the result is not the document that the edit promised: a defect of this file
 */
export function carryOut(source: Source, edit: TextEdit): string {
  const before = readKdl(source);
  const result = source.text.slice(0, edit.start) + edit.text + source.text.slice(edit.end);
  const after = readKdl(makeSource(source.name, result));
  if (!before.ok || !after.ok) throw new Error(`an edit of ${source.name} would leave it unreadable`);
  const { node: touched, becomes } = edit;
  const { nodes } = before.document;
  const expected = nodes.flatMap((node) => replaced(node, touched.span.start, becomes));
  const found = after.document.nodes.map(meaningOf);
  if (!sameMeaning(found, expected)) throw new Error(`an edit of ${source.name} would change more than it should`);
  return result;
}

function replaced(node: KdlNode, at: number, becomes: readonly Meaning[]): readonly Meaning[] {
  if (node.span.start === at) return becomes;
  const children = node.children?.flatMap((child) => replaced(child, at, becomes)) ?? null;
  return [{ ...meaningOf(node), children }];
}

function plainMeaning({ name, args = [], props = {}, children = null }: PlainNode): Meaning {
  return {
    name,
    tag: null,
    args: args.map((value) => [comparable(value), null]),
    props: Object.entries(props).map(([key, value]) => [key, comparable(value), null]),
    children: children?.map(plainMeaning) ?? null,
  };
}

/** One line. */
function plainText({ name, args = [], props = {}, children = null }: PlainNode): string {
  const parts = [
    kdlName(name),
    ...args.map(kdlScalar),
    ...Object.entries(props).map(([key, value]) => `${kdlName(key)}=${kdlScalar(value)}`),
  ];
  if (children !== null) parts.push(`{ ${children.map(plainText).join('; ')} }`);
  return parts.join(' ');
}

interface RestOfLine {
  /** The line end, or where something else begins. */
  readonly end: number;
  /** After the `;` that ends the node, if there is one on the line. */
  readonly semicolon: number | null;
  /** Nothing but space and whole comments comes before the line end. */
  readonly clean: boolean;
}

/** What follows a node on its line. */
function restOfLine(text: string, from: number): RestOfLine {
  let semicolon: number | null = null;
  let index = from;
  for (;;) {
    const { kind, end } = pieceAt(text, index);
    if (kind === 'newline' || index >= text.length) return { end: index, semicolon, clean: true };
    const several = kind === 'block-comment' && /[\n\r]/.test(text.slice(index, end));
    const second = kind === 'semicolon' && semicolon !== null;
    if (several || second || kind === 'other' || kind === 'slashdash' || kind === 'continuation')
      return { end: index, semicolon, clean: false };
    if (kind === 'semicolon') semicolon = end;
    index = end;
  }
}

function startOfLine(text: string, at: number): number {
  return Math.max(text.lastIndexOf('\n', at - 1), text.lastIndexOf('\r', at - 1)) + 1;
}

function indentAt(text: string, at: number): string {
  return /^[\t ]*/.exec(text.slice(startOfLine(text, at), at))?.[0] ?? '';
}

/** What one level of indentation is in this text. */
function unitOf(text: string): string {
  return /^(?:\t| {2,8})(?=\S)/m.exec(text)?.[0] ?? '    ';
}

function lineEndOf(text: string): string {
  return /\r\n|\n/.exec(text)?.[0] ?? '\n';
}
