/**
 * Who a request is from: the client's address and the identifiers of request and trace. What a peer says about others is
 * believed only where the listener trusts that peer. Called by `admit` before anything else; answers nothing.
 */
import { isIP, isIPv4 } from 'node:net';
import { bump, proxyFields } from '../../shared/cells.ts';
import type { BodyEnd } from '../body-end.ts';
import { normalAddress } from '../client/peer-address.ts';
import { fieldIds, type FieldTable } from '../http1/head.ts';
import type { Exchange } from './exchange.ts';
import { endToEnd } from './forward-request.ts';

const acceptableId = /^[A-Za-z0-9._-]{1,128}$/;
/** W3C Trace Context §3.2: version 00 ends with its flags, what later versions append is not read. */
const traceparentForm =
  /^(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/;

/** Fills in `trustedPeer`, `clientIp`, `correlationId` and the trace of an exchange. */
export function identify(x: Exchange): void {
  const { head, host, listener, runtime } = x;
  const peer = x.client.peerAddress;
  // What a client says of its own identity is unsaid before anybody can go by it: routes, limits or targets.
  if (runtime.identityFields !== null) head.conceal(runtime.identityFields);
  const trusted = listener.trusted;
  x.trustedPeer = trusted !== null && trusted.has(peer);
  x.clientIp = x.trustedPeer ? clientBehind(x, peer) : peer;
  const given = x.trustedPeer ? head.find(fieldIds.xCorrelationId) : -1;
  const id = given === -1 ? '' : head.value(given);
  x.correlationId = id !== '' && acceptableId.test(id) ? id : host.newCorrelationId();
  const parent = head.known(fieldIds.traceparent);
  const trace = parent === undefined ? null : traceparentForm.exec(parent);
  const { sampling } = runtime;
  if (trace === null) {
    x.traceId = host.newTraceId();
    if (sampling?.takes(x.traceId) === true) x.trace = { spanId: host.newSpanId(), parentId: '' };
  } else {
    x.traceId = trace[1] as string;
    x.traceFlags = (Number.parseInt(trace[3] as string, 16) & 1) === 1 ? '01' : '00';
    if (sampling !== null && x.traceFlags === '01') {
      // A stranger may ask, and is taken as often as those who do not: it chose the trace id, so that is no dice.
      if (x.trustedPeer || sampling.takesOne(host.random())) {
        x.trace = { spanId: host.newSpanId(), parentId: trace[2] as string };
      } else x.traceFlags = '00';
    }
  }
  if (head.connectionOptions !== null && head.connectionOptions.some((name) => endToEnd.has(name))) {
    bump(runtime.cells.proxy, proxyFields.protectedFields);
  }
}

/**
 * The address nearest to us that is not itself a trusted proxy, read from the right. `X-Forwarded-For` is read where there
 * is one, else `Forwarded` (RFC 7239). What is no address (`unknown`, a token, nonsense) ends the search: the last proxy that
 * we trust did not know the client, so that proxy is as near as we come.
 */
function clientBehind(x: Exchange, peer: string): string {
  const { head } = x;
  const chain = head.lookup('x-forwarded-for');
  if (chain !== undefined) return nearest(x, peer, chain.split(','), hopAddress);
  const forwarded = head.lookup('forwarded');
  return forwarded === undefined ? peer : nearest(x, peer, forwarded.match(elements) ?? [], forwardedNode);
}

function nearest(x: Exchange, peer: string, hops: readonly string[], read: (hop: string) => string | null): string {
  const trusted = x.listener.trusted;
  let client = peer;
  for (let at = hops.length - 1; at >= 0; at--) {
    const address = read((hops[at] as string).trim());
    if (address === null) return client;
    client = address;
    if (trusted === null || !trusted.has(client)) return client;
  }
  return client;
}

/** The address in `1.2.3.4`, `1.2.3.4:567`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:567`; null = none. */
export function hopAddress(hop: string): string | null {
  if (isIP(hop) !== 0) return hop.includes('%') ? null : normalAddress(hop);
  const [, bracketed, plain = ''] = /^(?:\[([^\]%]*)\]|([^:[\]]*))(?::\d{1,5})?$/.exec(hop) ?? [];
  if (bracketed !== undefined)
    return bracketed.includes(':') && isIP(bracketed) === 6 ? normalAddress(bracketed) : null;
  return isIPv4(plain) ? plain : null;
}

/** The address in the `for` parameter of one element of `Forwarded`; null = it names none. */
function forwardedNode(element: string): string | null {
  for (const pair of element.match(pairs) ?? []) {
    const [, quoted, token = ''] = /^\s*for=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))\s*$/i.exec(pair) ?? [];
    const node = quoted === undefined ? token : quoted.replace(/\\(.)/g, '$1');
    if (node !== '') return hopAddress(node);
  }
  return null;
}

/** What lies between the commas, and between the semicolons, of RFC 7239 §4; those in quoted strings divide nothing. */
const elements = /(?:"(?:[^"\\]|\\.)*"?|[^",])+/g;
const pairs = /(?:"(?:[^"\\]|\\.)*"?|[^";])+/g;

/** The end of a request body without the trailers that say who the client is: some applications read trailers as fields. */
export function withoutIdentity(end: BodyEnd, names: ReadonlySet<string> | null): BodyEnd {
  if (names === null || end.trailers.length === 0) return end;
  const trailers = end.trailers.filter(([name]) => !names.has(name.toLowerCase().replaceAll('_', '-')));
  return { ...end, trailers };
}

/** Whether the request has been through this very proxy before. */
export function passedHere(head: FieldTable, viaName: string): boolean {
  for (let i = head.find(fieldIds.via); i !== -1 && i < head.count; i++) {
    if (head.ids[i] === fieldIds.via && head.value(i).includes(viaName)) return true;
  }
  return false;
}
