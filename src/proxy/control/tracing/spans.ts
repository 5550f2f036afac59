/**
 * Makes spans of what workers say of sampled exchanges: one of the exchange, one under it for each try, named and described by
 * the semantic conventions for HTTP of OpenTelemetry, and by words of our own under `sentinel.`. Pure.
 */
import { hundredths } from '../../../base/units.ts';
import type { TraceRecord, TriedTarget } from '../../shared/trace-record.ts';

export type Attributes = readonly (readonly [key: string, value: string | number])[];

export interface SpanEvent {
  /** Wall clock. */
  readonly atMs: number;
  readonly name: string;
  readonly attributes: Attributes;
}

/** As OTLP has it. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty = it is the root. */
  readonly parentId: string;
  readonly state: string;
  readonly name: string;
  readonly kind: typeof spanKinds.server | typeof spanKinds.client;
  /** Wall clock, with a fraction. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  /** Why it failed; null = it did not. */
  readonly error: string | null;
  /** Flags of the trace context in the low byte; above them whether it is known that the parent is elsewhere, and whether it is. */
  readonly flags: number;
}

export const spanKinds = { server: 2, client: 3 } as const;
const flags = { sampled: 1, hasIsRemote: 0x100, isRemote: 0x200 } as const;

/** Those that the conventions know; another one is `_OTHER`, as names and attributes of spans must be few. */
const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'CONNECT', 'QUERY']);

export function spansOf(record: TraceRecord): readonly Span[] {
  return [serverSpan(record), ...record.tries.map((tried, at) => clientSpan(record, tried, at))];
}

function serverSpan(record: TraceRecord): Span {
  const { startMs, durationMs, status, cause, parentId, route, tries, triesOmitted } = record;
  return {
    traceId: record.traceId,
    spanId: record.spanId,
    parentId,
    state: record.state,
    name: route === '' ? methodWord(record) : `${methodWord(record)} ${route}`,
    kind: spanKinds.server,
    startMs,
    endMs: startMs + durationMs,
    attributes: [
      ...methodAttributes(record),
      ['url.scheme', record.scheme],
      ...said('url.path', record.path),
      ...said('url.query', record.query),
      ...hostAttributes(record.authority, record.scheme === 'https' ? 443 : 80),
      ...said('client.address', record.client),
      ...said('network.peer.address', record.peer),
      ['network.protocol.name', 'http'],
      ['network.protocol.version', record.version],
      ...said('user_agent.original', record.userAgent),
      ...(status === 0 ? [] : [['http.response.status_code', status] as const]),
      ...said('error.type', cause),
      ['sentinel.correlation_id', record.correlationId],
      ['sentinel.listener', record.listener],
      ...said('sentinel.route', route),
      ...said('sentinel.upstream', record.upstream),
      ['sentinel.attempts', tries.length + triesOmitted],
      ...(triesOmitted === 0 ? [] : [['sentinel.attempts_omitted', triesOmitted] as const]),
    ],
    events: eventsOf(record),
    error: failed(status, cause) ? cause : null,
    flags: flags.sampled | flags.hasIsRemote | (parentId === '' ? 0 : flags.isRemote),
  };
}

function clientSpan(record: TraceRecord, tried: TriedTarget, at: number): Span {
  const { status, cause } = tried;
  // Those that were left out lie before the last that failed.
  const last = at >= record.tries.length - (record.tries.at(-1)?.cause === '' ? 2 : 1);
  const earlier = at + (last ? record.triesOmitted : 0);
  const startMs = record.startMs + tried.startMs;
  return {
    traceId: record.traceId,
    spanId: tried.spanId,
    parentId: record.spanId,
    state: record.state,
    name: `${methodWord(record)} ${tried.upstream}`,
    kind: spanKinds.client,
    startMs,
    // Never beyond the request that it is a part of, whatever rounding does.
    endMs: Math.min(startMs + tried.durationMs, record.startMs + record.durationMs),
    attributes: [
      ...methodAttributes(record),
      ...hostAttributes(tried.target, 0),
      ...(earlier === 0 ? [] : [['http.request.resend_count', earlier] as const]),
      ...(status === 0 ? [] : [['http.response.status_code', status] as const]),
      ...said('error.type', cause),
      ['sentinel.upstream', tried.upstream],
      ['sentinel.target', tried.target],
      ['sentinel.try', tried.kind],
      ['sentinel.queue_ms', hundredths(tried.queueMs)],
      ['sentinel.connect_ms', hundredths(tried.connectMs)],
    ],
    events: [],
    error: failed(status, cause) ? cause : null,
    flags: flags.sampled | flags.hasIsRemote,
  };
}

/** What was tried after the first try, and what it was tried for. */
function eventsOf(record: TraceRecord): readonly SpanEvent[] {
  const { tries, startMs, fallbackMs, upstream } = record;
  const events = tries.flatMap(({ kind, startMs: at, upstream: name, target }, index): SpanEvent[] => {
    const before = tries[index - 1];
    if (kind === 'first' || before === undefined) return [];
    const attributes: Attributes = [
      ['error.type', before.cause],
      ['sentinel.target', target],
      ['sentinel.upstream', name],
      ['sentinel.target.before', before.target],
    ];
    return [{ atMs: startMs + at, name: kind, attributes }];
  });
  if (fallbackMs >= 0) {
    events.push({ atMs: startMs + fallbackMs, name: 'fallback', attributes: [['sentinel.upstream', upstream]] });
  }
  return events;
}

/** A 4xx is the client's fault or wish; a cause without an answer, or with one that broke off, is not. */
function failed(status: number, cause: string): boolean {
  return status >= 500 || (cause !== '' && cause !== 'client_closed' && status < 400);
}

function methodWord({ method }: TraceRecord): string {
  return knownMethods.has(method) ? method : 'HTTP';
}

function methodAttributes({ method }: TraceRecord): Attributes {
  if (knownMethods.has(method)) return [['http.request.method', method]];
  return [
    ['http.request.method', '_OTHER'],
    ['http.request.method_original', method],
  ];
}

/** @param standard port where none is written; 0 = none */
function hostAttributes(authority: string, standard: number): Attributes {
  const [, bracketed, plain = '', port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(authority) ?? [];
  const host = bracketed ?? plain;
  // A unix socket is its own address.
  if (host === '') return said('server.address', authority);
  const number = port === undefined ? standard : Number(port);
  return [['server.address', host], ...(number === 0 ? [] : [['server.port', number] as const])];
}

function said(key: string, value: string): Attributes {
  return value === '' ? [] : [[key, value]];
}
