/** A report in the markup of Slack (mrkdwn), short enough to paste into the channel of an incident. Pure. */
import { oneLine, responseWords } from './one-line.ts';
import { glyphs, type Report } from './report.ts';

/** What is longer is cut by Slack itself, in an unlucky place. */
const LONGEST = 3_900;
const shownCauses = 3;
const shownEvidence = 3;

/** Ends with a newline. */
export function slackReport(report: Report): string {
  const { causes, changes, path, procedure, unknown, contacts, next, subjects, remarks } = report;
  const response = responseWords(report);
  const wrong = subjects.flatMap(({ name, lines }) =>
    lines.filter(({ mark }) => mark === 'bad' || mark === 'warn').map(({ mark, words }) => ({ name, mark, words })),
  );
  const lines = [
    `*${escaped(oneLine(report))}*`,
    ...(response === null ? [] : [escaped([response, ...contacts].join(', '))]),
    ...remarks.map((words) => `${glyphs.warn} ${escaped(words)}`),
    ...causes
      .slice(0, shownCauses)
      .flatMap(({ code, title, detail, evidence, sev }, index) => [
        `*${index + 1}. ${code} ${escaped(title)}* (${sev ?? ''}): ${escaped(detail)}`,
        ...evidence.slice(0, shownEvidence).map(({ words }) => `    • ${escaped(words)}`),
      ]),
    ...(causes.length > shownCauses ? [`and ${causes.length - shownCauses} more causes`] : []),
    ...(causes.length > 0 ? [] : wrong.map(({ name, mark, words }) => `${glyphs[mark]} ${name}: ${escaped(words)}`)),
    ...(causes.length === 0 || changes.length === 0
      ? []
      : ['*before:*', ...changes.map(({ words }) => `    • ${escaped(words)}`)]),
    ...(path.length === 0 || procedure === null
      ? []
      : [`_${escaped([...path.map(({ short }) => short), procedure.title].join(' ▸ '))}_`]),
    ...unknown.filter(({ mandatory }) => mandatory).map(({ section, why }) => `? ${section}: ${escaped(why)}`),
    ...next.map((command) => `\`${inCode(command)}\``),
  ];
  return `${bounded(lines).join('\n')}\n`;
}

/** Whole lines only. */
function bounded(lines: readonly string[]): readonly string[] {
  let length = 0;
  const fitting = lines.filter((line) => (length += line.length + 1) <= LONGEST);
  return fitting.length === lines.length ? lines : [...fitting, `… ${lines.length - fitting.length} more lines`];
}

/** `<!channel>` in a text from outside would wake everybody; nor may it make a link, or change the type where a word begins. */
function escaped(text: string): string {
  return inCode(text).replaceAll(/(?<![\p{L}\p{N}])[*_~](?=\S)/gu, '\u200B$&');
}

/** What is to be copied: nothing is put between its characters. */
function inCode(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('`', "'");
}
