/** A timeline as an operator reads it: UTC, a line above each day, what could not be read first. Text only. */
import type { Moment, Timeline } from '../../incident/timeline/moment.ts';
import type { Style } from '../streams.ts';
import { countText, momentText, oneLine, wrap } from '../text.ts';

const tags: Readonly<Record<Moment['source'], string>> = {
  journal: 'journal',
  command: 'command',
  event: 'event',
  runbook: 'runbook',
  traffic: 'traffic',
  configuration: 'config',
};
const TAG = 8;
/** `13:04:07  ✗ command ` */
const INDENT = 8 + 2 + 2 + TAG;

export interface TimelineFacts {
  /** Of the incident: `INC-…  SEV2  open  title`. */
  readonly head: string;
  /** How many there are without the choice that was made. */
  readonly all: number;
}

export function timelineText(timeline: Timeline, { head, all }: TimelineFacts, style: Style): string {
  const { moments, missing, since, until } = timeline;
  const columns = Math.min(Math.max(style.columns, 60), 120);
  const shown = moments.length === all ? countText(all) : `${countText(moments.length)} of ${countText(all)}`;
  const out = [
    `${head}\n`,
    style.dim(`${momentText(since)} to ${until === null ? 'now' : momentText(until)}, ${shown} moments, all times UTC`),
    '\n',
    ...missing.map(({ source, why }) => `${style.yellow('?')} not known (${source}): ${wrapped(why, columns, 4)}\n`),
  ];
  let day = '';
  for (const moment of moments) {
    const of = moment.at.slice(0, 10);
    if (of !== day) out.push(`\n${style.bold(of)}\n`);
    day = of;
    out.push(lineOf(moment, columns, style));
  }
  if (moments.length === 0) out.push('\nnothing\n');
  return out.join('');
}

function lineOf({ at, source, words, actor, severity, fields }: Moment, columns: number, style: Style): string {
  const glyph = { info: '•', warn: style.yellow('▲'), error: style.red('✗') }[severity];
  const confirmed = Array.isArray(fields['confirmed_by']) && source === 'command' ? ' ✓' : '';
  const who = actor === null ? '' : ` · ${oneLine(actor)}`;
  const text = wrapped(`${oneLine(words)}${confirmed}${who}`, columns, INDENT);
  return `${at.slice(11, 19)}  ${glyph} ${style.dim(tags[source].padEnd(TAG - 1))} ${text}\n`;
}

function wrapped(text: string, columns: number, indent: number): string {
  return wrap(oneLine(text), columns - indent).replaceAll('\n', `\n${' '.repeat(indent)}`);
}
