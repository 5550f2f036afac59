/**
 * What was entered as a whole: the timeline of a request, every field of an event, of a log line, of a certificate. A line of text for
 * each fact, in the order in which it is read.
 */
import type { CertFacts, CertState } from '../../admin/contract/cert-shapes.ts';
import type { EventState } from '../../admin/contract/event-shapes.ts';
import type { LogLineState } from '../../admin/contract/log-shapes.ts';
import { usesOf } from '../../cli/certificate-uses.ts';
import { cell, said, saidCell } from './cells.ts';
import { certId, certStanding } from './cert-rows.ts';
import { type Asked, type Drafted, partOf, whyEmpty } from './drafted.ts';
import { wordsOfEvent } from './event-rows.ts';
import { inflightTimeline, recordTimeline, timelineColumns } from './request-timeline.ts';
import type { Column, Row, Thing, Tone, ViewName } from './row.ts';
import type { Shown } from './shown.ts';

const factColumns: readonly Column[] = [
  { id: 'fact', title: 'FACT', width: 16 },
  { id: 'name', title: 'VALUE' },
];

/** A fact and what it is. */
type Fact = readonly [fact: string, value: string, tone?: Tone];

/** Null = nothing was entered that is seen as a whole. */
export function wholeRows(view: ViewName, asked: Asked): Drafted | null {
  const { of } = asked;
  if (of === null) return null;
  const { node, thing } = of;
  const index = asked.shown.findIndex((one) => one.node === node);
  const shown = asked.shown[index];
  if (shown === undefined) return null;
  switch (thing.kind) {
    case 'request':
    case 'inflight':
      return timelineOf(asked, shown, thing);
    case 'cert': {
      const cert = partOf(shown, 'certs')?.certificates.find((one) => certId(one) === thing.name);
      return facts(asked, shown, thing, 'Certificate', cert === undefined ? null : certFacts(cert));
    }
    case 'event': {
      const event = view === 'events' ? asked.nodes[index]?.events.find(({ seq }) => seq === thing.seq) : undefined;
      return facts(asked, shown, thing, 'Event', event === undefined ? null : eventFacts(event));
    }
    case 'log': {
      const from = asked.nodes[index];
      const line = from?.logs[thing.line - from.logsBefore];
      return facts(asked, shown, thing, 'Log line', line === undefined ? null : lineFacts(line));
    }
    default:
      return null;
  }
}

function timelineOf(asked: Asked, shown: Shown, thing: Extract<Thing, { kind: 'request' | 'inflight' }>): Drafted {
  const record = partOf(shown, 'errors')?.requests.find((one) => one.id === thing.id);
  const request = partOf(shown, 'inflight')?.requests.find((one) => one.id === thing.id);
  const steps = record !== undefined ? recordTimeline(record) : request !== undefined ? inflightTimeline(request) : [];
  const rows = steps.map(
    ({ at, took, bar, words, standing, tone }, index): Row => ({
      ...lineRow(shown, `${shown.node} ${thing.id}`, index, words),
      standing,
      // Addresses are longer than a narrow table.
      why: said(words),
      cells: { at: cell(at), took: cell(took), bar: cell(bar, tone), name: saidCell(words, tone) },
    }),
  );
  const none = `? request ${said(thing.id)} is over and was not kept: sentinel trace ${said(thing.correlationId)} looks in the logs too`;
  return {
    columns: timelineColumns,
    rows,
    title: record === undefined && request !== undefined ? 'Request under way' : 'Request',
    empty: rows.length === 0 ? whyEmpty(asked, 'errors', none) : null,
  };
}

function facts(asked: Asked, shown: Shown, thing: Thing, title: string, found: readonly Fact[] | null): Drafted {
  const rows = (found ?? [])
    .filter(([, value]) => value !== '')
    .flatMap(pieces)
    .map(
      ([fact, value, tone], index): Row => ({
        ...lineRow(shown, `${shown.node} ${thing.kind}`, index, `${fact} ${value}`),
        cells: { fact: saidCell(fact, 'dim'), name: saidCell(value, tone) },
      }),
    );
  const part = thing.kind === 'cert' ? 'certs' : null;
  return {
    columns: factColumns,
    rows,
    title,
    empty: rows.length === 0 ? whyEmpty(asked, part, '? it is not there any more; Esc goes back') : null,
  };
}

