/**
 * A report as JUnit XML, for pipelines: a case for each cause, each question of the walk and each probe. Causes fail, what the
 * verdict needs and nobody knows is an error, other unknowns are skipped; so a pipeline is red exactly where the exit status is
 * not 0. Pure.
 */
import { oneLine } from './one-line.ts';
import type { Report, ReportEvidence } from './report.ts';

interface Case {
  readonly group: string;
  readonly name: string;
  readonly outcome: 'passed' | 'failure' | 'error' | 'skipped';
  readonly message: string;
  readonly text: string;
}

/** Ends with a newline. @param sections every probe, for the ones that are known */
export function junitReport(report: Report, sections: readonly string[]): string {
  const cases = [...causeCases(report), ...questionCases(report), ...probeCases(report, sections)];
  const count = (outcome: Case['outcome']) => cases.filter((one) => one.outcome === outcome).length;
  const totals = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}" time="${(report.tookMs / 1000).toFixed(3)}"`;
  const suite = `name="${escaped(`diagnosis of ${report.daemon}`)}" hostname="${escaped(report.host)}" timestamp="${report.at}"`;
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="sentinel diagnose" ${totals}>`,
    `  <testsuite ${suite} ${totals}>`,
    ...cases.flatMap(caseLines),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n')}\n`;
}

function caseLines({ group, name, outcome, message, text }: Case): readonly string[] {
  const head = `    <testcase classname="diagnose.${group}" name="${escaped(name)}"`;
  if (outcome === 'passed') return [`${head}/>`];
  return [
    `${head}>`,
    `      <${outcome} message="${escaped(message)}"${outcome === 'skipped' ? '' : ' type="diagnosis"'}>${escaped(text).replaceAll('&#10;', '\n')}</${outcome}>`,
    '    </testcase>',
  ];
}

function causeCases(report: Report): readonly Case[] {
  const { causes, verdict } = report;
  if (causes.length === 0 && verdict.status === 'problems')
    return [{ group: 'causes', name: 'verdict', outcome: 'failure', message: oneLine(report), text: '' }];
  // With nothing unknown beside it, a verdict that is not known would be a green pipeline.
  if (verdict.status === 'unknown')
    return [{ group: 'causes', name: 'verdict', outcome: 'error', message: oneLine(report), text: '' }];
  if (causes.length === 0) return [{ group: 'causes', name: 'verdict', outcome: 'passed', message: '', text: '' }];
  return causes.map(({ code, cause, title, detail, resource, evidence, sev, next }) => ({
    group: 'causes',
    name: `${code} ${cause ?? ''}${resource === null ? '' : ` ${resource.name}`}`,
    outcome: 'failure',
    message: `${sev ?? ''} ${title}: ${detail}`.trim(),
    text: [...evidence.map(evidenceText), ...next.map((command) => `next: ${command}`)].join('\n'),
  }));
}

function questionCases({ path }: Report): readonly Case[] {
  return path.map(({ title, answer, leaves, mark, short, words, evidence }) => ({
    group: 'questions',
    name: title,
    outcome: answer === 'unknown' ? 'skipped' : leaves && mark === 'bad' ? 'failure' : 'passed',
    message: words === '' ? short : `${short}: ${words}`,
    text: evidence.map(evidenceText).join('\n'),
  }));
}

function probeCases({ unknown }: Report, sections: readonly string[]): readonly Case[] {
  return sections.map((name) => {
    const missing = unknown.find(({ section }) => section === name);
    return {
      group: 'probes',
      name,
      outcome: missing === undefined ? 'passed' : missing.mandatory ? 'error' : 'skipped',
      message: missing?.why ?? '',
      text: missing === undefined ? '' : missing.tried.map((one) => `tried ${one}`).join('\n'),
    };
  });
}

function evidenceText({ source, words }: ReportEvidence): string {
  return `${source}: ${words}`;
}

/** Characters that XML 1.0 has no place for at all are gone by then (`plain`), but for those that are no characters. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\uFFFE\uFFFF]/g, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}
