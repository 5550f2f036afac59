/** View "Events": what has changed and who changed it, the newest first. */
import type { EventState } from '../../admin/contract/event-shapes.ts';
import { eventSubject } from '../../filter/event-subject.ts';
import { cell, countCell, momentCell, said, saidCell } from './cells.ts';
import { type Asked, asShown, type Drafted, isSeveral, whyEmpty, withNode } from './drafted.ts';
import type { Column, Row, Standing } from './row.ts';
import type { Shown } from './shown.ts';
import { standingCell } from './standing.ts';

const eventColumns: readonly Column[] = [
  { id: 'st', title: 'ST', width: 2, worst: 'high' },
  { id: 'time', title: 'TIME', width: 11, worst: 'high' },
  { id: 'kind', title: 'EVENT', width: 20, drop: 1, worst: 'low' },
  { id: 'subject', title: 'SUBJECT', width: 28, drop: 3, worst: 'low' },
  { id: 'actor', title: 'ACTOR', width: 12, drop: 2, worst: 'low' },
  { id: 'count', title: '×', right: true, width: 4, drop: 4, worst: 'high' },
  { id: 'name', title: 'WHAT', least: 36, worst: 'low' },
];

const standingBy: Readonly<Record<EventState['severity'], Standing>> = {
  debug: 'none',
  info: 'none',
  warn: 'degraded',
  error: 'down',
};
const rank = { debug: 0, info: 1, warn: 2, error: 3 } as const;

export function eventRows(asked: Asked): Drafted {
  const several = isSeveral(asked);
  const rows = asked.nodes.flatMap((node, index) => {
    const shown = asked.shown[index];
    return shown === undefined
      ? []
      : eventsUntil(node.events, shown.untilMs).map((event) => eventRow(shown, event, several));
  });
  const gap = asked.nodes.some(({ eventsGap }) => eventsGap);
  return {
    columns: withNode(asked, eventColumns),
    rows,
    title: gap ? 'Events (some are missing)' : 'Events',
    empty:
      rows.length === 0
        ? whyEmpty(
            asked,
            null,
            'nothing has happened yet; sentinel events --all also shows what is told only when asked',
          )
        : null,
  };
}

/** Those that had happened by then; all where no moment of the past is shown. */
function eventsUntil(events: readonly EventState[], untilMs: number | null): readonly EventState[] {
  // Replies are a moment older than events that are told at once.
  return untilMs === null ? events : events.filter((event) => Date.parse(event.at) <= untilMs + LEEWAY_MS);
}

const LEEWAY_MS = 2000;

/** What it says beyond its name: words, why, the reason that was given. */
export function wordsOfEvent({ words, detail, reason }: EventState): string {
  return `${words}${detail === null ? '' : `: ${detail}`}${reason === null ? '' : ` (“${reason}”)`}`;
}

function eventRow(shown: Shown, event: EventState, several: boolean): Row {
  const standing = standingBy[event.severity];
  const lastMs = Date.parse(event.last_at);
  const subject = eventSubject(event, (shown.atMs ?? lastMs) - lastMs);
  const tone = standing === 'down' ? 'bad' : standing === 'degraded' ? 'warn' : undefined;
  return {
    // What happens again within a minute moves on to a new number: it is still the same.
    id: `${shown.node} event ${event.at} ${event.kind} ${event.subject ?? ''}`,
    node: shown.node,
    thing: { kind: 'event', seq: event.seq },
    depth: 0,
    parent: null,
    standing,
    cells: asShown(
      shown,
      {
        st: standingCell(standing),
        time: momentCell(event.last_at, shown.atMs ?? lastMs),
        kind: saidCell(event.kind, tone),
        subject: saidCell(event.subject ?? ''),
        actor: saidCell(event.actor ?? ''),
        count: event.count === 1 ? cell('1', 'dim') : countCell(event.count, 4),
        name: saidCell(wordsOfEvent(event), tone),
      },
      several,
    ),
    sortBy: {
      st: rank[event.severity],
      time: lastMs,
      kind: event.kind,
      subject: event.subject,
      actor: event.actor,
      count: event.count,
      name: event.words,
      node: shown.node,
    },
    badness: lastMs,
    name: subject.name,
    value: (field) => subject.value(field),
    why: `${event.subject === null ? '' : `${said(event.subject)}: `}${said(wordsOfEvent(event))}${event.actor === null ? '' : `, by ${said(event.actor)}`}; generation ${event.generation}; Enter: all of it`,
    code: null,
  };
}
