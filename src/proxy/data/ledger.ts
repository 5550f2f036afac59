/**
 * What is told of finished exchanges besides their counts: access log lines, records. Asked once for each exchange, by
 * `account.ts`, on the hot path: whoever wants nothing of an exchange must cost it next to nothing. The line is made at most
 * once, and only when somebody wants it. Never throws into a request.
 */
import type { AccessLogConfig } from '../../config/logging-model.ts';
import type { Clock } from '../../base/clock.ts';
import type { Filter } from '../../filter/filter.ts';
import { bump, type Cell, proxyFields, workerFields } from '../shared/cells.ts';
import type { LogRing } from '../shared/log-ring.ts';
import type { WorkerSaid } from '../shared/messages.ts';
import type { RecordRings } from '../shared/record-rings.ts';
import { type AccessLine, combinedLine, jsonLine } from './access-line.ts';
import { captureFields, withCapturedJson, withCapturedPairs } from './captured-fields.ts';
import { fieldIds } from './http1/head.ts';
import { Talkers } from './talkers/talkers.ts';
import { Recorder } from './records/recorder.ts';
import { RequestIds } from './records/request-ids.ts';
import { Tap } from './records/tap.ts';
import type { Exchange } from './request/exchange.ts';
import { Tracer } from './tracing/tracer.ts';

export interface LedgerOptions {
  readonly worker: number;
  /** The worker's own cell (`workerFields`). */
  readonly cell: Cell;
  readonly logRing: LogRing;
  readonly records: RecordRings;
  /** Ring of trace records. */
  readonly spans: SharedArrayBuffer;
  readonly report: (said: WorkerSaid) => void;
  readonly clock: Pick<Clock, 'now'>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export class Ledger {
  readonly ids: RequestIds;
  readonly talkers: Talkers;
  readonly tracer: Tracer;
  readonly #options: LedgerOptions;
  readonly #recorder: Recorder;
  /** Null = nobody watches. */
  #tap: Tap | null = null;
  #log: AccessLogConfig | null = null;
  #prefix = '';

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.ids = new RequestIds(options.worker, options.cell.lane, workerFields.requestIds);
    this.talkers = new Talkers(options.random, options.clock.now());
    this.tracer = new Tracer(options.spans, () => options.report({ kind: 'spans' }));
    this.#recorder = new Recorder(options.records, this.ids);
  }

  /**
   * From now on lines are as `log` says, also those of requests that began under another plan: a file has one format.
   * @param prefix what stands before each line where it goes to the journal
   */
  writeAs(log: AccessLogConfig, prefix: string): void {
    this.#log = log;
    this.#prefix = prefix;
  }

  /** Shows the exchanges that match one of these from now on; none = nobody watches. */
  tap(filters: readonly Filter[]): void {
    this.#tap =
      filters.length === 0
        ? null
        : new Tap(filters, this.#options.records.tap, this.ids, () => this.#options.clock.now());
  }

  record(x: Exchange, now: number, bytesOut: number): void {
    this.talkers.note(x, now, bytesOut);
    const { enabled, format, sample } = this.#log ?? x.runtime.plan.accessLog;
    const logged = enabled && (sample >= 1 || x.cause !== null || this.#options.random() < sample);
    const kept = this.#recorder.wanted(x, now);
    const tapped = this.#tap !== null && this.#tap.wants(x, now);
    if (!logged && kept === null && !tapped) return;
    const line = accessLine(x, now, bytesOut);
    const { captureRequest, captureResponse } = x.runtime.plan.accessLog;
    const captures = captureRequest.length > 0 || captureResponse.length > 0;
    const request = captures ? captureFields(captureRequest, x.head, x.runtime.secrets) : [];
    const response = x.captured ?? [];
    const plain = kept !== null || tapped || format === 'json' ? jsonLine(line) : '';
    const json = captures && plain !== '' ? withCapturedJson(plain, request, response) : plain;
    if (logged) {
      const combined = format === 'json' ? '' : combinedLine(line);
      const text = format === 'json' ? json : captures ? withCapturedPairs(combined, request, response) : combined;
      if (!this.#options.logRing.append(this.#prefix === '' ? text : this.#prefix + text))
        bump(x.runtime.cells.proxy, proxyFields.logDropped);
    }
    if (kept !== null) this.#recorder.keep(x, kept, json);
    if (tapped) this.#tap?.show(x, json);
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
    protocol: x.protocol,
    status: x.status,
    cause: x.cause ?? '',
    durationMs: now - x.startedAt,
    queueMs: x.queueMs,
    connectMs: x.connectMs,
    firstByteMs: first === 0 ? 0 : first - x.sentAt,
    transferMs: first === 0 ? 0 : now - first,
    tlsVersion: x.client.secured?.version ?? '',
    route: route?.plan.id ?? '',
    upstream: x.upstreamName,
    target: x.target?.plan.address ?? '',
    attempts: x.attempts,
    bytesIn: x.bytesIn,
    bytesOut,
    userAgent: head.known(fieldIds.userAgent) ?? '',
    referer: head.known(fieldIds.referer) ?? '',
  };
}
