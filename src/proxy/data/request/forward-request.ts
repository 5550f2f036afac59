/**
 * What of a request goes on to the target, and as what: hop-by-hop fields stay behind (RFC 9110 §7.6.1), forwarding
 * fields are ours, order and case of the rest are kept. Text in, text out; the exchange keeps the span that the text names.
 */
import { concealedField, fieldIds } from '../http1/head.ts';
import type { Secured } from '../client/arrival.ts';
import type { RouteRuntime } from '../runtime.ts';
import type { TargetRuntime } from '../target-runtime.ts';
import type { RequestStart } from '../upstream/channel.ts';
import { keyFrom } from '../websocket/handshake.ts';
import type { Exchange } from './exchange.ts';

/** What happens to a known field; everything else is kept. */
const keep = 0;
const drop = 1;
/** Dropped when the route sends that forwarding field itself. */
const forwarding = 2;
const host = 3;
/** State of the trace that the client began: of no use for another. */
const traceState = 4;
/** End-to-end fields that `Connection` cannot name away (RFC 9110 §7.6.1 speaks of fields for this connection only). */
const treatment = new Uint8Array(64);
treatment[fieldIds.host] = host;
treatment[fieldIds.transferEncoding] = drop;
treatment[fieldIds.connection] = drop;
treatment[fieldIds.keepAlive] = drop;
treatment[fieldIds.proxyConnection] = drop;
treatment[fieldIds.proxyAuthorization] = drop;
treatment[fieldIds.upgrade] = drop;
treatment[fieldIds.te] = drop;
treatment[fieldIds.expect] = drop;
treatment[fieldIds.http2Settings] = drop;
treatment[fieldIds.xCorrelationId] = drop;
treatment[concealedField] = drop;
treatment[fieldIds.traceparent] = drop;
treatment[fieldIds.tracestate] = traceState;
treatment[fieldIds.xForwardedFor] = forwarding;
treatment[fieldIds.xForwardedProto] = forwarding;
treatment[fieldIds.xForwardedHost] = forwarding;
treatment[fieldIds.forwarded] = forwarding;
// Not ours, but applications believe it: an untrusted client must not say who it is by it either.
treatment[fieldIds.xRealIp] = forwarding;

/** Names that a `Connection` field must not remove. */
export const endToEnd: ReadonlySet<string> = new Set([
  'host',
  'cookie',
  'authorization',
  'content-length',
  'content-type',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'forwarded',
  'via',
]);

/** The head of the request to `target`. */
export function requestStart(x: Exchange, target: TargetRuntime): RequestStart {
  const { head } = x;
  const route = x.route as RouteRuntime;
  const hostLine = `Host: ${hostValue(x, route, target)}\r\n`;
  const rules = route.requestRules;
  const fields = rules === null ? plainFields(x, hostLine) : rules.applyToLines(hostLine + plainFields(x, ''));
  return {
    method: head.method,
    target: requestTarget(x, route),
    fields: x.upgrade !== '' && x.client.http2 ? `${fields}Sec-WebSocket-Key: ${keyFrom(x.traceId)}\r\n` : fields,
    framing: head.framing,
    trailers: head.acceptsTrailers && x.upgrade === '',
    upgrade: x.upgrade,
  };
}

/** Path and query after the route's rewrite. */
function requestTarget(x: Exchange, route: RouteRuntime): string {
  const { stripPrefix, prefix } = route.plan.policies.rewrite;
  let path = x.path;
  if (path !== '*' && (stripPrefix !== null || prefix !== null)) {
    if (stripPrefix !== null && path.startsWith(stripPrefix)) {
      const rest = path.slice(stripPrefix.length);
      if (rest === '' || rest.startsWith('/') || stripPrefix.endsWith('/'))
        path = rest.startsWith('/') ? rest : `/${rest}`;
    }
    if (prefix !== null) path = prefix.endsWith('/') ? prefix.slice(0, -1) + path : prefix + path;
  }
  return x.head.hasQuery ? `${path}?${x.head.query}` : path;
}

function hostValue(x: Exchange, route: RouteRuntime, target: TargetRuntime): string {
  const policy = route.plan.policies.hostHeader;
  if (policy.kind === 'literal') return policy.value;
  if (policy.kind === 'preserve' && x.head.authority !== '') return x.head.authority;
  return target.plan.socket.kind === 'unix' ? 'localhost' : target.plan.written;
}

