/** `sentinel routes`: the routes in match order, and what goes through each. Asks the daemon; judges nothing itself. */
import type { RouteState } from '../../admin/contract/shapes.ts';
import type { WindowState } from '../../admin/contract/traffic-shapes.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { type FittedRow, fittedTable } from '../fitted-table.ts';
import { percentText, rateCells } from '../rates.ts';
import { rankText, takesText } from '../route-words.ts';
import type { Output, Style } from '../streams.ts';
import { printable } from '../text.ts';

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
  { title: 'UPSTREAM', drop: 2 },
  { title: 'RPS', right: true, drop: 3 },
  { title: 'ERR%', right: true },
  { title: 'P50', right: true, drop: 5 },
  { title: 'P95', right: true, drop: 4 },
  { title: 'P99', right: true },
  { title: 'MOSTLY', drop: 1 },
  { title: 'TAKES' },
];

function text(routes: readonly RouteState[], style: Style, output: Output): string {
  if (routes.length === 0) return 'no routes\n';
  const rows = routes.map((route) => rowOf(route, style));
  return fittedTable(columns, rows, style, output) + nextText(routes, style);
}

/** What to type about the route that fails most; empty where none does. */
function nextText(routes: readonly RouteState[], style: Style): string {
  const errors = ({ windows }: RouteState) => windows['1m']?.errors ?? 0;
  const worst = routes.reduce<RouteState | undefined>(
    (most, route) => (errors(route) > (most === undefined ? 0 : errors(most)) ? route : most),
    undefined,
  );
  if (worst === undefined) return '';
  const filter = `route=${/^[\w.-]+$/.test(worst.id) ? worst.id : JSON.stringify(worst.id)}`;
  return `${style.cyan('next:')} sentinel requests --errors --filter '${printable(filter).replaceAll("'", "'\\''")}'\n`;
}

/** Why most of its requests that did not end well did not: `connect_refused 3.2%`. */
function mostly(window: WindowState | undefined): string {
  const [cause] = window?.causes ?? [];
  return cause === undefined ? '–' : `${cause.cause} ${percentText(cause.ratio)}%`;
}

function rowOf(route: RouteState, style: Style): FittedRow {
  const { id, enabled, ranks, upstream, windows } = route;
  if (!enabled) {
    return {
      cells: ['–', id, upstream, '–', '–', '–', '–', '–', '–', `disabled: ${takesText(route)}`],
      paint: style.dim,
    };
  }
  return {
    cells: [rankText(ranks), id, upstream, ...rateCells(windows['1m']), mostly(windows['1m']), takesText(route)],
  };
}
