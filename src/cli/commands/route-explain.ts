/** `sentinel route explain`: which route a request would take, by the file or by the running daemon. */
import { isIP } from 'node:net';
import type { ExplainReply } from '../../admin/contract/shapes.ts';
import { variable } from '../../base/environment.ts';
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { explainRoute } from '../../routing/explain.ts';
import { handlingOf } from '../../routing/handling.ts';
import type { Finding, Invocation, Outcome } from '../command.ts';
import { chooseConfig, mustLoadChoice } from '../config-choice.ts';
import { daemonOf } from '../daemon.ts';
import type { Style } from '../streams.ts';
import { printable } from '../text.ts';

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly clientIp: string;
}

interface Answered {
  readonly reply: ExplainReply;
  readonly daemon?: string;
  readonly generation?: number;
}

export async function run(invocation: Invocation): Promise<Outcome> {
  const asked: Asked = {
    method: parseMethod(invocation.argument('method') ?? ''),
    url: invocation.argument('url') ?? '',
    headers: invocation.options('header').map(parseHeader),
    clientIp: parseClient(invocation.option('client-ip') ?? '127.0.0.1'),
  };
  const { reply, ...daemon } = asksDaemon(invocation) ? await askDaemon(invocation, asked) : askFile(invocation, asked);
  const taken = reply.route !== null || reply.own;
  return {
    kind: 'report',
    exitCode: taken ? exitCodes.ok : exitCodes.problems,
    status: taken ? 'ok' : 'problems',
    data: reply,
    findings: taken ? [] : [untaken(reply)],
    ...daemon,
    text: (style) => text(reply, style),
  };
}

function untaken({ summary }: ExplainReply): Finding {
  return { code: 'SNT-P046', severity: 'error', title: 'no route takes the request', detail: summary };
}

/** A file that is named wins over a daemon that is only set in the environment. */
function asksDaemon(invocation: Invocation): boolean {
  if (invocation.option('daemon') !== undefined) return true;
  return (
    invocation.option('config') === undefined &&
    variable(invocation.context.environment, 'SENTINEL_DAEMON') !== undefined
  );
}

async function askDaemon(invocation: Invocation, { method, url, headers, clientIp }: Asked): Promise<Answered> {
  const body = { method, url, headers, client_ip: clientIp };
  const { data, daemon, generation } = await daemonOf(invocation).call('routes-explain', { body });
  return { reply: data, daemon, generation };
}

function askFile(invocation: Invocation, { method, url, headers, clientIp }: Asked): Answered {
  const { config } = mustLoadChoice(invocation, chooseConfig(invocation));
  const hostField = headers.find(([name]) => name.toLowerCase() === 'host')?.[1];
  const { authority, path, query } = splitUrl(url);
  const host = parseHost(authority ?? hostField ?? '');
  const defaultRoute = config.listeners[0]?.defaultRoute ?? null;
  const ownPaths = [config.server.healthPath, config.server.readyPath];
  const input = { method, host, path, query, clientIp, headers, defaultRoute, ownPaths };
  const found = explainRoute(config.routes, input);
  const taken = config.routes.find(({ id }) => id === found.route);
  return { reply: { ...found, handling: taken === undefined ? [] : handlingOf(config, taken, found.path) } };
}

/** Kept as sent: what the path means is decided by the same code that decides for requests. */
function splitUrl(url: string): { readonly authority: string | null; readonly path: string; readonly query: string } {
  const found = /^(?:https?:\/\/([^/?#]*))?(\/[^?#]*)?(?:\?([^#]*))?(?:#.*)?$/i.exec(url);
  if (found === null || (found[1] === undefined && found[2] === undefined)) {
    throw new SentinelError('SNT-P040', `\`${url}\` is neither a path nor an http URL`, {
      hint: 'sentinel route explain GET /api/users',
    });
  }
  return { authority: found[1] ?? null, path: found[2] ?? '/', query: found[3] ?? '' };
}

function parseMethod(text: string): string {
  if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text)) return text;
  throw usage(`\`${text}\` is no method, expected a word such as GET`);
}

function parseClient(text: string): string {
  if (isIP(text) !== 0) return text;
  throw usage(`--client-ip is ${JSON.stringify(text)}, expected an IP address`);
}

/** Without the port. */
function parseHost(authority: string): string {
  const found = /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]@\\]*)(?::\d{0,5})?$/.exec(authority);
  if (found !== null) return found[1] as string;
  throw usage(`the host ${JSON.stringify(authority)} is not HOST or HOST:PORT`);
}

function usage(message: string): SentinelError {
  return new SentinelError('SNT-P040', message, { hint: 'sentinel route explain --help' });
}

function parseHeader(field: string): readonly [name: string, value: string] {
  const found = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(field);
  if (found === null) throw usage(`\`${field}\` is no request field, expected 'Name: value'`);
  return [found[1] as string, found[2] as string];
}

const marks: Readonly<Record<ExplainReply['routes'][number]['outcome'], string>> = {
  taken: '✓',
  outranked: '·',
  failed: '✗',
  disabled: '–',
};

function text({ summary, routes, handling }: ExplainReply, style: Style): string {
  const width = Math.max(0, ...routes.map(({ route }) => route.length));
  const lines = routes.map(({ route, outcome, words }) => {
    const line = `${marks[outcome]} ${route.padEnd(width)}  ${printable(words)}`;
    return outcome === 'taken' ? style.green(line) : style.dim(line);
  });
  const after = handling.map((line) => `  ${printable(line)}`);
  return `${[...lines, style.bold(printable(summary)), ...after].join('\n')}\n`;
}
