/** Plays the drills and writes their transcripts into docs/examples: `node test/runbook/write-examples.ts [NAME]`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { crashDrill, upstreamDrill } from './drills.ts';

const folder = new URL('../../docs/examples/', import.meta.url);
const drills = { 'process-crash': crashDrill, 'upstream-failure': upstreamDrill };

mkdirSync(folder, { recursive: true });
for (const [name, drill] of Object.entries(drills)) {
  if (process.argv[2] !== undefined && process.argv[2] !== name) continue;
  const { code, text, transcript } = await drill('/usr/bin/script');
  if (code !== 0) {
    throw new Error(`${name} ended with ${code}:\n${text}`);
  }
  writeFileSync(new URL(`${name}.md`, folder), transcript);
  process.stdout.write(`docs/examples/${name}.md\n`);
}
