/**
 * The tries of one exchange that failed, in their order. Kept only once a try has failed: most exchanges have none. Written
 * by `attempt.ts` and `tries.ts`, read by whoever tells of an exchange: its record, and its spans.
 */
import type { Cause } from '../../shared/causes.ts';
import type { Exchange } from './exchange.ts';

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

/** Hundreds of targets may refuse one request: the first and, in the end, the last of these are what matters. */
const MOST_TRIES = 16;

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

/** Keeps a try that failed before its answer went to the client. */
export function tryFailed(x: Exchange, now: number, cause: Cause, status: number): void {
  const trail = (x.trail ??= new Trail());
  const failed: FailedTry = {
    kind: trail.next,
    upstream: x.upstream?.plan.name ?? '',
    target: x.target?.plan.address ?? '',
    startMs: x.triedAt - x.startedAt,
    durationMs: now - x.triedAt,
    queueMs: x.queueMs - trail.queueMs,
    connectMs: x.connectMs - trail.connectMs,
    firstByteMs: status === 0 ? 0 : now - x.sentAt,
    status,
    cause,
    spanId: x.spanId,
  };
  x.spanId = '';
  trail.queueMs = x.queueMs;
  trail.connectMs = x.connectMs;
  if (trail.failed.length < MOST_TRIES) trail.failed.push(failed);
  else {
    trail.failed[MOST_TRIES - 1] = failed;
    trail.omitted++;
  }
}

/** Says why there is another try. Without a failed one it is the first, whatever led to it. */
export function nextTry(x: Exchange, kind: TryKind): void {
  if (x.trail !== null) x.trail.next = kind;
}
