/** A timeline as the table of a post-mortem: `| Time (UTC) | Event |`. Pure. */
import type { Moment, Timeline } from './moment.ts';

/** The table, and below it what could not be read; ends with a newline. */
export function timelineMarkdown({ moments, missing }: Timeline): string {
  const days = new Set(moments.map(({ at }) => at.slice(0, 10)));
  const time = ({ at }: Moment): string => (days.size > 1 ? at.slice(0, 16).replace('T', ' ') : at.slice(11, 16));
  const rows = moments.map((moment) => `| ${time(moment)} | ${cell(moment)} |`);
  const notes = missing.map(({ source, why }) => `*Not known (${source}): ${escaped(why)}*`);
  return [
    '| Time (UTC) | Event |',
    '|------------|-------|',
    ...rows,
    ...(notes.length === 0 ? [] : ['', ...notes]),
    '',
  ].join('\n');
}

function cell({ words, actor, source }: Moment): string {
  const [text, end] = source === 'command' ? ['`', '`'] : ['', ''];
  const said = source === 'command' ? words.replaceAll('`', "'").replaceAll('|', '\\|') : escaped(words);
  return `${text}${oneLine(said)}${end}${actor === null ? '' : ` (${escaped(actor)})`}`;
}

/** What somebody typed is text, and neither a table, a link nor HTML. */
function escaped(text: string): string {
  return oneLine(text).replace(/[\\`*_{}[\]<>|#~&]/g, '\\$&');
}

/** Whatever moves a cursor, ends a line or turns the direction is a blank. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, ' ').trim();
}
