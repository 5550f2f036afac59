/**
 * What a worker says of one sampled exchange: the facts of its span and of the spans of its tries, as one JSON text in the
 * ring (`span-ring.ts`). The main thread makes spans of it (`control/tracing/spans.ts`). Secrets have been taken out.
 */

/** Times are milliseconds; those of tries and events count from `startMs`. */
export interface TraceRecord {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits: the span of the exchange. */
  readonly spanId: string;
  /** The client's span; empty = the trace begins here. */
  readonly parentId: string;
  /** `tracestate` as the client sent it; empty = none. */
  readonly state: string;
  /** Wall clock, with a fraction. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** `Host`, with its port where it has one. */
  readonly authority: string;
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
  /** `1.0`, `1.1` or `2`. */
  readonly version: string;
  /** 0 = no answer was begun. */
  readonly status: number;
  readonly cause: string;
  readonly client: string;
  readonly peer: string;
  readonly userAgent: string;
  readonly correlationId: string;
  readonly listener: string;
  readonly route: string;
  readonly upstream: string;
  /** The fallback upstream took it over, and no try says so: when. -1 = no. */
  readonly fallbackMs: number;
  readonly tries: readonly TriedTarget[];
  /** Failed tries that are not in `tries`: they lie before the last failed one. */
  readonly triesOmitted: number;
}

/** One try. */
export interface TriedTarget {
  /** What the target was told in `traceparent`, if it was told anything. */
  readonly spanId: string;
  /** `first`, `retry`, `failover`, `fallback` or `resend`. */
  readonly kind: string;
  readonly upstream: string;
  readonly target: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly queueMs: number;
  readonly connectMs: number;
  /** Of the answer; 0 = none came. */
  readonly status: number;
  /** Why it failed; empty = it did not. */
  readonly cause: string;
}
