/**
 * The text of one runbook in, the runbook or all its problems out: front matter, sections, fences. Never throws, whatever the
 * text. Whether what it names exists is the business of the lint.
 */
import { type Diagnostic, diagnostic, sortDiagnostics } from '../config/diagnostic.ts';
import { lineOf, makeSource, type Source, type Span } from '../kdl/source.ts';
import { readFence } from './fences.ts';
import { readFrontMatter } from './front-matter.ts';
import { type Inline, type MarkdownNode, type MarkdownText, plainText, readMarkdown } from './markdown.ts';
import type { Block, Item, Mention, Runbook, Section } from './model.ts';

/** A place and what is wrong there; `config/render` draws it. */
export type RunbookProblem = Diagnostic;

export type LoadedRunbook =
  | { readonly kind: 'ok'; readonly runbook: Runbook }
  /** At least one; in the order of the text. */
  | { readonly kind: 'invalid'; readonly problems: readonly RunbookProblem[] };

export interface RunbookText {
  /** As people should see it, in every message. */
  readonly file: string;
  readonly text: string;
  readonly origin: Runbook['origin'];
  /** What the name of the file says; null = it has none that says one. */
  readonly expectedId: string | null;
}

/** UTF-16 units; the longest runbook of a shelf is a tenth of it. */
export const longestRunbook = 512 * 1024;

export async function loadRunbook({ file, text, origin, expectedId }: RunbookText): Promise<LoadedRunbook> {
  const source = makeSource(file, text);
  const start: Span = { source, start: 0, end: Math.min(1, text.length) };
  const invalid = (message: string): LoadedRunbook => ({
    kind: 'invalid',
    problems: [diagnostic('error', 'SNT-R001', start, message)],
  });
  if (text.length > longestRunbook)
    return invalid(`${file} is too large: expected at most ${longestRunbook} characters`);
  try {
    const markdown = await readMarkdown(text);
    return await assembled(source, markdown, origin, expectedId);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return invalid(`${file} has quotes, lists or emphasis in each other beyond what can be read`);
  }
}

async function assembled(
  source: Source,
  { frontMatter, nodes }: MarkdownText,
  origin: Runbook['origin'],
  expectedId: string | null,
): Promise<LoadedRunbook> {
  const parts = new Parts(source);
  for (const node of nodes) parts.add(node);
  const { sections, items, mentions, problems } = parts.done();
  if (frontMatter === null) {
    const line = source.lineStarts[1] ?? source.text.length;
    const span = { source, start: 0, end: Math.max(0, Math.min(line, source.text.length)) };
    const message = 'no front matter: expected a line `---`, then id, title, severity and symptoms, then another `---`';
    problems.push(diagnostic('error', 'SNT-R002', span, message));
    return { kind: 'invalid', problems: sortDiagnostics(problems, [source]) };
  }
  const head = await readFrontMatter(source, frontMatter.start, frontMatter.end, expectedId);
  problems.push(...head.problems);
  if (problems.length > 0 || head.matter === null)
    return { kind: 'invalid', problems: sortDiagnostics(problems, [source]) };
  const span = { source, start: 0, end: frontMatter.wholeEnd };
  return {
    kind: 'ok',
    runbook: { ...head.matter, file: source.name, origin, sections, items, mentions, head: span, text: source.text },
  };
}

interface OpenSection extends Section {
  readonly blocks: Block[];
}

/** Collects the parts of a file in its order. */
class Parts {
  readonly #source: Source;
  readonly #problems: RunbookProblem[] = [];
  readonly #sections: OpenSection[] = [];
  readonly #mentions: Mention[] = [];
  readonly #items: Item[] = [];

  constructor(source: Source) {
    this.#source = source;
  }

  done(): {
    readonly sections: readonly Section[];
    readonly items: readonly Item[];
    readonly mentions: readonly Mention[];
    readonly problems: RunbookProblem[];
  } {
    return { sections: this.#sections, items: this.#items, mentions: this.#mentions, problems: this.#problems };
  }

  /** A node of the top of the text. */
  add(node: MarkdownNode): void {
    if (node.kind === 'heading') {
      const { anchor, depth } = node;
      const title = plainText(node.content);
      this.#sections.push({ anchor, title, depth, line: this.#line(node.start), blocks: [] });
      this.#mention(node.content);
      return;
    }
    this.#mentionsOf(node);
    const fences = fencesOf(node);
    if (node.kind === 'list' && fences.length === 0 && node.entries.every(({ checked }) => checked !== null)) {
      this.#put({ kind: 'checklist', line: this.#line(node.start), entries: this.#ticks([node]) });
      return;
    }
    // A fence within a list or a quote stands for itself; what is around it stays prose.
    let from = node.start;
    for (const fence of fences) {
      const lineStart = this.#source.lineStarts[this.#line(fence.start) - 1] ?? fence.start;
      this.#prose(from, Math.max(from, lineStart));
      this.#fence(fence);
      from = fence.end;
    }
    this.#prose(from, node.end);
  }

  #put(block: Block): void {
    let section = this.#sections.at(-1);
    if (section === undefined) {
      section = { anchor: '', title: '', depth: 0, line: block.line, blocks: [] };
      this.#sections.push(section);
    }
    section.blocks.push(block);
  }

