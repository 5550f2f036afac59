/** `sentinel routes`: the routes in match order, and what goes through each. Asks the daemon; judges nothing itself. */
import type { RouteState } from '../../admin/contract/shapes.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { type FittedRow, fittedTable } from '../fitted-table.ts';
import { rateCells } from '../rates.ts';
import type { Output, Style } from '../streams.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const { data, daemon, generation, notes } = await daemonOf(invocation).call('routes');
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    warnings: notes,
    daemon,
    generation,
    text: (style) => text(data.routes, style, invocation.stdout),
  };
}

const columns = [
  { title: '#', right: true },
  { title: 'ROUTE' },
  { title: 'UPSTREAM', drop: 1 },
  { title: 'RPS', right: true, drop: 2 },
  { title: 'ERR%', right: true },
  { title: 'P50', right: true, drop: 4 },
  { title: 'P95', right: true, drop: 3 },
  { title: 'P99', right: true },
  { title: 'TAKES' },
];

function text(routes: readonly RouteState[], style: Style, output: Output): string {
  if (routes.length === 0) return 'no routes\n';
  return fittedTable(
    columns,
    routes.map((route) => rowOf(route, style)),
    style,
    output,
  );
}

function rowOf(route: RouteState, style: Style): FittedRow {
  const { id, enabled, ranks, upstream, windows } = route;
  if (!enabled) {
    return { cells: ['–', id, upstream, '–', '–', '–', '–', '–', `disabled: ${takes(route)}`], paint: style.dim };
  }
  return { cells: [rankText(ranks), id, upstream, ...rateCells(windows['1m']), takes(route)] };
}

/** Its first place in the match order, and how many more it has. */
function rankText(ranks: readonly number[]): string {
  const [first, ...others] = ranks;
  if (first === undefined) return '–';
  return others.length === 0 ? String(first) : `${first}+${others.length}`;
}

/** Which requests it takes, in few words. */
function takes(route: RouteState): string {
  const parts = [
    route.methods.join('|'),
    route.hosts.join(' '),
    route.paths.join(', '),
    ...route.headers.map((name) => `header ${name}`),
    ...route.query_params.map((name) => `query ${name}`),
    ...(route.client_ips.length === 0 ? [] : [`from ${route.client_ips.join(' ')}`]),
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'everything' : parts.join('  ');
}
