/**
 * A report for people at a terminal: subjects, causes, what changed, the way that the triage took, and at the end, where the eye
 * goes, the verdict and what to type. Glyphs say what colours say. Pure.
 */
import { oneLine } from '../../diagnosis/report/one-line.ts';
import { glyphs, type Mark, type Report, type ReportFinding, type ReportLine } from '../../diagnosis/report/report.ts';
import type { Style } from '../streams.ts';
import { momentText } from '../text.ts';
import { flow, type Piece } from './layout.ts';

/** Wide screens are not read to their end. */
const WIDEST = 200;
const LABEL = 13;
/** More would push the verdict off the screen; `--format json` has all. */
const shownCauses = 5;
const shownEvidence = 6;

/** Ends with a newline. */
export function reportText(report: Report, style: Style): string {
  const { subjects, causes, changes, remarks, exitCode } = report;
  const columns = widthOf(style);
  return [
    headText(report, style),
    ...remarks.map((words) => flow({ text: `${glyphs.warn} ` }, [{ text: words, paint: style.yellow }], columns)),
    ...subjects.map(({ name, lines, notices, causes: numbers }) =>
      flow(
        label(name, style),
        [
          ...lines.map((one) => line(one, style)),
          ...notices.map((one) => noticePiece(one, style)),
          ...numbers.slice(0, 1).map(() => seeCauses(numbers, style)),
        ],
        columns,
      ),
    ),
    ...causes
      .slice(0, shownCauses)
      .map((cause, index) => findingText(cause, index + 1, index === 0 ? 'causes' : '', style, columns)),
    ...(causes.length > shownCauses
      ? [flow(label('', style), [{ text: `and ${causes.length - shownCauses} more: --format json` }], columns)]
      : []),
    ...(changes.length === 0
      ? []
      : [
          flow(
            label('changes', style),
            changes.map((one) => ({ ...line(one, style), alone: true })),
            columns,
          ),
        ]),
    unknownText(report, style, columns),
    pathText(report, style, columns),
    verdictText(report, style, columns),
    nextText(report, style, columns),
    `${style.dim(`exit ${exitCode}`)}\n`,
  ].join('');
}

/** The verdict in one line, then only what is not well. */
export function shortText(report: Report, style: Style): string {
  const columns = widthOf(style);
  const wrong = report.subjects.flatMap(({ name, lines }) => {
    const shown = lines.filter(({ mark }) => mark === 'bad' || mark === 'warn' || mark === 'unknown');
    return shown.length === 0
      ? []
      : [
          flow(
            label(name, style),
            shown.map((one) => line(one, style)),
            columns,
          ),
        ];
  });
  return [`${paintOf(report.mark, style)(oneLine(report))}\n`, ...wrong].join('');
}

function widthOf(style: Style): number {
  return Math.min(WIDEST, style.columns);
}

function headText({ daemon, host, at, probes, tookMs }: Report, style: Style): string {
  const name = daemon === 'local' ? host : `${daemon} from ${host}`;
  const head = ['diagnosis', name, momentText(at), `(${probes} probes, ${(tookMs / 1000).toFixed(1)}s)`];
  return `${style.bold(head.join('  '))}\n`;
}

function label(name: string, style: Style): Piece {
  return { text: name.padEnd(LABEL), paint: style.dim };
}

/** What is well stands beside each other, what is not on a line of its own. */
function line({ mark, words }: ReportLine, style: Style, alone = mark !== 'ok' && mark !== 'note'): Piece {
  return { text: `${glyphs[mark]} ${words}`, paint: paintOf(mark, style), alone };
}

function paintOf(mark: Mark, style: Style): (text: string) => string {
  switch (mark) {
    case 'ok':
      return (text) => text.replace(glyphs.ok, style.green(glyphs.ok));
    case 'bad':
      return style.red;
    case 'warn':
      return style.yellow;
    case 'unknown':
      return style.cyan;
    case 'note':
      return (text) => text;
  }
}

/** `SNT-E010 5xx 4.2 % over 5m (limit 1 %): 252 of 6000 requests` */
function noticePiece({ code, severity, detail, evidence }: ReportFinding, style: Style): Piece {
  const mark: Mark = severity === 'error' ? 'bad' : severity === 'warning' ? 'warn' : 'note';
  const [first] = evidence;
  const seen = first === undefined || detail.includes(first.words.replace(/ \([^)]*\)$/, '')) ? '' : `: ${first.words}`;
  return line({ mark, words: `${code} ${detail}${seen}` }, style, true);
}

function seeCauses(numbers: readonly number[], style: Style): Piece {
  return line({ mark: 'bad', words: `see ${numbers.length === 1 ? 'cause' : 'causes'} ${numbers.join(', ')}` }, style);
}

