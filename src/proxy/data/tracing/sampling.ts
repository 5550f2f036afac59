/**
 * Which exchanges are told of as spans. Asked by `identify` for each request: where nothing is exported it costs one look. The
 * decision of a trusted peer stands (W3C Trace Context §3.2.2.5); a trace that begins here is sampled by its number, so that
 * all who see it with the same rate decide alike; of what strangers want to be sampled the rate takes its share.
 */
import type { TracingConfig } from '../../../config/model.ts';

/** What is kept of a sampled exchange for its spans. */
export interface SampledTrace {
  /** 16 hex digits: the span of the exchange, which those of its tries are under. */
  readonly spanId: string;
  /** The client's span; empty = the trace begins here. */
  readonly parentId: string;
}

/** The rightmost digits of a trace id are the random ones (W3C Trace Context Level 2 §3.2.2.3.1); so many fit a number. */
const DIGITS = 13;
const RANGE = 16 ** DIGITS;

export class Sampling {
  /** Trace ids whose last digits are at least this are sampled. */
  readonly #threshold: number;

  constructor({ samplingRate }: Pick<TracingConfig, 'samplingRate'>) {
    this.#threshold = (1 - samplingRate) * RANGE;
  }

  /** @param traceId 32 hex digits, random */
  takes(traceId: string): boolean {
    if (this.#threshold === 0) return true;
    return Number.parseInt(traceId.slice(-DIGITS), 16) >= this.#threshold;
  }

  /** Of requests whose trace id says nothing. @param random uniform in [0, 1) */
  takesOne(random: number): boolean {
    return random * RANGE >= this.#threshold;
  }
}
