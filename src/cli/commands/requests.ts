/** `sentinel requests`: finished requests that the daemon has kept: errors, slow ones, a sample of the rest. */
import type { Reply } from '../../admin/client/client.ts';
import { listLimits } from '../../admin/contract/list-limits.ts';
import type { KeptRange, RequestsQuery, RequestsReply } from '../../admin/contract/request-shapes.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { SentinelError } from '../../base/errors.ts';
import { bytesText } from '../../base/units.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { fittedTable } from '../fitted-table.ts';
import { filterOption, limitOption, sinceOption } from '../query-options.ts';
import { addressOf, glyphOf, paintOf } from '../requests/request-line.ts';
import type { Output, Style } from '../streams.ts';
import { countText, folded, latencyText } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const query = queryOf(invocation);
  return list(await daemonOf(invocation).call('requests', { query }), invocation.stdout);
}

function queryOf(invocation: Invocation): RequestsQuery {
  const [errors, slow] = [invocation.flag('errors'), invocation.flag('slow')];
  if (errors && slow) {
    throw new SentinelError('SNT-P040', '--errors and --slow ask for different requests', {
      hint: "sentinel requests --slow --filter 'status=5xx'",
    });
  }
  const filter = filterOption(invocation, 'requests');
  const limit = limitOption(invocation, listLimits.requests.most) ?? USUAL_LIMIT;
  const since = sinceOption(invocation);
  return {
    kind: errors ? 'errors' : slow ? 'slow' : 'all',
    ...(filter === undefined ? {} : { filter }),
    limit,
    ...(since === undefined ? {} : { since }),
  };
}

function list({ data, daemon, generation, notes }: Reply<RequestsReply>, output: Output): Outcome {
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    warnings: data.more ? [...notes, 'there are older ones that match; --limit shows more'] : notes,
    daemon,
    generation,
    text: (style) => text(data, style, output),
  };
}

/** A screen full: the newest stand first, and must not scroll away. */
const USUAL_LIMIT = '25';

/** Methods and paths may be cut shorter than explanations. */
const ENOUGH_REQUEST = 20;

const columns = [
  { title: 'TIME (UTC)' },
  { title: '' },
  { title: 'STATUS', right: true },
  { title: 'TOOK', right: true },
  { title: 'CAUSE', drop: 1 },
  { title: 'TRIES', right: true, drop: 4 },
  { title: 'ROUTE', drop: 5 },
  { title: 'TARGET', drop: 2 },
  { title: 'CLIENT', drop: 3 },
  { title: 'OUT', right: true, drop: 6 },
  { title: 'ID' },
  { title: 'REQUEST' },
];

function text({ requests, more, kept, slow_ms: slowMs }: RequestsReply, style: Style, output: Output): string {
  const columnsLeft = output.isTerminal ? style.columns : Number.POSITIVE_INFINITY;
  const kinds = [
    rangeText('errors', kept.errors),
    rangeText(`slower than ${slowMs} ms`, kept.slow),
    rangeText('a sample of the rest', kept.sample),
  ];
  const reach = `${style.dim(folded(`kept: ${kinds.join('; ')}`, columnsLeft, 2))}\n`;
  if (requests.length === 0) return `no such requests\n${reach}`;
  const rows = requests.map((one) => ({
    cells: [
      one.time.slice(11, 23),
      glyphOf(one),
      String(one.status),
      latencyText(one.duration_ms),
      one.cause === '' ? '–' : one.cause,
      String(one.attempts),
      one.route === '' ? '–' : one.route,
      one.target === '' ? '–' : one.target,
      one.client_ip === '' ? '–' : one.client_ip,
      bytesText(one.bytes_out),
      one.id,
      `${one.method} ${addressOf(one)}`,
    ],
    paint: paintOf(one, style),
  }));
  const rest = more ? style.dim('older ones that match are left out; --limit shows more\n') : '';
  const telling = requests.find(({ status }) => status >= 500) ?? requests[0];
  const next = `${style.cyan('next:')} sentinel trace ${telling?.id ?? ''}\n`;
  return `${fittedTable(columns, rows, style, output, ENOUGH_REQUEST)}${rest}${reach}${next}`;
}

function rangeText(what: string, { records, complete_since: since, skipped }: KeptRange): string {
  const reach = since === null ? '' : ` since ${since.slice(0, 19)}Z`;
  const left = skipped === 0 ? '' : ` (${countText(skipped)} refusals not kept)`;
  return `${countText(records)} ${what}${reach}${left}`;
}
