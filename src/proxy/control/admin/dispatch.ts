/**
 * One request to the admin server, from the first byte to the audit line: find the endpoint, judge access, read the body,
 * hold the precondition, act, answer. The rules are here; what an endpoint does is in `handlers.ts`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Endpoint,
  type EndpointId,
  endpoints,
  fields,
  isMutation,
  openPaths,
  peerScheme,
} from '../../../admin/contract/endpoints.ts';
import { type PathParams, readPath } from '../../../admin/contract/path-templates.ts';
import type { Role } from '../../../admin/contract/roles.ts';
import { SentinelError } from '../../../base/errors.ts';
import { plainJson } from '../../../base/plain-json.ts';
import { rfc3339 } from '../../../base/units.ts';
import type { AdminToken } from '../../../config/model.ts';
import { FilterTooSlow } from '../../../filter/patience.ts';
import type { DaemonState } from '../daemon-state.ts';
import type { Fields, Logging } from '../logging.ts';
import type { Readiness } from '../readiness.ts';
import { type Access, decideAccess } from './access.ts';
import { readBody } from './body.ts';
import type { Call, Handlers } from './call.ts';
import type { PeerProofs } from './peer-proof.ts';
import { AdminProblem, problemType } from './problem.ts';
import { Stream } from './stream.ts';

const streamType = 'text/event-stream; charset=utf-8';
/** Longer reasons are cut. */
const MAX_REASON = 500;

