/** `sentinel inflight`: requests under way with what they wait for; ends one. */
import type { AdminClient, Reply } from '../../admin/client/client.ts';
import { listLimits } from '../../admin/contract/list-limits.ts';
import type { InflightReply, KillReply } from '../../admin/contract/request-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { bytesText } from '../../base/units.ts';
import type { Invocation, Outcome } from '../command.ts';
import { confirmed, declined } from '../confirmation.ts';
import { daemonOf } from '../daemon.ts';
import { fittedTable } from '../fitted-table.ts';
import { filterOption, limitOption } from '../query-options.ts';
import { cutWords } from '../requests/request-line.ts';
import type { Output, Style } from '../streams.ts';
import { countText, latencyText, printable } from '../text.ts';
import { completeness } from '../unanswered.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const action = invocation.argument('action');
  const client = daemonOf(invocation);
  if (action === undefined) {
    const filter = filterOption(invocation, 'inflight');
    const limit = limitOption(invocation, listLimits.inflight.most);
    const query = { ...(filter === undefined ? {} : { filter }), ...(limit === undefined ? {} : { limit }) };
    return list(await client.call('inflight', { query }), invocation.stdout);
  }
  if (action !== 'kill') throw usage(`there is no action ${JSON.stringify(action)}, expected kill`);
  const id = invocation.argument('id');
  if (id === undefined) throw usage('sentinel inflight kill needs the id of a request');
  return kill(invocation, client, id);
}

function usage(message: string): SentinelError {
  return new SentinelError('SNT-P040', message, { hint: 'sentinel inflight --help' });
}

function list({ data, daemon, generation, notes }: Reply<InflightReply>, output: Output): Outcome {
  const { exitCode, status, warnings } = completeness(data.unanswered, 'their requests are not here');
  return {
    kind: 'report',
    exitCode,
    status,
    data,
    warnings: [...warnings, ...notes],
    daemon,
    generation,
    text: (style) => text(data, warnings, style, output),
  };
}

const columns = [
  { title: 'AGE', right: true },
  { title: 'PHASE' },
  { title: 'ROUTE', drop: 4 },
  { title: 'TARGET', drop: 1 },
  { title: 'TRY', right: true, drop: 6 },
  { title: 'CLIENT', drop: 2 },
  { title: 'IN', right: true, drop: 5 },
  { title: 'OUT', right: true, drop: 3 },
  { title: 'ID' },
  { title: 'REQUEST' },
];

function text(data: InflightReply, missing: readonly string[], style: Style, output: Output): string {
  const { requests, matching, total } = data;
  const remarks = missing.map((one) => `${style.yellow('?')} ${one}\n`).join('');
  if (requests.length === 0) {
    const none = total === 0 ? 'no requests under way' : `none of ${countText(total)} requests under way match`;
    return `${missing.length > 0 && total === 0 ? 'none known' : none}\n${remarks}`;
  }
  const rows = requests.map((one) => ({
    cells: [
      latencyText(one.age_ms),
      one.phase,
      one.route === '' ? '–' : one.route,
      one.target === '' ? '–' : one.target,
      String(one.attempts),
      one.client_ip === '' ? '–' : one.client_ip,
      bytesText(one.bytes_in),
      bytesText(one.bytes_out),
      one.id,
      `${one.method} ${one.host}${one.path}`,
    ],
  }));
  const shown = requests.length < matching ? `the oldest ${countText(requests.length)} of ` : '';
  const of = matching === total ? '' : ` of ${countText(total)}`;
  const foot = style.dim(
    `${shown}${countText(matching)} ${matching === 1 ? 'request' : 'requests'} under way${of === '' ? '' : ` that match,${of}`}\n`,
  );
  const next = `${style.cyan('next:')} sentinel trace ${requests[0]?.id ?? ''}\n`;
  return `${fittedTable(columns, rows, style, output)}${foot}${remarks}${next}`;
}

/** Asks first, with what the request is at. */
async function kill(invocation: Invocation, client: AdminClient, id: string): Promise<Outcome> {
  const reason = invocation.option('reason');
  if (!invocation.flag('yes')) {
    const before = await client.call('inflight', { query: { filter: `id=${JSON.stringify(id)}`, limit: '2' } });
    const [one, ...others] = before.data.requests;
    // Of an id that is gone, or that several have, the daemon says so.
    if (one !== undefined && others.length === 0) {
      const proposal = {
        what: `end request ${one.id}: ${one.method} ${one.host}${one.path}`,
        daemon: before.daemon,
        generation: before.generation,
        effect: cutWords(one),
        undo: 'nothing: the client has to ask again',
        expires: 'at once',
        reason,
      };
      if (!(await confirmed(invocation, proposal)))
        return declined({ request: one }, `request ${printable(one.id)} goes on`);
    }
  }
  return ended(await client.call('inflight-kill', { params: { id }, ...(reason === undefined ? {} : { reason }) }));
}

function ended({ data, daemon, generation, notes }: Reply<KillReply>): Outcome {
  const { id, method, host, path, age_ms, phase } = data.killed;
  const what = printable(`${method} ${host}${path}`);
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    warnings: notes,
    daemon,
    generation,
    text: (style) => `${style.green('✓')} ended ${id}: ${what}, after ${latencyText(age_ms)} in phase ${phase}\n`,
  };
}
