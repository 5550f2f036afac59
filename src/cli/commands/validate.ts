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
import type { ValidateReply } from '../../admin/contract/plan-shapes.ts';
import { verified } from '../../routing/expectations.ts';
import type { Finding, Invocation, Outcome } from '../command.ts';
import { type ConfigChoice, chooseConfig, loadChoice, usualPlaces } from '../config-choice.ts';
import { daemonOf } from '../daemon.ts';
import type { Style } from '../streams.ts';
import { printable } from '../text.ts';

const standardInput = '-';

/** What a daemon said. */
interface Live {
  readonly reply: ValidateReply;
  readonly daemon: string;
  readonly generation: number;
}

export async function run(invocation: Invocation): Promise<Outcome> {
  const started = invocation.clock.now();
  const choice = await chosen(invocation);
  const bytes = choice.path === standardInput ? await invocation.stdin.readUpTo(maxConfigBytes + 1) : null;
  let result = readable(load(invocation, choice, bytes));
  if (invocation.flag('apply-suggestions')) {
    carryOut(invocation, choice, result.diagnostics);
    result = readable(load(invocation, choice, bytes));
  }
  const elapsedMs = invocation.clock.now() - started;
  const live =
    invocation.flag('live') && result.kind === 'ok' ? await askDaemon(invocation, choice, result, bytes) : null;
  return report(invocation, choice, result, elapsedMs, live);
}

/** With `--live` and no name it is the file of the daemon: the one that a reload would read. */
async function chosen(invocation: Invocation): Promise<ConfigChoice> {
  const choice = chooseConfig(invocation, invocation.argument('file'));
  if (invocation.flag('live') && choice.source.kind === 'default') {
    const { path } = (await daemonOf(invocation).call('status')).data.config;
    if (path !== null) return { ...choice, path };
  }
  if (choice.path !== null) return choice;
  throw new SentinelError('SNT-C001', `no configuration to check: neither ${usualPlaces.join(' nor ')} exists`, {
    hint: 'sentinel validate FILE',
  });
}

/** @param bytes Of standard input: one more than is allowed, so that what is too large is refused by the same rule as a file. */
function load(invocation: Invocation, choice: ConfigChoice, bytes: Buffer | null): LoadResult {
  if (bytes === null) return verified(loadChoice(invocation, choice));
  const { directory: baseDir, context } = invocation;
  return verified(loadConfigText(bytes, { fileName: '<stdin>', baseDir, env: context.environment }));
}

/** What the daemon says of it: of the file as it reads it itself, where that is its own, else of the text in its place. */
async function askDaemon(
  invocation: Invocation,
  { path }: ConfigChoice,
  { sources }: LoadedConfig,
  bytes: Buffer | null,
): Promise<Live> {
  const client = daemonOf(invocation);
  const { data: status } = await client.call('status');
  const own = bytes === null && path !== null && resolve(invocation.directory, path) === status.config.path;
  const text = sources[0]?.text ?? '';
  const { data, daemon, generation } = await client.call('config-validate', {
    body: { of: own ? { kind: 'disk' } : { kind: 'text', text } },
  });
  return { reply: data, daemon, generation };
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
  live: Live | null,
): Outcome {
  const { diagnostics, sources } = result;
  const count = (level: Diagnostic['level']): number => diagnostics.filter((one) => one.level === level).length;
  const counts = { errors: count('error'), warnings: count('warning'), infos: count('info'), hints: count('hint') };
  const refusals = [...(live?.reply.problems ?? []), ...(live?.reply.refusals ?? [])];
  const strict = invocation.option('fail-on') === 'warn';
  const failed = counts.errors > 0 || refusals.length > 0 || (strict && counts.warnings > 0);
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
      live: live?.reply ?? null,
    },
    findings: [...diagnostics.map(findingOf), ...refusals.map(refusedFinding)],
    ...(live === null ? {} : { daemon: live.daemon, generation: live.generation }),
    text(style) {
      const { coloured } = style;
      const options = { colour: coloured, version: invocation.version };
      const rendered = renderDiagnostics(diagnostics, format, options);
      const asked = live === null ? '' : liveText(live, refusals, style);
      if (format === 'short') return rendered + (refusals.length === 0 ? '' : asked);
      if (format !== 'text') return rendered;
      const summary = renderSummary(diagnostics, { files: sources.length, elapsedMs }, options);
      const found = rendered === '' ? summary : `${rendered}\n${summary}`;
      return found + asked;
    },
  };
}

function refusedFinding(detail: string): Finding {
  return { code: 'SNT-P010', severity: 'error', title: 'the daemon would refuse it as it runs now', detail };
}

function liveText({ daemon, generation }: Live, refusals: readonly string[], style: Style): string {
  if (refusals.length === 0)
    return `${style.green('✓')} the daemon at ${daemon} (generation ${generation}) would put it in force\n`;
  return refusals.map((words) => `${style.red('✗')} the daemon would refuse it now: ${printable(words)}\n`).join('');
}
