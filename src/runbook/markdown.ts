/**
 * Markdown as GitHub reads it: the one door to mdast and its extensions, loaded when the first text is read. Gives a small tree of
 * our own with offsets; knows nothing of runbooks.
 */

export interface MarkdownText {
  /** Offsets of what stands between the dashes; null where the text begins with none. */
  readonly frontMatter: { readonly start: number; readonly end: number; readonly wholeEnd: number } | null;
  readonly nodes: readonly MarkdownNode[];
}

interface Reach {
  /** Offsets in the text, half open. */
  readonly start: number;
  readonly end: number;
}

export type MarkdownNode = Reach &
  (
    | { readonly kind: 'heading'; readonly depth: number; readonly content: readonly Inline[]; readonly anchor: string }
    | { readonly kind: 'paragraph'; readonly content: readonly Inline[] }
    /** `body`: offsets of its lines as they stand in the file, indentation included. */
    | {
        readonly kind: 'code';
        readonly language: string;
        readonly meta: string;
        readonly value: string;
        readonly body: Reach;
      }
    | {
        readonly kind: 'list';
        readonly ordered: boolean;
        readonly first: number;
        readonly entries: readonly ListEntry[];
      }
    | { readonly kind: 'quote'; readonly nodes: readonly MarkdownNode[] }
    | { readonly kind: 'table'; readonly rows: readonly (readonly (readonly Inline[])[])[] }
    | { readonly kind: 'rule' }
    /** HTML, footnotes and the like: shown as they are written. */
    | { readonly kind: 'raw' }
  );

export interface ListEntry extends Reach {
  /** Of a task; null = it is none. */
  readonly checked: boolean | null;
  readonly nodes: readonly MarkdownNode[];
}

export type Inline = Reach &
  (
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'code'; readonly text: string }
    | { readonly kind: 'strong' | 'emphasis' | 'deleted'; readonly content: readonly Inline[] }
    | { readonly kind: 'link'; readonly target: string; readonly content: readonly Inline[] }
    | { readonly kind: 'break' }
  );

/** What mdast gives, as far as it is read here. */
interface Given {
  readonly type: string;
  readonly position?: { readonly start: { readonly offset?: number }; readonly end: { readonly offset?: number } };
  readonly children?: readonly Given[];
  readonly value?: string;
  readonly alt?: string | null;
  readonly depth?: number;
  readonly lang?: string | null;
  readonly meta?: string | null;
  readonly ordered?: boolean | null;
  readonly start?: number | null;
  readonly checked?: boolean | null;
  readonly url?: string;
}

type Reader = (text: string) => Given;

let reader: Promise<Reader> | null = null;

async function loadReader(): Promise<Reader> {
  const [{ fromMarkdown }, { gfmFromMarkdown }, { frontmatterFromMarkdown }, { gfm }, { frontmatter }] =
    await Promise.all([
      import('mdast-util-from-markdown'),
      import('mdast-util-gfm'),
      import('mdast-util-frontmatter'),
      import('micromark-extension-gfm'),
      import('micromark-extension-frontmatter'),
    ]);
  const extensions = [gfm(), frontmatter('yaml')];
  const mdastExtensions = [gfmFromMarkdown(), frontmatterFromMarkdown('yaml')];
  return (text) => fromMarkdown(text, { extensions, mdastExtensions }) as Given;
}

/** Reads any text: Markdown has no errors. */
export async function readMarkdown(text: string): Promise<MarkdownText> {
  reader ??= loadReader();
  const root = (await reader)(text);
  const conversion = new Conversion(text);
  const [first, ...rest] = root.children ?? [];
  if (first?.type !== 'yaml') return { frontMatter: null, nodes: conversion.nodes(root.children ?? []) };
  const { start, end } = reachOf(first);
  const bodyStart = lineAfter(text, start);
  const bodyEnd = Math.max(bodyStart, text.lastIndexOf('---', end));
  return { frontMatter: { start: bodyStart, end: bodyEnd, wholeEnd: end }, nodes: conversion.nodes(rest) };
}

/** The words of inline content, without marks. */
export function plainText(content: readonly Inline[]): string {
  return content
    .map((one) => {
      if (one.kind === 'text' || one.kind === 'code') return one.text;
      return one.kind === 'break' ? ' ' : plainText(one.content);
    })
    .join('');
}

function reachOf({ position }: Given): Reach {
  return { start: position?.start.offset ?? 0, end: position?.end.offset ?? 0 };
}

