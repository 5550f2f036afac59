/**
 * Answers that the proxy makes itself: refusals and failures with their cause, static upstreams, its own paths.
 * Every one says where it comes from (`Proxy-Status`, RFC 9209), so that no 503 of ours is taken for an upstream's.
 */
import { STATUS_CODES } from 'node:http';
import type { StaticResponse } from '../../../config/model.ts';
import { type Cause, type CauseFacts, causes } from '../../shared/causes.ts';
import { unframedEnd } from '../body-end.ts';
import { finish } from './account.ts';
import type { Exchange } from './exchange.ts';
import { asksGrpc, grpcFields } from './grpc-answer.ts';
import { isKnown, notModifiedFields } from './preconditions.ts';

/** A body that arrives whole with at most this much left to read is read to its end, so that the connection can live on. */
const DRAIN_BYTES = 64 * 1024;

/** Answers with the words of a cause, and with its status unless the fault has one of its own. `x.reason` refines `bad_request`. */
export function respond(x: Exchange, cause: Cause, status: number = causes[cause].status): void {
  const facts: CauseFacts = causes[cause];
  x.cause = cause;
  const grpc = asksGrpc(x);
  const type = grpc ? grpcFields(x, cause, status, facts) : 'Content-Type: application/problem+json\r\n';
  let fields = `${type}Cache-Control: no-store\r\nProxy-Status: ${proxyStatus(x, facts)}\r\n`;
  if (status === 503 && !x.guardFields.includes('Retry-After:')) fields += 'Retry-After: 1\r\n';
  if (status === 405) fields += 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n';
  // A blocked client is not talked to any longer.
  const close = facts.source === 'client' || cause === 'blocked';
  if (grpc) {
    send(x, status, fields, Buffer.alloc(0), close, 200);
    return;
  }
  const body = JSON.stringify({
    status,
    title: STATUS_CODES[status] ?? 'Error',
    cause,
    ...(x.reason === null ? {} : { reason: x.reason }),
    detail: facts.meaning,
    correlation_id: x.correlationId,
  });
  send(x, status, fields, Buffer.from(`${body}\n`), close);
}

/** Answers with the status of a cause and a page of its own; `fields` are lines with their CRLF. */
export function respondPage(x: Exchange, cause: Cause, fields: string, body: Buffer): void {
  x.cause = cause;
  send(x, causes[cause].status, `${fields}Proxy-Status: ${proxyStatus(x, causes[cause])}\r\n`, body, false);
}

/** Answers without a body. */
export function respondEmpty(x: Exchange, status: number, fields: string): void {
  send(x, status, fields, Buffer.alloc(0), false);
}

/** Answers with a fixed text: the proxy's own paths. */
export function respondPlain(x: Exchange, status: number, type: string, body: string): void {
  send(x, status, `Content-Type: ${type}\r\nCache-Control: no-store\r\n`, Buffer.from(body), false);
}

/** Answers from a static upstream: with what it holds, or that the client has it already. */
export function respondStatic(x: Exchange, answer: StaticResponse, body: Buffer): void {
  const rules = x.route?.responseRules ?? null;
  let fields = '';
  const given = rules === null ? answer.headers : rules.apply(answer.headers);
  const known = isKnown(x, answer.status, given);
  for (const [name, value] of known ? notModifiedFields(given) : given) fields += `${name}: ${value}\r\n`;
  send(x, known ? 304 : answer.status, fields, body, false);
}

function proxyStatus(x: Exchange, facts: CauseFacts): string {
  const error = facts.proxyStatus === null ? '' : `; error=${facts.proxyStatus}`;
  const reason = x.reason === null ? '' : `; details="${x.reason}"`;
  return `${x.runtime.viaName}${error}${reason}`;
}

/** @param shown What the client is told, where that is not `status`. */
function send(x: Exchange, status: number, fields: string, body: Buffer, close: boolean, shown = status): void {
  const { head, runtime, client } = x;
  x.status = status;
  x.begun = true;
  const server = runtime.plan.serverHeader;
  const own = `${server === null ? '' : `Server: ${server}\r\n`}X-Correlation-Id: ${x.correlationId}\r\n`;
  const bodyless = head.method === 'HEAD' || status === 204 || status === 304;
  client.begin({
    status: shown,
    reason: STATUS_CODES[shown] ?? '',
    fields: `Date: ${httpDate(x.host.wallMs())}\r\n${own}${fields}${x.guardFields}`,
    length: status === 204 || status === 304 ? -1 : body.length,
    hasBody: !bodyless,
    close: close || !willDrain(x),
  });
  if (!bodyless) client.body(body, 0, body.length, false);
  client.end(unframedEnd);
  client.flush();
  finish(x);
}

/** True when what is left of the request body is small enough to be read and dropped. */
function willDrain(x: Exchange): boolean {
  if (x.received) return true;
  return x.head.framing === 'length' && !x.head.expectContinue && x.head.contentLength <= DRAIN_BYTES;
}

let dateSecond = -1;
let dateText = '';

/** IMF-fixdate, made once a second. */
function httpDate(wallMs: number): string {
  const second = Math.floor(wallMs / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(second * 1000).toUTCString();
  }
  return dateText;
}
