/**
 * View "Errors": first why requests fail, cause by cause with its share of all requests of the last minute, then the requests themselves,
 * the newest first. Of what was entered (a target, a route, a client, a cause) its requests, finished and under way.
 */
import type { CauseShare } from '../../admin/contract/traffic-shapes.ts';
import { percentText } from '../../cli/rates.ts';
import { countText } from '../../cli/text.ts';
import { ageText, cell, noneCell, said, saidCell } from './cells.ts';
import { type Asked, asShown, type Drafted, isSeveral, partOf, whyEmpty, withNode } from './drafted.ts';
import { inflightRow, recordRow } from './request-cells.ts';
import type { Column, Row, Thing } from './row.ts';
import type { Shown } from './shown.ts';
import { standingCell } from './standing.ts';

const errorColumns: readonly Column[] = [
  { id: 'st', title: 'ST', width: 2, worst: 'high' },
  { id: 'time', title: 'TIME', width: 11, worst: 'high' },
  { id: 'status', title: 'STATUS', right: true, width: 6, worst: 'high' },
  { id: 'cause', title: 'CAUSE', width: 20, drop: 1, worst: 'low' },
  { id: 'duration', title: 'TOOK', right: true, width: 7, drop: 2, worst: 'high' },
  { id: 'route', title: 'ROUTE', width: 14, drop: 5, worst: 'low' },
  { id: 'upstream', title: 'UPSTREAM', width: 16, drop: 7, wide: true, worst: 'low' },
  { id: 'target', title: 'TARGET', width: 21, drop: 4, worst: 'low' },
  { id: 'client', title: 'CLIENT', width: 15, drop: 3, worst: 'low' },
  { id: 'attempts', title: 'TRY', right: true, width: 3, drop: 6, worst: 'high' },
  { id: 'out', title: 'OUT', right: true, width: 8, drop: 8, wide: true, worst: 'high' },
  { id: 'name', title: 'REQUEST', least: 28, worst: 'low' },
];

/** More causes than this push the requests off the screen. */
const MOST_CAUSES = 5;

export function errorRows(asked: Asked): Drafted {
  const several = isSeveral(asked);
  const thing = asked.of?.thing ?? null;
  const about = asked.shown.filter(({ node }) => asked.of === null || asked.of.node === node || asked.of.node === '*');
  const rows = about.flatMap((shown) => [
    ...(thing === null ? causeRows(shown, several) : []),
    ...recordsOf(shown, thing, several),
    ...(thing === null || thing.kind === 'cause' ? [] : underWay(shown, thing, several)),
  ]);
  const none =
    thing === null
      ? 'no errors: none among the requests that are kept; sentinel requests --slow shows slow ones'
      : `nothing is kept of ${wordsOf(thing)}, and nothing is under way`;
  return {
    columns: withNode(asked, errorColumns),
    rows,
    title: thing === null ? 'Errors' : 'Requests',
    empty: rows.length === 0 ? whyEmpty(asked, 'errors', none) : null,
  };
}

function recordsOf(shown: Shown, thing: Thing | null, several: boolean): readonly Row[] {
  return (partOf(shown, 'errors')?.requests ?? [])
    .filter((record) => thing === null || isOf(thing, record))
    .map((record) => recordRow(shown, record, several));
}

function underWay(shown: Shown, thing: Thing, several: boolean): readonly Row[] {
  return (partOf(shown, 'inflight')?.requests ?? [])
    .filter((request) => isOf(thing, { ...request, cause: '' }))
    .map((request) => {
      const row = inflightRow(shown, request, several);
      // What is under way is newer than anything that has ended.
      return { ...row, badness: 1e15 - request.age_ms };
    });
}

interface Whose {
  readonly route: string;
  readonly upstream: string;
  readonly target: string;
  readonly client_ip: string;
  readonly cause: string;
  readonly path: string;
  readonly user_agent: string;
}