/** Nothing of it is cut off where the screen is as narrow as usual. */
const PIECE = 60;
const MOST_PIECES = 30;

function pieces([fact, value, tone]: Fact): readonly Fact[] {
  const count = Math.min(MOST_PIECES, Math.ceil(value.length / PIECE));
  return Array.from({ length: count }, (_, index): Fact => {
    const part = value.slice(index * PIECE, (index + 1) * PIECE);
    return tone === undefined ? [index === 0 ? fact : '…', part] : [index === 0 ? fact : '…', part, tone];
  });
}

function lineRow(shown: Shown, of: string, index: number, text: string): Row {
  return {
    id: `${of}#${index}`,
    node: shown.node,
    thing: { kind: 'line', of, index },
    depth: 0,
    parent: null,
    standing: 'none',
    cells: {},
    sortBy: {},
    badness: -index,
    name: text,
    value: () => undefined,
    why: null,
    code: null,
  };
}

function eventFacts(event: EventState): readonly Fact[] {
  const tone = event.severity === 'error' ? 'bad' : event.severity === 'warn' ? 'warn' : 'plain';
  return [
    ['what', wordsOfEvent(event), tone],
    ['kind', event.kind],
    ['severity', event.severity],
    ['subject', event.subject ?? ''],
    ['actor', event.actor ?? ''],
    ['reason', event.reason ?? ''],
    ['at', event.at],
    ...(event.count > 1
      ? ([
          ['last at', event.last_at],
          ['times', String(event.count)],
        ] as Fact[])
      : []),
    ['generation', String(event.generation)],
    ...pairs(event.fields, []),
  ];
}

function lineFacts(line: LogLineState): readonly Fact[] {
  const first = ['time', 'level', 'module', 'message'];
  return [...first.map((name): Fact => [name, valueText(line[name])]), ...pairs(line, first)];
}

function pairs(fields: Readonly<Record<string, unknown>>, without: readonly string[]): readonly Fact[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    without.includes(name) ? [] : [[name, valueText(value)] as const],
  );
}

function valueText(value: unknown): string {
  return value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

function certFacts(cert: CertState): readonly Fact[] {
  const standing = certStanding(cert);
  const tone: Tone = standing === 'down' ? 'bad' : standing === 'degraded' ? 'warn' : 'plain';
  const { days_left: days, same_as_disk: same, files } = cert;
  return [
    ['name', cert.name],
    ['use', usesOf[cert.source]],
    [
      'standing',
      `${cert.standing.replaceAll('_', ' ')}, ${days < 0 ? `ended ${-days} days ago` : `${days} days left`}`,
      tone,
    ],
    ['good for', cert.names.join(', ')],
    ['from', cert.not_before],
    ['until', cert.not_after],
    ['subject', cert.subject],
    ['issuer', cert.issuer],
    ['serial', cert.serial],
    ['fingerprint', cert.fingerprint],
    ['key', cert.key_type],
    ['file', files.certificate],
    ['key file', files.key ?? ''],
    [
      'on disk',
      same === true
        ? 'the same'
        : same === null
          ? `? ${cert.disk_why ?? 'not known'}`
          : 'another one: sentinel reload --certs takes it',
      same === true ? 'plain' : 'warn',
    ],
    ['loaded', cert.loaded_at],
    ['served by', cert.served_by.join(', ')],
    ...cert.chain.map((one, index): Fact => [`chain ${index + 1}`, chainText(one)]),
  ];
}

function chainText({ subject, issuer, not_after: end }: CertFacts): string {
  return `${subject}, issued by ${issuer}, until ${end.slice(0, 10)}`;
}
