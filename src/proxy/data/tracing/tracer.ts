/**
 * Writes down what is to be told of a sampled exchange as spans, for the main thread to export. Asked at the end of the
 * exchange, or when it has become a WebSocket: how long people stay is no part of a request. Waits for nobody: what the ring
 * does not take is counted as dropped.
 */
import { redactQuery, redactValue } from '../../../base/redaction.ts';
import { bump, proxyFields } from '../../shared/cells.ts';
import { SpanWriter } from '../../shared/span-ring.ts';
import type { TraceRecord, TriedTarget } from '../../shared/trace-record.ts';
import { fieldIds } from '../http1/head.ts';
import type { Exchange } from '../request/exchange.ts';

/** Of a text that a client chose, so much is told. */
const LONGEST = 1024;
/** W3C Trace Context §3.3.1.5: so much of it is to be passed on at least. */
const LONGEST_STATE = 512;

export class Tracer {
  readonly #ring: SpanWriter;

  /** @param call tells the main thread that there is much to fetch */
  constructor(ring: SharedArrayBuffer, call: () => void) {
    this.#ring = new SpanWriter(ring, call);
  }

  /** Tells of `x`, once; `end` is when it ended, by the clock of the exchange. */
  tell(x: Exchange, end: number): void {
    const record = recordOf(x, end);
    x.trace = null;
    if (record === null || this.#ring.append(JSON.stringify(record))) return;
    bump(x.runtime.cells.proxy, proxyFields.spansDropped, 1 + record.tries.length);
  }
}

function recordOf(x: Exchange, end: number): TraceRecord | null {
  const { head, host, route, trace, client, trail } = x;
  // Who asks whether the proxy is well makes no traces.
  if (trace === null || isOwnPath(x)) return null;
  const tries = triesOf(x, end);
  const state = x.traceFlags === '' ? '' : (head.known(fieldIds.tracestate) ?? '');
  return {
    traceId: x.traceId,
    spanId: trace.spanId,
    parentId: trace.parentId,
    state: state.length > LONGEST_STATE ? '' : state,
    startMs: host.wallMs() - (host.now() - x.startedAt),
    durationMs: end - x.startedAt,
    method: head.method,
    scheme: client.secured === null ? 'http' : 'https',
    authority: head.authority,
    path: cut(redactValue(x.path)),
    query: cut(redactQuery(head.query)),
    version: client.http2 ? '2' : head.minor === 1 ? '1.1' : '1.0',
    status: x.begun ? x.status : 0,
    cause: x.cause ?? '',
    client: x.clientIp,
    peer: client.peerAddress,
    userAgent: cut(redactValue(head.known(fieldIds.userAgent) ?? '')),
    correlationId: x.correlationId,
    listener: x.listener.plan.id,
    route: route?.plan.id ?? '',
    upstream: x.upstreamName,
    fallbackMs: fallbackMs(x, tries),
    tries,
    triesOmitted: trail?.omitted ?? 0,
  };
}

/** When the fallback upstream took over without a try that says so: as no target of the first was asked, or it is static. */
function fallbackMs({ route, upstream }: Exchange, tries: readonly TriedTarget[]): number {
  const handedOver = route !== null && upstream !== null && upstream !== route.upstream;
  if (!handedOver || tries.some(({ kind }) => kind === 'fallback')) return -1;
  const last = tries.at(-1);
  if (last === undefined) return 0;
  return last.upstream === upstream.plan.name ? last.startMs : last.startMs + last.durationMs;
}

function triesOf(x: Exchange, end: number): TriedTarget[] {
  const { trail, host } = x;
  const tries: TriedTarget[] = (trail?.failed ?? []).map((failed) => ({
    spanId: failed.spanId || host.newSpanId(),
    kind: failed.kind,
    upstream: failed.upstream,
    target: failed.target,
    startMs: failed.startMs,
    durationMs: failed.durationMs,
    queueMs: failed.queueMs,
    connectMs: failed.connectMs,
    status: failed.status,
    cause: failed.cause,
  }));
  // The one that was under way when it all ended: it answered, or its client left.
  if (x.attempts > tries.length + (trail?.omitted ?? 0)) {
    tries.push({
      spanId: x.spanId || host.newSpanId(),
      kind: trail?.next ?? 'first',
      upstream: x.upstream?.plan.name ?? '',
      target: x.target?.plan.address ?? '',
      startMs: x.triedAt - x.startedAt,
      durationMs: end - x.triedAt,
      queueMs: x.queueMs - (trail?.queueMs ?? 0),
      connectMs: x.connectMs - (trail?.connectMs ?? 0),
      status: x.firstByteAt === 0 ? 0 : x.status,
      cause: x.cause ?? '',
    });
  }
  return tries;
}

/** The proxy's own answers of `/health` and `/ready`. */
function isOwnPath({ route, path, runtime, cause }: Exchange): boolean {
  const { healthPath, readyPath } = runtime.plan;
  return route === null && cause === null && (path === healthPath || path === readyPath);
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
