/** The shelf of the package with one file of it in other words, or with another file beside them; and what a lint finds then. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { runbookVocabulary } from '../../src/cli/runbooks/vocabulary.ts';
import { lineOf } from '../../src/kdl/source.ts';
import { lint, type LintProblem } from '../../src/runbook/lint/lint.ts';
import type { Vocabulary } from '../../src/runbook/lint/vocabulary.ts';
import { type LoadedRunbook, loadRunbook } from '../../src/runbook/load.ts';
import { shelfOf } from '../../src/runbook/shelf.ts';

const folder = new URL('../../runbooks/', import.meta.url);

/** Texts of the package by the names of their files. */
export const shippedTexts: ReadonlyMap<string, string> = new Map(
  readdirSync(folder)
    // Its page lists them, and is none.
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]),
);

const loadedTexts = new Map<string, LoadedRunbook>();

async function loaded(name: string, text: string): Promise<LoadedRunbook> {
  const key = `${name}\n${text}`;
  const known = loadedTexts.get(key);
  if (known !== undefined) return known;
  const fresh = await loadRunbook({ file: name, text, origin: 'shipped', expectedId: basename(name, '.md') });
  loadedTexts.set(key, fresh);
  return fresh;
}

/** The same answers, each found once: what is planted touches one file of many. */
function remembering(vocabulary: Vocabulary): Vocabulary {
  const commands = new Map<string, string | null>();
  const pieces = new Map<string, ReturnType<Vocabulary['configMistakes']>>();
  return {
    ...vocabulary,
    commandMistake(words, whole) {
      const key = JSON.stringify([words, whole]);
      if (!commands.has(key)) commands.set(key, vocabulary.commandMistake(words, whole));
      return commands.get(key) ?? null;
    },
    configMistakes(text) {
      const known = pieces.get(text) ?? vocabulary.configMistakes(text);
      pieces.set(text, known);
      return known;
    },
  };
}

const vocabulary = remembering(runbookVocabulary());

/** What is wrong in the files by their names. */
export async function lintTexts(texts: ReadonlyMap<string, string>): Promise<readonly LintProblem[]> {
  const all = await Promise.all([...texts].map(([name, text]) => loaded(name, text)));
  const runbooks = all.flatMap((one) => (one.kind === 'ok' ? [one.runbook] : []));
  const problems = all.flatMap((one) => (one.kind === 'invalid' ? one.problems : []));
  return lint(shelfOf(runbooks, problems), vocabulary);
}

/** `process-crash.md:12 SNT-R008`. */
export function placed({ span, code }: LintProblem): string {
  return `${basename(span.source.name)}:${lineOf(span.source, span.start)} ${code}`;
}
