/** `sentinel clients`: who sends the most, by address, network, path or user agent. Asks the daemon; judges nothing but whose share is striking. */
import { bytesText } from '../../base/units.ts';
import type { ClientSort, ClientsReply, ClientState, ClientWindow } from '../../admin/contract/client-shapes.ts';
import { listLimits } from '../../admin/contract/list-limits.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { fittedTable } from '../fitted-table.ts';
import { filterOption, limitOption } from '../query-options.ts';
import { percentText, rateText } from '../rates.ts';
import type { Output, Style } from '../streams.ts';
import { countText, durationText, printable } from '../text.ts';
import { completeness } from '../unanswered.ts';

/** From this share on one client is worth a word, once there are enough requests for a share to mean anything. */
const strikingShare = 0.3;
const enoughRequests = 100;

export async function run(invocation: Invocation): Promise<Outcome> {
  const by = (invocation.option('by') ?? 'ip') as ClientSort;
  const window = (invocation.option('window') ?? '1m') as ClientWindow;
  const limit = limitOption(invocation, listLimits.clients.most);
  const filter = filterOption(invocation, 'clients');
  const query = { by, window, ...(limit === undefined ? {} : { limit }), ...(filter === undefined ? {} : { filter }) };
  const { data, daemon, generation, notes } = await daemonOf(invocation).call('clients', { query });
  const { exitCode, status, warnings } = completeness(data.unanswered, 'what they served is not counted here');
  return {
    kind: 'report',
    exitCode,
    status,
    data,
    warnings: [...warnings, ...notes],
    daemon,
    generation,
    text: (style) =>
      text(data, style, invocation.stdout) + warnings.map((line) => `${style.yellow('▲')} ${line}\n`).join(''),
  };
}

const titles: Readonly<Record<ClientSort, string>> = {
  ip: 'CLIENT',
  prefix: 'NETWORK',
  path: 'PATH',
  'user-agent': 'USER AGENT',
};

function text(data: ClientsReply, style: Style, output: Output): string {
  const { by, clients, covered_ms: covered, requests, stride } = data;
  const span = `${countText(requests)} requests in ${durationText(covered)}, ${rateText(data.requests_per_s)}/s`;
  const sampled = stride > 1 ? `; one in up to ${countText(stride)} was looked at, REQUESTS are estimates` : '';
  if (clients.length === 0) {
    const why = requests > 0 ? `no client matches; ${span}` : data.unanswered.length > 0 ? 'not known' : 'no requests';
    return `${why}\n`;
  }
  const isAddress = by === 'ip' || by === 'prefix';
  const columns = [
    { title: 'REQ/S', right: true },
    { title: 'SHARE%', right: true },
    { title: 'REQUESTS', right: true, drop: 1 },
    { title: 'BETWEEN', right: true, drop: 4 },
    { title: '5XX%', right: true },
    { title: '4XX%', right: true, drop: 2 },
    { title: 'SENT', right: true, drop: 3 },
    ...(isAddress ? [{ title: 'BLOCKED', drop: 5 }] : []),
    { title: titles[by] },
  ];
  const rows = clients.map((client) => ({
    cells: [
      rateText(client.requests_per_s),
      percentText(client.share),
      countText(client.requests),
      client.at_least === client.at_most ? '=' : `${countText(client.at_least)}…${countText(client.at_most)}`,
      percentText(client.error_ratio),
      percentText(client.client_error_ratio),
      bytesText(client.bytes_out),
      ...(isAddress ? [client.blocked === true ? 'yes' : '–'] : []),
      client.key === '' ? '–' : client.key,
    ],
    ...(isStriking(client, data) ? { paint: style.yellow } : {}),
  }));
  return `${fittedTable(columns, rows, style, output)}${style.dim(span + sampled)}\n${nextText(data, style)}`;
}

function isStriking({ share, requests, key, blocked }: ClientState, { requests: all }: ClientsReply): boolean {
  return share >= strikingShare && all >= enoughRequests && requests > 0 && key !== '' && blocked !== true;
}

/** This machine: a balancer or a check beside the proxy, whose block would refuse everybody behind it. */
const loopback = /^(127\.|::1(\/|$)|::\/64$)/;

/** What to type next about the one that sends most of it all; empty where nobody does. */
function nextText(data: ClientsReply, style: Style): string {
  const striking = data.clients.find((client) => isStriking(client, data));
  if (striking === undefined) return '';
  const key = printable(striking.key);
  const block = loopback.test(key) ? [] : [`sentinel block add ${key} --for 15m`];
  const commands: Readonly<Record<ClientSort, readonly string[]>> = {
    ip: [...block, `sentinel requests --filter 'client=${key}'`],
    prefix: [...block, 'sentinel clients --by ip'],
    path: [`sentinel requests --filter ${quoted(`path=${filterQuoted(key)}`)}`, 'sentinel clients --by ip'],
    'user-agent': [`sentinel requests --filter ${quoted(`agent=${filterQuoted(key)}`)}`, 'sentinel clients --by ip'],
  };
  return `${style.cyan('next:')} ${commands[data.by].join('   ')}\n`;
}

function filterQuoted(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** For a shell: what a client said must not be run. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