function lineAfter(text: string, offset: number): number {
  const found = /\r\n?|\n/.exec(text.slice(offset));
  return found === null ? text.length : offset + found.index + found[0].length;
}

class Conversion {
  readonly #text: string;
  /** How often each anchor was given; GitHub counts on from there. */
  readonly #anchors = new Map<string, number>();

  constructor(text: string) {
    this.#text = text;
  }

  nodes(given: readonly Given[]): MarkdownNode[] {
    return given.map((one) => this.#node(one));
  }

  #node(given: Given): MarkdownNode {
    const reach = reachOf(given);
    const children = given.children ?? [];
    switch (given.type) {
      case 'heading': {
        const content = this.#inlines(children);
        return {
          ...reach,
          kind: 'heading',
          depth: given.depth ?? 1,
          content,
          anchor: this.#anchor(plainText(content)),
        };
      }
      case 'paragraph':
        return { ...reach, kind: 'paragraph', content: this.#inlines(children) };
      case 'code':
        return {
          ...reach,
          kind: 'code',
          language: given.lang ?? '',
          meta: given.meta ?? '',
          value: given.value ?? '',
          body: this.#body(reach, given.value ?? ''),
        };
      case 'list':
        return {
          ...reach,
          kind: 'list',
          ordered: given.ordered === true,
          first: given.start ?? 1,
          entries: children.map((entry) => ({
            ...reachOf(entry),
            checked: entry.checked ?? null,
            nodes: this.nodes(entry.children ?? []),
          })),
        };
      case 'blockquote':
        return { ...reach, kind: 'quote', nodes: this.nodes(children) };
      case 'table': {
        const rows = children.map((row) => (row.children ?? []).map((cell) => this.#inlines(cell.children ?? [])));
        return { ...reach, kind: 'table', rows };
      }
      case 'thematicBreak':
        return { ...reach, kind: 'rule' };
      default:
        return { ...reach, kind: 'raw' };
    }
  }

  #inlines(given: readonly Given[]): Inline[] {
    return given.map((one): Inline => {
      const reach = reachOf(one);
      const content = (): readonly Inline[] => this.#inlines(one.children ?? []);
      switch (one.type) {
        case 'inlineCode': {
          const text = one.value ?? '';
          // Without the backticks and the space that they may have.
          const at = this.#text.slice(reach.start, reach.end).search(/[^`]/);
          const found = this.#text.indexOf(text, reach.start + Math.max(0, at));
          const start = found < 0 || found >= reach.end ? reach.start : found;
          return { start, end: Math.min(start + text.length, reach.end), kind: 'code', text };
        }
        case 'strong':
        case 'emphasis':
          return { ...reach, kind: one.type, content: content() };
        case 'delete':
          return { ...reach, kind: 'deleted', content: content() };
        case 'link':
          return { ...reach, kind: 'link', target: one.url ?? '', content: content() };
        case 'break':
          return { ...reach, kind: 'break' };
        default: {
          if (one.children !== undefined) return { ...reach, kind: 'emphasis', content: content() };
          const text = one.value ?? one.alt ?? this.#text.slice(reach.start, reach.end);
          return { ...reach, kind: 'text', text };
        }
      }
    });
  }

  /** The lines between the fences; a code block by indentation has none and is its own body. */
  #body(reach: Reach, value: string): Reach {
    const opening = /^(`{3,}|~{3,})/.exec(this.#text.slice(reach.start, reach.end))?.[1];
    if (opening === undefined) return reach;
    const start = Math.min(lineAfter(this.#text, reach.start), reach.end);
    if (value === '') return { start, end: start };
    const last = Math.max(this.#text.lastIndexOf('\n', reach.end - 1), this.#text.lastIndexOf('\r', reach.end - 1)) + 1;
    const closing = this.#text.slice(last, reach.end).replace(/^[\s>]*/, '');
    const closed = last > start && closing.startsWith(opening) && /^(?:`+|~+)\s*$/.test(closing);
    return { start, end: closed ? last : reach.end };
  }

  /** As GitHub makes them: lower case, spaces as dashes, other signs left out, `-1` behind what was given before. */
  #anchor(title: string): string {
    const plain = title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
      .replaceAll(' ', '-');
    let anchor = plain;
    while (this.#anchors.has(anchor)) {
      const count = (this.#anchors.get(plain) ?? 0) + 1;
      this.#anchors.set(plain, count);
      anchor = `${plain}-${count}`;
    }
    this.#anchors.set(anchor, 0);
    return anchor;
  }
}
