/**
 * The tries of one exchange that failed, in their order. Kept only once a try has failed: most exchanges have none. Written
 * by `failed-try.ts`, read by whoever tells of an exchange: its record, and its spans. Holds, decides nothing.
 */
import type { Cause } from '../../shared/causes.ts';

/**
 * Why a try was made. `retry`: by the route's policy. `failover`: the one before did not even take the request. `fallback`:
 * the fallback upstream's first. `resend`: the same target, as its reused connection was dead already, or it had not looked.
 */
export type TryKind = 'first' | 'retry' | 'failover' | 'fallback' | 'resend';

/** Times are milliseconds. */
export interface FailedTry {
  readonly kind: TryKind;
  readonly upstream: string;
  /** Its address. */
  readonly target: string;
  /** After the exchange began. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly queueMs: number;
  readonly connectMs: number;
  /** From the request's going out to the head of an answer that was not wanted; 0 = there was none. */
  readonly firstByteMs: number;
  /** Of that answer; 0 = there was none. */
  readonly status: number;
  readonly cause: Cause;
  /** Its span, as it was named to the target; empty = nothing was sent. */
  readonly spanId: string;
}

export class Trail {
  readonly failed: FailedTry[] = [];
  /** Failed tries that are not in `failed`. */
  omitted = 0;
  /** Why the try after the last failed one is made: the one that answers, if any does. */
  next: TryKind = 'first';
  /** What `x.queueMs` and `x.connectMs` were when the last one failed: the rest is that of the try after it. */
  queueMs = 0;
  connectMs = 0;
}