export interface DispatchContext {
  readonly state: DaemonState;
  readonly version: string;
  readonly handlers: Handlers;
  readonly logging: Logging;
  /** `null` when the folder could not be made: then nobody can be proven. */
  readonly proofs: PeerProofs | null;
  nowMs(): number;
  tokens(): readonly AdminToken[];
  readiness(): Readiness;
  /** Path of the exposition, or `null` when it is switched off. */
  metricsPath(): string | null;
  metrics(accept: string | undefined): Promise<{ readonly type: string; readonly text: string }>;
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A reply that goes on after its head. */
interface OpenReply {
  readonly stream: Stream;
  readonly stillAllowed: () => boolean;
}

interface Found {
  readonly id: EndpointId;
  readonly endpoint: Endpoint;
  readonly params: PathParams;
}

/** Answers one request; never throws and never leaves it unanswered. */
export async function dispatch(
  context: DispatchContext,
  via: 'socket' | 'tcp',
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let reply: Reply | OpenReply;
  try {
    reply = await answer(context, via, request);
  } catch (error) {
    reply = problemReply(problemOf(context, request, error));
  }
  const { state } = context;
  // What is left of a body that nobody reads must not be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close');
  const always = {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    [fields.time]: rfc3339(context.nowMs()),
    [fields.version]: context.version,
    [fields.generation]: state.generation,
    [fields.digest]: state.digest,
    etag: state.etag,
  };
  if ('stream' in reply) {
    response.writeHead(200, { ...always, 'content-type': streamType, connection: 'close' });
    if (request.method !== 'HEAD') return reply.stream.begin(response, reply.stillAllowed);
    response.end();
    return reply.stream.close();
  }
  response.writeHead(reply.status, {
    ...always,
    'content-type': reply.type,
    'content-length': Buffer.byteLength(reply.text),
    ...reply.headers,
  });
  response.end(reply.text);
}

async function answer(
  context: DispatchContext,
  via: 'socket' | 'tcp',
  request: IncomingMessage,
): Promise<Reply | OpenReply> {
  const hosts = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  const target = request.url ?? '';
  if (!target.startsWith('/') || hosts.length > 1) throw new AdminProblem(400, 'SNT-A008', 'the request is ambiguous');
  const mark = target.indexOf('?');
  // A query may hold more of them: filters have paths with their queries.
  const [path, search] = mark === -1 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
  const open = await openReply(context, path, request);
  if (open !== null) {
    if (method !== 'GET') throw notAllowed(path, ['GET', 'HEAD']);
    return open;
  }
  const credentials = request.headersDistinct['authorization'] ?? [];
  if (credentials.length > 1) throw new AdminProblem(400, 'SNT-A008', 'the request has two Authorization fields');
  const found = findEndpoint(method, path);
  return isMutation(found.endpoint.danger)
    ? mutate(context, via, found, request, search)
    : look(context, via, found, request, search);
}

/** Paths that everybody may read. */
async function openReply(context: DispatchContext, path: string, request: IncomingMessage): Promise<Reply | null> {
  if (path === openPaths.health) return { status: 200, type: 'application/json', text: '{"healthy":true}\n' };
  if (path === openPaths.ready) {
    const { ready, body } = context.readiness();
    return { status: ready ? 200 : 503, type: 'application/json', text: body };
  }
  if (context.state.generation === 0) {
    throw new AdminProblem(503, 'SNT-A011', 'the daemon is starting', { headers: { 'retry-after': '1' } });
  }
  if (path !== context.metricsPath()) return null;
  return { status: 200, ...(await context.metrics(request.headers.accept)) };
}

async function look(
  context: DispatchContext,
  via: 'socket' | 'tcp',
  found: Found,
  request: IncomingMessage,
  search: string,
): Promise<Reply | OpenReply> {
  const { headers, socket } = request;
  const asked = { via, peer: socket.remoteAddress, headers };
  const judge = () => decideAccess(found.endpoint, asked, context.tokens());
  const access = judge();
  if (access.kind === 'refused') throw refusal(access);
  if (access.kind === 'prove' && access.nonce === null) return challenge(context);
  const { actor, role } = granted(context, access);
  const body = await readBody(request, found.endpoint);
  // On a check both are optional, and a read has nothing to hold them against.
  const isCheck = found.endpoint.danger === 'check';
  if (isCheck) holdPrecondition(context.state, headers['if-match']);
  const reason = isCheck ? reasonOf(context, headers[fields.reason]) : null;
  const query = new URLSearchParams(search);
  const resume = headers['last-event-id'];
  const lastEventId = typeof resume === 'string' ? resume : null;
  const reply = await act(context, found, {
    actor,
    role,
    via,
    reason,
    query,
    lastEventId,
    body,
    outdated: () => null,
    note: () => {},
  });
  if (reply instanceof Stream) return { stream: reply, stillAllowed: () => judge().kind === 'granted' };
  return jsonReply(reply);
}

async function mutate(
  context: DispatchContext,
  via: 'socket' | 'tcp',
  found: Found,
  request: IncomingMessage,
  search: string,
): Promise<Reply> {
  const peer = request.socket.remoteAddress;
  const reason = reasonOf(context, request.headers[fields.reason]);
  const { id, endpoint, params } = found;
  const audit: Record<string, unknown> & { readonly action: string } = {
    action: id,
    via,
    ...(peer === undefined ? {} : { peer }),
    reason,
    ...params,
  };
  const note: Call['note'] = (facts) => void Object.assign(audit, facts);
  let actor = 'unknown';
  try {
    const access = decideAccess(endpoint, { via, peer, headers: request.headers }, context.tokens());
    if (access.kind === 'refused') {
      actor = access.actor ?? actor;
      throw refusal(access);
    }
    if (access.kind === 'prove' && access.nonce === null) return challenge(context);
    const who = granted(context, access);
    actor = who.actor;
    const body = await readBody(request, endpoint);
    if (endpoint.anyPhase !== true) holdStill(context.state);
    holdPrecondition(context.state, request.headers['if-match']);
    const query = new URLSearchParams(search);
    const outdated: Call['outdated'] = () => outdatedBy(context.state, request.headers['if-match']);
    const reply = await act(context, found, { ...who, via, reason, query, lastEventId: null, body, outdated, note });
    record(context, { ...audit, actor, result: 'done', status: 200 });
    return jsonReply(reply);
  } catch (error) {
    const problem = problemOf(context, request, error);
    const result = problem.status === 401 || problem.status === 403 || problem.status === 412 ? 'refused' : 'failed';
    record(context, { ...audit, actor, result, status: problem.status, code: problem.code, detail: problem.message });
    throw problem;
  }
}

function act({ handlers }: DispatchContext, { id, params }: Found, call: Omit<Call, 'params'>): Promise<unknown> {
  // The table that found the endpoint says which places its path has.
  const handler = handlers[id] as (call: Call) => Promise<unknown>;
  return handler({ ...call, params } as Call);
}

function record(context: DispatchContext, line: Fields & { readonly action: string; readonly result: string }): void {
  context.state.countAction(line.action, line.result);
  context.logging.audit('Admin action', { event: 'admin_action', ...line, generation: context.state.generation });
}

/** @throws SNT-A005, A006 */
function findEndpoint(method: string, path: string): Found {
  const here = Object.entries(endpoints).flatMap(([id, endpoint]): Found[] => {
    const params = readPath(endpoint.path, path);
    return params === null ? [] : [{ id: id as EndpointId, endpoint, params }];
  });
  const found = here.find(({ endpoint }) => endpoint.method === method);
  if (found !== undefined) return found;
  const methods = here.map(({ endpoint }) => endpoint.method);
  if (methods.length === 0) {
    throw new AdminProblem(404, 'SNT-A005', `the admin API has nothing at ${JSON.stringify(path)}`);
  }
  // Where a place stands, several endpoints may be of one path.
  throw notAllowed(path, [...new Set<string>(methods.includes('GET') ? [...methods, 'HEAD'] : methods)]);
}

function notAllowed(path: string, methods: readonly string[]): AdminProblem {
  const allow = methods.join(', ');
  return new AdminProblem(405, 'SNT-A006', `${path} takes ${allow} only`, { headers: { allow } });
}

function refusal(access: Extract<Access, { kind: 'refused' }>): AdminProblem {
  const headers: Record<string, string> =
    access.status === 401 ? { 'www-authenticate': 'Bearer realm="sentinel"' } : {};
  return new AdminProblem(access.status, access.code, access.detail, { headers });
}

/** Not a refusal yet: asks the client to prove its user and come again. */
function challenge({ proofs }: DispatchContext): Reply {
  if (proofs === null) throw new AdminProblem(401, 'SNT-A009', 'the daemon could not make its folder for proofs');
  const headers = { 'www-authenticate': `${peerScheme} nonce="${proofs.issue()}"` };
  return problemReply(new AdminProblem(401, 'SNT-A009', 'prove the user, then repeat the request', { headers }));
}

/** Who it is, and what they may do; proves the user where that was asked for. @throws SNT-A009 */
function granted(
  context: DispatchContext,
  access: Exclude<Access, { kind: 'refused' }>,
): { actor: string; role: Role } {
  if (access.kind === 'granted') return { actor: access.actor, role: access.role };
  return { actor: prove(context, access.nonce ?? ''), role: 'admin' };
}

function prove({ proofs }: DispatchContext, nonce: string): string {
  const user = proofs?.redeem(nonce) ?? null;
  if (user === null) throw new AdminProblem(401, 'SNT-A009', 'the proof of the user is missing, late or not its own');
  return `user ${user}`;
}

/** What is changed in a process that hands over would be lost with it. */
function holdStill({ phase }: DaemonState): void {
  if (phase !== 'handing-over') return;
  throw new AdminProblem(409, 'SNT-P033', 'the daemon is handing over to a new process; nothing was changed', {
    hint: 'sentinel upgrade --follow',
    headers: { 'retry-after': '2' },
  });
}

function holdPrecondition(state: DaemonState, ifMatch: string | undefined): void {
  const problem = outdatedBy(state, ifMatch);
  if (problem !== null) throw new AdminProblem(412, 'SNT-A007', problem.message);
}

function outdatedBy({ etag }: DaemonState, ifMatch: string | undefined): SentinelError | null {
  if (ifMatch === undefined || ifMatch.trim() === '*') return null;
  if (ifMatch.split(',').some((tag) => tag.trim() === etag)) return null;
  return new SentinelError('SNT-A007', `the state is ${etag} now, the request was meant for ${ifMatch}`);
}

/** Without secrets: it is kept in files, and shown to whoever may look. */
function reasonOf({ logging }: DispatchContext, value: string | string[] | undefined): string | null {
  if (typeof value !== 'string' || value === '') return null;
  return logging.cleanse(decodeLoosely(value)).slice(0, MAX_REASON);
}

function decodeLoosely(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function jsonReply(value: unknown): Reply {
  return { status: 200, type: 'application/json', text: `${plainJson(value)}\n` };
}

function problemReply(problem: AdminProblem): Reply {
  const text = `${plainJson(problem.body())}\n`;
  return { status: problem.status, type: problemType, text, headers: problem.headers };
}

function problemOf(context: DispatchContext, request: IncomingMessage, error: unknown): AdminProblem {
  if (error instanceof AdminProblem) return error;
  if (!(error instanceof FilterTooSlow)) return internal(context, request, error);
  const hint = 'put what excludes most first, such as status=5xx, and shorten the expression';
  return new AdminProblem(400, 'SNT-A008', 'the filter takes too long for all that is kept', { hint });
}

function internal(context: DispatchContext, request: IncomingMessage, error: unknown): AdminProblem {
  context.logging.module('admin').error('Admin request met an internal error', {
    method: request.method,
    path: request.url,
    error: error instanceof Error ? error.stack : String(error),
  });
  return new AdminProblem(500, 'SNT-P070', 'the daemon met an internal error; its log has the details');
}
