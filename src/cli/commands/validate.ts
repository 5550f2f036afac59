/** `sentinel validate`: every mistake of a configuration at once, in the format that the reader wants. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { writeFileAtomically } from '../../base/atomic-file.ts';
import { SentinelError, errnoOf } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { type Diagnostic, applySuggestions } from '../../config/diagnostic.ts';
import { maxConfigBytes } from '../../config/documents.ts';
import { type InvalidConfig, type LoadResult, type LoadedConfig, loadConfigText } from '../../config/load.ts';
import { findingOf } from '../../config/render/finding.ts';
import { type DiagnosticFormat, renderDiagnostics } from '../../config/render/render.ts';
import { renderSummary } from '../../config/render/text.ts';
import type { Invocation, Outcome } from '../command.ts';
import { type ConfigChoice, chooseConfig, loadChoice, usualPlaces } from '../config-choice.ts';

const standardInput = '-';

export async function run(invocation: Invocation): Promise<Outcome> {
  const started = invocation.clock.now();
  const choice = chosen(invocation);
  let result = readable(await load(invocation, choice));
  if (invocation.flag('apply-suggestions')) {
    carryOut(invocation, choice, result.diagnostics);
    result = readable(await load(invocation, choice));
  }
  return report(invocation, choice, result, invocation.clock.now() - started);
}

function chosen(invocation: Invocation): ConfigChoice {
  const choice = chooseConfig(invocation, invocation.argument('file'));
  if (choice.path !== null) return choice;
  throw new SentinelError('SNT-C001', `no configuration to check: neither ${usualPlaces.join(' nor ')} exists`, {
    hint: 'sentinel validate FILE',
  });
}

async function load(invocation: Invocation, choice: ConfigChoice): Promise<LoadResult> {
  if (choice.path !== standardInput) return loadChoice(invocation, choice);
  // One byte more than is allowed, so that a text that is too large is refused by the same rule as a file.
  const bytes = await invocation.stdin.readUpTo(maxConfigBytes + 1);
  const { directory: baseDir, context } = invocation;
  return loadConfigText(bytes, { fileName: '<stdin>', baseDir, env: context.environment });
}

function readable(result: LoadResult): LoadedConfig | InvalidConfig {
  if (result.kind === 'unreadable') throw result.error;
  return result;
}

/** Writes the corrected files; a file that changed since it was read is left alone. */
function carryOut(invocation: Invocation, choice: ConfigChoice, diagnostics: readonly Diagnostic[]): void {
  if (choice.path === standardInput) {
    throw new SentinelError('SNT-P040', '--apply-suggestions writes to files and cannot write to standard input', {
      hint: 'sentinel validate --apply-suggestions FILE',
    });
  }
  const sources = new Set(
    diagnostics.flatMap(({ suggestion }) => (suggestion?.edit ? [suggestion.edit.span.source] : [])),
  );
  for (const source of sources) {
    const path = resolve(invocation.directory, source.name);
    try {
      if (readFileSync(path, 'utf8') !== source.text) throw new Error('it changed in the meantime');
      writeFileAtomically(path, applySuggestions(source, diagnostics), statSync(path).mode & 0o777);
    } catch (error) {
      const reason = errnoOf(error) ?? (error instanceof Error ? error.message : String(error));
      throw new SentinelError('SNT-P043', `cannot write the corrected ${source.name}: ${reason}`, { cause: error });
    }
  }
}

function report(
  invocation: Invocation,
  choice: ConfigChoice,
  result: LoadedConfig | InvalidConfig,
  elapsedMs: number,
): Outcome {
  const { diagnostics, sources } = result;
  const count = (level: Diagnostic['level']): number => diagnostics.filter((one) => one.level === level).length;
  const counts = { errors: count('error'), warnings: count('warning'), infos: count('info'), hints: count('hint') };
  const failed = counts.errors > 0 || (invocation.option('fail-on') === 'warn' && counts.warnings > 0);
  const format = (invocation.option('format') ?? 'text') as DiagnosticFormat;
  return {
    kind: 'report',
    exitCode: failed ? exitCodes.problems : exitCodes.ok,
    status: failed ? 'problems' : 'ok',
    data: {
      file: choice.path,
      files: sources.map(({ file }) => file),
      digest: result.kind === 'ok' ? result.digest : null,
      valid: result.kind === 'ok',
      counts,
    },
    findings: diagnostics.map(findingOf),
    text({ coloured }) {
      const options = { colour: coloured, version: invocation.version };
      const rendered = renderDiagnostics(diagnostics, format, options);
      if (format !== 'text') return rendered;
      const summary = renderSummary(diagnostics, { files: sources.length, elapsedMs }, options);
      return rendered === '' ? summary : `${rendered}\n${summary}`;
    },
  };
}
