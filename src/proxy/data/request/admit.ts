/** First phase: the proxy's own capacity, its own paths, loops, and who the client is. */
import { isIP } from 'node:net';
import { normalizePath } from '../../../routing/path.ts';
import { acquire, bump, proxyFields } from '../../shared/cells.ts';
import { challengePath } from '../challenge/challenge.ts';
import { fieldIds, type FieldTable } from '../http1/head.ts';
import type { Exchange } from './exchange.ts';
import { endToEnd } from './forward-request.ts';
import { access } from './guards/access.ts';
import { takeSolution } from './guards/challenge.ts';
import { respond, respondPlain } from './respond.ts';

/** False when the exchange has been answered. */
export function admit(x: Exchange): boolean {
  identify(x);
  const { head, runtime } = x;
  if (head.form === 'asterisk') x.path = '*';
  else {
    const path = normalizePath(head.rawPath);
    if (path === null) {
      x.path = head.rawPath;
      x.reason = 'target';
      respond(x, 'bad_request');
      return false;
    }
    x.path = path;
  }
  if (!access(x)) return false;
  if (head.method === 'TRACE') {
    // It would show the client what the proxy adds for the target's eyes (RFC 9110 §9.3.8 allows to refuse it).
    x.reason = 'method';
    respond(x, 'bad_request', 405);
    return false;
  }
  const plan = runtime.plan;
  if (!acquire(runtime.cells.proxy, proxyFields.inFlight, plan.limits.maxInFlightRequests)) {
    // Who asks whether the proxy lives must not be told no because it has much to do.
    const own = x.path === plan.healthPath || x.path === plan.readyPath;
    if (!own || !answerOwnPath(x)) respond(x, 'in_flight_limit');
    return false;
  }
  x.inFlight = true;
  if (passedHere(head, runtime.viaName)) {
    respond(x, 'loop');
    return false;
  }
  if (runtime.challenge !== null && x.path === challengePath) {
    takeSolution(x, runtime.challenge);
    return false;
  }
  return true;
}

/**
 * The proxy's own answers. They win over prefix routes, so that an emergency route at `/` does not swallow them;
 * called by `match` once it is known that no exact-path route replaces them.
 */
export function answerOwnPath(x: Exchange): boolean {
  const plan = x.runtime.plan;
  if (x.head.method !== 'GET' && x.head.method !== 'HEAD') return false;
  if (x.path === plan.healthPath) {
    respondPlain(x, 200, 'text/plain; charset=utf-8', 'OK\n');
    return true;
  }
  if (x.path === plan.readyPath) {
    const { ready, body } = x.host.readiness();
    respondPlain(x, ready ? 200 : 503, 'application/json', body);
    return true;
  }
  return false;
}

function passedHere(head: FieldTable, viaName: string): boolean {
  for (let i = head.find(fieldIds.via); i !== -1 && i < head.count; i++) {
    if (head.ids[i] === fieldIds.via && head.value(i).includes(viaName)) return true;
  }
  return false;
}

const acceptableId = /^[A-Za-z0-9._-]{1,128}$/;
/** W3C Trace Context §3.2: version 00 ends with its flags, what later versions append is not read. */
const traceparentForm = /^(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:$|-)/;

function identify(x: Exchange): void {
  const { head, host, listener, runtime } = x;
  const peer = x.client.peerAddress;
  const trusted = listener.trusted;
  x.trustedPeer = trusted !== null && peer !== '' && trusted.check(peer, peer.includes(':') ? 'ipv6' : 'ipv4');
  x.clientIp = x.trustedPeer ? clientBehind(head, peer, x) : peer;
  const given = x.trustedPeer ? head.find(fieldIds.xCorrelationId) : -1;
  const id = given === -1 ? '' : head.value(given);
  x.correlationId = id !== '' && acceptableId.test(id) ? id : host.newCorrelationId();
  const parent = head.known(fieldIds.traceparent);
  const trace = parent === undefined ? null : traceparentForm.exec(parent);
  if (trace === null) x.traceId = host.newTraceId();
  else {
    x.traceId = trace[1] as string;
    x.traceFlags = (Number.parseInt(trace[2] as string, 16) & 1) === 1 ? '01' : '00';
  }
  if (head.connectionOptions !== null && head.connectionOptions.some((name) => endToEnd.has(name))) {
    bump(runtime.cells.proxy, proxyFields.protectedFields);
  }
}

/** The address nearest to us in `X-Forwarded-For` that is not itself a trusted proxy, read from the right. */
function clientBehind(head: FieldTable, peer: string, x: Exchange): string {
  const chain = head.lookup('x-forwarded-for');
  if (chain === undefined) return peer;
  const trusted = x.listener.trusted;
  const hops = chain.split(',');
  let client = peer;
  for (let at = hops.length - 1; at >= 0; at--) {
    const hop = (hops[at] as string).trim();
    const family = addressFamily(hop);
    if (family === null) return client;
    client = hop;
    if (trusted === null || !trusted.check(hop, family)) return client;
  }
  return client;
}

function addressFamily(text: string): 'ipv4' | 'ipv6' | null {
  const version = isIP(text);
  if (version === 0) return null;
  return version === 4 ? 'ipv4' : 'ipv6';
}
