/** Writes the trail of an exchange: a try has failed, another is made. Called by `attempt.ts` and `tries.ts`; decides neither. */
import type { Cause } from '../../shared/causes.ts';
import type { Exchange } from './exchange.ts';
import { type FailedTry, Trail, type TryKind } from './trail.ts';

/** Hundreds of targets may refuse one request: the first and, in the end, the last of these are what matters. */
const MOST_TRIES = 16;

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
