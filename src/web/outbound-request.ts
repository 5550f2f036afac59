/**
 * The one door to undici: one outbound HTTP/1.1 request on a connection of its own, bounded in time and size. Follows no
 * redirect, keeps no connection, retries nothing. Asked by whoever needs HTTP beside the hot path; knows none of them.
 */
import { connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type * as Undici from 'undici';
import type { Clock } from '../base/clock.ts';

export type OutboundAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export interface OutboundRequest {
  readonly to: OutboundAddress;
  /** Begins to connect to `to` under TLS; what it gives carries the request from its `secureConnect` on. Without it: plain text. */
  readonly openTls?: () => TLSSocket;
  readonly method: string;
  /** With query. */
  readonly path: string;
  /** Names lower case, `host` included. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** From the first packet to the last byte that is wanted; ≥ 1. */
  readonly timeoutMs: number;
  /** Bytes of the body that are wanted; the rest is not waited for. 0 = the head is enough. */
  readonly bodyBytes: number;
  /** Asked after each piece of the body: whether what has come is enough. */
  readonly enough?: (body: Buffer) => boolean;
  /** Gives up at once when it aborts. */
  readonly signal?: AbortSignal;
}

export interface OutboundAnswer {
  readonly status: number;
  /** Names lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** At most `bodyBytes`. */
  readonly body: Buffer;
}

/** How far the request came. `resolve`: the name has no address. `handshake`: of TLS. `answer`: connected, no whole valid answer. */
export type OutboundPhase = 'resolve' | 'connect' | 'handshake' | 'answer';

/** The request has no answer. */
export class OutboundFault extends Error {
  readonly phase: OutboundPhase;
  readonly timedOut: boolean;
  /** Errno name, or the code of the HTTP parser; empty when the time was over. */
  readonly code: string;

  constructor(phase: OutboundPhase, timedOut: boolean, cause: unknown) {
    super(timedOut ? 'no answer in time' : cause instanceof Error ? cause.message : String(cause), { cause });
    this.phase = phase;
    this.timedOut = timedOut;
    const code = (cause as NodeJS.ErrnoException | null)?.code;
    this.code = typeof code === 'string' ? code : '';
  }
}

/** Loaded for the first request: it is a tenth of the time that a daemon takes to start, and many ask for nothing. */
let undici: typeof Undici | null = null;

/**
 * Sends one request and resolves when its answer is there, as far as it is wanted.
 * @throws OutboundFault
 */
export async function sendOutbound(request: OutboundRequest, clock: Clock): Promise<OutboundAnswer> {
  undici ??= await import('undici');
  if (request.signal?.aborted === true) throw new OutboundFault('connect', false, new Error('given up'));
  const { promise, resolve, reject } = Promise.withResolvers<OutboundAnswer>();
  let phase: OutboundPhase = 'connect';
  let socket: Socket | null = null;
  let settled = false;
  const client = new undici.Client('http://outbound', {
    connect: (_, connected) => {
      const secured = request.openTls?.();
      socket = secured ?? openConnection(request.to);
      const ready = (): void => {
        phase = 'answer';
        connected(null, socket as Socket);
      };
      if (secured === undefined) socket.once('connect', ready);
      else {
        secured.once('connect', () => {
          phase = 'handshake';
        });
        secured.once('secureConnect', ready);
      }
      socket.once('error', (error) => {
        if (phase === 'answer') return;
        if (isNameFault(error)) phase = 'resolve';
        connected(error, null);
        fail(error, false);
      });
    },
    // The clock below bounds it all.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: 16 << 10,
  });
  const settle = (act: () => void): void => {
    if (settled) return;
    settled = true;
    limit.stop();
    request.signal?.removeEventListener('abort', giveUp);
    act();
    // Also ends the connection; what it rejects has been settled above.
    client.destroy().catch(() => {});
    socket?.destroy();
  };
  const fail = (error: unknown, timedOut: boolean): void =>
    settle(() => reject(new OutboundFault(phase, timedOut, error)));
  const limit = clock.after(request.timeoutMs, () => fail(null, true));
  const giveUp = (): void => fail(new Error('given up'), false);
  request.signal?.addEventListener('abort', giveUp);

  let status = 0;
  let headers: OutboundAnswer['headers'] = {};
  const pieces: Buffer[] = [];
  let size = 0;
  const done = (): void => settle(() => resolve({ status, headers, body: Buffer.concat(pieces, size) }));
  client.dispatch(
    {
      method: request.method as 'GET',
      path: request.path,
      headers: request.headers,
      body: request.body ?? null,
      reset: true,
    },
    {
      onRequestStart() {},
      onResponseStart(_, statusCode, fields) {
        if (statusCode < 200) return;
        status = statusCode;
        headers = fields;
        if (request.bodyBytes === 0) done();
      },
      onResponseData(_, piece) {
        if (settled) return;
        const wanted = piece.subarray(0, request.bodyBytes - size);
        pieces.push(wanted);
        size += wanted.length;
        if (size >= request.bodyBytes || request.enough?.(Buffer.concat(pieces, size)) === true) done();
      },
      onResponseEnd: () => done(),
      onResponseError: (_, error) => fail(error, false),
    },
  );
  return promise;
}

function openConnection(to: OutboundAddress): Socket {
  return to.kind === 'unix' ? connect({ path: to.path }) : connect({ host: to.host, port: to.port, noDelay: true });
}

/** The errors of getaddrinfo. */
function isNameFault(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).syscall === 'getaddrinfo';
}
