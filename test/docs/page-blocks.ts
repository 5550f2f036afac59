/** The fenced blocks of README and docs, and the commands printed in them and among the examples of the manual. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.join(import.meta.dirname, '../..');

export interface Block {
  /** `docs/health.md:52`, of the opening fence. */
  readonly place: string;
  /** What follows the fence: `sh`, `kdl example`; empty where nothing does. */
  readonly kind: string;
  readonly text: string;
}

export interface PrintedCommand {
  /** Without prompt and comment. */
  readonly text: string;
  readonly places: readonly string[];
}

function pages(): readonly string[] {
  const below = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  return ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...below.map((name) => path.join('docs', name)).sort()].filter(
    (name) => name.endsWith('.md'),
  );
}

/** A fence of four backticks holds one of three. */
export function blocksOf(file: string, text: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { readonly fence: string; readonly kind: string; readonly line: number; readonly lines: string[] } | null =
    null;
  for (const [index, line] of text.split('\n').entries()) {
    const [, fence = '', kind = ''] = /^ {0,3}(`{3,})(.*)$/.exec(line) ?? [];
    if (open === null) {
      if (fence !== '') open = { fence, kind: kind.trim(), line: index + 1, lines: [] };
    } else if (fence.length >= open.fence.length && kind.trim() === '') {
      const { kind: opened, line: at, lines } = open;
      blocks.push({ place: `${file}:${at}`, kind: opened, text: lines.join('\n') });
      if (opened === 'markdown') blocks.push(...blocksOf(file, lines.join('\n')));
      open = null;
    } else open.lines.push(line);
  }
  return blocks;
}

export function pageBlocks(): readonly Block[] {
  return pages().flatMap((file) => blocksOf(file, readFileSync(path.join(root, file), 'utf8')));
}

/** Blocks that are runbooks as examples are no commands for a reader of the page. */
const shells = new Set(['sh', 'bash', 'console']);

export function printedCommands(): readonly PrintedCommand[] {
  const found = new Map<string, string[]>();
  const put = (text: string, place: string): void => {
    const bare = text.replace(/\s{2,}#.*$/, '').trim();
    if (bare === '' || bare.startsWith('#')) return;
    const places = found.get(bare) ?? [];
    places.push(place);
    found.set(bare, places);
  };
  for (const { place, kind, text } of pageBlocks()) {
    if (!shells.has(kind)) continue;
    for (const line of text.replaceAll('\\\n', ' ').split('\n')) {
      if (kind !== 'console') put(line, place);
      else if (line.startsWith('$ ')) put(line.slice(2), place);
    }
  }
  return [...found].map(([text, places]) => ({ text, places }));
}

/** The examples of the manual; what stands instead of another command is in a section of its own. */
export function manualCommands(): readonly PrintedCommand[] {
  return readdirSync(path.join(root, 'man')).flatMap((file) =>
    [...examplesOf(readFileSync(path.join(root, 'man', file), 'utf8')).matchAll(/^\.Dl (.*)$/gm)].map(
      ([, text = '']) => ({
        text: text
          .replaceAll('\\(dq', '"')
          .replaceAll('\\e', '\\')
          .replaceAll(/\\&/g, '')
          .replace(/\s{2,}#.*$/, ''),
        places: [`man/${file}`],
      }),
    ),
  );
}

function examplesOf(page: string): string {
  return /^\.Sh EXAMPLES\n([\s\S]*?)(?=^\.Sh )/m.exec(page)?.[1] ?? '';
}