/** Whether a request belongs to what was entered. */
function isOf(thing: Thing, request: Whose): boolean {
  switch (thing.kind) {
    case 'upstream':
      return request.upstream === thing.upstream;
    case 'target':
      return request.upstream === thing.upstream && request.target === thing.target;
    case 'route':
      return request.route === thing.route;
    case 'cause':
      return request.cause === thing.cause;
    case 'client':
      return isOfClient(thing, request);
    default:
      return false;
  }
}

function isOfClient({ by, client }: Extract<Thing, { kind: 'client' }>, request: Whose): boolean {
  switch (by) {
    case 'path':
      return request.path === client;
    case 'user-agent':
      return request.user_agent === client;
    case 'prefix':
      return request.client_ip.startsWith(commonPart(client));
    default:
      return request.client_ip === client;
  }
}

/** `10.1.2.` of `10.1.2.0/24`, `2001:db8:1:2:` of `2001:db8:1:2::/64`: the networks that clients are told apart by. */
function commonPart(network: string): string {
  const [address = ''] = network.split('/');
  return address.includes(':') ? address.replace(/::$/, ':') : address.replace(/\d+$/, '');
}

function wordsOf(thing: Thing): string {
  switch (thing.kind) {
    case 'target':
      return `${said(thing.upstream)}/${said(thing.target)}`;
    case 'upstream':
      return said(thing.upstream);
    case 'route':
      return `route ${said(thing.route)}`;
    case 'client':
      return said(thing.client);
    case 'cause':
      return said(thing.cause);
    default:
      return 'it';
  }
}

/** Why requests did not end well in the last minute, the most frequent first. */
function causeRows(shown: Shown, several: boolean): readonly Row[] {
  const window = shown.reading?.status.windows['1m'] ?? shown.reading?.status.windows['10s'];
  const causes = window?.causes ?? [];
  const all = causes.reduce((sum, { count }) => sum + count, 0);
  return causes.slice(0, MOST_CAUSES).map((cause) => causeRow(shown, cause, all, several));
}

const madeBy: Readonly<Record<CauseShare['source'], string>> = {
  proxy: 'by the proxy',
  upstream: 'by the upstream',
  client: 'by the client',
};

/** Above all requests, whenever they were. */
const ABOVE = 1e16;

function causeRow(shown: Shown, { cause, source, count, ratio }: CauseShare, all: number, several: boolean): Row {
  const share = all === 0 ? 0 : count / all;
  const last = partOf(shown, 'errors')?.requests.find((one) => one.cause === cause);
  const place =
    last === undefined
      ? ''
      : `, last ${ageText((shown.atMs ?? 0) - Date.parse(last.time) - last.duration_ms)} ago${lastPlace(last)}`;
  const words = `${percentText(share)}% of failures, ${madeBy[source]}; ${percentText(ratio)}% of all${place}`;
  const standing = source === 'client' ? 'none' : 'degraded';
  return {
    id: `${shown.node} cause ${cause}`,
    node: shown.node,
    thing: { kind: 'cause', cause },
    depth: 0,
    parent: null,
    standing,
    cells: asShown(
      shown,
      {
        st: standingCell(standing),
        time: cell('last minute', 'dim'),
        status: cell(`×${countText(count)}`, standing === 'none' ? undefined : 'warn'),
        duration: noneCell,
        cause: { ...saidCell(cause), tone: 'strong' },
        attempts: noneCell,
        route: noneCell,
        upstream: noneCell,
        target: noneCell,
        client: noneCell,
        out: noneCell,
        name: cell(words),
      },
      several,
    ),
    // By any column it stands below the requests: it has no such value.
    sortBy: { cause, node: shown.node },
    badness: ABOVE + count,
    name: cause,
    value: (field) => (field === 'cause' ? cause : undefined),
    why: `${words}; Enter: its requests; e explains it`,
    code: cause,
  };
}

function lastPlace({
  upstream,
  target,
  route,
}: {
  readonly upstream: string;
  readonly target: string;
  readonly route: string;
}): string {
  if (target !== '') return ` at ${said(upstream)}/${said(target)}`;
  return route === '' ? '' : ` on route ${said(route)}`;
}