/** A command that is wider than the screen is not broken: what is pasted in halves does something else. */
function findingText(found: ReportFinding, number: number, name: string, style: Style, columns: number): string {
  const { code, title, detail, sev, since, evidence, next, runbook } = found;
  const more = [...(sev === null ? [] : [sev]), ...(since === null ? [] : [`since ${momentText(since)}`])];
  const indent: Piece = { text: ' '.repeat(LABEL + 2) };
  const rest = evidence.length - shownEvidence;
  const [command] = next;
  return [
    flow(
      label(name, style),
      [
        {
          text: `${number} ${glyphs.bad} ${code} ${title}${more.length === 0 ? '' : ` (${more.join(', ')})`}`,
          paint: style.red,
          alone: true,
        },
      ],
      columns,
    ),
    flow(indent, [{ text: detail, paint: style.bold }], columns),
    ...evidence
      .slice(0, shownEvidence)
      .map(({ source, words }) => flow({ text: `${indent.text}– ` }, [{ text: `${words} [${source}]` }], columns)),
    ...(rest > 0 ? [flow(indent, [{ text: `and ${rest} more` }], columns)] : []),
    ...(command === undefined ? [] : [`${indent.text}▸ ${style.cyan(command)}\n`]),
    ...(runbook === null ? [] : [`${indent.text}${style.dim(`sentinel runbook show ${runbook}`)}\n`]),
  ].join('');
}

/** One line for each reason: what another machine keeps to itself is a dozen probes. */
function unknownText({ unknown }: Report, style: Style, columns: number): string {
  if (unknown.length === 0) return '';
  const groups = Map.groupBy(unknown, ({ mandatory, why, tried }) => JSON.stringify([mandatory, why, tried]));
  const pieces = [...groups.values()].map((group) => {
    const { mandatory, why, tried } = group[0] as Report['unknown'][number];
    const names = group.map(({ section }) => section).join(', ');
    return {
      text: `${glyphs.unknown} ${names}${mandatory ? ' (needed)' : ''}: ${why}${tried.length === 0 ? '' : `; tried ${tried.join(', ')}`}`,
      paint: mandatory ? style.yellow : style.dim,
      alone: true,
    };
  });
  return flow(label('not known', style), pieces, columns);
}

/** The way that was taken, and beside it, dimmed, where it might have gone. */
function pathText({ path, procedure, verdict }: Report, style: Style, columns: number): string {
  if (path.length === 0) return '';
  const end = procedure === null ? (verdict.status === 'ok' ? 'all clear' : null) : procedure.title;
  const words = [
    ...path.map(({ short, mark }) => ({
      text: short,
      paint: mark === 'ok' ? (text: string) => text : paintOf(mark, style),
    })),
    ...(end === null ? [] : [{ text: end, paint: style.bold }]),
  ];
  const pieces = words.map(({ text, paint }, index) => ({ text: index === 0 ? text : `▸ ${text}`, paint }));
  const left = [...new Set(path.flatMap(({ notTaken }) => (notTaken === null ? [] : [notTaken])))];
  return (
    flow(label('path', style), pieces, columns, ' ') +
    (left.length === 0
      ? ''
      : flow(
          { text: ' '.repeat(LABEL) },
          ['not taken:', ...left].map((text, index) => ({
            text: index === 0 || index === left.length ? text : `${text} ·`,
            paint: style.dim,
          })),
          columns,
          ' ',
        ))
  );
}

function verdictText(report: Report, style: Style, columns: number): string {
  const { mark, verdict, procedure, causes, page, contacts, unknown } = report;
  const pieces: Piece[] = [];
  if (verdict.status === 'ok') pieces.push({ text: `${glyphs.ok} nothing wrong`, paint: style.green });
  else if (verdict.status === 'unknown') {
    const needed = unknown.filter(({ mandatory }) => mandatory).map(({ section }) => section);
    const why = needed.length === 0 ? '' : `: ${needed.join(', ')} not known`;
    pieces.push({ text: `${glyphs.unknown} nobody can say${why}`, paint: style.yellow });
  } else {
    const name = [verdict.severity, procedure?.title].filter((word) => word !== null && word !== undefined).join(' ');
    const within = verdict.respond_within === null ? '' : ` (respond in ${verdict.respond_within})`;
    pieces.push({ text: `${glyphs[mark]} ${name}${within}`, paint: (text) => style.bold(style.red(text)) });
  }
  const [first, ...others] = causes;
  if (first !== undefined) {
    const more = others.length === 0 ? '' : `; and ${others.length} more`;
    pieces.push({ text: `${first.detail}${more}`, paint: style.bold, alone: true });
  }
  for (const words of [page, ...contacts]) if (words !== null) pieces.push({ text: words });
  return flow(label('verdict', style), pieces, columns, '  ');
}

function nextText({ next }: Report, style: Style, columns: number): string {
  if (next.length === 0) return '';
  const room = columns - LABEL;
  const oneLineOfAll = next.join('   ·   ');
  const lines = oneLineOfAll.length <= room ? [oneLineOfAll] : next;
  return lines
    .map((text, index) => `${style.dim((index === 0 ? 'next' : '').padEnd(LABEL))}${style.cyan(text)}\n`)
    .join('');
}
