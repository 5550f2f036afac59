/**
 * The last 15 minutes as points: one a second for two minutes, one for ten seconds before that. `TimeLine` says when the
 * points were, `Series` holds those of one subject. Memory is the same whatever happens: rings of 32-bit floats.
 */
import { quantilesOf } from '../../shared/sketch-quantile.ts';
import { keys } from './keys.ts';
import { errorsOf, requestsOf } from './window.ts';

const SECONDS = 120;
const TENS = 90;

const pointQuantiles = [0.5, 0.99] as const;

export interface Point {
  /** When its stretch ended, in milliseconds since 1970. */
  readonly atMs: number;
  readonly coveredMs: number;
  readonly requests: number;
  /** Answers with status 500 and above. */
  readonly errors: number;
  /** In seconds; null = nothing was timed. */
  readonly p50: number | null;
  readonly p99: number | null;
}

/** When the points of all series were. */
export class TimeLine {
  readonly seconds = new Times(SECONDS);
  readonly tens = new Times(TENS);

  /**
   * Points of a series, the oldest first: tens as far as no seconds are kept.
   * @param afterMs Only those that ended after.
   */
  points(series: Series, afterMs = Number.NEGATIVE_INFINITY): readonly Point[] {
    const seconds = this.seconds.read(series.seconds, afterMs);
    const { atMs: firstMs, coveredMs } = this.seconds.oldest;
    if (afterMs >= firstMs) return seconds;
    // One that has begun before the seconds and ends among them would be counted twice.
    const tens = this.tens.read(series.tens, afterMs).filter(({ atMs }) => atMs <= firstMs - coveredMs + 1);
    return [...tens, ...seconds];
  }
}

class Times {
  readonly #at: Float64Array;
  readonly #covered: Float64Array;
  #count = 0;

  constructor(size: number) {
    this.#at = new Float64Array(size);
    this.#covered = new Float64Array(size);
  }

  /** Where the newest point of every ring belongs. */
  get place(): number {
    return (this.#count - 1) % this.#at.length;
  }

  advance(atMs: number, coveredMs: number): void {
    this.#count++;
    this.#at[this.place] = atMs;
    this.#covered[this.place] = coveredMs;
  }

  /** When the oldest that is kept ended, and what it covers; endless time from now where none is. */
  get oldest(): { readonly atMs: number; readonly coveredMs: number } {
    if (this.#count === 0) return { atMs: Infinity, coveredMs: 0 };
    const place = Math.max(0, this.#count - this.#at.length) % this.#at.length;
    return { atMs: this.#at[place] as number, coveredMs: this.#covered[place] as number };
  }

  read(ring: Ring, afterMs: number): readonly Point[] {
    const size = this.#at.length;
    const points: Point[] = [];
    for (let number = Math.max(0, this.#count - size); number < this.#count; number++) {
      const place = number % size;
      if ((this.#at[place] as number) <= afterMs) continue;
      points.push({ atMs: this.#at[place] as number, coveredMs: this.#covered[place] as number, ...ring.read(place) });
    }
    return points;
  }
}

/** Of one subject. Points from before it was known are zero. */
export class Series {
  readonly seconds = new Ring(SECONDS);
  readonly tens = new Ring(TENS);
}

class Ring {
  readonly #requests: Float32Array;
  readonly #errors: Float32Array;
  /** Zero = nothing was timed. */
  readonly #p50: Float32Array;
  readonly #p99: Float32Array;

  constructor(size: number) {
    this.#requests = new Float32Array(size);
    this.#errors = new Float32Array(size);
    this.#p50 = new Float32Array(size);
    this.#p99 = new Float32Array(size);
  }

  /** @param counts One for each number of `keys.ts`; null = nothing happened. */
  write(place: number, counts: Float64Array | null): void {
    const [p50, p99] = counts === null ? [] : quantilesOf(counts, pointQuantiles, keys.sketch);
    this.#requests[place] = counts === null ? 0 : requestsOf(counts);
    this.#errors[place] = counts === null ? 0 : errorsOf(counts);
    this.#p50[place] = p50 ?? 0;
    this.#p99[place] = p99 ?? 0;
  }

  read(place: number): Pick<Point, 'requests' | 'errors' | 'p50' | 'p99'> {
    return {
      requests: this.#requests[place] as number,
      errors: this.#errors[place] as number,
      p50: this.#p50[place] || null,
      p99: this.#p99[place] || null,
    };
  }
}
