/** `sentinel runbook lint`: everything that is wrong in runbooks, in the format that the reader wants. Offline. */
import { basename, resolve } from 'node:path';
import { exitCodes } from '../../base/exit-codes.ts';
import { findingOf } from '../../config/render/finding.ts';
import { type DiagnosticFormat, renderDiagnostics } from '../../config/render/render.ts';
import { renderSummary } from '../../config/render/text.ts';
import type { RunbookProblem } from '../../runbook/load.ts';
import { type LintProblem, lint } from '../../runbook/lint/lint.ts';
import type { Runbook } from '../../runbook/model.ts';
import { openShelf, readRunbookFile, type Shelf, shelfOf } from '../../runbook/shelf.ts';
import { shelfFolders } from '../../runbook/shelf-folders.ts';
import type { Invocation, Outcome } from '../command.ts';
import { runbookVocabulary } from '../runbooks/vocabulary.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const started = invocation.clock.now();
  const shelf = await openShelf(shelfFolders(invocation.context.environment));
  const named = [...new Set(invocation.arguments('file'))];
  // `lint runbooks/*.md` names the page of a folder too, which no shelf takes for a runbook.
  const files = named.length === 1 ? named : named.filter((file) => basename(file) !== 'README.md');
  const checked = files.length === 0 ? shelf : await withFiles(invocation, shelf, files);
  const isAsked = (file: string): boolean => files.length === 0 || files.includes(file);
  const problems = lint(checked, runbookVocabulary(), ({ file }) => isAsked(file)).filter(({ span }) =>
    isAsked(span.source.name),
  );
  const count = files.length === 0 ? fileCount(checked) : files.length;
  return report(invocation, problems, count, invocation.clock.now() - started);
}

/** The files in the place of what has their ids, beside everything else. */
async function withFiles(invocation: Invocation, shelf: Shelf, files: readonly string[]): Promise<Shelf> {
  const runbooks: Runbook[] = [];
  const problems: RunbookProblem[] = [];
  for (const file of files) {
    const loaded = await readRunbookFile(resolve(invocation.directory, file), 'site', file);
    if (loaded.kind === 'ok') runbooks.push(loaded.runbook);
    else problems.push(...loaded.problems);
  }
  const ids = new Set(runbooks.map(({ id }) => id));
  return shelfOf([...shelf.all().filter(({ id }) => !ids.has(id)), ...runbooks], problems);
}

function fileCount(shelf: Shelf): number {
  return new Set([...shelf.all().map(({ file }) => file), ...shelf.problems.map(({ span }) => span.source.name)]).size;
}

function report(invocation: Invocation, problems: readonly LintProblem[], files: number, elapsedMs: number): Outcome {
  const errors = problems.filter(({ level }) => level === 'error').length;
  const unread = problems.filter(({ code }) => code === 'SNT-R001').length;
  // What is wrong weighs more than what is not known.
  const exitCode = errors === 0 ? exitCodes.ok : errors > unread ? exitCodes.problems : exitCodes.unknown;
  const format = (invocation.option('format') ?? 'text') as DiagnosticFormat;
  return {
    kind: 'report',
    exitCode,
    status: errors === 0 ? 'ok' : errors > unread ? 'problems' : 'unknown',
    data: { files, counts: { errors, warnings: problems.length - errors } },
    findings: problems.map(findingOf),
    text({ coloured }) {
      const options = { colour: coloured, version: invocation.version };
      const rendered = renderDiagnostics(problems, format, options);
      if (format !== 'text') return rendered;
      const summary = renderSummary(problems, { files, elapsedMs }, options);
      return rendered === '' ? summary : `${rendered}\n${summary}`;
    },
  };
}
