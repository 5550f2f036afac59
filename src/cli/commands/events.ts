/** `sentinel events`: what has changed, and who changed it; with `-f` as it happens. */
import type { EventState, EventsQuery, EventsReply } from '../../admin/contract/event-shapes.ts';
import { listLimits } from '../../admin/contract/list-limits.ts';
import type { Reply } from '../../admin/client/client.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { fittedTable } from '../fitted-table.ts';
import { follow } from '../follow.ts';
import { filterOption, limitOption, sinceOption } from '../query-options.ts';
import type { Output, Style } from '../streams.ts';
import { oneLine } from '../text.ts';

/** What stands above what follows, where nobody says how far back to go. */
const BEFORE_FOLLOWING = '10';
const DAY_MS = 86_400_000;

export async function run(invocation: Invocation): Promise<Outcome> {
  const client = daemonOf(invocation);
  const choice = choiceOf(invocation);
  const following = invocation.flag('follow');
  const since = sinceOption(invocation);
  const limit =
    limitOption(invocation, listLimits.events.most) ??
    (following && since === undefined ? BEFORE_FOLLOWING : undefined);
  const query: EventsQuery = {
    ...choice,
    ...(since === undefined ? {} : { since }),
    ...(limit === undefined ? {} : { limit }),
  };
  const reply = await client.call('events', { query });
  if (!following) return list(reply, invocation.stdout);
  const { style } = invocation.stdout;
  return follow(invocation, {
    client,
    topics: ['events'],
    query: choice,
    from: reply.data.resume,
    schema: 'events',
    before: reply.data.events,
    text: (data) => `${line(data as EventState, style)}\n`,
  });
}

/** What both the list and the stream are asked for. */
function choiceOf(invocation: Invocation): Readonly<Record<string, string>> {
  const filter = filterOption(invocation, 'events');
  const kind = invocation.option('kind');
  return {
    ...(filter === undefined ? {} : { filter }),
    ...(kind === undefined ? {} : { kind }),
    ...(invocation.flag('all') ? { all: '1' } : {}),
  };
}

function list({ data, daemon, generation, notes }: Reply<EventsReply>, output: Output): Outcome {
  const warnings =
    data.omitted === 0 ? notes : [...notes, `${data.omitted} older events are left out; --limit shows more`];
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    warnings,
    daemon,
    generation,
    text: (style) => text(data, style, output),
  };
}

const columns = [
  { title: 'TIME' },
  { title: '' },
  { title: 'EVENT', drop: 1 },
  { title: 'SUBJECT' },
  { title: 'ACTOR', drop: 2 },
  { title: 'WHAT' },
];

function text({ events, at, omitted, kept_since: keptSince }: EventsReply, style: Style, output: Output): string {
  if (events.length === 0) {
    const since = keptSince === null ? 'since the start' : `among those kept since ${timeText(keptSince, at)}`;
    return `no such events ${since}\n`;
  }
  const rows = events.map((event) => ({
    cells: [
      timeText(event.last_at, at),
      glyphs[event.severity],
      event.kind,
      event.subject ?? '–',
      event.actor ?? '–',
      whatOf(event),
    ],
    paint: paintOf(event, style),
  }));
  const more = omitted === 0 ? '' : style.dim(`${omitted} older ones are left out; --limit shows more\n`);
  return `${more}${fittedTable(columns, rows, style, output)}`;
}

/** One line of what follows. */
function line(event: EventState, style: Style): string {
  const { last_at: at, kind, subject, actor } = event;
  const by = actor === null ? '' : `  by ${actor}`;
  const words = [at, glyphs[event.severity], kind, ...(subject === null ? [] : [subject]), whatOf(event)].join('  ');
  return paintOf(event, style)(oneLine(`${words}${by}`));
}

function whatOf({ words, detail, reason, count }: EventState): string {
  const why = detail === null ? '' : `: ${detail}`;
  const because = reason === null ? '' : ` (“${reason}”)`;
  return `${words}${why}${because}${count === 1 ? '' : ` ×${count}`}`;
}

/** The time of day where that is clear. */
function timeText(time: string, now: string): string {
  const second = `${time.slice(0, 19)}Z`;
  return Date.parse(now) - Date.parse(time) < DAY_MS ? second.slice(11) : second;
}

const glyphs: Readonly<Record<EventState['severity'], string>> = { debug: '·', info: '•', warn: '▲', error: '✗' };

function paintOf({ severity }: EventState, style: Style): (text: string) => string {
  if (severity === 'error') return style.red;
  return severity === 'warn' ? style.yellow : (plain) => plain;
}
