/** A report as Markdown, for tickets and incident documents. Pure. */
import { oneLine, responseWords } from './one-line.ts';
import { glyphs, type Report, type ReportFinding, type ReportLine } from './report.ts';

/** Ends with a newline. */
export function markdownReport(report: Report): string {
  const { causes, subjects, changes, path, procedure, unknown, contacts, next, remarks, exitCode } = report;
  const response = responseWords(report);
  const facts = [
    `daemon ${code(report.daemon)} on ${code(report.host)}`,
    report.at,
    `${report.probes} probes in ${(report.tookMs / 1000).toFixed(1)} s`,
  ];
  return `${[
    `# ${escaped(oneLine(report))}`,
    '',
    escaped(facts.join(' · ')).replaceAll('\\`', '`'),
    ...(response === null ? [] : ['', `**${escaped([response, ...contacts].join(', '))}**`]),
    ...remarks.flatMap((words) => ['', `${glyphs.warn} ${escaped(words)}`]),
    ...section(
      'Causes',
      causes.flatMap((cause, index) => finding(cause, `${index + 1}.`)),
    ),
    ...section('What was found', [
      '| | | |',
      '| --- | --- | --- |',
      ...subjects.flatMap(({ name, lines, notices }) => [
        ...lines.map(({ mark, words }) => `| ${name} | ${glyphs[mark]} | ${cell(words)} |`),
        ...notices.map(
          (one) =>
            `| ${name} | ${one.severity === 'error' ? glyphs.bad : glyphs.warn} | ${cell(`${one.code} ${one.title}: ${one.detail}`)} |`,
        ),
      ]),
    ]),
    ...section(
      'Changes before',
      changes.map(({ words }: ReportLine) => `- ${escaped(words)}`),
    ),
    ...section('Path', [
      ...path.map(
        ({ short, words, notTaken, mark }) =>
          `- ${glyphs[mark]} ${escaped(short)}${words === '' ? '' : `: ${escaped(words)}`}${notTaken === null ? '' : ` (not taken: ${escaped(notTaken)})`}`,
      ),
      ...(procedure === null ? [] : [`- ▸ **${escaped(procedure.title)}**`]),
    ]),
    ...section(
      'Not known',
      unknown.map(
        ({ section: name, mandatory, why, tried }) =>
          `- ? ${name}${mandatory ? ' (the answer needs it)' : ''}: ${escaped(why)}${tried.length === 0 ? '' : ` (tried ${escaped(tried.join(', '))})`}`,
      ),
    ),
    ...section('Next', next.length === 0 ? [] : ['```bash', ...next, '```']),
    '',
    `Exit status ${exitCode}.`,
  ].join('\n')}\n`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines];
}

function finding(
  { code: number, title, detail, cause, sev, since, evidence, next, runbook }: ReportFinding,
  bullet: string,
): readonly string[] {
  const words = [sev, since === null ? null : `since ${since}`].filter((word) => word !== null);
  const [command] = next;
  return [
    `${bullet} **${escaped(`${number} ${title}`)}** (${escaped([cause ?? '', ...words].join(', '))}): ${escaped(detail)}`,
    ...evidence.map(({ source, words: seen }) => `   - ${source}: ${escaped(seen)}`),
    ...(command === undefined ? [] : [`   - next: ${code(command)}`]),
    ...(runbook === null ? [] : [`   - runbook: ${code(`sentinel runbook show ${runbook}`)}`]),
  ];
}

function cell(text: string): string {
  return escaped(text).replaceAll('|', '\\|');
}

/** Nothing in a text from outside may begin a link, an image, a tag or a heading. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>#]/g, '\\$&');
}

function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}
