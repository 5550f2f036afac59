/** Shapes of the admin API for single requests, finished and under way. Names and units as in `shapes.ts`. Types only. */

/** Why a try was made; what each means: `docs/requests.md`. */
export type TryKind = 'first' | 'retry' | 'failover' | 'fallback' | 'resend';

/** A try that failed before its answer went to the client. */
export interface FailedTryState {
  readonly kind: TryKind;
  readonly upstream: string;
  readonly target: string;
  /** After the request began. */
  readonly start_ms: number;
  readonly duration_ms: number;
  readonly queue_ms: number;
  readonly connect_ms: number;
  /** To the head of an answer that was not wanted; 0 = there was none. */
  readonly first_byte_ms: number;
  /** Of that answer; 0 = there was none. */
  readonly status: number;
  readonly cause: string;
}

/** Why a finished request was kept. `sample` = it was one of so many a second, whatever became of it. */
export type KeptAs = 'error' | 'slow' | 'sample' | 'tap';

/** A finished request: the fields of the access log, and what it has no place for. */
export interface RequestRecord {
  /** When it began. */
  readonly time: string;
  readonly correlation_id: string;
  readonly trace_id: string;
  readonly client_ip: string;
  readonly listener: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly protocol: string;
  readonly status: number;
  readonly cause: string;
  readonly duration_ms: number;
  readonly queue_ms: number;
  readonly connect_ms: number;
  readonly first_byte_ms: number;
  readonly transfer_ms: number;
  readonly tls_version: string;
  readonly route: string;
  readonly upstream: string;
  readonly target: string;
  readonly attempts: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly user_agent: string;
  readonly referer: string;
  /** `worker-sequence`: what it went by while it was under way. */
  readonly id: string;
  readonly kept: KeptAs;
  /** Why the try that answered, if one did, was made. */
  readonly last_try: TryKind;
  /** The failed tries in their order; the last one is always among them. */
  readonly tries: readonly FailedTryState[];
  /** Failed tries that are not in `tries`, as there were too many. */
  readonly tries_omitted: number;
}

/** What a request in flight may be at; what each means: `docs/requests.md`. */
export const inflightPhases = [
  'guard',
  'receive',
  'pause',
  'queue',
  'connect',
  'send',
  'wait',
  'relay',
  'client',
  'websocket',
] as const;
export type InflightPhase = (typeof inflightPhases)[number];

/** A request under way. */
export interface InflightRequest {
  /** `worker-sequence`; never given twice while the daemon runs. */
  readonly id: string;
  readonly correlation_id: string;
  readonly trace_id: string;
  readonly age_ms: number;
  readonly phase: InflightPhase;
  readonly client_ip: string;
  readonly listener: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly protocol: string;
  readonly user_agent: string;
  /** Empty while it has none. */
  readonly route: string;
  readonly upstream: string;
  readonly target: string;
  readonly attempts: number;
  /** What the client was told; 0 = nothing yet. */
  readonly status: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  /** The tries that have failed so far. */
  readonly tries: readonly FailedTryState[];
}

/** Query of `GET /admin/inflight`. */
export interface InflightQuery {
  readonly filter?: string;
  /** How many to show; 1 to 10 000. */
  readonly limit?: string;
}

export interface InflightReply {
  /** Server time. */
  readonly at: string;
  /** Oldest first. */
  readonly requests: readonly InflightRequest[];
  /** Those that match, shown or not. */
  readonly matching: number;
  /** All that are in flight. */
  readonly total: number;
  /** Workers that did not answer within a second: of their requests nothing is here. */
  readonly unanswered: readonly number[];
}

export interface KillReply {
  /** As it was when it was ended. */
  readonly killed: InflightRequest;
}

/** Query of `GET /admin/requests`. */
export interface RequestsQuery {
  readonly filter?: string;
  /** How many to show; 1 to 2000. */
  readonly limit?: string;
  /** Default `all`. `slow`: those that are, errors among them. */
  readonly kind?: 'errors' | 'slow' | 'all';
  /** Those that ended after: RFC 3339, or a duration back from now. */
  readonly since?: string;
}

/** What is kept of one kind, over all workers. */
export interface KeptRange {
  readonly records: number;
  /** Before this nothing is complete: the newest of the times at which any worker's ring begins. Null = nothing was overwritten. */
  readonly complete_since: string | null;
  /** Those that were wanted, and not kept because too many came. */
  readonly skipped: number;
}

export interface RequestsReply {
  readonly at: string;
  /** Newest first, by when they ended. */
  readonly requests: readonly RequestRecord[];
  /** There are more that match. */
  readonly more: boolean;
  /** Milliseconds above which a request is slow (`alerts.p99-ms`). */
  readonly slow_ms: number;
  readonly kept: {
    readonly errors: KeptRange;
    readonly slow: KeptRange;
    readonly sample: KeptRange;
  };
}

/** News of the stream topic `requests`: what somebody who taps sees. */
export type TapNews =
  | { readonly kind: 'request'; readonly request: RequestRecord }
  /** Matching requests that are not shown, since the last news of this kind: too many came. */
  | { readonly kind: 'skipped'; readonly count: number };
