/**
 * One request to a listener of the proxy, over whatever the listener speaks: TCP or a unix socket, TLS, with the line of the PROXY
 * protocol in front. Certificates are not judged: routes are what is tested. Follows nothing and reads no body to its end.
 */
import { request as httpRequest } from 'node:http';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../base/clock.ts';

export interface ListenerDoor {
  /** `127.0.0.1:8080`, `[::]:8080`, `unix:/run/x.sock`: where it listens. */
  readonly address: string;
  readonly tls: boolean;
  readonly proxyProtocol: boolean;
}

export interface SentRequest {
  readonly method: string;
  /** Path with query. */
  readonly target: string;
  /** Empty = the address of the listener. */
  readonly host: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface Answer {
  readonly status: number;
  /** What the proxy calls the request; empty when the answer does not say. */
  readonly correlationId: string;
}

/** An answer that goes on (events, a download) has said what there is to say. */
const BODY_MS = 1_000;

/** Resolves with the head of the final answer. @throws what went wrong with the connection, or that nothing came in time */
export function exchangeWith(door: ListenerDoor, sent: SentRequest, timeoutMs: number, clock: Clock): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const place = placeOf(door.address);
    const authority = sent.host === '' ? ('path' in place ? 'localhost' : hostPort(place)) : sent.host;
    const socket = open(door, place, authority);
    const headers = sent.headers.flatMap(([name, value]) => [name, value]);
    const request = httpRequest({
      method: sent.method,
      path: sent.target,
      headers: ['Host', authority, 'Connection', 'close', ...headers],
      createConnection: () => socket,
    });
    const late = clock.after(timeoutMs, () => {
      request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`));
    });
    const fail = (error: Error): void => {
      late.stop();
      socket.destroy();
      reject(error);
    };
    socket.once('error', fail);
    request.once('error', fail);
    request.once('response', (response) => {
      late.stop();
      socket.off('error', fail).on('error', () => {});
      request.off('error', fail).on('error', () => {});
      const ending = clock.after(BODY_MS, () => void socket.destroy());
      const answer = {
        status: response.statusCode ?? 0,
        correlationId: String(response.headers['x-correlation-id'] ?? ''),
      };
      response.once('close', () => {
        ending.stop();
        socket.destroy();
        resolve(answer);
      });
      response.on('error', () => {});
      response.resume();
    });
    request.end();
  });
}

type Place = { readonly host: string; readonly port: number } | { readonly path: string };

function placeOf(address: string): Place {
  if (address.startsWith('unix:')) return { path: address.slice('unix:'.length) };
  const [, six, four, port] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(address) ?? [];
  const host = six ?? four ?? address;
  // Who listens everywhere is found here.
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return { host: near, port: Number(port) };
}

function hostPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function open(door: ListenerDoor, place: Place, authority: string): Socket {
  const plain = connectPlain(place);
  // The sender of a health check of its own: no address is claimed.
  if (door.proxyProtocol) plain.write('PROXY UNKNOWN\r\n');
  if (!door.tls) return plain;
  const name = authority.replace(/:\d*$/, '').replace(/^\[|\]$/g, '');
  const secured = connectTls({
    socket: plain,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(name) === 0 ? { servername: name } : {}),
  });
  plain.once('error', (error) => secured.destroy(error));
  return secured;
}
