/**
 * Tells people that spans are being lost: one line when it begins, one when it is over, whatever lies between. Told by
 * `tracing.ts` what happens to batches; decides nothing about them.
 */
import type { Clock } from '../../../base/clock.ts';
import type { Log } from '../logging.ts';

/** Drops in a row of less than this between them are one trouble. */
const QUIET_MS = 10_000;
/** A collector that takes this long for an answer is what holds the others up. */
const SILENT_MS = 1_000;

export class Trouble {
  readonly #log: Log;
  readonly #clock: Clock;
  /** When the present one began; null = all is well. */
  #since: number | null = null;
  #lost = 0;
  /** The count of dropped spans when it was last looked at, and when it last rose. */
  #dropped = 0;
  #droppedAt = -Infinity;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** The collector does not take a batch, or not all of it. */
  began(collector: string, why: string): void {
    if (this.#since !== null) return;
    this.#since = this.#clock.now();
    this.#log.warn('Traces are not exported', { event: 'trace_export_failing', collector, why });
  }

  /** Spans that are given up. */
  lost(count: number): void {
    this.#lost += count;
  }

  /**
   * @param count of the spans that the rings had no room for, since the start
   * @param silentMs how long the collector has owed an answer
   */
  dropped(count: number, collector: string, silentMs: number): void {
    const more = count - this.#dropped;
    if (more <= 0) return;
    this.#dropped = count;
    this.#droppedAt = this.#clock.now();
    this.#lost += more;
    if (this.#since !== null) return;
    this.#since = this.#droppedAt;
    const why =
      silentMs >= SILENT_MS
        ? `it has not answered for ${Math.round(silentMs / 1000)} s`
        : 'more requests are sampled than can be exported; lower sampling-rate';
    this.#log.warn('Spans are dropped', { event: 'trace_export_failing', collector, why });
  }

  /** The collector has taken a whole batch. */
  over(collector: string): void {
    if (this.#since === null) return;
    const now = this.#clock.now();
    // More may be on the way to being dropped: one line for them all.
    if (now - this.#droppedAt < QUIET_MS) return;
    const facts = { lost_spans: this.#lost, for_ms: Math.round(now - this.#since) };
    this.#since = null;
    this.#lost = 0;
    this.#log.info('Traces are exported again', { event: 'trace_export_recovered', collector, ...facts });
  }

  /** The process ends with so many spans unsent. */
  ended(left: number): void {
    if (left + this.#lost === 0) return;
    this.#log.warn('Spans were lost', { event: 'trace_export_ended', lost_spans: left + this.#lost });
  }
}
