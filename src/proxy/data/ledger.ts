/**
 * What is told of finished exchanges besides their counts: access log lines. Asked once for each exchange, by `account.ts`,
 * on the hot path: whoever wants nothing of an exchange must cost it next to nothing. Never throws into a request.
 */
import { bump, proxyFields } from '../shared/cells.ts';
import type { LogRing } from '../shared/log-ring.ts';
import { type AccessLine, combinedLine, jsonLine } from './access-line.ts';
import { fieldIds } from './http1/head.ts';
import type { Exchange } from './request/exchange.ts';

export interface LedgerOptions {
  readonly logRing: LogRing;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export class Ledger {
  readonly #options: LedgerOptions;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  record(x: Exchange, now: number, bytesOut: number): void {
    const { enabled, format, sample } = x.runtime.plan.accessLog;
    if (!enabled || (sample < 1 && x.cause === null && this.#options.random() >= sample)) return;
    const line = accessLine(x, now, bytesOut);
    const text = format === 'json' ? jsonLine(line) : combinedLine(line);
    if (!this.#options.logRing.append(text)) bump(x.runtime.cells.proxy, proxyFields.logDropped);
  }
}

function accessLine(x: Exchange, now: number, bytesOut: number): AccessLine {
  const { head, route } = x;
  const first = x.firstByteAt;
  return {
    wallMs: x.host.wallMs() - (now - x.startedAt),
    correlationId: x.correlationId,
    traceId: x.traceId,
    clientIp: x.clientIp,
    listener: x.listener.plan.id,
    method: head.method,
    host: head.host,
    path: x.path,
    query: head.query,
    protocol: x.client.http2 ? 'HTTP/2.0' : head.minor === 1 ? 'HTTP/1.1' : 'HTTP/1.0',
    status: x.status,
    cause: x.cause ?? '',
    durationMs: now - x.startedAt,
    queueMs: x.queueMs,
    connectMs: x.connectMs,
    firstByteMs: first === 0 ? 0 : first - x.sentAt,
    transferMs: first === 0 ? 0 : now - first,
    tlsVersion: x.client.secured?.version ?? '',
    route: route?.plan.id ?? '',
    upstream: (x.upstream ?? route?.upstream)?.plan.name ?? '',
    target: x.target?.plan.address ?? '',
    attempts: x.attempts,
    bytesIn: x.bytesIn,
    bytesOut,
    userAgent: head.known(fieldIds.userAgent) ?? '',
    referer: head.known(fieldIds.referer) ?? '',
  };
}