  #prose(start: number, end: number): void {
    const markdown = this.#source.text.slice(start, end);
    if (markdown.trim() === '') return;
    const first = start + markdown.search(/\S/);
    this.#put({ kind: 'prose', line: this.#line(first), markdown: markdown.replace(/^\s*\n/, '').trimEnd() });
  }

  #fence({ language, meta, value, body, start, end }: CodeNode): void {
    const source = this.#source;
    const span = { source, start: body.start, end: body.end };
    const line = this.#line(body.start);
    if (!isMachine(language)) {
      this.#put({ kind: 'bash', line, text: value, span });
    } else if (meta === 'example') {
      this.#put({ kind: 'example', line, text: value, span });
    } else if (meta !== '') {
      const at = source.text.indexOf(meta, start);
      const marked = { source, start: Math.min(at, end), end: Math.min(at + meta.length, end) };
      const message = `\`kdl ${meta}\` is no kind of fence: expected \`kdl\` for the machine part or \`kdl example\` for configuration`;
      this.#problems.push(diagnostic('error', 'SNT-R004', marked, message));
    } else {
      const anchor = this.#sections.at(-1)?.anchor ?? '';
      const { items, problems } = readFence(source, body.start, body.end, anchor);
      this.#problems.push(...problems);
      this.#items.push(...items);
      this.#put({ kind: 'machine', line, items });
    }
  }

  #ticks(nodes: readonly MarkdownNode[]): { readonly line: number; readonly text: string }[] {
    return nodes.flatMap((node) => {
      if (node.kind !== 'list') return [];
      return node.entries.flatMap((entry) => {
        const [first] = entry.nodes;
        const text = first?.kind === 'paragraph' ? plainText(first.content).replaceAll(/\s+/g, ' ') : '';
        return [{ line: this.#line(entry.start), text }, ...this.#ticks(entry.nodes)];
      });
    });
  }

  #mentionsOf(node: MarkdownNode): void {
    if (node.kind === 'paragraph' || node.kind === 'heading') this.#mention(node.content);
    else if (node.kind === 'table') for (const row of node.rows) for (const cell of row) this.#mention(cell);
    for (const inner of childrenOf(node)) this.#mentionsOf(inner);
  }

  #mention(content: readonly Inline[]): void {
    const source = this.#source;
    for (const one of content) {
      if (one.kind === 'code') {
        this.#mentions.push({ kind: 'code', text: one.text, span: { source, start: one.start, end: one.end } });
      } else if (one.kind === 'link') {
        const at = source.text.slice(one.start, one.end).lastIndexOf(one.target);
        const start = at < 0 ? one.start : one.start + at;
        const end = at < 0 ? one.end : start + one.target.length;
        this.#mentions.push({ kind: 'link', text: one.target, span: { source, start, end } });
        this.#mention(one.content);
      } else if ('content' in one) this.#mention(one.content);
    }
  }

  #line(offset: number): number {
    return lineOf(this.#source, offset);
  }
}

type CodeNode = Extract<MarkdownNode, { kind: 'code' }>;

const shells = new Set(['bash', 'sh', 'shell', 'console']);

function isMachine(language: string): boolean {
  return language.toLowerCase() === 'kdl';
}

/** The fences that mean something, in order. */
function fencesOf(node: MarkdownNode): readonly CodeNode[] {
  if (node.kind === 'code') return isMachine(node.language) || shells.has(node.language.toLowerCase()) ? [node] : [];
  return childrenOf(node).flatMap(fencesOf);
}

function childrenOf(node: MarkdownNode): readonly MarkdownNode[] {
  if (node.kind === 'quote') return node.nodes;
  return node.kind === 'list' ? node.entries.flatMap((entry) => entry.nodes) : [];
}
