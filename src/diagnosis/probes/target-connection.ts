/** The lower steps to one target: a TCP connection, and a TLS handshake as its upstream wants it. Closes what it opens. */
import { connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { errnoOf } from '../../base/errors.ts';
import type { OutboundAddress } from '../../web/outbound-request.ts';
import type { TargetTls } from '../../web/target-tls.ts';
import { tlsFault } from '../../web/tls-fault.ts';
import type { ProbeStep } from '../facts/network.ts';

export interface Connected {
  readonly tcp: ProbeStep;
  /** Null = plain text, or it did not come to that. */
  readonly tls: ProbeStep | null;
}

export function stepSince(began: number, clock: Clock, code: string | null, words: string): ProbeStep {
  return { ok: code === null, took_ms: Math.round((clock.now() - began) * 10) / 10, code, words };
}

/** @param timeoutMs of each of the two steps */
export function connectTarget(
  to: OutboundAddress,
  tls: TargetTls | null,
  alpn: string,
  timeoutMs: number,
  clock: Clock,
): Promise<Connected> {
  return new Promise((resolve) => {
    let began = clock.now();
    let tcp: ProbeStep | null = null;
    const secured: TLSSocket | null = tls === null ? null : tls.connect(to, [alpn]);
    const socket: Socket =
      secured ?? connect(to.kind === 'unix' ? { path: to.path } : { host: to.host, port: to.port, noDelay: true });
    const settle = (connected: Connected): void => {
      limit.stop();
      socket.destroy();
      resolve(connected);
    };
    const overdue = (): void => {
      if (tcp === null)
        settle({ tcp: stepSince(began, clock, 'timeout', `no connection within ${timeoutMs} ms`), tls: null });
      else settle({ tcp, tls: stepSince(began, clock, 'timeout', `no TLS handshake within ${timeoutMs} ms`) });
    };
    let limit = clock.after(timeoutMs, overdue);
    socket.once('connect', () => {
      tcp = stepSince(began, clock, null, 'connected');
      if (secured === null) return settle({ tcp, tls: null });
      limit.stop();
      began = clock.now();
      limit = clock.after(timeoutMs, overdue);
    });
    secured?.once('secureConnect', () => {
      const believed = tls?.verifies === false ? 'not verified (insecure-skip-verify)' : 'good';
      const spoken = secured.alpnProtocol;
      const step =
        alpn === 'h2' && spoken !== 'h2'
          ? stepSince(began, clock, 'no_http2', 'the other side speaks no HTTP/2 (ALPN)')
          : stepSince(began, clock, null, `${secured.getProtocol()}, certificate ${believed}`);
      settle({ tcp: tcp ?? step, tls: step });
    });
    // Stays when it is settled: a socket that is destroyed may still have something to say.
    socket.on('error', (error: Error) => {
      const code = errnoOf(error) ?? 'error';
      if (tcp === null) return settle({ tcp: stepSince(began, clock, code, connectWords(code, error)), tls: null });
      const fault = secured === null ? null : tlsFault(secured, error, true);
      settle({ tcp, tls: stepSince(began, clock, code, fault?.reason ?? error.message) });
    });
    socket.once('close', () => {
      const closed = stepSince(began, clock, 'ECONNRESET', 'the target closed the connection');
      settle(tcp === null ? { tcp: closed, tls: null } : { tcp, tls: closed });
    });
  });
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: nothing listens there',
  ECONNRESET: 'connection reset while it was made',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'no answer to the connection attempt',
  ENOENT: 'no such socket',
  EACCES: 'permission denied',
  EAGAIN: 'its queue of connections is full',
  EMFILE: 'this process has no file descriptor left',
  EADDRNOTAVAIL: 'this machine has no local port left for it',
};

function connectWords(code: string, error: Error): string {
  return words[code] ?? error.message;
}

/** Ports that most hosts have something on. */
const usualPorts = [22, 80, 443];
const hostPatienceMs = 400;

/**
 * Whether the host is there, when one of its ports is not: another one is open, or, of one that was silent, refuses.
 * @param refused what the port did that was asked for: then the host has answered already, and only an open one says more
 */
export async function hostAnswers(
  to: Extract<OutboundAddress, { kind: 'tcp' }>,
  refused: boolean,
  clock: Clock,
): Promise<boolean> {
  const others = usualPorts.filter((port) => port !== to.port);
  const steps = await Promise.all(
    others.map((port) => connectTarget({ ...to, port }, null, '', hostPatienceMs, clock)),
  );
  return steps.some(({ tcp }) => tcp.ok || (!refused && tcp.code === 'ECONNREFUSED'));
}