/** The common case: kept lines are copied in runs, as they were sent. */
function plainFields(x: Exchange, hostLine: string): string {
  const { head } = x;
  const { text, ids, nameStart, lineEnd, count } = head;
  const keepForwarded = x.trustedPeer || (x.route as RouteRuntime).plan.policies.forwarded === 'none';
  const options = head.connectionOptions;
  let out = '';
  let runFrom = -1;
  let hostDone = false;
  for (let i = 0; i < count; i++) {
    const what = treatment[ids[i] as number] as number;
    const kept =
      what === keep
        ? options === null || !namedAway(options, head.name(i))
        : what === forwarding
          ? keepForwarded && !rebuilt(x, ids[i] as number)
          : what === traceState && x.traceFlags !== '';
    if (kept) {
      if (runFrom === -1) runFrom = nameStart[i] as number;
      continue;
    }
    if (runFrom !== -1) {
      out += text.substring(runFrom, nameStart[i] as number);
      runFrom = -1;
    }
    if (what === host && !hostDone) {
      out += hostLine;
      hostDone = true;
    }
  }
  if (runFrom !== -1) out += text.substring(runFrom, lineEnd[count - 1] as number);
  if (!hostDone) out = hostLine + out;
  return out + addedFields(x);
}

function namedAway(options: readonly string[], name: string): boolean {
  const lower = name.toLowerCase();
  return options.includes(lower) && !endToEnd.has(lower);
}

/** True when `addedFields` writes this forwarding field anew. */
function rebuilt(x: Exchange, id: number): boolean {
  const mode = (x.route as RouteRuntime).plan.policies.forwarded;
  if (id === fieldIds.xForwardedFor) return mode === 'x-forwarded' || mode === 'both';
  if (id === fieldIds.forwarded) return mode === 'rfc7239' || mode === 'both';
  return false;
}

/** What the proxy says of itself and of the client. */
function addedFields(x: Exchange): string {
  const { head, host: worker } = x;
  const mode = (x.route as RouteRuntime).plan.policies.forwarded;
  const peer = x.client.peerAddress === '' ? 'unknown' : x.client.peerAddress;
  const scheme = x.client.secured === null ? 'http' : 'https';
  let out = '';
  if (mode === 'x-forwarded' || mode === 'both') {
    const before = x.trustedPeer ? head.known(fieldIds.xForwardedFor) : undefined;
    out += !before ? `X-Forwarded-For: ${peer}\r\n` : `X-Forwarded-For: ${before}, ${peer}\r\n`;
    if (!x.trustedPeer || !head.has(fieldIds.xForwardedProto)) out += `X-Forwarded-Proto: ${scheme}\r\n`;
    if (head.authority !== '' && (!x.trustedPeer || !head.has(fieldIds.xForwardedHost))) {
      out += `X-Forwarded-Host: ${head.authority}\r\n`;
    }
  }
  if (mode === 'rfc7239' || mode === 'both') {
    const before = x.trustedPeer ? head.known(fieldIds.forwarded) : undefined;
    const node = peer.includes(':') ? `"[${peer}]"` : peer;
    const mine = `for=${node};proto=${scheme}${head.authority === '' ? '' : `;host="${head.authority}"`}`;
    out += !before ? `Forwarded: ${mine}\r\n` : `Forwarded: ${before}, ${mine}\r\n`;
  }
  if (x.client.secured !== null) out += subjectField(x, x.client.secured);
  // Of each try its own: a target's spans lie under the try that reached it.
  x.spanId = worker.newSpanId();
  return `${out}Via: ${x.client.http2 ? '2.0' : '1.1'} ${x.runtime.viaName}\r\nX-Correlation-Id: ${x.correlationId}\r\ntraceparent: 00-${
    x.traceId
  }-${x.spanId}-${x.trace === null ? x.traceFlags || '00' : '01'}\r\n`;
}

/** Who the client is by its certificate; a request whose certificate is not good comes nowhere near. */
function subjectField({ listener }: Exchange, { clientSubject }: Secured): string {
  const name = listener.plan.tls?.subjectHeader ?? null;
  return name === null || clientSubject === '' ? '' : `${name}: ${clientSubject}\r\n`;
}
