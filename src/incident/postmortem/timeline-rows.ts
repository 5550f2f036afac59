/**
 * Rows of the table "Timeline": the five moments of the template, always there, and between them what matters of everything that
 * happened. Pure; for `parts-of.ts`.
 */
import { clockTime, dayOf, percentText, shortDuration } from '../impact/figures.ts';
import type { Impact } from '../impact/shapes.ts';
import type { Incident } from '../record/incident.ts';
import type { Moment, Timeline } from '../timeline/moment.ts';
import { blank } from './blank.ts';
import { plainLine, safe } from './safe-markdown.ts';

/** More rows nobody reads; `sentinel incident timeline` has all. */
const MOST_ROWS = 80;

/** What says the same as a row of the template, or is about papers and not about the incident. */
const passedOver: ReadonlySet<string> = new Set([
  'opened',
  'ticked',
  'unticked',
  'message',
  'postmortem',
  'timeline',
  'impact',
  'mended',
  'snapshot',
  'closed',
  'factor',
  'action',
  'action-done',
  'titled',
]);
const templateMarks: ReadonlySet<unknown> = new Set(['alert', 'identified', 'mitigated', 'resolved']);

interface Row {
  /** RFC 3339; a blank row stands where the template has it. */
  readonly at: string;
  readonly time: string | null;
  readonly words: string;
  /** The higher the longer it stays where there are too many. */
  readonly weight: number;
}

/** Lines of the table with its head; ends with a newline. */
export function timelineTable(incident: Incident, timeline: Timeline, impact: Impact): string {
  const fixed = templateRows(incident);
  const told = [
    ...timeline.moments.filter(matters).map((moment) => rowOf(moment)),
    ...impactRows(impact),
    ...gapRows(impact),
  ];
  const room = MOST_ROWS - fixed.length;
  const kept = new Set(told.toSorted((a, b) => b.weight - a.weight || (a.at < b.at ? -1 : 1)).slice(0, room));
  const rows = [...fixed, ...joined(told.filter((row) => kept.has(row)).toSorted(byTime))].toSorted(byTime);
  const days = new Set(rows.filter(({ time }) => time !== null).map(({ time }) => dayOf(time ?? '')));
  const cell = ({ time }: Row): string =>
    time === null ? blank('HH:MM') : days.size > 1 ? `${dayOf(time)} ${clockTime(time)}` : clockTime(time);
  const left = told.length - kept.size;
  return [
    '| Time (UTC) | Event |',
    '|------------|-------|',
    ...rows.map((row) => `| ${cell(row)} | ${row.words} |`),
    ...(left === 0 && timeline.missing.length === 0 ? [] : ['']),
    ...(left === 0 ? [] : [`${left} more moments: \`sentinel incident timeline ${incident.id}\`.`]),
    ...timeline.missing.map(
      ({ source, why }) => `Not in this table, as it could not be read: ${source} (${safe(why)}).`,
    ),
    '',
  ].join('\n');
}

function templateRows({ times, alerts, title, sev }: Incident): readonly Row[] {
  const alert = alerts.toSorted((a, b) => (a.starts_at < b.starts_at ? -1 : 1))[0];
  const words: readonly (readonly [at: string | null, words: string])[] = [
    [times.alert, `First alert triggered${behind(alert?.name ?? null)}`],
    [times.opened, `Incident declared${behind([sev, title].filter((one) => one !== null).join(', ') || null)}`],
    [times.identified, 'Root cause identified'],
    [times.mitigated, 'Mitigation applied'],
    [times.resolved, 'Full resolution'],
  ];
  const rows: Row[] = [];
  for (const [time, said] of words) {
    const at = time ?? rows.at(-1)?.at ?? '';
    rows.push({ at, time, words: said, weight: Number.POSITIVE_INFINITY });
  }
  return rows;
}

function behind(text: string | null): string {
  return text === null ? '' : `: ${safe(text)}`;
}

function matters(moment: Moment): boolean {
  const { source, kind, severity, fields } = moment;
  if (source === 'journal') {
    if (kind === 'marked') return !templateMarks.has(fields['mark']);
    return !passedOver.has(kind);
  }
  // What commands about the incident did stands in its journal.
  if (source === 'command') return !/^(?:incident|snapshot-incident)\b/.test(kind);
  if (source === 'event') return severity !== 'info' || moment.actor !== null;
  return source !== 'traffic';
}

const weights: Readonly<Record<Moment['source'], number>> = {
  journal: 5,
  command: 5,
  configuration: 4,
  runbook: 3,
  traffic: 4,
  event: 2,
};

function rowOf({ at, source, actor, words, severity }: Moment): Row {
  const weight = weights[source] + (severity === 'error' ? 1 : severity === 'warn' ? 0.5 : 0);
  return { at, time: at, words: `${safe(words)}${actor === null ? '' : ` (${safe(actor)})`}`, weight };
}

function impactRows({ onset, end, during, basis }: Impact): readonly Row[] {
  if (onset.value === null) return [];
  const what = {
    affected: 'Requests began to fail',
    down: 'No daemon answered from here on',
    latency: 'Requests began to be slow',
  }[basis ?? 'affected'];
  const share =
    during.value === null || basis === 'latency'
      ? ''
      : `: ${percentText(during.value.ratio)} of requests until it was over`;
  return [
    { at: onset.value, time: onset.value, words: `${what}${share} (counted by the proxy)`, weight: 9 },
    ...(end.value === null
      ? []
      : [{ at: end.value, time: end.value, words: 'Traffic normal again (counted by the proxy)', weight: 9 }]),
  ];
}

function gapRows({ gaps }: Impact): readonly Row[] {
  return gaps.map(({ from, to, kind, words }) => {
    const long = to === null ? '' : ` for ${shortDuration(Date.parse(to) - Date.parse(from))}`;
    const what = kind === 'down' ? `No daemon ran${long}: nobody counted` : `Nobody counted${long}`;
    return { at: from, time: from, words: `${what} (${safe(words)})`, weight: 8 };
  });
}

/** The same words in the same minute are one row. */
function joined(rows: readonly Row[]): readonly Row[] {
  const result: Row[] = [];
  for (const row of rows) {
    const same = result.at(-1);
    if (same !== undefined && same.words === row.words && clockTime(same.at) === clockTime(row.at)) continue;
    result.push(row);
  }
  return result;
}

/** Stable: rows of the template keep their order within one moment. */
function byTime(one: Row, other: Row): number {
  return one.at === other.at ? 0 : one.at < other.at ? -1 : 1;
}

/** The commands and steps that changed something between two times, oldest first. */
export function changesBetween(timeline: Timeline, from: string, to: string | null): readonly Moment[] {
  return timeline.moments.filter(
    (moment) =>
      moment.at >= from &&
      (to === null || moment.at <= to) &&
      matters(moment) &&
      (moment.source === 'command' ||
        (moment.source === 'runbook' && moment.kind === 'step') ||
        (moment.source === 'configuration' && plainLine(moment.words) !== '')),
  );
}
