/**
 * A collector for tests: takes OTLP over HTTP on loopback and decodes it with the protobuf of OpenTelemetry itself. How it
 * answers can be changed at any time.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';

const { opentelemetry } = createRequire(import.meta.url)('@opentelemetry/otlp-transformer/build/src/generated/root.js');
const { ExportTraceServiceRequest, ExportTraceServiceResponse } = opentelemetry.proto.collector.trace.v1;

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly state: string;
  readonly name: string;
  readonly kind: 'server' | 'client';
  /** Nanoseconds since the epoch. */
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly events: readonly {
    readonly at: bigint;
    readonly name: string;
    readonly attributes: Readonly<Record<string, string | number>>;
  }[];
  /** Message of the status where it is an error. */
  readonly error: string | null;
  readonly flags: number;
  readonly resource: Readonly<Record<string, string | number>>;
  readonly scope: { readonly name: string; readonly version: string };
}

export interface ReceivedExport {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly spans: readonly ReceivedSpan[];
}

/** An answer to one export. */
export type ReceiverAnswer = (response: ServerResponse, spans: readonly ReceivedSpan[]) => void;

export class TraceReceiver {
  readonly exports: ReceivedExport[] = [];
  answer: ReceiverAnswer = (response) => response.writeHead(200).end();
  port = 0;
  #scheme = 'http';
  #close: () => void = () => {};

  /** @param tls key and certificate, PEM; without: plain text */
  static async start(t: TestContext, tls?: { readonly key: string; readonly cert: string }): Promise<TraceReceiver> {
    const receiver = new TraceReceiver();
    const take = (request: IncomingMessage, response: ServerResponse) => receiver.#take(request, response);
    const server = tls === undefined ? createServer(take) : createTlsServer(tls, take);
    receiver.#scheme = tls === undefined ? 'http' : 'https';
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    receiver.port = (server.address() as AddressInfo).port;
    receiver.#close = () => {
      server.close();
      server.closeAllConnections();
    };
    t.after(() => receiver.close());
    return receiver;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  get spans(): readonly ReceivedSpan[] {
    return this.exports.flatMap(({ spans }) => spans);
  }

  close(): void {
    this.#close();
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const packed = Buffer.concat(pieces);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(packed) : packed;
      const spans = spansIn(ExportTraceServiceRequest.decode(body));
      this.exports.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, spans });
      this.answer(response, spans);
    });
  }
}

/** The answer of a collector that takes all but `rejectedSpans`. */
export function partly(rejectedSpans: number, errorMessage: string): ReceiverAnswer {
  return (response) => {
    const body = ExportTraceServiceResponse.encode({ partialSuccess: { rejectedSpans, errorMessage } }).finish();
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(body);
  };
}

/** What is read of a decoded export; values of attributes have one of the keys of `AnyValue`. */
interface DecodedExport {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly DecodedAttribute[] };
    readonly scopeSpans: readonly {
      readonly scope: DecodedScope;
      readonly spans: readonly DecodedSpan[];
    }[];
  }[];
}

interface DecodedScope {
  readonly name: string;
  readonly version: string;
}

type DecodedTime = { readonly low: number; readonly high: number } | number;

interface DecodedSpan {
  readonly traceId?: Uint8Array;
  readonly spanId?: Uint8Array;
  readonly parentSpanId?: Uint8Array;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: DecodedTime;
  readonly endTimeUnixNano: DecodedTime;
  readonly attributes: readonly DecodedAttribute[];
  readonly events: readonly {
    readonly timeUnixNano: DecodedTime;
    readonly name: string;
    readonly attributes: readonly DecodedAttribute[];
  }[];
  readonly status?: { readonly code: number; readonly message?: string };
  readonly flags?: number;
}

interface DecodedAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, string | number>>;
}

function spansIn(message: DecodedExport): ReceivedSpan[] {
  return message.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => received(span, plain(resource.attributes), scope))),
  );
}

function received(span: DecodedSpan, resource: ReceivedSpan['resource'], scope: DecodedScope): ReceivedSpan {
  const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex');
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentId: hex(span.parentSpanId),
    state: span.traceState ?? '',
    name: span.name,
    kind: span.kind === 2 ? 'server' : 'client',
    start: nanoseconds(span.startTimeUnixNano),
    end: nanoseconds(span.endTimeUnixNano),
    attributes: plain(span.attributes),
    events: span.events.map((event) => ({
      at: nanoseconds(event.timeUnixNano),
      name: event.name,
      attributes: plain(event.attributes),
    })),
    error: span.status?.code === 2 ? (span.status.message ?? '') : null,
    flags: span.flags ?? 0,
    resource,
    scope: { name: scope.name, version: scope.version },
  };
}

function plain(attributes: readonly DecodedAttribute[]): Record<string, string | number> {
  return Object.fromEntries(
    attributes.flatMap(({ key, value }) =>
      Object.entries(value).map(([kind, one]) => [key, kind === 'intValue' ? Number(one) : one]),
    ),
  );
}

/** Of a Long, or of a number where there is none. */
function nanoseconds(value: DecodedTime): bigint {
  if (typeof value === 'number') return BigInt(value);
  return (BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0);
}
