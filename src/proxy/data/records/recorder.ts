/**
 * Decides which finished exchanges are kept as records, and in which ring, and writes them: every error, every slow one, a
 * few a second of the rest. Asked by the ledger once for each exchange, on the hot path; one that is not kept costs a few
 * comparisons.
 */
import type { FailedTryState } from '../../../admin/contract/request-shapes.ts';
import { hundredths } from '../../../base/units.ts';
import { causes } from '../../shared/causes.ts';
import { recordText } from '../../shared/finished-request.ts';
import { RecordRing } from '../../shared/record-ring.ts';
import type { RecordRings } from '../../shared/record-rings.ts';
import type { Exchange } from '../request/exchange.ts';
import type { FailedTry } from '../request/trail.ts';
import { Allowance } from './allowance.ts';
import type { RequestIds } from './request-ids.ts';

/** Of requests that are neither error nor slow. */
const SAMPLES_A_SECOND = 20;
/** Of those that a retry or another target saved: before the sample of all, as they say what is about to fail. */
const REPAIRED_A_SECOND = 20;
/**
 * Of those that failed for reasons of their client, or were refused by a rule, with a status below 500: a flood that a rate
 * limit turns away must not wash the errors out.
 */
const REFUSALS_A_SECOND = 50;

export type Kept = 'error' | 'slow' | 'sample';

export class Recorder {
  readonly #ids: RequestIds;
  readonly #errors: RecordRing;
  readonly #slow: RecordRing;
  readonly #sample: RecordRing;
  readonly #samples = new Allowance(SAMPLES_A_SECOND, 1000);
  readonly #repaired = new Allowance(REPAIRED_A_SECOND, 1000);
  readonly #refusals = new Allowance(REFUSALS_A_SECOND, 1000);

  constructor(rings: RecordRings, ids: RequestIds) {
    this.#ids = ids;
    this.#errors = new RecordRing(rings.errors);
    this.#slow = new RecordRing(rings.slow);
    this.#sample = new RecordRing(rings.sample);
  }

  /** Why the exchange that ends `now` is to be kept; null = it is not. */
  wanted(x: Exchange, now: number): Kept | null {
    const { cause, status } = x;
    if (cause !== null || status >= 500) {
      if (status >= 500 || (cause !== null && causes[cause].source === 'upstream') || this.#refusals.take(now)) {
        return 'error';
      }
      this.#errors.skip();
      return null;
    }
    // Of a WebSocket its handshake: how long people stay says nothing of how fast anybody is.
    const durationMs = (x.switched ? x.firstByteAt : now) - x.startedAt;
    if (durationMs > x.runtime.plan.slowMs) return 'slow';
    return (x.trail !== null && this.#repaired.take(now)) || this.#samples.take(now) ? 'sample' : null;
  }

  /** @param line of the exchange, as JSON */
  keep(x: Exchange, kept: Kept, line: string): void {
    const text = recordOf(x, line, this.#ids, kept);
    if (kept === 'error') this.#errors.append(text);
    else if (kept === 'slow') this.#slow.append(text);
    else this.#sample.append(text);
  }
}

/** The record of an exchange, from its line. */
export function recordOf(x: Exchange, line: string, ids: RequestIds, kept: Kept | 'tap'): string {
  const { trail } = x;
  return recordText(line, {
    id: ids.idOf(x),
    kept,
    lastTry: trail?.next ?? 'first',
    tries: trail === null ? '[]' : JSON.stringify(trail.failed.map(tryState)),
    triesOmitted: trail?.omitted ?? 0,
  });
}

/** A failed try as it is shown. */
export function tryState(one: FailedTry): FailedTryState {
  return {
    kind: one.kind,
    upstream: one.upstream,
    target: one.target,
    start_ms: hundredths(one.startMs),
    duration_ms: hundredths(one.durationMs),
    queue_ms: hundredths(one.queueMs),
    connect_ms: hundredths(one.connectMs),
    first_byte_ms: hundredths(one.firstByteMs),
    status: one.status,
    cause: one.cause,
  };
}
