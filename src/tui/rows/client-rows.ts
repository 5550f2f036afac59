/** View "Clients": who sends the most in the last minute, by address, network, path or user agent, and who is blocked. */
import type { ClientsReply, ClientState } from '../../admin/contract/client-shapes.ts';
import { countText, durationText } from '../../cli/text.ts';
import { clientSubject } from '../../filter/client-subject.ts';
import { bytesCell, cell, countCell, noneCell, rateCell, said, saidCell, shareCell } from './cells.ts';
import { type Asked, asShown, type Drafted, isSeveral, partOf, whyEmpty, withNode } from './drafted.ts';
import type { Column, Row, Standing } from './row.ts';
import type { Shown } from './shown.ts';
import { badnessOf, standingCell } from './standing.ts';

/** From this share on one client is worth a word, once there are enough requests for a share to mean anything. */
const STRIKING_SHARE = 0.3;
const ENOUGH_REQUESTS = 100;

const titles: Readonly<Record<ClientsReply['by'], string>> = {
  ip: 'CLIENT',
  prefix: 'NETWORK',
  path: 'PATH',
  'user-agent': 'USER AGENT',
};

function columnsOf(by: ClientsReply['by']): readonly Column[] {
  const isAddress = by === 'ip' || by === 'prefix';
  return [
    { id: 'st', title: 'ST', width: 2, worst: 'high' },
    { id: 'rps', title: 'RPS', right: true, width: 6, worst: 'high' },
    { id: 'share', title: 'SHARE%', right: true, width: 6, worst: 'high' },
    { id: 'requests', title: 'REQUESTS', right: true, width: 8, drop: 1, worst: 'high' },
    { id: 'err', title: '5XX%', right: true, width: 5, worst: 'high' },
    { id: 'refused', title: '4XX%', right: true, width: 5, drop: 2, worst: 'high' },
    { id: 'out', title: 'SENT', right: true, width: 8, drop: 3, worst: 'high' },
    ...(isAddress ? [{ id: 'state', title: 'BLOCKED', width: 7, drop: 4, worst: 'high' } as const] : []),
    { id: 'name', title: titles[by], worst: 'low' },
  ];
}

export function clientRows(asked: Asked): Drafted {
  const several = isSeveral(asked);
  const parts = asked.shown.flatMap((shown) => {
    const part = partOf(shown, 'clients');
    return part === undefined ? [] : [{ shown, part }];
  });
  const by = parts[0]?.part.by ?? asked.clientsBy;
  const rows = parts
    .filter(({ part }) => part.by === by)
    .flatMap(({ shown, part }) => part.clients.map((client) => clientRow(shown, part, client, several)));
  return {
    columns: withNode(asked, columnsOf(by)),
    rows,
    title: `Clients by ${by}${spanText(parts.map(({ part }) => part))}`,
    empty: rows.length === 0 ? whyEmpty(asked, 'clients', 'no requests in the last minute') : null,
  };
}

/** `, 12 000 requests in 1m 00s, 340 keys, ▲ 12 new`. */
function spanText(parts: readonly ClientsReply[]): string {
  const [part] = parts;
  if (part === undefined || parts.length > 1) return '';
  const { requests, covered_ms: covered, keys, new_keys: fresh, unanswered } = part;
  const newcomers = fresh === null ? '' : fresh === 0 ? ', none new' : `, ▲ ${countText(fresh)} of them new`;
  const silent = unanswered.length === 0 ? '' : ' (a worker did not answer)';
  return `, ${countText(requests)} requests in ${durationText(covered)} by ${countText(keys)}${newcomers}${silent}`;
}

function clientRow(shown: Shown, part: ClientsReply, client: ClientState, several: boolean): Row {
  const { key, share, requests, blocked } = client;
  const striking = share >= STRIKING_SHARE && part.requests >= ENOUGH_REQUESTS && key !== '' && blocked !== true;
  const standing: Standing = blocked === true ? 'maintenance' : striking ? 'degraded' : 'none';
  const subject = clientSubject(client, part.by);
  return {
    id: `${shown.node} ${part.by} ${key}`,
    node: shown.node,
    thing: { kind: 'client', client: key, by: part.by },
    depth: 0,
    parent: null,
    standing,
    cells: asShown(
      shown,
      {
        st: standingCell(standing),
        rps: rateCell(client.requests_per_s, 6),
        share: shareCell(share, striking ? 'warn' : undefined),
        requests: countCell(requests, 8),
        err: shareCell(client.error_ratio),
        refused: shareCell(client.client_error_ratio),
        out: bytesCell(client.bytes_out),
        state: blocked === true ? cell('yes', 'info') : noneCell,
        name: saidCell(key),
      },
      several,
    ),
    sortBy: {
      st: badnessOf(standing, null, null),
      rps: client.requests_per_s,
      share,
      requests,
      err: client.error_ratio,
      refused: client.client_error_ratio,
      out: client.bytes_out,
      state: blocked === true ? 1 : 0,
      name: key,
      node: shown.node,
    },
    badness: requests,
    name: key,
    value: subject.value,
    why: whyOf(client, part, striking),
    code: null,
  };
}

function whyOf(
  { key, share, at_least: least, at_most: most, blocked, requests }: ClientState,
  { requests: all }: ClientsReply,
  striking: boolean,
): string {
  const bounds = least === most ? countText(requests) : `${countText(least)} to ${countText(most)}`;
  const words = `${key === '' ? 'those that say none' : said(key)}: ${bounds} of ${countText(all)} requests`;
  if (blocked === true) return `${words}; blocked: its connections are refused`;
  return striking ? `${words}, ${Math.round(share * 100)} % of all; A: block it for a while` : words;
}
