/** The KDL that the seed runbooks print: in `kdl` fences, and inside shell fences where they tell to edit the file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SeedBlock {
  /** `operational-runbook.md:148 health-check`. */
  readonly name: string;
  readonly text: string;
}

export const seedFiles = ['incident-response-page.md', 'incident-response-runbook.md', 'operational-runbook.md'] as const;

export function seedText(file: string): string {
  return readFileSync(join(import.meta.dirname, file), 'utf8');
}

/** Every block of a seed, in its order. Line numbers are those of the block's first node. */
export function seedBlocks(file: string): SeedBlock[] {
  const fences = [...seedText(file).matchAll(/^([ ]*)```(kdl|bash)\n(.*?)^[ ]*```$/gms)];
  return fences.flatMap((fence) => {
    const [whole, , language, body = ''] = fence;
    const firstLine = lineAt(file, fence.index + whole.indexOf('\n') + 1);
    return language === 'kdl' ? kdlBlocks(file, body, firstLine) : shellBlocks(file, body, firstLine);
  });
}

function lineAt(file: string, offset: number): number {
  return seedText(file).slice(0, offset).split('\n').length;
}

/** Top-level nodes of a fence, one block each: the seeds put several independent ones into one fence. */
function kdlBlocks(file: string, body: string, firstLine: number): SeedBlock[] {
  const lines = body.split('\n');
  const indent = /^ */.exec(lines.find((line) => line.trim() !== '') ?? '')?.[0].length ?? 0;
  return blocksOf(file, lines.map((line) => line.slice(indent)), firstLine);
}

/** Blocks that begin at the start of a line, and those that `echo` writes. */
function shellBlocks(file: string, body: string, firstLine: number): SeedBlock[] {
  const lines = body.split('\n').map((line) => /echo '([a-z-]+ \{.*\})'/.exec(line)?.[1] ?? line);
  return blocksOf(file, lines, firstLine);
}

function blocksOf(file: string, lines: readonly string[], firstLine: number): SeedBlock[] {
  const blocks: SeedBlock[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    const name = /^([a-z-]+)(?: "[^"]*")? \{/.exec(line)?.[1];
    if (name === undefined) continue;
    const length = lines.slice(index).findIndex((one) => one.startsWith("}")) + 1;
    const text = /\}\s*$/.test(line) ? line : lines.slice(index, index + length).join('\n');
    blocks.push({ name: `${file}:${firstLine + index} ${name}`, text });
  }
  return blocks;
}
