/**
 * The JSON envelope that every command prints under `--json`: one shape, sorted keys, stable order, so that scripts
 * and diffs can rely on it. Made from an `Outcome` alone; a command cannot print JSON in any other way.
 */
import type { ExitCode } from '../base/exit-codes.ts';
import { plainJson } from '../base/plain-json.ts';
import type { Finding, Status } from './command.ts';

export interface EnvelopeContent {
  /** Words of the command; the schema is named after them: `sentinel.config.print/1`. */
  readonly path: readonly string[];
  readonly version: string;
  readonly generatedAt: string;
  readonly status: Status;
  readonly exitCode: ExitCode;
  readonly data: unknown;
  readonly findings?: readonly Finding[] | undefined;
  readonly warnings?: readonly string[] | undefined;
  readonly daemon?: string | undefined;
  readonly generation?: number | undefined;
  /** In one line, where a stream ends with it: each line of NDJSON is a document. */
  readonly inOneLine?: boolean;
}

/** The envelope as text: indented by two spaces or in one line, a newline at the end. */
export function envelopeText(content: EnvelopeContent): string {
  const envelope = {
    schema: `${['sentinel', ...content.path].join('.')}/1`,
    tool: { version: content.version, node: process.versions.node },
    daemon: content.daemon ?? null,
    generated_at: content.generatedAt,
    generation: content.generation ?? null,
    status: content.status,
    exit_code: content.exitCode,
    data: content.data ?? null,
    findings: content.findings ?? [],
    warnings: content.warnings ?? [],
  };
  return `${plainJson(sorted(envelope), content.inOneLine === true ? 0 : 2)}\n`;
}

/** The same value with the keys of every object in code-unit order. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
