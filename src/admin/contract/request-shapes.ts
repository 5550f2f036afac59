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
