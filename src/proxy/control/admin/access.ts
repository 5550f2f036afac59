/**
 * Who may do what: the access rules of the admin API, as one pure decision. Reads and checks are open to loopback clients
 * that are really local; everything else needs a token, or the unix socket with proof of the user.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIPv4 } from 'node:net';
import { type Endpoint, isMutation, peerScheme } from '../../../admin/contract/endpoints.ts';
import { type Role, suffices } from '../../../admin/contract/roles.ts';
import type { ErrorCode } from '../../../base/codes.ts';
import type { AdminToken } from '../../../config/model.ts';

export interface AccessRequest {
  readonly via: 'socket' | 'tcp';
  /** Address of the peer; `undefined` on the unix socket. */
  readonly peer: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

export type Access =
  | { readonly kind: 'granted'; readonly actor: string; readonly role: Role }
  /** A change through the socket, or the question who one is: the user has to be proven, with this nonce if one was sent. */
  | { readonly kind: 'prove'; readonly nonce: string | null }
  | {
      readonly kind: 'refused';
      readonly status: 401 | 403;
      readonly code: ErrorCode;
      readonly detail: string;
      /** Who it was, where that is known all the same. */
      readonly actor?: string;
    };

/** Fields that a proxy adds: their presence means that the client behind the connection is not local. */
const proxied = ['via', 'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'];

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

export function decideAccess(endpoint: Endpoint, request: AccessRequest, tokens: readonly AdminToken[]): Access {
  const { via, headers } = request;
  const { authorization } = headers;
  if (authorization !== undefined && !authorization.startsWith(`${peerScheme} `)) {
    const bearer = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (bearer !== undefined) return withToken(endpoint, bearer, tokens);
    // Whoever shows something to get in by is not let in for want of it.
    const detail = 'the Authorization field is not `Bearer` and a token';
    return { kind: 'refused', status: 401, code: 'SNT-A003', detail };
  }
  if (via === 'socket') {
    // Who can open the socket may look; the file permissions are the guard.
    if (!isMutation(endpoint.danger) && endpoint.provesUser !== true) {
      return { kind: 'granted', actor: 'local', role: 'admin' };
    }
    const nonce = new RegExp(`^${peerScheme} ([0-9a-f]{32})$`).exec(authorization ?? '')?.[1];
    return { kind: 'prove', nonce: nonce ?? null };
  }
  if (isMutation(endpoint.danger)) return refused('changes need the admin socket or a token');
  const objection = notLocal(request);
  return objection === null ? { kind: 'granted', actor: 'loopback', role: 'viewer' } : refused(objection);
}

function withToken(endpoint: Endpoint, bearer: string, tokens: readonly AdminToken[]): Access {
  const token = findToken(bearer, tokens);
  if (token === null)
    return { kind: 'refused', status: 401, code: 'SNT-A003', detail: 'the bearer token is not known' };
  if (!suffices(token.role, endpoint.role)) {
    const detail = `token "${token.name}" has role ${token.role}; ${endpoint.method} ${endpoint.path} needs ${endpoint.role}`;
    return { kind: 'refused', status: 403, code: 'SNT-A004', detail, actor: `token ${token.name}` };
  }
  return { kind: 'granted', actor: `token ${token.name}`, role: token.role };
}

/** Compares with every token, each in constant time, so that the time taken says nothing. */
function findToken(bearer: string, tokens: readonly AdminToken[]): AdminToken | null {
  const hash = createHash('sha256').update(bearer).digest();
  let found: AdminToken | null = null;
  for (const token of tokens) {
    const wanted = Buffer.from(token.sha256, 'hex');
    if (wanted.length === hash.length && timingSafeEqual(wanted, hash)) found = token;
  }
  return found;
}

/** Why a TCP client without a token does not count as local, or `null` when it does. */
function notLocal({ peer, headers }: AccessRequest): string | null {
  if (!isLoopback(peer)) return 'the client is not on this machine; send a token';
  const through = Object.keys(headers).find((name) => proxied.includes(name) || name.startsWith('x-forwarded-'));
  if (through !== undefined) return `the request came through a proxy (it has ${through}); send a token`;
  // A web page whose name was rebound to 127.0.0.1 still sends its own name.
  if (!isLoopbackHost(headers.host)) return 'the Host field does not name this machine';
  // An image or a script of a page is asked for without Origin, even of another port of this machine.
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return 'the request was made for a page of another site';
  }
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`) {
    return 'the request was made by a page of another origin';
  }
  return null;
}

function isLoopback(peer: string | undefined): boolean {
  if (peer === undefined) return false;
  const plain = peer.startsWith('::ffff:') ? peer.slice('::ffff:'.length) : peer;
  return loopback.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
}

function isLoopbackHost(host: string | undefined): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(host ?? '')?.[1]?.toLowerCase();
  if (name === undefined) return false;
  return name === 'localhost' || name === '[::1]' || (isIPv4(name) && loopback.check(name, 'ipv4'));
}

function refused(detail: string): Access {
  return { kind: 'refused', status: 403, code: 'SNT-A002', detail };
}
