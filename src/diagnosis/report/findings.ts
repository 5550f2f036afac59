/** A report as findings of the JSON envelope: causes first, then notices, then what is not known. Pure. */
import type { Sev } from '../../base/severity.ts';
import type { Report, ReportFinding } from './report.ts';

/** As `findings[]` has it. */
export interface DiagnosisFinding {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly sev?: Sev;
  readonly title: string;
  readonly detail: string;
  readonly resource?: { readonly kind: string; readonly name: string };
  readonly evidence: readonly {
    readonly source: string;
    readonly words: string;
    readonly value?: number | string;
    readonly threshold?: number | string;
    readonly at?: string;
  }[];
  readonly suggestion?: { readonly text: string; readonly command?: string };
  readonly runbook?: string;
}

export function findingsOf(report: Report): readonly DiagnosisFinding[] {
  const notices = report.subjects.flatMap(({ notices: own }) => own);
  const missing = report.unknown.filter(({ mandatory }) => mandatory);
  return [
    ...report.causes.map(findingOf),
    ...notices.map(findingOf),
    ...missing.map(({ section, why, tried }) => ({
      code: 'SNT-P107',
      severity: 'warning' as const,
      title: 'not known',
      detail: `${section}: ${why}`,
      resource: { kind: 'probe', name: section },
      evidence: tried.map((words) => ({ source: section, words })),
    })),
  ];
}

function findingOf({
  code,
  severity,
  sev,
  title,
  detail,
  resource,
  evidence,
  next,
  runbook,
}: ReportFinding): DiagnosisFinding {
  const [command] = next;
  return {
    code,
    severity,
    ...(sev === null ? {} : { sev }),
    title,
    detail,
    ...(resource === null ? {} : { resource }),
    evidence: evidence.map(({ source, words, value, threshold, at }) => ({
      source,
      words,
      ...(value === null ? {} : { value }),
      ...(threshold === null ? {} : { threshold }),
      ...(at === null ? {} : { at }),
    })),
    ...(command === undefined ? {} : { suggestion: { text: command, command } }),
    ...(runbook === null ? {} : { runbook }),
  };
}
