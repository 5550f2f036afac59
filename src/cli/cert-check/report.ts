/** The outcome of `cert-check`: one exit status from what was found, whatever the format, and the same findings in each. */
import { exitCodes, type ExitCode } from '../../base/exit-codes.ts';
import type { CertFinding } from '../../certs/finding.ts';
import type { Diagnostic } from '../../config/diagnostic.ts';
import { findingOf } from '../../config/render/finding.ts';
import { type DiagnosticFormat, renderDiagnostics } from '../../config/render/render.ts';
import { makeSource } from '../../kdl/source.ts';
import type { Finding, Invocation, Outcome, Status } from '../command.ts';
import type { Style } from '../streams.ts';
import { printable, wrap } from '../text.ts';

/** A finding and the row that it belongs to. */
export interface RowFinding {
  readonly row: string;
  readonly finding: CertFinding;
}

export interface CertReport {
  readonly data: unknown;
  readonly findings: readonly RowFinding[];
  /** What people should know besides. */
  readonly notes: readonly string[];
  /** What stands above the findings. */
  readonly table: (style: Style) => string;
  readonly daemon?: string;
  readonly generation?: number;
}

export function reportOf(report: CertReport, invocation: Invocation): Outcome {
  const { exitCode, status } = verdictOf(
    report.findings.map(({ finding }) => finding),
    invocation.option('fail-on') === 'warn',
  );
  const { data, notes, daemon, generation } = report;
  const findings = byWeight(report.findings);
  const diagnostics = findings.map(diagnosticOf);
  const format = (invocation.option('format') ?? 'text') as DiagnosticFormat;
  return {
    kind: 'report',
    exitCode,
    status,
    data,
    findings: findings.map((one, index) => jsonFinding(one, diagnostics[index] as Diagnostic)),
    warnings: notes,
    ...(daemon === undefined ? {} : { daemon }),
    ...(generation === undefined ? {} : { generation }),
    text(style) {
      if (format !== 'text') {
        return renderDiagnostics(diagnostics, format, { colour: style.coloured, version: invocation.version });
      }
      const parts = [
        report.table(style),
        findings.map((one) => findingText(one, style)).join(''),
        notes.map((note) => style.dim(`${printable(note)}\n`)).join(''),
      ];
      return `${parts.filter((part) => part !== '').join('\n')}${summary(findings, status, style)}`;
    },
  };
}

/** Problems win over what could not be determined; neither is ever 0. */
export function verdictOf(
  findings: readonly CertFinding[],
  failOnWarning: boolean,
): { readonly exitCode: ExitCode; readonly status: Status } {
  const counts = (one: CertFinding): boolean =>
    one.unknown !== true && (one.severity === 'error' || (failOnWarning && one.severity === 'warning'));
  if (findings.some(counts)) return { exitCode: exitCodes.problems, status: 'problems' };
  if (findings.some(({ unknown }) => unknown === true)) return { exitCode: exitCodes.unknown, status: 'unknown' };
  return { exitCode: exitCodes.ok, status: 'ok' };
}

const weights = { error: 0, warning: 1, info: 2, hint: 3 } as const;

function byWeight(findings: readonly RowFinding[]): readonly RowFinding[] {
  return findings.toSorted((a, b) => weights[a.finding.severity] - weights[b.finding.severity]);
}

/** In the words of the renderers of `validate`: certificates have no lines, so that each stands at the first. */
function diagnosticOf({ row, finding }: RowFinding): Diagnostic {
  const { code, severity, detail, file, hint } = finding;
  return {
    level: severity,
    code,
    message: told(row, detail),
    span: { source: makeSource(file ?? row, ''), start: 0, end: 0 },
    label: null,
    secondary: [],
    suggestion: null,
    help: hint ?? null,
  };
}

/** Of what it is said, unless that is how it begins. */
function told(row: string, detail: string): string {
  return detail.startsWith(`${row}:`) || detail.startsWith(`${row} `) ? detail : `${row}: ${detail}`;
}

function jsonFinding({ finding }: RowFinding, diagnostic: Diagnostic): Finding {
  const { hint } = finding;
  const command = hint !== undefined && /^(?:sentinel|chmod|openssl|ss|timedatectl) /.test(hint) ? hint : undefined;
  return {
    ...findingOf(diagnostic),
    ...(command === undefined ? {} : { suggestion: { text: command, command } }),
  };
}

const glyphs = { error: '✗', warning: '▲', info: '·', hint: '·' } as const;

function findingText({ row, finding }: RowFinding, style: Style): string {
  const { code, severity, detail, hint, unknown } = finding;
  const paint = severity === 'error' ? style.red : severity === 'warning' ? style.yellow : style.dim;
  const title = `${unknown === true ? '?' : glyphs[severity]} ${severity}[${code}]`;
  const width = Math.max(40, Math.min(style.columns, 120) - 4);
  const [first = '', ...rest] = wrap(printable(told(row, detail)), width - title.length).split('\n');
  const lines = [
    `${paint(title)} ${first}`,
    ...(rest.length === 0
      ? []
      : wrap(rest.join(' '), width)
          .split('\n')
          .map((line) => `    ${line}`)),
    ...(hint === undefined ? [] : [`    ${style.cyan('next:')} ${printable(hint)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function summary(findings: readonly RowFinding[], status: Status, style: Style): string {
  const count = (severity: CertFinding['severity']): number =>
    findings.filter(({ finding }) => finding.severity === severity && finding.unknown !== true).length;
  const unknown = findings.filter(({ finding }) => finding.unknown === true).length;
  const words = [
    [count('error'), 'error'],
    [count('warning'), 'warning'],
    [unknown, 'not determined'],
    [count('hint') + count('info'), 'hint'],
  ] as const;
  const told = words
    .filter(([number]) => number > 0)
    .map(([number, noun]) => `${number} ${noun}${number === 1 || noun === 'not determined' ? '' : 's'}`);
  const text = told.length === 0 ? 'no problems' : told.join(', ');
  const codes = [...new Set(findings.map(({ finding }) => finding.code))];
  const more = codes.length === 0 ? '' : style.dim(`   sentinel explain ${codes[0]}`);
  const paint = status === 'ok' ? style.green : style.red;
  return `${paint(status === 'ok' ? 'ok' : status)}: ${text}${more}\n`;
}
