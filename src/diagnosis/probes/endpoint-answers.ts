/** One question to a listener as a client would ask it, on a connection of its own; who answered, and the sum of many. */
import { connect as connectSocket, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { errnoOf } from '../../base/errors.ts';
import type { EndpointAnswers } from '../facts/network.ts';
import type { ListenerPlace } from './listener-place.ts';

/** More than any answer of the proxy's own. */
const mostBytes = 16 << 10;

export interface Asked {
  /** `given_up`: nobody waited until its time was over. It says nothing about whom was asked. */
  readonly outcome: 'good' | 'refused' | 'timed_out' | 'reset' | 'other' | 'given_up';
  readonly status: number;
  readonly by: 'proxy' | 'upstream' | 'unknown';
  readonly cause: string | null;
  readonly tookMs: number;
  /** Null when it is good. */
  readonly why: string | null;
}

/**
 * Never throws. Of a listener that demands certificates of its clients a refusal for want of one is good: it is all that can be
 * had without one, and it comes from a worker that works.
 */
export function askListener(
  place: ListenerPlace,
  path: string,
  what: 'health' | 'ready',
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Asked> {
  const began = clock.now();
  return new Promise((resolve) => {
    const { to } = place;
    const socket: Socket = connectSocket(to.kind === 'unix' ? { path: to.path } : { host: to.host, port: to.port });
    let stream: Socket = socket;
    let stage: 'connect' | 'handshake' | 'answer' = 'connect';
    let text = '';
    let settled = false;
    const settle = (asked: Omit<Asked, 'tookMs'>): void => {
      if (settled) return;
      settled = true;
      limit.stop();
      signal.removeEventListener('abort', giveUp);
      stream.destroy();
      socket.destroy();
      resolve({ ...asked, tookMs: Math.round((clock.now() - began) * 10) / 10 });
    };
    const fail = (outcome: 'refused' | 'timed_out' | 'reset' | 'given_up', why: string): void =>
      settle({ outcome, status: 0, by: 'unknown', cause: null, why });
    const overdue = (): void => fail('timed_out', `${waitedWords[stage]} within ${timeoutMs} ms`);
    const limit = clock.after(timeoutMs, overdue);
    const giveUp = (): void => fail('given_up', `not waited for until ${timeoutMs} ms were over`);
    signal.addEventListener('abort', giveUp);
    if (signal.aborted) giveUp();
    const broken = (error: Error): void => {
      const code = errnoOf(error) ?? '';
      if (place.demandsCertificate && stage !== 'connect' && certificateAlerts.test(code))
        return settle({ outcome: 'good', status: 0, by: 'proxy', cause: null, why: null });
      if (stage === 'connect') return fail('refused', connectWords[code] ?? `no connection (${code || error.message})`);
      if (stage === 'handshake') return fail('reset', `the TLS handshake failed (${code || error.message})`);
      fail('reset', `the connection ended without an answer (${code || error.message})`);
    };
    const ask = (): void => {
      stage = 'answer';
      stream.on('data', (piece: Buffer) => {
        text += piece.toString('latin1');
        if (text.length >= mostBytes || isWhole(text)) settle(judged(text, path, what));
      });
      stream.on('end', () => {
        if (text === '') broken(Object.assign(new Error('closed'), { code: 'closed' }));
        else settle(judged(text, path, what));
      });
      const host = place.servername ?? (to.kind === 'unix' ? 'localhost' : bracketed(to.host, to.port));
      stream.write(
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: sentinel-diagnose\r\nAccept: */*\r\nConnection: close\r\n\r\n`,
      );
    };
    socket.on('error', broken);
    socket.once('connect', () => {
      // RFC of the protocol, §2.1: a health check of the balancer itself, whose connection is nobody's.
      if (place.proxyProtocol) socket.write('PROXY UNKNOWN\r\n');
      if (!place.tls) return ask();
      stage = 'handshake';
      const secured = connectTls({
        socket,
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
        ...(place.servername === null ? {} : { servername: place.servername }),
      });
      stream = secured;
      secured.on('error', broken);
      secured.once('close', () => broken(Object.assign(new Error('closed'), { code: 'closed' })));
      secured.once('secureConnect', ask);
    });
  });
}

const waitedWords = {
  connect: 'no connection',
  handshake: 'connected, no TLS handshake',
  answer: 'connected, no answer',
};

const connectWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused (ECONNREFUSED)',
  ECONNRESET: 'connection reset (ECONNRESET)',
  EHOSTUNREACH: 'host unreachable (EHOSTUNREACH)',
  ENOENT: 'no such socket (ENOENT)',
  EAGAIN: 'its queue of connections is full (EAGAIN)',
  EACCES: 'permission denied (EACCES)',
};

/** Alerts of both versions for a client that shows no certificate. */
const certificateAlerts = /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE/;

function bracketed(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Head and a body of the length that it says. */
function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1];
  return length !== undefined && text.length >= end + 4 + Number(length);
}

function judged(text: string, path: string, what: 'health' | 'ready'): Omit<Asked, 'tookMs'> {
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0);
  if (status === 0)
    return { outcome: 'other', status: 0, by: 'unknown', cause: null, why: 'what came is no HTTP answer' };
  const end = text.indexOf('\r\n\r\n');
  const [head, body] = end === -1 ? [text, ''] : [text.slice(0, end), text.slice(end + 4)];
  const field = (name: string): string | null => new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i').exec(head)?.[1] ?? null;
  const own =
    field('cache-control') === 'no-store' &&
    (what === 'health' ? body === 'OK\n' : /^\{"ready":(?:true|false)/.test(body));
  const ours = field('x-correlation-id') !== null;
  const by = ours && (own || field('proxy-status') !== null) ? 'proxy' : ours ? 'upstream' : 'unknown';
  if (status === 200 && by === 'proxy' && own) return { outcome: 'good', status, by, cause: null, why: null };
  const cause = by === 'proxy' ? (/"cause":"([a-z_]+)"/.exec(body)?.[1] ?? null) : null;
  const reasons = own ? /"reasons":\[([^\]]*)\]/.exec(body)?.[1] : undefined;
  return {
    outcome: 'other',
    status,
    by,
    cause,
    why: `GET ${path} answered ${status}, ${whoWords[by]}${reasons === undefined ? '' : `: ${reasons}`}`,
  };
}

const whoWords = {
  proxy: 'by the proxy itself',
  upstream: 'from a route',
  unknown: 'by something that is not this proxy',
};

/** What was given up is not among what was asked. */
export function summed(path: string, all: readonly Asked[]): EndpointAnswers {
  const asked = all.filter(({ outcome }) => outcome !== 'given_up');
  const count = (outcome: Asked['outcome']): number => asked.filter((one) => one.outcome === outcome).length;
  const others = Map.groupBy(
    asked.filter(({ outcome }) => outcome === 'other'),
    ({ status, by, cause }) => `${status} ${by} ${cause}`,
  );
  const times = asked
    .filter(({ outcome }) => outcome === 'good' || outcome === 'other')
    .map(({ tookMs }) => tookMs)
    .sort((a, b) => a - b);
  return {
    path,
    asked: asked.length,
    good: count('good'),
    refused: count('refused'),
    timed_out: count('timed_out'),
    reset: count('reset'),
    others: [...others.values()].map((same) => {
      const { status, by, cause } = same[0] as Asked;
      return { status, by, cause, count: same.length };
    }),
    p50_ms: times[(times.length - 1) >> 1] ?? null,
    max_ms: times.at(-1) ?? null,
    why: [...new Set((asked.length > 0 ? asked : all).flatMap(({ why }) => why ?? []))].join('; ') || null,
  };
}

/** Of a listener that cannot be asked from here. */
export function unasked(path: string, why: string): EndpointAnswers {
  const nothing = { asked: 0, good: 0, refused: 0, timed_out: 0, reset: 0, others: [] };
  return { path, ...nothing, p50_ms: null, max_ms: null, why };
}
